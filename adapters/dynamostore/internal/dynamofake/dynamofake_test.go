package dynamofake_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
)

// send asks a fake and returns status and body.
func send(fake http.Handler, operation, body string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	w := httptest.NewRecorder()
	fake.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// must asks for something that succeeds.
func must(t *testing.T, fake http.Handler, operation, body string) string {
	t.Helper()
	status, answer := send(fake, operation, body)
	require.Equal(t, http.StatusOK, status, answer)
	return answer
}

func newFake(t *testing.T, options *dynamofake.Options) *dynamofake.Server {
	t.Helper()
	fake := dynamofake.New(options)
	must(t, fake, "CreateTable", `{"TableName":"t","KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"s","KeyType":"RANGE"}]}`)
	must(t, fake, "PutItem", `{"TableName":"t","Item":{"p":{"S":"p"},"s":{"S":"a"},"v":{"N":"7"},"b":{"B":"AAEC"}}}`)
	return fake
}

// in puts the table and a key before the rest of an input.
func in(rest string) string {
	return `{"TableName":"t","Key":{"p":{"S":"p"},"s":{"S":"a"}}` + rest + `}`
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for expression, holds := range map[string]bool{
		"v = :seven":                             true,
		"v = :eight":                             false,
		"v < :eight":                             true,
		"v < :seven":                             false,
		"v <= :seven":                            true,
		"v > :seven":                             false,
		"v >= :seven":                            true,
		"v > :text":                              false,
		"missing = :seven":                       false,
		"b = :bytes":                             true,
		"s = :text":                              true,
		"v BETWEEN :seven AND :eight":            true,
		"v BETWEEN :eight AND :seven":            false,
		"attribute_not_exists(v)":                false,
		"attribute_not_exists(missing)":          true,
		"v = :eight OR s = :text AND v = :seven": true,
		"(v = :seven OR s = :text) AND v = :eight":              false,
		"attribute_not_exists(p) OR (v = :seven AND s = :text)": true,
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			values := map[string]json.RawMessage{}
			for name, value := range map[string]string{":seven": `{"N":"7"}`, ":eight": `{"N":"8"}`, ":text": `{"S":"a"}`, ":bytes": `{"B":"AAEC"}`} {
				if strings.Contains(expression, name) {
					values[name] = json.RawMessage(value)
				}
			}
			given, err := json.Marshal(values)
			require.NoError(t, err)
			status, answer := send(newFake(t, nil), "DeleteItem", in(`,"ConditionExpression":"`+expression+`","ExpressionAttributeValues":`+string(given)))
			require.Equal(t, holds, status == http.StatusOK, answer)
			if !holds {
				require.Contains(t, answer, "#ConditionalCheckFailedException")
				require.NotContains(t, answer, "Item\":", "the old item was not asked for")
			}
		})
	}
}

