package deploy_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/apps/deploy"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// check looks at a resolved stack and says what is wrong with it.
type check func(s *deploy.Stack) []string

// checks is all that must hold of the template, by what it is about.
func checks() map[string]check {
	return map[string]check{
		"settings": settingsFit, "told": toldTheTruth, "names": namesAgree, "wildcards": noWildcards, "grants": exactGrants, "written": writtenIsRead,
		"ledger": ledgerIsSafe, "parameters": keysGoWhereNeeded, "functions": ownParts, "aliases": startedByAlias, "mappings": mappingsAnswerInPart,
		"dead letters": deadLetters, "queues": queuesAreSafe, "table": tableIsSafe, "alarms": alarmsRing, "schedule": sweptEachMinute,
		"api": apiIsThrottled, "tags": everythingIsTagged, "whole": asWritten, "outputs": outputsAreUsed,
	}
}

func complain(list *[]string, wrong bool, format string, args ...any) {
	if wrong {
		*list = append(*list, fmt.Sprintf(format, args...))
	}
}

// settingsFit: the functions take their settings, and these fit together.
func settingsFit(s *deploy.Stack) (list []string) {
	d, err := s.Deployed()
	complain(&list, err != nil, "%v", err)
	for _, p := range append(settings.Fit(s.Parts()), settings.Relations(d, settings.Template)...) {
		list = append(list, p.String())
	}
	return list
}

// toldTheTruth: what a function is told of the deployment is so, and worker and sweeper are told the same.
func toldTheTruth(s *deploy.Stack) (list []string) {
	for f := range functions() {
		timeout := fmt.Sprint(property(s, f, "Timeout")) + "s"
		complain(&list, s.Variables(f)["MB_FUNCTION_TIMEOUT"] != timeout, "%s: its timeout is %s", f, timeout)
		limit, _ := strconv.Atoi(strings.TrimSuffix(s.Variables(f)["GOMEMLIMIT"], "MiB"))
		memory, _ := strconv.Atoi(fmt.Sprint(property(s, f, "MemorySize")))
		level, told := property(s, f, "LoggingConfig", "ApplicationLogLevel"), s.Variables(f)["MB_LOG_LEVEL"]
		lets := "INFO" // lines of metrics count as that, whatever level the function has
		if told == "debug" {
			lets = "DEBUG"
		}
		complain(&list, level != lets, "%s: Lambda drops lines below %v, it writes those from %s", f, level, told)
		complain(&list, limit*100 < memory*85 || limit*100 > memory*90, "%s: GOMEMLIMIT %d of %d", f, limit, memory)
	}
	worker, sweeper, api := s.Variables(deploy.Worker), s.Variables(deploy.Sweeper), s.Variables(deploy.API)
	for name, value := range worker {
		other, both := sweeper[name]
		third, all := api[name]
		own := name == "MB_FUNCTION_TIMEOUT" || name == "GOMEMLIMIT"
		complain(&list, !own && (both && other != value || all && third != value), "%s differs", name)
	}
	complain(&list, worker["MB_TABLE"] != "Table" || worker["MB_QUEUE_URL"] != "https://queue/Parcels", "other table or queue")
	for name, value := range map[string]any{
		"MB_VISIBILITY": fmt.Sprint(property(s, "Parcels", "VisibilityTimeout")) + "s", "MB_BATCH_SIZE": property(s, "WorkerMapping", "BatchSize"),
		"MB_MAX_CONCURRENCY": property(s, "WorkerMapping", "ScalingConfig", "MaximumConcurrency"),
	} {
		complain(&list, worker[name] != fmt.Sprint(value), "%s is not %v", name, value)
	}
	return list
}

// namesAgree: a function is told exactly what its struct has.
func namesAgree(s *deploy.Stack) (list []string) {
	for f, wanted := range functions() {
		told := s.Variables(f)
		delete(told, "GOMEMLIMIT") // Go's own
		for _, v := range wanted {
			_, is := told[v.Name]
			complain(&list, !is, "%s is not told %s", f, v.Name)
			delete(told, v.Name)
		}
		complain(&list, len(told) > 0, "%s has no setting for %v", f, slices.Sorted(maps.Keys(told)))
	}
	return list
}

