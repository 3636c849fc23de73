package deploy_test

// resource adds one to the template.
func resource(id, kind string, properties map[string]any) func(map[string]any) {
	return func(body map[string]any) {
		body["Resources"].(map[string]any)[id] = map[string]any{"Type": kind, "Properties": properties}
	}
}

// operator puts another in the place of a condition's.
func operator(role, sid, was, is string) func(map[string]any) {
	return func(body map[string]any) {
		for _, st := range at(body, "Resources", role, "Properties", "Policies", 0, "PolicyDocument", "Statement").([]any) {
			if at(st, "Sid") == sid {
				conditions := at(st, "Condition").(map[string]any)
				conditions[is] = conditions[was]
				delete(conditions, was)
				return
			}
		}
		panic(sid)
	}
}

// rightMutations are mistakes about who may do what.
func rightMutations() map[string]mutation {
	const trust = "AssumeRolePolicyDocument"
	plain := []any{"PolicyDocument", "Statement", 0, "Condition"}
	foreign := map[string]any{"AWS": "arn:aws:iam::999999999999:root"}
	return map[string]mutation{
		"all partitions but these": {"grants", operator("WorkerRole", "PutRecords", "ForAllValues:StringLike", "ForAllValues:StringNotLike"), nil},
		"deletes all but active":   {"grants", operator("ApiRole", "DeleteRecords", "ForAllValues:StringLike", "ForAllValues:StringNotLike"), nil},
		"any value will do":        {"grants", operator("SweeperRole", "ReadRecords", "ForAllValues:StringLike", "ForAnyValue:StringLike"), nil},
		"denial of others":         {"grants", operator("ApiRole", "KeepLedgerAndAudit", "ForAnyValue:StringLike", "ForAnyValue:StringNotLike"), nil},
		"denial under a condition": {"grants", right("WorkerRole", "KeepLedgerAndAudit", map[string]any{"aws:PrincipalTag/x": "y"}, "Condition", "StringEquals"), nil},
		"another key of condition": {"grants", right("WorkerRole", "PutRecords", map[string]any{"dynamodb:Attributes": []any{"job/*"}}, "Condition", "ForAllValues:StringLike"), nil},
		"queue under a condition":  {"grants", right("ApiRole", "SendParcels", map[string]any{"Bool": map[string]any{"aws:ViaAWSService": "true"}}, "Condition"), nil},
		"writes unseen":            {"written", right("SweeperRole", "ReadRecords", []any{"job/*", "tenant/*", "global"}, "Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys"), nil},
		"bound to all but one":     {"ledger", operator("WorkerRole", "DeleteRecords", "ForAllValues:StringEquals", "ForAllValues:StringNotEquals"), nil},
		"trusts everybody":         {"whole", of("WorkerRole", "*", trust, "Statement", 0, "Principal"), nil},
		"trusts all accounts":      {"whole", of("SweeperRole", map[string]any{"AWS": "*"}, trust, "Statement", 0, "Principal"), nil},
		"trusts another account":   {"whole", of("ApiRole", foreign, trust, "Statement", 0, "Principal"), nil},
		"trusts another service":   {"whole", of("ApiRole", "ec2.amazonaws.com", trust, "Statement", 0, "Principal", "Service"), nil},
		"a boundary":               {"whole", of("WorkerRole", "arn:aws:iam::999999999999:policy/boundary", "PermissionsBoundary"), nil},
		"a policy on the table":    {"whole", of("Table", map[string]any{"PolicyDocument": map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Principal": foreign}}}}, "ResourcePolicy"), nil},
		"plain text but from here": {"whole", of("ParcelsPolicy", map[string]any{"aws:SourceVpc": "vpc-1"}, append(plain, "StringEquals")...), nil},
		"plain text of one":        {"whole", of("DeadLettersPolicy", foreign, "PolicyDocument", "Statement", 0, "Principal"), nil},
		"a statement more on the queue": {"whole", of("ParcelsPolicy", []any{
			map[string]any{"Effect": "Allow", "Principal": foreign, "Action": "sqs:ReceiveMessage", "Resource": getAtt("Parcels", "Arn")},
		}, "PolicyDocument", "Statement"), nil},
		"a policy beside the role": {"whole", resource("Extra", "AWS::IAM::RolePolicy", map[string]any{"RoleName": ref("ApiRole")}), nil},
		"a user":                   {"whole", resource("Extra", "AWS::IAM::User", map[string]any{}), nil},
		"a function's own address": {"whole", resource("Extra", "AWS::Lambda::Url", map[string]any{"AuthType": "NONE", "TargetFunctionArn": ref("Api")}), nil},
		"anybody may call":         {"whole", of("HttpPermission", "*", "Principal"), nil},
		"any api may call":         {"whole", of("HttpPermission", "*", "SourceArn"), nil},
		"another stage may call":   {"whole", of("HttpPermission", map[string]any{"Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${HttpApi}/test/$default"}, "SourceArn"), nil},
	}
}

// alarmMutations are alarms that never ring, ring always, or ring about something else.
func alarmMutations() map[string]mutation {
	return map[string]mutation{
		"rings when it is well":          {"alarms", of("WorkerErrorsAlarm", "LessThanThreshold", "ComparisonOperator"), nil},
		"never so many":                  {"alarms", of("TableThrottlesAlarm", 100000, "Threshold"), nil},
		"heartbeat of nothing":           {"alarms", of("SweeperHeartbeatAlarm", 0, "Threshold"), nil},
		"heartbeat of dead letters":      {"alarms", of("SweeperHeartbeatAlarm", "AWS/Lambda", "Namespace"), nil},
		"the least of all":               {"alarms", of("DeadLettersAlarm", "Minimum", "Statistic"), nil},
		"another namespace":              {"alarms", of("QueueAgeAlarm", "AWS/Lambda", "Namespace"), nil},
		"another name of the dimension":  {"alarms", of("DeadLettersAlarm", "QueueUrl", "Dimensions", 0, "Name"), nil},
		"once a day":                     {"alarms", of("WorkerThrottlesAlarm", 86400, "Period"), nil},
		"after eight hours":              {"alarms", of("WorkerErrorsAlarm", 100, "EvaluationPeriods"), nil},
		"after thirty years":             {"alarms", set(999999999, "Mappings", "Stages", "prod", "QueueAge"), nil},
		"switched off":                   {"alarms", of("GivenUpAlarm", false, "ActionsEnabled"), nil},
		"points of many":                 {"alarms", of("PartialFailuresAlarm", 1, "DatapointsToAlarm"), nil},
		"rings elsewhere":                {"alarms", of("QueueAgeAlarm", []any{"arn:aws:sns:us-east-1:999999999999:x"}, "AlarmActions"), nil},
		"never over":                     {"alarms", of("QueueAgeAlarm", nil, "OKActions"), nil},
		"given up by the worker":         {"alarms", of("GivenUpAlarm", "worker", "Dimensions", 0, "Value"), nil},
		"no alarm on what was taken in":  {"alarms", set(nil, "Resources", "GivenUpAlarm"), nil},
		"no alarm on the rule's right":   {"alarms", set(nil, "Resources", "SweeperNotStartedAlarm"), nil},
		"share of another time":          {"alarms", of("WorkerDurationAlarm", "p99 / 900", "Metrics", 0, "Expression"), nil},
		"duration of another":            {"alarms", of("WorkerDurationAlarm", ref("Api"), "Metrics", 1, "MetricStat", "Metric", "Dimensions", 0, "Value"), nil},
		"errors of another operation":    {"alarms", of("TableErrorsAlarm", "Scan", "Metrics", 4, "MetricStat", "Metric", "Dimensions", 1, "Value"), nil},
		"alarm under a condition":        {"alarms", set("HasNotices", "Resources", "QueueAgeAlarm", "Condition"), nil},
		"an alarm that nobody has asked": {"alarms", resource("Extra", "AWS::CloudWatch::Alarm", map[string]any{}), nil},
	}
}