// TestRefusals holds the fake to refuse what the service refuses.
func TestRefusals(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 400<<10)
	put := func(item string) string { return `{"Put":{"TableName":"t","Item":{` + item + `}}}` }
	var hundredOne, megabytes []string
	for i := range 101 {
		hundredOne = append(hundredOne, put(`"p":{"S":"p"},"s":{"S":"`+strings.Repeat("x", i+1)+`"}`))
	}
	for i := range 11 {
		megabytes = append(megabytes, put(`"p":{"S":"p"},"s":{"S":"`+strings.Repeat("x", i+1)+`"},"b":{"S":"`+large[:399<<10]+`"}`))
	}
	keys := func(keys ...string) string {
		return `{"RequestItems":{"t":{"Keys":[` + strings.Join(keys, ",") + `]}}}`
	}
	const a = `{"p":{"S":"p"},"s":{"S":"a"}}`
	for name, c := range map[string]struct{ operation, body, code string }{
		"operation":          {"Scan", `{}`, "UnknownOperationException"},
		"no JSON":            {"GetItem", `{`, "SerializationException"},
		"unknown field":      {"GetItem", `{"Other":1}`, "SerializationException"},
		"table":              {"GetItem", `{"TableName":"other"}`, "ResourceNotFoundException"},
		"table of a batch":   {"BatchGetItem", `{"RequestItems":{"other":{}}}`, "ResourceNotFoundException"},
		"table of a query":   {"Query", `{"TableName":"other"}`, "ResourceNotFoundException"},
		"table of a put":     {"PutItem", `{"TableName":"other","Item":{}}`, "ResourceNotFoundException"},
		"table described":    {"DescribeTable", `{"TableName":"other"}`, "ResourceNotFoundException"},
		"table's TTL":        {"UpdateTimeToLive", `{"TableName":"other"}`, "ResourceNotFoundException"},
		"table twice":        {"CreateTable", `{"TableName":"t"}`, "ResourceInUseException"},
		"key":                {"GetItem", `{"TableName":"t","Key":{"p":{"S":"p"}}}`, "ValidationException"},
		"more than a key":    {"GetItem", `{"TableName":"t","Key":{"p":{"S":"p"},"s":{"S":"a"},"v":{"N":"1"}}}`, "ValidationException"},
		"empty key":          {"GetItem", `{"TableName":"t","Key":{"p":{"S":""},"s":{"S":"a"}}}`, "ValidationException"},
		"long key":           {"GetItem", `{"TableName":"t","Key":{"p":{"S":"p"},"s":{"S":"` + large[:1025] + `"}}}`, "ValidationException"},
		"no item":            {"PutItem", in(``), "ValidationException"},
		"large item":         {"PutItem", `{"TableName":"t","Item":{"p":{"S":"p"},"s":{"S":"a"},"b":{"S":"` + large + `"}}}`, "ValidationException"},
		"expression":         {"DeleteItem", in(`,"ConditionExpression":"v ~ :v","ExpressionAttributeValues":{":v":{"N":"1"}}`), "ValidationException"},
		"open bracket":       {"DeleteItem", in(`,"ConditionExpression":"attribute_not_exists(p"`), "ValidationException"},
		"end of expression":  {"DeleteItem", in(`,"ConditionExpression":"attribute_not_exists(p) p"`), "ValidationException"},
		"nothing to compare": {"DeleteItem", in(`,"ConditionExpression":"v ="`), "ValidationException"},
		"missing value":      {"DeleteItem", in(`,"ConditionExpression":"v = :v"`), "ValidationException"},
		"unused value":       {"DeleteItem", in(`,"ConditionExpression":"attribute_not_exists(p)","ExpressionAttributeValues":{":v":{"N":"1"}}`), "ValidationException"},
		"empty transaction":  {"TransactWriteItems", `{}`, "ValidationException"},
		"long transaction":   {"TransactWriteItems", `{"TransactItems":[` + strings.Join(hundredOne, ",") + `]}`, "ValidationException"},
		"large transaction":  {"TransactWriteItems", `{"TransactItems":[` + strings.Join(megabytes, ",") + `]}`, "ValidationException"},
		"same item twice":    {"TransactWriteItems", `{"TransactItems":[` + hundredOne[0] + `,` + hundredOne[0] + `]}`, "ValidationException"},
		"nothing to do":      {"TransactWriteItems", `{"TransactItems":[{}]}`, "ValidationException"},
		"bad step":           {"TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"other"}}]}`, "ResourceNotFoundException"},
		"same key twice":     {"BatchGetItem", keys(a, a), "ValidationException"},
		"bad key":            {"BatchGetItem", keys(`{}`), "ValidationException"},
		"many keys":          {"BatchGetItem", keys(strings.Split(strings.Repeat(a+" ", 101), " ")[:101]...), "ValidationException"},
		"no partition":       {"Query", `{"TableName":"t","KeyConditionExpression":"s = :s","ExpressionAttributeValues":{":s":{"S":"a"}}}`, "ValidationException"},
		"ends exchanged": {"Query", `{"TableName":"t","KeyConditionExpression":"p = :p AND s BETWEEN :from AND :to",
			"ExpressionAttributeValues":{":p":{"S":"p"},":from":{"S":"b"},":to":{"S":"a"}}}`, "ValidationException"},
		"bad start":     {"Query", `{"TableName":"t","KeyConditionExpression":"p = :p","ExpressionAttributeValues":{":p":{"S":"p"}},"ExclusiveStartKey":{}}`, "ValidationException"},
		"start outside": {"Query", `{"TableName":"t","KeyConditionExpression":"p = :p","ExpressionAttributeValues":{":p":{"S":"q"}},"ExclusiveStartKey":` + a + `}`, "ValidationException"},
		"bad query":     {"Query", `{"TableName":"t","KeyConditionExpression":"p = :p OR s","ExpressionAttributeValues":{":p":{"S":"p"}}}`, "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFake(t, nil)
			status, answer := send(fake, c.operation, c.body)
			require.Equal(t, http.StatusBadRequest, status, answer)
			require.Contains(t, answer, "#"+c.code)
			require.Equal(t, 11, fake.Size("t", "p", "a"), "nothing was written")
			require.Zero(t, fake.Size("other", "p", "a"))
		})
	}
}