// ownParts: each function has its own role, log group with retention, version and alias, and runs our program.
func ownParts(s *deploy.Stack) (list []string) {
	roles, logs := map[string]bool{}, map[string]bool{}
	for _, f := range s.Typed("AWS::Lambda::Function") {
		role, log := id(property(s, f, "Role")), id(property(s, f, "LoggingConfig", "LogGroup"))
		complain(&list, role != f+"Role" || roles[role], "%s: role %q", f, role)
		complain(&list, log != f+"Logs" || logs[log], "%s: log group %q", f, log)
		complain(&list, property(s, log, "RetentionInDays") == nil, "%s: no retention", f)
		complain(&list, id(property(s, f+"Alias", "FunctionName")) != f || property(s, f+"Alias", "FunctionVersion") != "${"+f+"Version.Version}", "%s: alias", f)
		complain(&list, id(property(s, f+"Version", "FunctionName")) != f || property(s, f+"Version", "Description") != "v1-1", "%s: version", f)
		complain(&list, s.Resources[f+"Version"].Deletion != "Retain", "%s: old versions go, and with them the way back", f)
		complain(&list, property(s, f, "Runtime") != "provided.al2023" || property(s, f, "Architectures", 0) != "arm64", "%s: runtime", f)
		complain(&list, property(s, f, "Code", "S3Key") != "v1/"+strings.ToLower(f)+".zip", "%s: code", f)
		roles[role], logs[log] = true, true
	}
	complain(&list, len(roles) != len(functions()), "functions without settings")
	return list
}

// startedByAlias: nothing starts a function but by its alias, and only what is meant to.
func startedByAlias(s *deploy.Stack) (list []string) {
	by := map[string]any{
		"WorkerMapping": property(s, "WorkerMapping", "FunctionName"), "DeadLettersMapping": property(s, "DeadLettersMapping", "FunctionName"),
		"SweepSchedule": property(s, "SweepSchedule", "Targets", 0, "Arn"), "SweepPermission": property(s, "SweepPermission", "FunctionName"),
		"HttpIntegration": property(s, "HttpIntegration", "IntegrationUri"), "HttpPermission": property(s, "HttpPermission", "FunctionName"),
	}
	want := map[string]any{
		"WorkerMapping": "${WorkerAlias}", "DeadLettersMapping": "${SweeperAlias}", "SweepSchedule": "${SweeperAlias}", "SweepPermission": "${SweeperAlias}",
		"HttpIntegration": "${ApiAlias}", "HttpPermission": "${ApiAlias}",
	}
	complain(&list, !reflect.DeepEqual(by, want), "%v", by)
	for _, p := range s.Typed("AWS::Lambda::Permission") {
		complain(&list, property(s, p, "SourceArn") == nil, "%s: anybody's", p)
	}
	return list
}

// mappingsAnswerInPart: every queue that starts a function takes answers in part, and has a limit.
func mappingsAnswerInPart(s *deploy.Stack) (list []string) {
	sources := map[string]string{}
	for _, m := range s.Typed("AWS::Lambda::EventSourceMapping") {
		sources[m] = id(property(s, m, "EventSourceArn"))
		most, _ := strconv.Atoi(fmt.Sprint(property(s, m, "ScalingConfig", "MaximumConcurrency")))
		complain(&list, most < 2 || most > 1000, "%s: maximum concurrency %d", m, most)
		complain(&list, !slices.Equal(texts(property(s, m, "FunctionResponseTypes")), []string{"ReportBatchItemFailures"}), "%s: one failure brings back all", m)
	}
	complain(&list, !maps.Equal(sources, map[string]string{"WorkerMapping": "Parcels", "DeadLettersMapping": "DeadLetters"}), "%v", sources)
	return list
}

// deadLetters: a queue gives messages up to another, or takes those.
func deadLetters(s *deploy.Stack) (list []string) {
	for _, q := range s.Typed("AWS::SQS::Queue") {
		target := id(property(s, q, "RedrivePolicy", "deadLetterTargetArn"))
		if target == "" {
			complain(&list, property(s, q, "RedriveAllowPolicy", "redrivePermission") != "byQueue", "%s takes from anybody, or has no dead-letter queue", q)
			continue
		}
		name := fmt.Sprint(property(s, q, "QueueName"))
		from := texts(property(s, target, "RedriveAllowPolicy", "sourceQueueArns"))
		complain(&list, len(from) != 1 || !strings.HasSuffix(from[0], ":"+name), "%s takes from %v", target, from)
		complain(&list, number(property(s, q, "RedrivePolicy", "maxReceiveCount")) < 5, "%s gives up too early", q)
		complain(&list, number(property(s, target, "MessageRetentionPeriod")) != 14*24*3600, "%s does not keep for 14 days", target)
		complain(&list, number(property(s, q, "MessageRetentionPeriod")) >= 14*24*3600, "%s keeps as long as its dead-letter queue", q)
	}
	// What Lambda wants of every queue that starts a function.
	timeout, visible := number(property(s, deploy.Sweeper, "Timeout")), number(property(s, "DeadLetters", "VisibilityTimeout"))
	complain(&list, visible < 6*timeout, "DeadLetters: visibility %d", visible)
	return list
}

func number(value any) int {
	n, _ := strconv.Atoi(fmt.Sprint(value))
	return n
}

