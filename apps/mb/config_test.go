package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

func TestConfigCheck(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	check := func(more ...string) ran { return s.run(append([]string{"config", "check"}, more...)...) }
	for _, stage := range settings.Stages() {
		require.Contains(t, check("--stage", stage, "--set", "AllowedDomains=example.com").want(exitDone).stdout, "template, stage "+stage+"\n")
	}
	for name, test := range map[string]struct {
		set  string
		want string
	}{
		"visibility":   {"Visibility=1804", "visibility timeout is 30m4s, wanted is at least 30m5s"},
		"call timeout": {"WorkerTimeout=120", "call timeout is 2m0s, wanted is at most 1m43s"},
		"lease":        {"Lease=60s", "lease is 1m0s, wanted is at least 4m10s"},
		"quota":        {"Calls=100", "calls at once is 200 (2 invocations x 100 calls), wanted is at most 133"},
		"model":        {"Model=gpt-9", `model is "gpt-9", wanted is a model in the price table`},
		"allow-list":   {"AllowedDomains=", "allow-list is empty"},
		"budget":       {"RequireBudget=false", "budget required is off, wanted is on"},
		"e-mail":       {"AllowedEmails=me", "template: api: MB_ALLOWED_EMAILS has \"me\", which is no e-mail address"},
	} {
		found := check("--set", "AllowedDomains=example.com", "--set", test.set).want(exitProblems)
		require.Contains(t, found.stdout, "1 problem:\n", name)
		require.Contains(t, found.stdout, test.want, name)
	}
	found := check("--set", "AllowedDomains=example.com", "--set", "Prices={}").want(exitProblems)
	require.Contains(t, found.stdout, "MB_PRICES is no price table")

	for _, set := range []string{"ClaudeKeyParameter=sk-ant-CANARY", "ClaudeKeyParameter=/sk-ant-CANARY", "sk-ant-CANARY", "AnthropicBaseURL=ftp://ann:CANARY@host", "Stage=sk-ant-CANARY"} {
		found := check("--set", "AllowedDomains=example.com", "--set", set)
		require.NotEqual(t, exitDone, found.code, set)
		require.NotContains(t, found.stdout+found.stderr, "CANARY", set)
	}

	check("--set", "Nothing=1").want(exitUsage).complains("parameter Nothing is unknown")
	check("--set", "Nothing").want(exitUsage).complains(`--set "Nothing" is no parameter: give NAME=VALUE`)
	check("--stage", "moon").want(exitUsage).complains(`parameter Stage "moon" is not allowed`)
	check("--template", s.path("none")).want(exitUsage).complains("--template: ", "no such file")
	check("--template", s.write("broken", "{")).want(exitUsage).complains("the template is no YAML")
	own, err := os.ReadFile("../deploy/template.yaml")
	require.NoError(t, err)
	off := strings.Replace(string(own), "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false", 1)
	require.Contains(t, check("--template", s.write("own", off), "--set", "AllowedDomains=a.com").want(exitProblems).stdout, "point-in-time recovery is off")
	require.Contains(t, s.run("config").want(exitDone).stdout, "Hold settings against each other")
}

func TestConfigCheckOfAnEnvironment(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const lines = "# the worker\n\nMB_STAGE=dev\nMB_TABLE=t\nexport MB_QUEUE_URL='https://sqs/q'\nMB_FUNCTION_TIMEOUT=300s\n" +
		"MB_CLAUDE_KEY_PARAMETER=/key\nMB_VISIBILITY=1800s\nMB_MAX_CONCURRENCY=2\nMB_BATCH_SIZE=12\n" +
		"MB_QUOTA_RPM=1000\nMB_QUOTA_OTPM=400000\n"
	check := func(more string) ran { return s.run("config", "check", "--env", s.write("env", lines+more)) }
	require.Contains(t, check("MB_BATCH_SIZE=4\n").want(exitDone).stdout, "all in order\n")
	require.Contains(t, check("").want(exitProblems).stdout, "visibility timeout is 30m0s, wanted is at least 30m1s, 6 x 5m0s + 1s")
	require.Contains(t, check("MB_BATCH_SIZE=4\nMB_QUOTA_OTPM=0\n").want(exitProblems).stdout, "limits of the model is 1000 requests and unknown output tokens per minute")
	ill := check("MB_BATCH_SIZE=4\nMB_LEASE=1s\nMB_ALLOWED_EMAILS=\n").want(exitProblems).stdout
	require.Contains(t, ill, "2 problems:\n")
	require.Contains(t, ill, "lease is 1s, wanted is")
	require.Contains(t, ill, "allow-list is empty")
	ill = check("MB_CALLS=many\n").want(exitProblems).stdout
	require.Contains(t, ill, "1 problem:\n  MB_ variables: MB_CALLS \"many\" is no whole number")
	ill = check("MB_BATCH_SIZE=4\nMB_CALL_TIMOUT=1s\nMB_FOO=1\nMB_NOTICES_QUEUE_URL=https://sqs/n\nGOMEMLIMIT=1\n").want(exitProblems).stdout
	require.Contains(t, ill, "2 problems:\n  MB_ variables: MB_CALL_TIMOUT is no setting: write MB_CALL_TIMEOUT\n  MB_ variables: MB_FOO is no setting: docs/settings.md lists them\n")
	check("MB_CALLS\n").want(exitUsage).complains("line 13 is no variable: write NAME=value")
	s.run("config", "check", "--env", s.path("none")).want(exitUsage).complains("--env: ", "no such file")
	s.run("config", "check", "--env", s.write("large", strings.Repeat("#", maxEnv+1))).want(exitUsage).complains("that is no file of variables")
	s.run("config", "check", "--env", "x", "--stage", "dev").want(exitUsage).complains("--env and --stage exclude each other: give one")
}
