package deploy_test

import "strings"

// wholeMutations are mistakes about resources that work otherwise than they are meant to.
func wholeMutations() map[string]mutation {
	stages := func(name string, value any) func(map[string]any) {
		return set(value, "Mappings", "Stages", "prod", name)
	}
	return map[string]mutation{
		"worker not fed":              {"whole", of("WorkerMapping", false, "Enabled"), nil},
		"dead letters not taken in":   {"whole", of("DeadLettersMapping", false, "Enabled"), nil},
		"some messages filtered":      {"whole", of("WorkerMapping", map[string]any{"Filters": []any{map[string]any{"Pattern": "{}"}}}, "FilterCriteria"), nil},
		"mapping under a condition":   {"whole", set("HasNotices", "Resources", "WorkerMapping", "Condition"), nil},
		"one invocation at once":      {"whole", of("Worker", 1, "ReservedConcurrentExecutions"), nil},
		"no invocation of the api":    {"whole", of("Api", 0, "ReservedConcurrentExecutions"), nil},
		"parcels delayed":             {"whole", of("Parcels", 900, "DelaySeconds"), nil},
		"dead letters delayed":        {"whole", of("DeadLetters", 900, "DelaySeconds"), nil},
		"logs are no JSON":            {"whole", of("Worker", "Text", "LoggingConfig", "LogFormat"), nil},
		"reports of Lambda dropped":   {"whole", of("Api", "WARN", "LoggingConfig", "SystemLogLevel"), nil},
		"metrics dropped":             {"told", of("Worker", "ERROR", "LoggingConfig", "ApplicationLogLevel"), nil},
		"debug lines dropped":         {"told", set("debug", "Mappings", "LogLevels", "stage", "prod"), nil},
		"level left to Lambda":        {"told", of("Sweeper", nil, "LoggingConfig", "ApplicationLogLevel"), nil},
		"logs for a day":              {"whole", stages("LogDays", 1), nil},
		"health alone":                {"whole", of("HttpRoute", "GET /health", "RouteKey"), nil},
		"api never deployed":          {"whole", of("HttpStage", false, "AutoDeploy"), nil},
		"every sweep told the same":   {"whole", of("SweepSchedule", "{}", "Targets", 0, "Input"), nil},
		"a second target":             {"whole", of("SweepSchedule", []any{map[string]any{"Id": "a", "Arn": ref("SweeperAlias")}, map[string]any{"Id": "b", "Arn": ref("WorkerAlias")}}, "Targets"), nil},
		"alias of another name":       {"whole", of("WorkerAlias", "current", "Name"), nil},
		"traffic shared":              {"whole", of("ApiAlias", map[string]any{"AdditionalVersionWeights": []any{}}, "RoutingConfig"), nil},
		"function of any name":        {"whole", of("Worker", nil, "FunctionName"), nil},
		"table of a fixed name":       {"whole", of("Table", "marketbrewer", "TableName"), nil},
		"table goes when replaced":    {"whole", set("Delete", "Resources", "Table", "UpdateReplacePolicy"), nil},
		"one day to restore from":     {"whole", of("Table", 1, "PointInTimeRecoverySpecification", "RecoveryPeriodInDays"), nil},
		"one write a second":          {"whole", of("Table", map[string]any{"MaxWriteRequestUnits": 1}, "OnDemandThroughput"), nil},
		"somebody's key":              {"whole", of("Worker", "arn:aws:kms:us-east-1:999999999999:key/x", "KmsKeyArn"), nil},
		"somebody's layer":            {"whole", of("Api", []any{"arn:aws:lambda:us-east-1:999999999999:layer:x:1"}, "Layers"), nil},
		"somebody's code":             {"whole", of("Worker", "foreign", "Code", "S3Bucket"), nil},
		"somebody's pages":            {"whole", otherwise("Origins", "https://evil.example"), nil},
		"somebody may sign in":        {"whole", otherwise("AllowedEmails", "evil@example.com"), nil},
		"somebody's Claude":           {"whole", otherwise("AnthropicBaseURL", "https://evil.example"), nil},
		"memory limit of another row": {"told", set("912MiB", "Mappings", "GoMemory", "128", "Limit"), map[string]string{"WorkerMemory": "128"}},
		"output of the old table":     {"outputs", set(ref("Table"), "Outputs", "TableName", "Value"), map[string]string{"RestoredTable": "restored", "Epoch": "1"}},
		"output of the other queue":   {"outputs", set(ref("DeadLetters"), "Outputs", "QueueUrl", "Value"), nil},
		"restore without an epoch":    {"settings", func(map[string]any) {}, map[string]string{"RestoredTable": "restored"}},
		"key in plain text":           {"settings", otherwise("AnthropicBaseURL", "http://evil.example"), nil},
		"environment too large":       {"settings", otherwise("AllowedEmails", long()), nil},
		"old results in threes":       {"whole", told("Sweeper", "3", "MB_FLUSH_RESULTS"), nil},
	}
}

// long is a list of addresses that no environment holds.
func long() string { return "a@example.com" + strings.Repeat(",a@example.com", 300) }
