package deploy_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
)

// mutation makes a mistake in the template that a check must find.
type mutation struct {
	check  string
	change func(body map[string]any)
}

// set writes a value into the template; nil takes the key away.
func set(value any, path ...any) func(map[string]any) {
	return func(body map[string]any) {
		last := len(path) - 1
		switch holder := at(body, path[:last]...).(type) {
		case map[string]any:
			holder[path[last].(string)] = value
			if value == nil {
				delete(holder, path[last].(string))
			}
		case []any:
			holder[path[last].(int)] = value
		default:
			panic(path)
		}
	}
}

// of writes a property of a resource.
func of(id string, value any, path ...any) func(map[string]any) {
	return set(value, append([]any{"Resources", id, "Properties"}, path...)...)
}

// told writes a variable of a function.
func told(f string, value any, name string) func(map[string]any) {
	return of(f, value, "Environment", "Variables", name)
}

// otherwise writes the default of a parameter.
func otherwise(name string, value any) func(map[string]any) {
	return set(value, "Parameters", name, "Default")
}

// right writes a part of a statement of a role.
func right(role, sid string, value any, path ...any) func(map[string]any) {
	return func(body map[string]any) {
		where := []any{"Resources", role, "Properties", "Policies", 0, "PolicyDocument", "Statement"}
		list, _ := at(body, where...).([]any)
		for i, st := range list {
			if at(st, "Sid") == sid {
				set(value, append(append(slices.Clone(where), i), path...)...)(body)
				return
			}
		}
		panic(sid)
	}
}

func more(role string, st map[string]any) func(map[string]any) {
	return func(body map[string]any) {
		document := at(body, "Resources", role, "Properties", "Policies", 0, "PolicyDocument").(map[string]any)
		document["Statement"] = append(document["Statement"].([]any), st)
	}
}

// allow is a statement on partitions of the table.
func allow(action string, partitions ...any) map[string]any {
	return map[string]any{
		"Effect": "Allow", "Action": action, "Resource": map[string]any{"Fn::GetAtt": []any{"Table", "Arn"}},
		"Condition": map[string]any{"ForAllValues:StringLike": map[string]any{"dynamodb:LeadingKeys": partitions}},
	}
}

func ref(name string) map[string]any { return map[string]any{"Ref": name} }

func getAtt(name, attribute string) map[string]any {
	return map[string]any{"Fn::GetAtt": []any{name, attribute}}
}