// queuesAreSafe: encrypted at rest, and deaf to plain text.
func queuesAreSafe(s *deploy.Stack) (list []string) {
	for _, q := range s.Typed("AWS::SQS::Queue") {
		complain(&list, property(s, q, "SqsManagedSseEnabled") != true, "%s is not encrypted", q)
		policy := at(property(s, q+"Policy"), "PolicyDocument", "Statement", 0)
		complain(&list, id(property(s, q+"Policy", "Queues", 0)) != q || id(at(policy, "Resource")) != q, "%s: another's policy", q)
		complain(&list, at(policy, "Effect") != "Deny" || at(policy, "Principal") != "*" || at(policy, "Condition", "Bool", "aws:SecureTransport") != "false", "%s takes plain text", q)
		for _, action := range []string{"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"} {
			complain(&list, !slices.Contains(texts(at(policy, "Action")), action), "%s: %s in plain text", q, action)
		}
	}
	return list
}

// tableIsSafe: it is the store's table, and is not lost by mistake.
func tableIsSafe(s *deploy.Stack) (list []string) {
	input := dynamostore.TableInput("x")
	for i, key := range input.KeySchema {
		complain(&list, property(s, "Table", "KeySchema", i, "AttributeName") != *key.AttributeName || property(s, "Table", "KeySchema", i, "KeyType") != string(key.KeyType), "key %d", i)
		complain(&list, property(s, "Table", "AttributeDefinitions", i, "AttributeName") != *key.AttributeName || property(s, "Table", "AttributeDefinitions", i, "AttributeType") != "S", "attribute %d", i)
	}
	complain(&list, property(s, "Table", "TimeToLiveSpecification", "AttributeName") != *dynamostore.TTLInput("x").TimeToLiveSpecification.AttributeName, "TTL of another attribute")
	complain(&list, property(s, "Table", "BillingMode") != string(input.BillingMode), "billing")
	complain(&list, property(s, "Table", "GlobalSecondaryIndexes") != nil, "an index")
	complain(&list, s.Resources["Table"].Deletion != "Retain", "the table goes with the stack")
	return list
}

// sweptEachMinute: by a rule that is on; a sweep that failed is not repeated.
func sweptEachMinute(s *deploy.Stack) (list []string) {
	complain(&list, property(s, "SweepSchedule", "ScheduleExpression") != "rate(1 minute)" || property(s, "SweepSchedule", "State") != "ENABLED", "schedule")
	complain(&list, property(s, "SweepPermission", "SourceArn") != "${SweepSchedule.Arn}", "the schedule may not start it")
	complain(&list, number(property(s, "SweepRetries", "MaximumRetryAttempts")) != 0 || property(s, "SweepRetries", "Qualifier") != property(s, "SweeperAlias", "Name"), "repeats")
	return list
}

// apiIsThrottled: and its answers have the form that the function gives them.
func apiIsThrottled(s *deploy.Stack) (list []string) {
	for _, limit := range []string{"ThrottlingRateLimit", "ThrottlingBurstLimit"} {
		complain(&list, number(property(s, "HttpStage", "DefaultRouteSettings", limit)) < 1, "%s is not set", limit)
	}
	complain(&list, property(s, "HttpIntegration", "PayloadFormatVersion") != "2.0", "payload format")
	format := fmt.Sprint(property(s, "HttpStage", "AccessLogSettings", "Format"))
	complain(&list, strings.Contains(format, "sourceIp") || strings.Contains(format, "$context.path") || strings.Contains(format, "authorizer"), "people in the access log")
	return list
}

// outputsAreUsed: what the stack tells people is what its functions use.
func outputsAreUsed(s *deploy.Stack) (list []string) {
	want := map[string]string{
		"TableName": fmt.Sprint(property(s, deploy.Worker, "Environment", "Variables", "MB_TABLE")), "QueueUrl": "${Parcels}", "DeadLettersUrl": "${DeadLetters}",
		"ApiUrl": "${HttpApi.ApiEndpoint}", "WorkerFunction": "${Worker}", "SweeperFunction": "${Sweeper}", "ApiFunction": "${Api}",
		"WorkerMappingId": "${WorkerMapping}", "DeadLettersMappingId": "${DeadLettersMapping}", "SweepScheduleName": "${SweepSchedule}",
	}
	complain(&list, !maps.Equal(s.Outputs, want), "%v", s.Outputs)
	return list
}

// everythingIsTagged: whatever costs money, or holds data or rights.
func everythingIsTagged(s *deploy.Stack) (list []string) {
	untagged := []string{
		"AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::Lambda::Permission", "AWS::Lambda::EventInvokeConfig", "AWS::SQS::QueuePolicy", "AWS::Events::Rule",
		"AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Route",
	}
	for name, r := range s.Resources {
		found := map[any]bool{}
		if tags, is := r.Properties["Tags"].(map[string]any); is {
			found["application"], found["stage"] = tags["application"] != nil, tags["stage"] != nil
		}
		for i := 0; at(r.Properties["Tags"], i) != nil; i++ {
			found[at(r.Properties["Tags"], i, "Key")] = true
		}
		complain(&list, !slices.Contains(untagged, r.Type) && (!found["application"] || !found["stage"]), "%s has no tags", name)
	}
	return list
}
