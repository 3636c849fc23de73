package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
)

// body is a template's, as maps and lists.
type body = map[string]any

// property writes a property of a resource; nil takes it away.
func property(value any, resource string, path ...string) func(body) {
	return func(b body) {
		at := b["Resources"].(body)[resource].(body)["Properties"].(body)
		for _, step := range path[:len(path)-1] {
			at = at[step].(body)
		}
		if at[path[len(path)-1]] = value; value == nil {
			delete(at, path[len(path)-1])
		}
	}
}

func variable(value any, function, name string) func(body) {
	return property(value, function, "Environment", "Variables", name)
}

// stage writes a value of the mapping Stages.
func stage(value any, name string) func(body) {
	return func(b body) { b["Mappings"].(body)["Stages"].(body)["dev"].(body)[name] = value }
}

func all(changes ...func(body)) func(body) {
	return func(b body) {
		for _, change := range changes {
			change(b)
		}
	}
}

// inTemplate is how each ailment of a deployment is made in the template, by its name.
func inTemplate() map[string]func(body) {
	ref := func(name string) body { return body{"Ref": name} }
	return map[string]func(body){
		"visibility":        property(1804, "Parcels", "VisibilityTimeout"),
		"partial responses": property(nil, "WorkerMapping", "FunctionResponseTypes"),
		"call timeout": all(variable("301s", "Worker", "MB_CALL_TIMEOUT"), variable("301s", "Sweeper", "MB_CALL_TIMEOUT"), property(600, "Sweeper", "Timeout"),
			variable("600s", "Sweeper", "MB_FUNCTION_TIMEOUT"), property(3600, "DeadLetters", "VisibilityTimeout")),
		"function timeout":   all(property(60, "Worker", "Timeout"), variable("60s", "Worker", "MB_FUNCTION_TIMEOUT")),
		"lease":              variable("60s", "Worker", "MB_LEASE"),
		"quota":              stage(200, "QuotaRequests"),
		"mapping's quota":    stage(3, "MaxConcurrency"),
		"TTL":                property("ttl", "Table", "TimeToLiveSpecification", "AttributeName"),
		"PITR":               property(false, "Table", "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"),
		"unknown model":      variable("gpt-9", "Worker", "MB_MODEL"),
		"empty allow-list":   variable("", "Api", "MB_ALLOWED_DOMAINS"),
		"no dead letters":    property(nil, "Parcels", "RedrivePolicy"),
		"receives":           property(2, "Parcels", "RedrivePolicy", "maxReceiveCount"),
		"protection":         property(nil, "Table", "DeletionProtectionEnabled"),
		"unfed":              property("arn:aws:sqs:us-east-1:111122223333:other", "WorkerMapping", "EventSourceArn"),
		"disabled":           property(false, "WorkerMapping", "Enabled"),
		"past the alias":     property(ref("Worker"), "WorkerMapping", "FunctionName"),
		"reserved":           property(1, "Worker", "ReservedConcurrentExecutions"),
		"a sweeper stopped":  property(0, "Sweeper", "ReservedConcurrentExecutions"),
		"an API stopped":     property(0, "Api", "ReservedConcurrentExecutions"),
		"a slow queue":       property(900, "Parcels", "DelaySeconds"),
		"slow dead letters":  property(1, "DeadLetters", "DelaySeconds"),
		"dead visibility":    property(1079, "DeadLetters", "VisibilityTimeout"),
		"no schedule":        property([]any{body{"Id": "x", "Arn": ref("WorkerAlias")}}, "SweepSchedule", "Targets"),
		"schedule off":       property("DISABLED", "SweepSchedule", "State"),
		"seldom":             property("rate(1 day)", "SweepSchedule", "ScheduleExpression"),
		"filtered":           property(body{"Filters": []any{body{"Pattern": "{}"}}}, "WorkerMapping", "FilterCriteria"),
		"no concurrency":     property(nil, "WorkerMapping", "ScalingConfig"),
		"dead all or none":   property(nil, "DeadLettersMapping", "FunctionResponseTypes"),
		"dead without limit": property(nil, "DeadLettersMapping", "ScalingConfig"),
		"sweeper's timeout":  property(60, "Sweeper", "Timeout"),
		"API's timeout":      property(3, "Api", "Timeout"),
		"worker's timeout":   property(290, "Worker", "Timeout"),
		"no limits known":    all(stage(0, "QuotaRequests"), stage(0, "QuotaOutput"), stage(1000, "MaxConcurrency")),
		"no sweeper":         property("sweeper", "Sweeper", "FunctionName"),
		"other epoch":        variable("1", "Sweeper", "MB_EPOCH"),
		"other margin":       variable("6s", "Sweeper", "MB_MARGIN"),
		"other key":          variable("/other", "Sweeper", "MB_CLAUDE_KEY_PARAMETER"),
		"misspelt":           variable("", "Api", "MB_ORIGIN"),
		"broken sweeper":     variable("moon", "Sweeper", "MB_STAGE"),
		"broken worker":      variable("many", "Worker", "MB_CALLS"),
	}
}

