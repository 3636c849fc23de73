package main

import (
	"encoding/json"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// account is as much of AWS as a doctor asks: the describing calls of a deployment, and single records.
type account struct {
	*made
	// refuse answers an operation with an error code, endless with an empty page and the token of another, for ever.
	refuse  map[string]string
	endless string

	mu    sync.Mutex
	items map[string]any
	asked []string
}

type object = map[string]any

// serve answers for a deployment until the test ends.
func (m *made) serve(t *testing.T) (*account, string) {
	t.Helper()
	a := &account{made: m, items: map[string]any{}, refuse: map[string]string{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return a, server.URL
}

// ServeHTTP answers one request. Lambda has paths, the others name the operation in a header.
func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var in object
	_ = json.NewDecoder(r.Body).Decode(&in) // Lambda's have none
	_, operation, named := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !named {
		operation = map[string]string{"configuration": "GetFunctionConfiguration", "concurrency": "GetFunctionConcurrency"}[path.Base(r.URL.Path)]
		in = object{"FunctionName": path.Base(path.Dir(r.URL.Path)), "Qualifier": r.URL.Query().Get("Qualifier")}
		if operation == "" {
			operation = "ListEventSourceMappings"
		}
	}
	a.asked = append(a.asked, operation)
	out, code := a.page(operation, in, r)
	if refused := a.refuse[operation]; refused != "" {
		code = refused
	}
	status := http.StatusOK
	if code != "" {
		w.Header().Set("X-Amzn-ErrorType", code)
		status, out = http.StatusBadRequest, object{"__type": "com.amazonaws#" + code, "message": "User: someone is not authorized to perform: " + operation}
	}
	body, _ := json.Marshal(out) // maps of texts
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// page answers with an empty page first wherever AWS may: it gives a token instead of what it has not looked at yet.
func (a *account) page(operation string, in object, r *http.Request) (object, string) {
	token := map[string]string{"DescribeParameters": "NextToken", "ListRuleNamesByTarget": "NextToken", "ListEventSourceMappings": "NextMarker"}[operation]
	if token == "" || operation != a.endless && (in["NextToken"] == "more" || r.URL.Query().Get("Marker") == "more") {
		return a.answer(operation, in, r)
	}
	return object{token: "more"}, ""
}

const absent = "ResourceNotFoundException"

func (a *account) answer(operation string, in object, r *http.Request) (out object, code string) {
	switch operation {
	case "GetFunctionConfiguration":
		name := in["FunctionName"].(string)
		variables, there := a.functions()[name]
		if !there || in["Qualifier"] != "live" {
			return nil, absent
		}
		return object{"FunctionName": name, "FunctionArn": functionARN(name), "Timeout": a.timeoutOf(name), "MemorySize": 256, "Environment": object{"Variables": variables}}, ""
	case "GetFunctionConcurrency":
		if n, is := a.reserved[in["FunctionName"].(string)]; is {
			return object{"ReservedConcurrentExecutions": n}, ""
		}
		return object{}, ""
	case "ListRuleNamesByTarget":
		names := []string{}
		if in["TargetArn"] == functionARN("marketbrewer-dev-sweeper:live") && a.schedule != "" {
			names = append(names, "sweep")
		}
		return object{"RuleNames": names}, ""
	case "DescribeRule":
		return object{"Name": in["Name"], "State": map[bool]string{true: "DISABLED", false: "ENABLED"}[a.unscheduled], "ScheduleExpression": a.schedule}, ""
	case "ListEventSourceMappings":
		return object{"EventSourceMappings": a.mappings(path.Base(strings.ReplaceAll(r.URL.Query().Get("EventSourceArn"), ":", "/")))}, ""
	case "GetQueueUrl":
		return object{"QueueUrl": "https://queue/" + in["QueueName"].(string)}, ""
	case "GetQueueAttributes":
		return object{"Attributes": a.queue(path.Base(in["QueueUrl"].(string)))}, ""
	case "DescribeParameters":
		if a.secret == "" {
			return object{"Parameters": []any{}}, ""
		}
		return object{"Parameters": []any{object{"Name": "/marketbrewer/dev/claude-key", "Type": a.secret, "Version": 3}}}, ""
	}
	return a.table(operation, in)
}

func (a *account) table(operation string, in object) (out object, code string) {
	if in["TableName"] != "Table" {
		return nil, absent
	}
	status := map[bool]string{true: "ENABLED", false: "DISABLED"}
	key, _ := json.Marshal(in["Key"])
	switch operation {
	case "DescribeTable":
		return object{"Table": object{"ItemCount": 12, "DeletionProtectionEnabled": a.protected}}, ""
	case "DescribeTimeToLive":
		return object{"TimeToLiveDescription": object{"TimeToLiveStatus": status[a.ttl], "AttributeName": "t"}}, ""
	case "DescribeContinuousBackups":
		return object{"ContinuousBackupsDescription": object{"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": object{"PointInTimeRecoveryStatus": status[a.pitr]}}}, ""
	case "GetItem":
		if item := a.items[string(key)]; item != nil {
			return object{"Item": item}, ""
		}
		return object{}, ""
	case "Query":
		return object{"Items": []any{}, "Count": 0, "ScannedCount": 0}, ""
	case "PutItem":
		item := in["Item"].(object)
		key, _ = json.Marshal(object{"p": item["p"], "s": item["s"]})
		a.items[string(key)] = item
		return object{}, ""
	}
	return nil, "UnknownOperationException"
}

func (a *account) mappings(queue string) []any {
	m := object{"UUID": "u-1", "State": "Enabled", "BatchSize": 4, "MaximumBatchingWindowInSeconds": 5}
	if queue != "Parcels" {
		m["FunctionArn"] = functionARN("marketbrewer-dev-sweeper:live")
		fed(m, a.deadPartial, a.deadConcurrency)
		return []any{m}
	}
	m["FunctionArn"] = functionARN("marketbrewer-dev-worker" + a.qualifier)
	if a.filtered {
		m["FilterCriteria"] = object{"Filters": []any{object{"Pattern": "{}"}}}
	}
	fed(m, a.partial, a.concurrency)
	if a.disabled {
		m["State"] = "Disabled"
	}
	other := object{"FunctionArn": functionARN("someone-else"), "State": "Enabled"}
	switch {
	case a.unfed:
		return []any{other}
	case a.twice:
		return []any{object{"UUID": "u-2", "FunctionArn": functionARN("marketbrewer-dev-worker"), "State": "Enabled"}, m}
	}
	return []any{other, m}
}

// fed gives a mapping what it has of these.
func fed(mapping object, partial bool, concurrency int) {
	if partial {
		mapping["FunctionResponseTypes"] = []string{"ReportBatchItemFailures"}
	}
	if concurrency > 0 {
		mapping["ScalingConfig"] = object{"MaximumConcurrency": concurrency}
	}
}

func functionARN(name string) string {
	return "arn:aws:lambda:us-east-1:111122223333:function:" + name
}

func (a *account) queue(name string) object {
	attributes := object{"QueueArn": "arn:aws:sqs:us-east-1:111122223333:" + name, "VisibilityTimeout": a.deadVisibility, "DelaySeconds": a.deadDelay, "MessageRetentionPeriod": "1209600", "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "2"}
	if name == "Parcels" {
		attributes["VisibilityTimeout"], attributes["MessageRetentionPeriod"], attributes["DelaySeconds"] = a.visibility, "345600", a.delay
		if a.receives != "" {
			attributes["RedrivePolicy"] = `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:DeadLetters","maxReceiveCount":"` + a.receives + `"}`
		}
	}
	return attributes
}
