package deploy_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
)

// mutation makes a mistake in the template that a check must find, with some parameters otherwise than in production.
type mutation struct {
	check  string
	change func(body map[string]any)
	given  map[string]string
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
		"visibility too short":          {"settings", otherwise("Visibility", 1804), nil},
		"longer timeout":                {"settings", otherwise("WorkerTimeout", 301), nil},
		"call longer than the function": {"settings", otherwise("WorkerTimeout", 120), nil},
		"lease shorter than a call":     {"settings", otherwise("Lease", "100s"), nil},
		"too many calls for the quota":  {"settings", otherwise("Calls", 500), nil},
		"too many invocations":          {"settings", set(40, "Mappings", "Stages", "prod", "MaxConcurrency"), nil},
		"quota not told":                {"settings", set(0, "Mappings", "Stages", "prod", "QuotaOutput"), nil},
		"unknown model":                 {"settings", otherwise("Model", "gpt-9"), nil},
		"no budget needed":              {"settings", otherwise("RequireBudget", "false"), nil},
		"batch longer than the sweeper": {"settings", told("Sweeper", "168s", "MB_CALL_TIMEOUT"), nil},
		"unknown log level":             {"settings", set("loud", "Mappings", "LogLevels", "stage", "prod"), nil},
		"window forgotten":              {"settings", otherwise("BatchWindow", 10), nil},
		"no failures in part":           {"settings", of("WorkerMapping", nil, "FunctionResponseTypes"), nil},
		"no dead-letter queue":          {"settings", of("Parcels", nil, "RedrivePolicy"), nil},
		"gives up early":                {"settings", of("Parcels", 4, "RedrivePolicy", "maxReceiveCount"), nil},
		"no TTL":                        {"settings", of("Table", false, "TimeToLiveSpecification", "Enabled"), nil},
		"no PITR":                       {"settings", of("Table", false, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"), nil},
		"no deletion protection":        {"settings", of("Table", false, "DeletionProtectionEnabled"), nil},
		"another timeout told":          {"told", told("Worker", "200s", "MB_FUNCTION_TIMEOUT"), nil},
		"another visibility told":       {"told", told("Worker", "9999s", "MB_VISIBILITY"), nil},
		"another batch size told":       {"told", told("Worker", "1", "MB_BATCH_SIZE"), nil},
		"another concurrency told":      {"told", told("Worker", "3", "MB_MAX_CONCURRENCY"), nil},
		"worker and sweeper differ":     {"told", told("Sweeper", "6s", "MB_MARGIN"), nil},
		"api differs":                   {"told", told("Api", "9", "MB_EPOCH"), nil},
		"another queue":                 {"told", told("Worker", ref("DeadLetters"), "MB_QUEUE_URL"), nil},
		"memory limit forgotten":        {"told", told("Api", nil, "GOMEMLIMIT"), nil},
		"memory limit above the memory": {"told", of("Sweeper", 128, "MemorySize"), nil},
		"memory limit too low":          {"told", told("Worker", "100MiB", "GOMEMLIMIT"), nil},
		"variable forgotten":            {"names", told("Worker", nil, "MB_FLUSH_AFTER"), nil},
		"variable too many":             {"names", told("Api", "x", "MB_CLAUDE_KEY_PARAMETER"), nil},
		"variable misspelt":             {"names", told("Sweeper", "5s", "MB_FLUSHAFTER"), nil},
		"any action":                    {"wildcards", right("WorkerRole", "PutRecords", "dynamodb:*", "Action"), nil},
		"any resource":                  {"wildcards", right("WorkerRole", "TakeParcels", "*", "Resource"), nil},
		"any in a list":                 {"wildcards", right("ApiRole", "WriteLogs", []any{"logs:PutLogEvents", "logs:*"}, "Action"), nil},
		"any queue action":              {"wildcards", of("ParcelsPolicy", "sqs:*", "PolicyDocument", "Statement", 0, "Action"), nil},
		"all but":                       {"wildcards", more("ApiRole", map[string]any{"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": ref("CodeBucket")}), nil},
		"managed policy":                {"wildcards", of("ApiRole", []any{"arn:aws:iam::aws:policy/AdministratorAccess"}, "ManagedPolicyArns"), nil},
		"a right more":                  {"grants", more("ApiRole", allow("dynamodb:Scan", "active")), nil},
		"a right less":                  {"grants", right("ApiRole", "SendParcels", "sqs:ReceiveMessage", "Action"), nil},
		"a partition more":              {"grants", right("WorkerRole", "PutRecords", []any{"audit/*"}, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys"), nil},
		"deletes in the ledger":         {"ledger", more("WorkerRole", allow("dynamodb:DeleteItem", "job/*")), nil},
		"deletes in the audit":          {"ledger", more("SweeperRole", allow("dynamodb:DeleteItem", "a*")), nil},
		"updates in the ledger":         {"ledger", more("SweeperRole", allow("dynamodb:UpdateItem", "job/*/l??")), nil},
		"deletes anywhere":              {"ledger", right("SweeperRole", "DeleteRecords", nil, "Condition"), nil},
		"denial forgotten":              {"ledger", right("ApiRole", "KeepLedgerAndAudit", "Allow", "Effect"), nil},
		"denial of all at once":         {"ledger", right("WorkerRole", "KeepLedgerAndAudit", map[string]any{"ForAllValues:StringLike": map[string]any{"dynamodb:LeadingKeys": []any{"job/*/l*", "audit/*"}}}, "Condition"), nil},
		"denial without audit":          {"ledger", right("WorkerRole", "KeepLedgerAndAudit", []any{"job/*/l*"}, "Condition", "ForAnyValue:StringLike", "dynamodb:LeadingKeys"), nil},
		"key for the api":               {"parameters", more("ApiRole", map[string]any{"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": "arn"}), nil},
		"another key":                   {"parameters", right("SweeperRole", "ReadClaudeKey", "arn", "Resource"), nil},
		"key not granted":               {"parameters", told("Api", "/other", "MB_WEBHOOK_PARAMETER"), nil},
		"shared role":                   {"functions", of("Sweeper", getAtt("WorkerRole", "Arn"), "Role"), nil},
		"shared log group":              {"functions", of("Sweeper", ref("WorkerLogs"), "LoggingConfig", "LogGroup"), nil},
		"logs for ever":                 {"functions", of("ApiLogs", nil, "RetentionInDays"), nil},
		"alias of another":              {"functions", of("ApiAlias", ref("Worker"), "FunctionName"), nil},
		"alias of no version":           {"functions", of("ApiAlias", "$LATEST", "FunctionVersion"), nil},
		"version never published again": {"functions", of("WorkerVersion", "fixed", "Description"), nil},
		"no way back":                   {"functions", set("Delete", "Resources", "WorkerVersion", "DeletionPolicy"), nil},
		"another runtime":               {"functions", of("Worker", "provided.al2", "Runtime"), nil},
		"another program":               {"functions", of("Worker", "v1/api.zip", "Code", "S3Key"), nil},
		"mapping on the function":       {"aliases", of("WorkerMapping", ref("Worker"), "FunctionName"), nil},
		"schedule on the function":      {"aliases", of("SweepSchedule", getAtt("Sweeper", "Arn"), "Targets", 0, "Arn"), nil},
		"api on the function":           {"aliases", of("HttpIntegration", getAtt("Api", "Arn"), "IntegrationUri"), nil},
		"anybody's schedule":            {"aliases", of("SweepPermission", nil, "SourceArn"), nil},
		"no limit on dead letters":      {"mappings", of("DeadLettersMapping", nil, "ScalingConfig"), nil},
		"dead letters all or none":      {"mappings", of("DeadLettersMapping", []any{}, "FunctionResponseTypes"), nil},
		"worker on the other queue":     {"mappings", of("WorkerMapping", getAtt("DeadLetters", "Arn"), "EventSourceArn"), nil},
		"dead letters from anybody":     {"dead letters", of("DeadLetters", "allowAll", "RedriveAllowPolicy", "redrivePermission"), nil},
		"dead letters of another":       {"dead letters", of("DeadLetters", []any{"arn:other"}, "RedriveAllowPolicy", "sourceQueueArns"), nil},
		"dead letters for a day":        {"dead letters", of("DeadLetters", 86400, "MessageRetentionPeriod"), nil},
		"queue keeps as long":           {"dead letters", of("Parcels", 1209600, "MessageRetentionPeriod"), nil},
		"dead letters shown too early":  {"dead letters", of("DeadLetters", 30, "VisibilityTimeout"), nil},
		"plain text":                    {"queues", of("ParcelsPolicy", "Allow", "PolicyDocument", "Statement", 0, "Effect"), nil},
		"one policy for two":            {"queues", of("DeadLettersPolicy", []any{ref("Parcels")}, "Queues"), nil},
		"queue not encrypted":           {"queues", of("DeadLetters", false, "SqsManagedSseEnabled"), nil},
		"send in plain text":            {"queues", of("ParcelsPolicy", []any{"sqs:ReceiveMessage"}, "PolicyDocument", "Statement", 0, "Action"), nil},
		"another key schema":            {"table", of("Table", "pk", "KeySchema", 0, "AttributeName"), nil},
		"keys of another type":          {"table", of("Table", "N", "AttributeDefinitions", 1, "AttributeType"), nil},
		"TTL of another attribute":      {"table", of("Table", "ttl", "TimeToLiveSpecification", "AttributeName"), nil},
		"provisioned":                   {"table", of("Table", "PROVISIONED", "BillingMode"), nil},
		"an index":                      {"table", of("Table", []any{"x"}, "GlobalSecondaryIndexes"), nil},
		"table goes with the stack":     {"table", set("Delete", "Resources", "Table", "DeletionPolicy"), nil},
		"no alarm on dead letters":      {"alarms", set(nil, "Resources", "DeadLettersAlarm"), nil},
		"alarm on the wrong queue":      {"alarms", of("DeadLettersAlarm", getAtt("Parcels", "QueueName"), "Dimensions", 0, "Value"), nil},
		"silent alarm":                  {"alarms", of("QueueAgeAlarm", nil, "AlarmActions"), nil},
		"silence is no alarm":           {"alarms", of("SweeperHeartbeatAlarm", "notBreaching", "TreatMissingData"), nil},
		"metric of other dimensions":    {"alarms", of("PartialFailuresAlarm", "Function", "Dimensions", 0, "Name"), nil},
		"swept each hour":               {"schedule", of("SweepSchedule", "rate(1 hour)", "ScheduleExpression"), nil},
		"schedule off":                  {"schedule", of("SweepSchedule", "DISABLED", "State"), nil},
		"schedule not admitted":         {"schedule", of("SweepPermission", getAtt("WorkerMapping", "Arn"), "SourceArn"), nil},
		"sweeps repeated":               {"schedule", of("SweepRetries", 2, "MaximumRetryAttempts"), nil},
		"api not throttled":             {"api", of("HttpStage", nil, "DefaultRouteSettings"), nil},
		"old payload":                   {"api", of("HttpIntegration", "1.0", "PayloadFormatVersion"), nil},
		"addresses logged":              {"api", of("HttpStage", "$context.identity.sourceIp", "AccessLogSettings", "Format"), nil},
		"table not tagged":              {"tags", of("Table", nil, "Tags"), nil},
		"tag of the stage forgotten":    {"tags", of("HttpApi", nil, "Tags", "stage"), nil},
	}
}

func TestEveryMistakeIsFound(t *testing.T) {
	t.Parallel()
	proven := map[string]bool{}
	all := mutations()
	for _, more := range []map[string]mutation{rightMutations(), alarmMutations(), wholeMutations()} {
		for name := range more {
			require.NotContains(t, all, name)
		}
		maps.Copy(all, more)
	}
	for name, m := range all {
		template := deploy.Embedded()
		m.change(template.Body())
		c, known := checks()[m.check]
		require.True(t, known, name)
		given := parameters("prod")
		maps.Copy(given, m.given)
		s, err := template.Resolve(given)
		require.NoError(t, err, name)
		require.NotEmpty(t, c(s), "%s: not found", name)
		proven[m.check] = true
	}
	require.Equal(t, slices.Sorted(maps.Keys(checks())), slices.Sorted(maps.Keys(proven)), "a check that no mistake proves")
}
