package deploy_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
)

// alarms is every alarm, whole: metric, dimensions, statistic, how it is compared and with what, for how long, what missing data
// means, and whatever else it has. All of them ring at the topic, when they begin and when they end. A change of an alarm is a
// change of this table.
const alarms = `
ApiErrorsAlarm AWS/Lambda Errors FunctionName=${Api} Resource=${Api}:live Sum GreaterThanThreshold 2 300sx1 notBreaching
ApiFailuresAlarm AWS/ApiGateway 5xx ApiId=${HttpApi} Sum GreaterThanThreshold 5 300sx1 notBreaching
DeadLettersAlarm AWS/SQS ApproximateNumberOfMessagesVisible QueueName=${DeadLetters.QueueName} Maximum GreaterThanThreshold 0 300sx1 notBreaching
GivenUpAlarm MarketBrewer DeadLetters Service=sweeper Stage=<stage> Sum GreaterThanThreshold 0 300sx1 notBreaching
PartialFailuresAlarm MarketBrewer PartialFailures Service=worker Stage=<stage> Sum GreaterThanThreshold 5 300sx3 notBreaching
QueueAgeAlarm AWS/SQS ApproximateAgeOfOldestMessage QueueName=${Parcels.QueueName} Maximum GreaterThanThreshold <QueueAge> 300sx3 notBreaching
SweeperAlertsAlarm MarketBrewer Alerts Service=sweeper Stage=<stage> Sum GreaterThanThreshold 0 300sx1 notBreaching
SweeperDurationAlarm AWS/Lambda Duration FunctionName=${Sweeper} Resource=${Sweeper}:live p99 GreaterThanThreshold 144000 300sx3 notBreaching
SweeperErrorsAlarm AWS/Lambda Errors FunctionName=${Sweeper} Resource=${Sweeper}:live Sum GreaterThanThreshold 0 300sx1 notBreaching
SweeperHeartbeatAlarm AWS/Events Invocations RuleName=${SweepSchedule} Sum LessThanThreshold 1 300sx1 breaching
SweeperNotStartedAlarm AWS/Events FailedInvocations RuleName=${SweepSchedule} Sum GreaterThanThreshold 0 300sx1 notBreaching
TableConflictsAlarm AWS/DynamoDB TransactionConflict TableName=${Table} Sum GreaterThanThreshold 1000 300sx3 notBreaching
TableErrorsAlarm GreaterThanThreshold 5 x3 notBreaching Metrics=[{"Expression":"SUM(FILL(METRICS(), 0))","Id":"all","Label":"Errors of all operations","ReturnData":true},{"Id":"batchGetItem","MetricStat":{"Metric":{"Dimensions":[{"Name":"TableName","Value":"${Table}"},{"Name":"Operation","Value":"BatchGetItem"}],"MetricName":"SystemErrors","Namespace":"AWS/DynamoDB"},"Period":300,"Stat":"Sum"},"ReturnData":false},{"Id":"deleteItem","MetricStat":{"Metric":{"Dimensions":[{"Name":"TableName","Value":"${Table}"},{"Name":"Operation","Value":"DeleteItem"}],"MetricName":"SystemErrors","Namespace":"AWS/DynamoDB"},"Period":300,"Stat":"Sum"},"ReturnData":false},{"Id":"getItem","MetricStat":{"Metric":{"Dimensions":[{"Name":"TableName","Value":"${Table}"},{"Name":"Operation","Value":"GetItem"}],"MetricName":"SystemErrors","Namespace":"AWS/DynamoDB"},"Period":300,"Stat":"Sum"},"ReturnData":false},{"Id":"putItem","MetricStat":{"Metric":{"Dimensions":[{"Name":"TableName","Value":"${Table}"},{"Name":"Operation","Value":"PutItem"}],"MetricName":"SystemErrors","Namespace":"AWS/DynamoDB"},"Period":300,"Stat":"Sum"},"ReturnData":false},{"Id":"query","MetricStat":{"Metric":{"Dimensions":[{"Name":"TableName","Value":"${Table}"},{"Name":"Operation","Value":"Query"}],"MetricName":"SystemErrors","Namespace":"AWS/DynamoDB"},"Period":300,"Stat":"Sum"},"ReturnData":false},{"Id":"transactGetItems","MetricStat":{"Metric":{"Dimensions":[{"Name":"TableName","Value":"${Table}"},{"Name":"Operation","Value":"TransactGetItems"}],"MetricName":"SystemErrors","Namespace":"AWS/DynamoDB"},"Period":300,"Stat":"Sum"},"ReturnData":false},{"Id":"transactWriteItems","MetricStat":{"Metric":{"Dimensions":[{"Name":"TableName","Value":"${Table}"},{"Name":"Operation","Value":"TransactWriteItems"}],"MetricName":"SystemErrors","Namespace":"AWS/DynamoDB"},"Period":300,"Stat":"Sum"},"ReturnData":false}]
TableReadThrottlesAlarm AWS/DynamoDB ReadThrottleEvents TableName=${Table} Sum GreaterThanThreshold 100 300sx1 notBreaching
TableThrottlesAlarm AWS/DynamoDB WriteThrottleEvents TableName=${Table} Sum GreaterThanThreshold 100 300sx1 notBreaching
WorkerAlertsAlarm MarketBrewer Alerts Service=worker Stage=<stage> Sum GreaterThanThreshold 0 300sx1 notBreaching
WorkerDurationAlarm GreaterThanThreshold 800 x3 notBreaching Metrics=[{"Expression":"p99 / 300","Id":"share","Label":"Thousandths of the timeout","ReturnData":true},{"Id":"p99","MetricStat":{"Metric":{"Dimensions":[{"Name":"FunctionName","Value":"${Worker}"},{"Name":"Resource","Value":"${Worker}:live"}],"MetricName":"Duration","Namespace":"AWS/Lambda"},"Period":300,"Stat":"p99"},"ReturnData":false}]
WorkerErrorsAlarm AWS/Lambda Errors FunctionName=${Worker} Resource=${Worker}:live Sum GreaterThanThreshold 0 300sx1 notBreaching
WorkerThrottlesAlarm AWS/Lambda Throttles FunctionName=${Worker} Sum GreaterThanThreshold 0 300sx1 notBreaching
`