// ofAccounts are what no template has: what an account holds beside the stack.
func ofAccounts() []string {
	return []string{"zero budget", "no budget", "next month", "no key", "a key for everyone"}
}

// checked is what config check says of the built-in template with a change.
func checked(t *testing.T, change func(body)) ran {
	t.Helper()
	template := deploy.Embedded()
	change(template.Body())
	text, err := template.JSON()
	require.NoError(t, err)
	s := newShop(t)
	return s.run("config", "check", "--template", s.write("template", string(text)), "--set", "AllowedDomains=example.com", "--set", "BatchSize=4")
}

// TestConfigCheckFindsWhatTheDoctorFinds: by the same rules, in the same words but for names.
func TestConfigCheckFindsWhatTheDoctorFinds(t *testing.T) {
	t.Parallel()
	checked(t, func(body) {}).want(exitDone)
	changes := inTemplate()
	for _, name := range ofAccounts() {
		changes[name] = nil
	}
	ills := ailments()
	require.Len(t, changes, len(ills))
	for name, ill := range ills {
		change, known := changes[name]
		require.True(t, known, name)
		if change == nil {
			continue
		}
		found := checked(t, change).want(exitProblems).stdout
		require.Contains(t, found, "1 problem:\n", name)
		// Advice differs: an account is deployed again, a template is written.
		want, _, _ := strings.Cut(ill.want, ": ")
		if refused, is := strings.CutPrefix(ill.want, "environment of marketbrewer-dev-"); is && name != "misspelt" {
			_, want, _ = strings.Cut(refused, ": ")
		}
		require.Contains(t, found, want, name)
	}
}

// TestConfigCheckOfOneMoreOrLess is about what an account has only for a while.
func TestConfigCheckOfOneMoreOrLess(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(body)
		want   string
	}{
		"a second mapping": {func(b body) {
			b["Resources"].(body)["More"] = body{"Type": "AWS::Lambda::EventSourceMapping", "Properties": body{
				"EventSourceArn": body{"Fn::GetAtt": []any{"Parcels", "Arn"}}, "FunctionName": body{"Fn::GetAtt": []any{"Worker", "Arn"}},
			}}
		}, "mapping from Parcels to marketbrewer-dev-worker is there twice, wanted is there once: delete mapping More"},
		"by a version":   {property(body{"Ref": "WorkerVersion"}, "WorkerMapping", "FunctionName"), "is to version WorkerVersion, wanted is to the alias live"},
		"by another":     {property(body{"Fn::Sub": "${Worker}:next"}, "WorkerMapping", "FunctionName"), "is to next, wanted is to the alias live"},
		"another alias":  {property("next", "ApiAlias", "Name"), "function marketbrewer-dev-api is not there, wanted is deployed, with the alias live"},
		"visible soon":   {property(nil, "DeadLetters", "VisibilityTimeout"), "visibility timeout of DeadLetters is 30s, wanted is at least 18m0s"},
		"kept as usual":  {property(nil, "DeadLetters", "MessageRetentionPeriod"), "retention of the dead-letter queue is 96h0m0s, wanted is more than the queue's 96h0m0s"},
		"no expiry":      {property(nil, "Table", "TimeToLiveSpecification"), "expiry of records is off"},
		"expiry off":     {property(false, "Table", "TimeToLiveSpecification", "Enabled"), "expiry of records is off"},
		"a window of no": {all(property(11, "WorkerMapping", "BatchSize"), property(nil, "WorkerMapping", "MaximumBatchingWindowInSeconds")), "batching window is 0s, wanted is at least 1s for batches of 11"},
	} {
		found := checked(t, test.change).want(exitProblems).stdout
		require.Contains(t, found, "1 problem:\n", name)
		require.Contains(t, found, test.want, name)
	}
	// A queue of somebody else's says nothing of itself.
	elsewhere := func(b body) {
		for _, function := range []string{"Worker", "Sweeper", "Api"} {
			variable("https://sqs.us-east-1.amazonaws.com/111122223333/parcels", function, "MB_QUEUE_URL")(b)
		}
	}
	checked(t, elsewhere).want(exitDone)
}