func mutations() map[string]mutation {
	return map[string]mutation{
		"visibility too short":          {"settings", otherwise("Visibility", 1804)},
		"longer timeout":                {"settings", otherwise("WorkerTimeout", 301)},
		"call longer than the function": {"settings", otherwise("CallTimeout", 290)},
		"lease shorter than a call":     {"settings", otherwise("Lease", "100s")},
		"too many calls for the quota":  {"settings", otherwise("Calls", 500)},
		"too many invocations":          {"settings", set(40, "Mappings", "Stages", "prod", "MaxConcurrency")},
		"quota not told":                {"settings", set(0, "Mappings", "Stages", "prod", "QuotaOutput")},
		"unknown model":                 {"settings", otherwise("Model", "gpt-9")},
		"no budget needed":              {"settings", otherwise("RequireBudget", "false")},
		"batch longer than the sweeper": {"settings", told("Sweeper", "168s", "MB_CALL_TIMEOUT")},
		"unknown log level":             {"settings", set("loud", "Mappings", "Stages", "prod", "LogLevel")},
		"window forgotten":              {"settings", otherwise("BatchWindow", 10)},
		"no failures in part":           {"settings", of("WorkerMapping", nil, "FunctionResponseTypes")},
		"no dead-letter queue":          {"settings", of("Parcels", nil, "RedrivePolicy")},
		"gives up early":                {"settings", of("Parcels", 4, "RedrivePolicy", "maxReceiveCount")},
		"no TTL":                        {"settings", of("Table", false, "TimeToLiveSpecification", "Enabled")},
		"no PITR":                       {"settings", of("Table", false, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")},
		"no deletion protection":        {"settings", of("Table", false, "DeletionProtectionEnabled")},
		"another timeout told":          {"told", told("Worker", "200s", "MB_FUNCTION_TIMEOUT")},
		"another visibility told":       {"told", told("Worker", "9999s", "MB_VISIBILITY")},
		"another batch size told":       {"told", told("Worker", "1", "MB_BATCH_SIZE")},
		"another concurrency told":      {"told", told("Worker", "3", "MB_MAX_CONCURRENCY")},
		"worker and sweeper differ":     {"told", told("Sweeper", "6s", "MB_MARGIN")},
		"api differs":                   {"told", told("Api", "9", "MB_EPOCH")},
		"another queue":                 {"told", told("Worker", ref("DeadLetters"), "MB_QUEUE_URL")},
		"memory limit forgotten":        {"told", told("Api", nil, "GOMEMLIMIT")},
		"memory limit above the memory": {"told", of("Sweeper", 128, "MemorySize")},
		"memory limit too low":          {"told", told("Worker", "100MiB", "GOMEMLIMIT")},
		"variable forgotten":            {"names", told("Worker", nil, "MB_FLUSH_AFTER")},
		"variable too many":             {"names", told("Api", "x", "MB_CLAUDE_KEY_PARAMETER")},
		"variable misspelt":             {"names", told("Sweeper", "5s", "MB_FLUSHAFTER")},
		"any action":                    {"wildcards", right("WorkerRole", "PutRecords", "dynamodb:*", "Action")},
		"any resource":                  {"wildcards", right("WorkerRole", "TakeParcels", "*", "Resource")},
		"any in a list":                 {"wildcards", right("ApiRole", "WriteLogs", []any{"logs:PutLogEvents", "logs:*"}, "Action")},
		"any queue action":              {"wildcards", of("ParcelsPolicy", "sqs:*", "PolicyDocument", "Statement", 0, "Action")},
		"all but":                       {"wildcards", more("ApiRole", map[string]any{"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": ref("CodeBucket")})},
		"managed policy":                {"wildcards", of("ApiRole", []any{"arn:aws:iam::aws:policy/AdministratorAccess"}, "ManagedPolicyArns")},
		"a right more":                  {"grants", more("ApiRole", allow("dynamodb:Scan", "active"))},
		"a right less":                  {"grants", right("ApiRole", "SendParcels", "sqs:ReceiveMessage", "Action")},
		"a partition more":              {"grants", right("WorkerRole", "PutRecords", []any{"audit/*"}, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys")},
		"deletes in the ledger":         {"ledger", more("WorkerRole", allow("dynamodb:DeleteItem", "job/*"))},
		"deletes in the audit":          {"ledger", more("SweeperRole", allow("dynamodb:DeleteItem", "a*"))},
		"updates in the ledger":         {"ledger", more("SweeperRole", allow("dynamodb:UpdateItem", "job/*/l??"))},
		"deletes anywhere":              {"ledger", right("SweeperRole", "DeleteRecords", nil, "Condition")},
		"denial forgotten":              {"ledger", right("ApiRole", "KeepLedgerAndAudit", "Allow", "Effect")},
		"denial of all at once":         {"ledger", right("WorkerRole", "KeepLedgerAndAudit", map[string]any{"ForAllValues:StringLike": map[string]any{"dynamodb:LeadingKeys": []any{"job/*/l*", "audit/*"}}}, "Condition")},
		"denial without audit":          {"ledger", right("WorkerRole", "KeepLedgerAndAudit", []any{"job/*/l*"}, "Condition", "ForAnyValue:StringLike", "dynamodb:LeadingKeys")},
		"key for the api":               {"parameters", more("ApiRole", map[string]any{"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": "arn"})},
		"another key":                   {"parameters", right("SweeperRole", "ReadClaudeKey", "arn", "Resource")},
		"key not granted":               {"parameters", told("Api", "/other", "MB_WEBHOOK_PARAMETER")},
		"shared role":                   {"functions", of("Sweeper", getAtt("WorkerRole", "Arn"), "Role")},
		"shared log group":              {"functions", of("Sweeper", ref("WorkerLogs"), "LoggingConfig", "LogGroup")},
		"logs for ever":                 {"functions", of("ApiLogs", nil, "RetentionInDays")},
		"alias of another":              {"functions", of("ApiAlias", ref("Worker"), "FunctionName")},
		"alias of no version":           {"functions", of("ApiAlias", "$LATEST", "FunctionVersion")},
		"version never published again": {"functions", of("WorkerVersion", "fixed", "Description")},
		"no way back":                   {"functions", set("Delete", "Resources", "WorkerVersion", "DeletionPolicy")},
		"another runtime":               {"functions", of("Worker", "provided.al2", "Runtime")},
		"another program":               {"functions", of("Worker", "v1/api.zip", "Code", "S3Key")},
		"mapping on the function":       {"aliases", of("WorkerMapping", ref("Worker"), "FunctionName")},
		"schedule on the function":      {"aliases", of("SweepSchedule", getAtt("Sweeper", "Arn"), "Targets", 0, "Arn")},
		"api on the function":           {"aliases", of("HttpIntegration", getAtt("Api", "Arn"), "IntegrationUri")},
		"anybody's schedule":            {"aliases", of("SweepPermission", nil, "SourceArn")},
		"no limit on dead letters":      {"mappings", of("DeadLettersMapping", nil, "ScalingConfig")},
		"dead letters all or none":      {"mappings", of("DeadLettersMapping", []any{}, "FunctionResponseTypes")},
		"worker on the other queue":     {"mappings", of("WorkerMapping", getAtt("DeadLetters", "Arn"), "EventSourceArn")},
		"dead letters from anybody":     {"dead letters", of("DeadLetters", "allowAll", "RedriveAllowPolicy", "redrivePermission")},
		"dead letters of another":       {"dead letters", of("DeadLetters", []any{"arn:other"}, "RedriveAllowPolicy", "sourceQueueArns")},
		"dead letters for a day":        {"dead letters", of("DeadLetters", 86400, "MessageRetentionPeriod")},
		"queue keeps as long":           {"dead letters", of("Parcels", 1209600, "MessageRetentionPeriod")},
		"dead letters shown too early":  {"dead letters", of("DeadLetters", 30, "VisibilityTimeout")},
		"plain text":                    {"queues", of("ParcelsPolicy", "Allow", "PolicyDocument", "Statement", 0, "Effect")},
		"one policy for two":            {"queues", of("DeadLettersPolicy", []any{ref("Parcels")}, "Queues")},
		"queue not encrypted":           {"queues", of("DeadLetters", false, "SqsManagedSseEnabled")},
		"send in plain text":            {"queues", of("ParcelsPolicy", []any{"sqs:ReceiveMessage"}, "PolicyDocument", "Statement", 0, "Action")},
		"another key schema":            {"table", of("Table", "pk", "KeySchema", 0, "AttributeName")},
		"keys of another type":          {"table", of("Table", "N", "AttributeDefinitions", 1, "AttributeType")},
		"TTL of another attribute":      {"table", of("Table", "ttl", "TimeToLiveSpecification", "AttributeName")},
		"provisioned":                   {"table", of("Table", "PROVISIONED", "BillingMode")},
		"an index":                      {"table", of("Table", []any{"x"}, "GlobalSecondaryIndexes")},
		"table goes with the stack":     {"table", set("Delete", "Resources", "Table", "DeletionPolicy")},
		"no alarm on dead letters":      {"alarms", set(nil, "Resources", "DeadLettersAlarm")},
		"alarm on the wrong queue":      {"alarms", of("DeadLettersAlarm", getAtt("Parcels", "QueueName"), "Dimensions", 0, "Value")},
		"silent alarm":                  {"alarms", of("QueueAgeAlarm", nil, "AlarmActions")},
		"silence is no alarm":           {"alarms", of("SweeperHeartbeatAlarm", "notBreaching", "TreatMissingData")},
		"metric of other dimensions":    {"alarms", of("PartialFailuresAlarm", "Function", "Dimensions", 0, "Name")},
		"swept each hour":               {"schedule", of("SweepSchedule", "rate(1 hour)", "ScheduleExpression")},
		"schedule off":                  {"schedule", of("SweepSchedule", "DISABLED", "State")},
		"schedule not admitted":         {"schedule", of("SweepPermission", getAtt("WorkerMapping", "Arn"), "SourceArn")},
		"sweeps repeated":               {"schedule", of("SweepRetries", 2, "MaximumRetryAttempts")},
		"api not throttled":             {"api", of("HttpStage", nil, "DefaultRouteSettings")},
		"old payload":                   {"api", of("HttpIntegration", "1.0", "PayloadFormatVersion")},
		"addresses logged":              {"api", of("HttpStage", "$context.identity.sourceIp", "AccessLogSettings", "Format")},
		"table not tagged":              {"tags", of("Table", nil, "Tags")},
		"tag of the stage forgotten":    {"tags", of("HttpApi", nil, "Tags", "stage")},
	}
}

func TestEveryMistakeIsFound(t *testing.T) {
	t.Parallel()
	proven := map[string]bool{}
	for name, m := range mutations() {
		template := deploy.Embedded()
		m.change(template.Body())
		c, known := checks()[m.check]
		require.True(t, known, name)
		s, err := template.Resolve(parameters("prod"))
		require.NoError(t, err, name)
		require.NotEmpty(t, c(s), "%s: not found", name)
		proven[m.check] = true
	}
	require.Equal(t, slices.Sorted(maps.Keys(checks())), slices.Sorted(maps.Keys(proven)), "a check that no mistake proves")
}
