package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// failed is a rule of a report as cfn-guard writes it, cut to what counts.
func failed(id string, resources ...string) string {
	var checks []string
	for _, r := range resources {
		checks = append(checks, fmt.Sprintf(`{"Clause": {"Unary": {"check": {"Resolved": {"value": {"path": "/Resources/%s/Properties/X"}}}}}}`, r))
	}
	return fmt.Sprintf(`{"Rule": {"name": "a_check", "checks": [{"Rule": {"messages": {"custom_message": "\n        [%s]: Require something\n [FIX]: do it"}, "checks": [%s]}}]}}`,
		id, strings.Join(checks, ", "))
}

func report(rules ...string) string {
	return `[{"name": "t.json", "status": "FAIL", "not_compliant": [` + strings.Join(rules, ", ") + `], "compliant": ["b_check", "c_check"]}]`
}

// call runs the command with a file of suppressions.
func call(t *testing.T, report, suppressions string) (code int, stdout, stderr string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "suppressions")
	require.NoError(t, os.WriteFile(file, []byte(suppressions), 0o600))
	var out, bad bytes.Buffer
	code = run([]string{"judge", file}, strings.NewReader(report), &out, &bad)
	return code, out.String(), bad.String()
}

func TestJudge(t *testing.T) {
	t.Parallel()
	two := report(failed("CT.SQS.PR.1", "Queue", "Queue"), failed("CT.LAMBDA.PR.3", "Worker", "Api"))
	for name, test := range map[string]struct {
		report, suppressions, stdout, stderr string
	}{
		"clean": {report(), "", "lint: cfn-guard: 2 rules hold, 0 findings are suppressed, each with a reason\n", ""},
		"all suppressed": {
			two, "# why\n\nCT.SQS.PR.1 Queue it is the last\nCT.LAMBDA.PR.3 Worker,Api they need the internet\n",
			"lint: cfn-guard: 2 rules hold, 3 findings are suppressed, each with a reason\n", "",
		},
		"one left": {
			two, "CT.SQS.PR.1 Queue it is the last\nCT.LAMBDA.PR.3 Worker they need the internet\n", "",
			"lint: CT.LAMBDA.PR.3 Api: Require something\n",
		},
		"suppresses nothing": {
			report(), "CT.SQS.PR.1 Queue,Other it is the last\n", "",
			"lint: the suppression of CT.SQS.PR.1 Other suppresses nothing: take it out\nlint: the suppression of CT.SQS.PR.1 Queue suppresses nothing: take it out\n",
		},
		"no reason":         {two, "CT.SQS.PR.1 Queue\nCT.LAMBDA.PR.3 Worker fine\n", "", "lint: suppressions, line 1: write the rule, the resources, and a reason of a few words\nlint: suppressions, line 2: write the rule, the resources, and a reason of a few words\n"},
		"twice":             {two, "CT.SQS.PR.1 Queue it is the last\nCT.SQS.PR.1 Queue it is the last\n", "", "lint: suppressions, line 2: CT.SQS.PR.1 Queue is there twice\n"},
		"no resource named": {report(failed("CT.SQS.PR.1")), "", "", "lint: CT.SQS.PR.1 -: Require something\n"},
		"no report":         {"", "", "", "lint: cfn-guard's report can't be read: EOF\n"},
		"nothing applied":   {`[{"not_compliant": [], "compliant": []}]`, "", "", "lint: no rule applied: is the template empty?\n"},
		"no id":             {report(`{"Rule": {"name": "x"}}`), "", "", "lint: a failed rule has no id: {\"Rule\": {\"name\": \"x\"}}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := call(t, test.report, test.suppressions)
			require.Equal(t, test.stderr, stderr)
			require.Equal(t, test.stdout, stdout)
			require.Equal(t, test.stderr != "", code == 1)
		})
	}
}

func TestTheCommittedSuppressionsCanBeRead(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("suppressions")
	require.NoError(t, err)
	list, err := suppressions(string(text))
	require.NoError(t, err)
	require.NotEmpty(t, list)
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run([]string{"json"}, strings.NewReader("A: !Ref B\n"), &stdout, &stderr), stderr.String())
	require.JSONEq(t, `{"A": {"Ref": "B"}}`, stdout.String())
	require.True(t, json.Valid(stdout.Bytes()))

	require.Equal(t, 1, run([]string{"json"}, strings.NewReader("A: ["), &stdout, &stderr))
	require.Contains(t, stderr.String(), "no YAML")
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"yaml"}, {"json", "x"}, {"judge"}} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 2, run(args, strings.NewReader(""), &stdout, &stderr))
		require.Contains(t, stderr.String(), "say json, or judge")
	}
	var stdout, stderr bytes.Buffer
	require.Equal(t, 1, run([]string{"judge", t.TempDir() + "/none"}, strings.NewReader(report()), &stdout, &stderr))
	require.Contains(t, stderr.String(), "no such file")
}