// alarmsRing: no alarm more than in the table, none less, none otherwise, and all of them reach somebody.
func alarmsRing(s *deploy.Stack) (list []string) {
	wanted := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSpace(filled(alarms, s)), "\n") {
		wanted[line] = true
	}
	topic := []string{parameters("dev")["AlarmTopic"]}
	for _, a := range s.Typed("AWS::CloudWatch::Alarm") {
		line := alarm(a, s.Resources[a].Properties)
		complain(&list, !wanted[line], "not in the table: %s", line)
		delete(wanted, line)
		complain(&list, !slices.Equal(texts(property(s, a, "AlarmActions")), topic), "%s rings nowhere", a)
		complain(&list, !slices.Equal(texts(property(s, a, "OKActions")), topic), "%s does not say that it is over", a)
	}
	for line := range wanted {
		list = append(list, "not in the template: "+line)
	}
	return list
}

// alarm is one in the form of the table. What the table has no place for stands at its end.
func alarm(name string, properties map[string]any) string {
	rest := maps.Clone(properties)
	for _, told := range []string{"AlarmActions", "OKActions", "AlarmDescription", "Tags"} { // checked beside, or said to people
		delete(rest, told)
	}
	take := func(property string) string {
		value, some := rest[property]
		if delete(rest, property); !some {
			return ""
		}
		return compact(value)
	}
	dimensions, _ := rest["Dimensions"].([]any)
	delete(rest, "Dimensions")
	words := []string{name, take("Namespace"), take("MetricName")}
	for _, d := range dimensions {
		words = append(words, fmt.Sprintf("%v=%v", at(d, "Name"), at(d, "Value")))
	}
	words = append(words, take("Statistic"), take("ExtendedStatistic"), take("ComparisonOperator"), take("Threshold"))
	span := "x" + take("EvaluationPeriods")
	if period := take("Period"); period != "" {
		span = period + "s" + span
	}
	words = append(words, span, take("TreatMissingData"))
	for _, other := range slices.Sorted(maps.Keys(rest)) {
		words = append(words, other+"="+compact(rest[other]))
	}
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " ")
}
