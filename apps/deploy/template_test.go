package deploy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

func TestEveryCheckHoldsInEveryStage(t *testing.T) {
	t.Parallel()
	for _, stage := range settings.Stages() {
		s := stack(t, deploy.Embedded(), stage)
		for name, c := range checks() {
			require.Empty(t, c(s), "%s: %s", stage, name)
		}
	}
}

// TestEveryMemory: each size that a worker may have goes with its own limit.
func TestEveryMemory(t *testing.T) {
	t.Parallel()
	sizes, _ := at(deploy.Embedded().Body(), "Parameters", "WorkerMemory", "AllowedValues").([]any)
	require.Len(t, sizes, 4)
	for _, size := range sizes {
		given := parameters("prod")
		given["WorkerMemory"] = fmt.Sprint(size)
		s, err := deploy.Embedded().Resolve(given)
		require.NoError(t, err)
		require.Empty(t, toldTheTruth(s), size)
	}
}

// TestEveryLogLevel: all functions write from the level that was asked for, and lines of metrics get through.
func TestEveryLogLevel(t *testing.T) {
	t.Parallel()
	levels, _ := at(deploy.Embedded().Body(), "Parameters", "LogLevel", "AllowedValues").([]any)
	require.Len(t, levels, 4)
	for _, stage := range settings.Stages() {
		for _, level := range levels {
			given := parameters(stage)
			given["LogLevel"] = fmt.Sprint(level)
			s, err := deploy.Embedded().Resolve(given)
			require.NoError(t, err)
			require.Empty(t, toldTheTruth(s), "%s %s", stage, level)
			for f := range functions() {
				if want := s.Variables(f)["MB_LOG_LEVEL"]; level != "stage" {
					require.Equal(t, level, want, f)
				} else {
					require.Equal(t, stageValues[stage]["LogLevel"], want, f)
				}
			}
		}
	}
}

// TestTheLongestCall: the sweeper starts with the longest call that the template allows, and with none that is longer.
func TestTheLongestCall(t *testing.T) {
	t.Parallel()
	longest, _ := at(deploy.Embedded().Body(), "Parameters", "CallTimeout", "MaxValue").(int)
	given := parameters("prod")
	given["WorkerTimeout"], given["Visibility"], given["CallTimeout"] = "900", "5405", fmt.Sprint(longest)
	s, err := deploy.Embedded().Resolve(given)
	require.NoError(t, err)
	require.Empty(t, settingsFit(s))
	variables := s.Variables(deploy.Sweeper)
	_, err = settings.FromMap[settings.Sweeper](variables)
	require.NoError(t, err)
	variables["MB_CALL_TIMEOUT"] = fmt.Sprint(longest+1) + "s"
	_, err = settings.FromMap[settings.Sweeper](variables)
	require.ErrorContains(t, err, "give at most "+(time.Duration(longest)*time.Second).String()+", or raise the function's timeout")
	given["CallTimeout"] = fmt.Sprint(longest + 1)
	_, err = deploy.Embedded().Resolve(given)
	require.ErrorContains(t, err, "parameter CallTimeout 164 is too high: give at most 163")
}