// TestFaults sends one request of each sort into each fault, and looks whether it was done.
func TestFaults(t *testing.T) {
	t.Parallel()
	const transact = `{"TransactItems":[{"Delete":{"TableName":"t","Key":{"p":{"S":"p"},"s":{"S":"a"}}}},
		{"Put":{"TableName":"t","Item":{"p":{"S":"p"},"s":{"S":"b"}}}}]}`
	for name, c := range map[string]struct {
		fault           dynamofake.Fault
		operation, body string
		status          int
		contains        string
		done            bool
	}{
		"throttled":                {dynamofake.Throttle, "DeleteItem", in(``), 400, "#ThrottlingException", false},
		"error":                    {dynamofake.ServerError, "DeleteItem", in(``), 500, "#InternalServerError", false},
		"error after":              {dynamofake.ServerErrorAfter, "DeleteItem", in(``), 500, "#InternalServerError", true},
		"conflict":                 {dynamofake.Conflict, "DeleteItem", in(``), 400, "#TransactionConflictException", false},
		"conflict of transactions": {dynamofake.Conflict, "TransactWriteItems", transact, 400, `{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"},{"Code":"None"}`, false},
		"conflict of a read":       {dynamofake.Conflict, "GetItem", in(``), 200, `"v":{"N":"7"}`, false},
		"reset before":             {dynamofake.ResetBefore, "DeleteItem", in(``), 0, "", false},
		"reset after":              {dynamofake.ResetAfter, "TransactWriteItems", transact, 0, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := dynamofake.None
			fake := newFake(t, &dynamofake.Options{Fault: func(string) dynamofake.Fault { return next }})
			next = c.fault
			if c.status == 0 {
				require.PanicsWithValue(t, http.ErrAbortHandler, func() { send(fake, c.operation, c.body) })
			} else {
				status, answer := send(fake, c.operation, c.body)
				require.Equal(t, c.status, status)
				require.Contains(t, answer, c.contains)
			}
			require.Equal(t, c.done, fake.Size("t", "p", "a") == 0)
		})
	}
}

// TestALargeBatchIsNotReadWhole leaves what goes beyond 16 MB, and takes units for what it reads.
func TestALargeBatchIsNotReadWhole(t *testing.T) {
	t.Parallel()
	fake := newFake(t, nil)
	var keys []string
	for i := range 42 {
		key := `"p":{"S":"p"},"s":{"S":"` + strings.Repeat("x", i+1) + `"}`
		keys = append(keys, `{`+key+`}`)
		must(t, fake, "PutItem", `{"TableName":"t","Item":{`+key+`,"b":{"S":"`+strings.Repeat("y", 399<<10)+`"}}}`)
	}
	answer := must(t, fake, "BatchGetItem", `{"RequestItems":{"t":{"Keys":[`+strings.Join(keys, ",")+`]}}}`)
	var output struct {
		Responses       map[string][]json.RawMessage
		UnprocessedKeys map[string]struct{ Keys []json.RawMessage }
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &output))
	require.Len(t, output.Responses["t"], 41)
	require.Len(t, output.UnprocessedKeys["t"].Keys, 1)
	require.InDelta(t, 41*50, fake.Used().Read, 41, "half a unit for 4 KB that may be old")
}

// TestTheTTLDeletesWhatHasExpired where there is a time to go by, and only the attribute that it was told.
func TestTheTTLDeletesWhatHasExpired(t *testing.T) {
	t.Parallel()
	now := time.Unix(100, 0)
	fake := newFake(t, &dynamofake.Options{Now: func() time.Time { return now }})
	must(t, fake, "PutItem", `{"TableName":"t","Item":{"p":{"S":"p"},"s":{"S":"x"},"t":{"N":"101"},"v":{"N":"1"}}}`)
	must(t, fake, "UpdateTimeToLive", `{"TableName":"t","TimeToLiveSpecification":{"AttributeName":"t","Enabled":true}}`)
	must(t, fake, "DescribeTable", `{"TableName":"t"}`)
	require.Positive(t, fake.Size("t", "p", "x"))
	now = now.Add(time.Second)
	must(t, fake, "DescribeTable", `{"TableName":"t"}`)
	require.Zero(t, fake.Size("t", "p", "x"))
	require.Positive(t, fake.Size("t", "p", "a"))
}

func TestPagesOfAQuery(t *testing.T) {
	t.Parallel()
	fake := newFake(t, nil)
	for _, sort := range []string{"b", "c"} {
		must(t, fake, "PutItem", `{"TableName":"t","Item":{"p":{"S":"p"},"s":{"S":"`+sort+`"},"b":{"S":"`+strings.Repeat("y", 300<<10)+`"}}}`)
	}
	query := func(rest string) string {
		return must(t, fake, "Query", `{"TableName":"t","KeyConditionExpression":"p = :p","ExpressionAttributeValues":{":p":{"S":"p"}}`+rest+`}`)
	}
	require.Contains(t, query(``), `"Count":3,"ConsumedCapacity"`)
	require.Contains(t, query(`,"Limit":1`), `"LastEvaluatedKey":{"p":{"S":"p"},"s":{"S":"a"}}`)
	require.Contains(t, query(`,"Limit":1,"ScanIndexForward":false`), `"LastEvaluatedKey":{"p":{"S":"p"},"s":{"S":"c"}}`)
	require.Contains(t, query(`,"ExclusiveStartKey":{"p":{"S":"p"},"s":{"S":"b"}}`), `"Count":1`)
	require.Contains(t, query(`,"ExclusiveStartKey":{"p":{"S":"p"},"s":{"S":"b"}},"ScanIndexForward":false`), `"v":{"N":"7"}`)
}