// TestErrorsOfEveryOperationAreWatched: those that the store uses, and no others.
func TestErrorsOfEveryOperationAreWatched(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../adapters/dynamostore/*.go")
	require.NoError(t, err)
	used := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, call := range regexp.MustCompile(`\bs\.client\.([A-Z]\w+)\(ctx`).FindAllSubmatch(source, -1) {
			used[string(call[1])] = true
		}
	}
	watched := map[string]bool{}
	metrics, _ := property(stack(t, deploy.Embedded(), "prod"), "TableErrorsAlarm", "Metrics").([]any)
	for _, m := range metrics[1:] {
		watched[fmt.Sprint(at(m, "MetricStat", "Metric", "Dimensions", 1, "Value"))] = true
	}
	require.Equal(t, used, watched)
	require.True(t, used["PutItem"])
}

func TestARestoredTableTakesThePlaceOfTheStacks(t *testing.T) {
	t.Parallel()
	given := parameters("prod")
	given["RestoredTable"], given["Epoch"] = "restored", "1"
	s, err := deploy.Embedded().Resolve(given)
	require.NoError(t, err)
	for f := range functions() {
		require.Equal(t, "restored", s.Variables(f)["MB_TABLE"])
		require.Equal(t, "1", s.Variables(f)["MB_EPOCH"])
	}
	for _, st := range statements(s) {
		if strings.HasPrefix(st.actions[0], "dynamodb:") {
			require.Equal(t, []string{"arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/restored"}, st.resources, st.sid)
		}
	}
	for _, a := range s.Typed("AWS::CloudWatch::Alarm") {
		if property(s, a, "Namespace") == "AWS/DynamoDB" {
			require.Equal(t, "restored", property(s, a, "Dimensions", 0, "Value"), a)
		}
		metrics, _ := property(s, a, "Metrics").([]any)
		for _, m := range metrics {
			if metric := at(m, "MetricStat", "Metric"); at(metric, "Namespace") == "AWS/DynamoDB" {
				require.Equal(t, "restored", at(metric, "Dimensions", 0, "Value"), a)
			}
		}
	}
	require.Empty(t, outputsAreUsed(s))
	d, err := s.Deployed()
	require.NoError(t, err)
	require.True(t, d.Restored)
	require.Empty(t, settings.Relations(d, settings.Template))
}

// TestNotices: the sweeper may send to the queue that it is told of, and to no other; without one it is told of none.
func TestNotices(t *testing.T) {
	t.Parallel()
	given := parameters("prod")
	given["NoticesQueue"] = "their-notices"
	s, err := deploy.Embedded().Resolve(given)
	require.NoError(t, err)
	require.Equal(t, "https://sqs.Region.URLSuffix/AccountId/their-notices", s.Variables(deploy.Sweeper)["MB_NOTICES_QUEUE_URL"])
	require.Equal(t, []string{"not in the table: SweeperRole Allow sqs:SendMessage arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:their-notices"}, exactGrants(s))
	_, err = s.Deployed()
	require.NoError(t, err)
	require.Empty(t, namesAgree(s))
	require.Empty(t, noWildcards(s))

	for _, name := range []string{"a.fifo", "https://queue", "*", "a/b"} {
		given["NoticesQueue"] = name
		_, err := deploy.Embedded().Resolve(given)
		require.ErrorContains(t, err, "parameter NoticesQueue", name)
	}
	s = stack(t, deploy.Embedded(), "prod")
	value, told := s.Variables(deploy.Sweeper)["MB_NOTICES_QUEUE_URL"]
	require.True(t, told)
	require.Empty(t, value)
}

// TestARestoreRaisesTheEpoch: before a deployment, and by CloudFormation itself.
func TestARestoreRaisesTheEpoch(t *testing.T) {
	t.Parallel()
	given := parameters("prod")
	given["RestoredTable"] = "restored"
	s, err := deploy.Embedded().Resolve(given)
	require.NoError(t, err)
	d, err := s.Deployed()
	require.NoError(t, err)
	problems := settings.Relations(d, settings.Template)
	require.Len(t, problems, 1)
	require.Equal(t, "epoch", problems[0].Setting)

	not := func(name, value string) map[string]any {
		return map[string]any{"Fn::Not": []any{map[string]any{"Fn::Equals": []any{ref(name), value}}}}
	}
	rule := at(deploy.Embedded().Body(), "Rules", "RestoredMeansEpoch")
	require.Equal(t, not("RestoredTable", ""), at(rule, "RuleCondition"))
	require.Equal(t, not("Epoch", "0"), at(rule, "Assertions", 0, "Assert"))
}

// TestPrices: a table reaches the functions as it was given, braces and all.
func TestPrices(t *testing.T) {
	t.Parallel()
	given := parameters("prod")
	given["Model"], given["Prices"] = "claude-next", `{"version":"2027-01-15","models":[{"model":"claude-next","date":"2027-01-15","source":"a test","steps":[{"over":0,`+
		`"realtime":{"input":10,"cache_write_5m":12,"cache_write_1h":20,"cache_read":1,"output":50},`+
		`"batch":{"input":5,"cache_write_5m":6,"cache_write_1h":10,"cache_read":1,"output":25}}]}]}`
	s, err := deploy.Embedded().Resolve(given)
	require.NoError(t, err)
	for f := range functions() {
		require.Equal(t, given["Prices"], s.Variables(f)["MB_PRICES"], f)
	}
	d, err := s.Deployed()
	require.NoError(t, err)
	require.Equal(t, "2027-01-15", d.Prices[0].Version())
	require.Empty(t, settings.Relations(d, settings.Template))
}

// TestPricesThatDoNotFit: of a value in JSON each quotation mark counts twice.
func TestPricesThatDoNotFit(t *testing.T) {
	t.Parallel()
	given := parameters("prod")
	s, err := deploy.Embedded().Resolve(given)
	require.NoError(t, err)
	empty, err := s.Deployed()
	require.NoError(t, err)
	for pad, problems := range map[int]int{4096 - empty.Environment: 0, 4096 - empty.Environment + 1: 1} {
		given["Prices"] = `""` + strings.Repeat(" ", pad-4)
		s, err = deploy.Embedded().Resolve(given)
		require.NoError(t, err)
		d, _ := s.Deployed() // no price table
		require.Equal(t, 4096+problems, d.Environment)
		require.Len(t, settings.Relations(d, settings.Template), problems)
	}
}

func TestDeployed(t *testing.T) {
	t.Parallel()
	given := parameters("prod")
	given["AllowedEmails"] = "a@example.com,b@example.com"
	s, err := deploy.Embedded().Resolve(given)
	require.NoError(t, err)
	d, err := s.Deployed()
	require.NoError(t, err)
	d.Prices = nil
	require.Equal(t, settings.Deployed{
		FunctionTimeout: 5 * time.Minute, CallTimeout: 2 * time.Minute, Margin: 5 * time.Second, Lease: 260 * time.Second,
		FlushBefore: 10 * time.Second, Reserve: 2 * time.Second, Calls: 50, Visibility: 1805 * time.Second, Retention: 96 * time.Hour,
		DeadLetterRetention: 336 * time.Hour, MaxReceive: 5, DeadLetters: true, BatchWindow: 5 * time.Second, BatchSize: 10, MaxConcurrency: 6, Environment: 751,
		ReportBatchItemFailures: true, TTL: true, PITR: true, DeletionProtection: true, Model: "claude-haiku-5-5", QuotaRequests: 5000,
		QuotaOutput: 1_000_000, AllowedEmails: []string{"a@example.com", "b@example.com"}, AllowedDomains: []string{"example.com"}, RequireBudget: true,
	}, d)
}

func TestSettingsThatAFunctionWouldRefuse(t *testing.T) {
	t.Parallel()
	given := parameters("prod")
	given["AnthropicBaseURL"], given["Origins"], given["AllowedDomains"] = "claude", "*", ""
	s, err := deploy.Embedded().Resolve(given)
	require.NoError(t, err)
	d, err := s.Deployed()
	require.EqualError(t, err, strings.Join([]string{
		`worker: ANTHROPIC_BASE_URL "claude" is no address: give a URL that begins with https://`,
		`sweeper: ANTHROPIC_BASE_URL "claude" is no address: give a URL that begins with https://`,
		`api: MB_ORIGINS has "*", which is no origin: give scheme and host alone, such as https://pages.example.com`,
	}, "\n"))
	require.Equal(t, "allow-list", settings.Relations(d, settings.Template)[0].Setting)
}

func TestParameters(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(map[string]string)
		want   string
	}{
		"missing":      {func(p map[string]string) { delete(p, "Release") }, "parameter Release is missing: give it a value"},
		"unknown":      {func(p map[string]string) { p["Realese"] = "x" }, "parameter Realese is unknown: the template has none of that name"},
		"not allowed":  {func(p map[string]string) { p["Stage"] = "test" }, `parameter Stage "test" is not allowed: give one of [dev staging prod]`},
		"another form": {func(p map[string]string) { p["Lease"] = "260" }, `parameter Lease "260" does not match ([0-9]+s)?`},
		"no number":    {func(p map[string]string) { p["Calls"] = "many" }, `parameter Calls "many" is no whole number`},
		"too low":      {func(p map[string]string) { p["BatchSize"] = "0" }, "parameter BatchSize 0 is too low: give at least 1"},
		"too high":     {func(p map[string]string) { p["WorkerTimeout"] = "901" }, "parameter WorkerTimeout 901 is too high: give at most 900"},
		"all of them":  {func(p map[string]string) { delete(p, "Stage"); p["X"] = "" }, "parameter Stage is missing: give it a value\nparameter X is unknown: the template has none of that name"},
	} {
		given := parameters("dev")
		test.change(given)
		_, err := deploy.Embedded().Resolve(given)
		require.EqualError(t, err, test.want, name)
	}
}

func TestJSONHasLongFormsAlone(t *testing.T) {
	t.Parallel()
	template, err := deploy.Parse([]byte("A: !GetAtt Queue.Arn\nB: !If [C, !Ref D, !Sub \"${E}s\"]\nF: {Condition: !Condition G}\nH: [1, true, x]\n"))
	require.NoError(t, err)
	text, err := template.JSON()
	require.NoError(t, err)
	require.JSONEq(t, `{"A": {"Fn::GetAtt": ["Queue", "Arn"]}, "B": {"Fn::If": ["C", {"Ref": "D"}, {"Fn::Sub": "${E}s"}]}, "F": {"Condition": {"Condition": "G"}}, "H": [1, true, "x"]}`, string(text))
	require.True(t, json.Valid(text))
}

func TestBrokenTemplates(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"no YAML":      {"a: [", "deploy: the template is no YAML"},
		"empty":        {"", "deploy: the template is empty"},
		"a list":       {"[a]", "deploy: the template is no map"},
		"twice":        {"a: 1\nb: 2\na: 3", "deploy: line 3: a is there twice"},
		"anchor":       {"a: &x 1\nb: *x", "deploy: line 2: CloudFormation knows no anchors"},
		"in a list":    {"a: [{b: 1, b: 2}]", "line 1: b is there twice"},
		"in a map":     {"a: {b: &x 1, c: *x}", "line 1: CloudFormation knows no anchors"},
		"broken value": {"a: !!int x", "line 1"},
	} {
		_, err := deploy.Parse([]byte(test.text))
		require.ErrorContains(t, err, test.want, name)
	}
}

func TestFunctionsThatAreNotKnown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ value, want string }{
		"function":          {"!Select [0, [a]]", "deploy: Fn::Select([0 [a]]) is not known here"},
		"name":              {"!Ref Nobody", "deploy: Nobody is neither a parameter nor a resource"},
		"name in a Sub":     {`!Sub "${Nobody.Arn}"`, "deploy: Nobody.Arn is neither"},
		"Sub with a map":    {`!Sub ["${A}", {A: 1}]`, "deploy: Fn::Sub([${A} map[A:1]]) is not known here"},
		"mapping":           {"!FindInMap [M, Row, Column]", "deploy: mapping M has no Column of Row"},
		"condition":         {"!If [Nowhere, 1, 2]", "deploy: condition map[Condition:Nowhere] is not known here"},
		"GetAtt of nothing": {"!GetAtt Nobody.Arn", "deploy: Nobody.Arn is neither"},
		"first of many":     {"[!Ref First, !Ref Second]", "deploy: First is neither"},
	} {
		template, err := deploy.Parse([]byte("Resources: {R: {Type: T, Properties: {P: " + test.value + "}}}"))
		require.NoError(t, err, name)
		_, err = template.Resolve(nil)
		require.ErrorContains(t, err, test.want, name)
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	template, err := deploy.Parse([]byte(`
Parameters: {Size: {Type: Number, Default: 2}}
Mappings: {M: {"2": {Name: two}}}
Conditions: {Two: !Equals [!Ref Size, "2"], Other: !Not [!Condition Two]}
Resources:
  Absent: {Type: T, Condition: Other}
  R:
    Type: T
    Condition: Two
    DeletionPolicy: Retain
    UpdateReplacePolicy: Snapshot
    Properties: {A: !If [Two, !FindInMap [M, !Ref Size, Name], x], B: !If [Other, 1, !Sub "${Size} ${R} ${AWS::Region}"], C: !GetAtt R.Arn, D: !Ref AWS::NoValue, E: [1, !If [Other, 2, !Ref AWS::NoValue], 3]}
Outputs: {Name: {Value: !Sub "${R}-${Size}"}}
`))
	require.NoError(t, err)
	s, err := template.Resolve(nil)
	require.NoError(t, err)
	require.Equal(t, map[string]deploy.Resource{"R": {
		Type: "T", Deletion: "Retain", Replacement: "Snapshot", Properties: map[string]any{"A": "two", "B": "2 ${R} ${AWS::Region}", "C": "${R.Arn}", "E": []any{1, 3}},
	}}, s.Resources)
	require.Equal(t, map[string]string{"Name": "${R}-2"}, s.Outputs)
}
