package dynamostore_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// errorBody is how DynamoDB tells an error.
func errorBody(code string) string {
	return `{"__type":"com.amazonaws.dynamodb.v20120810#` + code + `","message":"the reason"}`
}

func failing(err error) transport {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// TestEveryFailureHasItsKind answers a write and a read with everything that can come back. Sent is how often the adapter
// tries when it may do so twice more, and unknown whether the write may have been done.
func TestEveryFailureHasItsKind(t *testing.T) {
	t.Parallel()
	const once, thrice = 1, 3
	for name, c := range map[string]struct {
		answer  transport
		kind    fault.Kind
		sent    int
		unknown bool
	}{
		"throughput":         {reply(400, errorBody("ProvisionedThroughputExceededException")), fault.Throttled, thrice, false},
		"throttling":         {reply(400, errorBody("ThrottlingException")), fault.Throttled, thrice, false},
		"request limit":      {reply(400, errorBody("RequestLimitExceeded")), fault.Throttled, thrice, false},
		"other transaction":  {reply(400, errorBody("TransactionConflictException")), fault.Throttled, thrice, false},
		"in progress":        {reply(400, errorBody("TransactionInProgressException")), fault.Throttled, thrice, false},
		"internal error":     {reply(500, errorBody("InternalServerError")), fault.Unavailable, thrice, true},
		"service down":       {reply(503, errorBody("ServiceUnavailable")), fault.Unavailable, thrice, true},
		"gateway":            {reply(502, "<html>"), fault.Unavailable, thrice, true},
		"answer is no JSON":  {reply(200, "<html>"), fault.Unavailable, thrice, true},
		"no table":           {reply(400, errorBody("ResourceNotFoundException")), fault.Unavailable, once, false},
		"access denied":      {reply(400, errorBody("AccessDeniedException")), fault.Unauthorized, once, false},
		"unknown client":     {reply(400, errorBody("UnrecognizedClientException")), fault.Unauthorized, once, false},
		"expired token":      {reply(400, errorBody("ExpiredTokenException")), fault.Unauthorized, once, false},
		"bad signature":      {reply(400, errorBody("InvalidSignatureException")), fault.Unauthorized, once, false},
		"validation":         {reply(400, errorBody("ValidationException")), fault.Invalid, once, false},
		"collection size":    {reply(400, errorBody("ItemCollectionSizeLimitExceededException")), fault.Invalid, once, false},
		"token mismatch":     {reply(400, errorBody("IdempotentParameterMismatchException")), fault.Rejected, once, false},
		"proxy":              {reply(403, "<html>"), fault.Rejected, once, false},
		"reset":              {failing(errReset), fault.Unavailable, thrice, true},
		"timeout":            {failing(context.DeadlineExceeded), fault.Unavailable, thrice, true},
		"connection refused": {failing(&net.OpError{Op: "dial", Err: errors.New("refused")}), fault.Unavailable, thrice, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen, arrived := &porttest.Recorder{}, 0
			client := clientOf("http://dynamodb.test", &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
				arrived++
				return c.answer(r)
			})})
			store := storeOn(t, client, restless{porttest.NewClock(start)}, 1, &dynamostore.Options{Retries: 2, Losses: 3, Observer: seen})
			_, err := store.Get(t.Context(), key("a"))
			requireFailure(t, err, c.kind, false)
			require.ErrorContains(t, err, "GetItem partition/a: ")
			_, err = store.List(t.Context(), ports.Range{Partition: "partition"})
			requireFailure(t, err, c.kind, false)
			require.ErrorContains(t, err, "Query partition/: ")
			require.Len(t, seen.Events(), 2*c.sent)
			require.Equal(t, 2*c.sent, arrived, "the client tries by itself")
			require.Equal(t, string(c.kind), seen.Events()[0].Fault)

			*seen = porttest.Recorder{}
			reads := c.sent
			err = store.Update(t.Context(), nil, create(key("a"), "a"))
			requireFailure(t, err, c.kind, c.unknown)
			if c.unknown {
				c.sent *= 3 // the decision is run again
			}
			require.Len(t, seen.Events(), c.sent)
			require.Equal(t, 2*reads+c.sent, arrived)
		})
	}
}

func requireFailure(t *testing.T, err error, kind fault.Kind, unknown bool) {
	t.Helper()
	require.Equal(t, kind, fault.KindOf(err), err)
	require.Equal(t, unknown, fault.Unknown(err), err)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
	require.Contains(t, err.Error(), "dynamostore: ")
}

func TestTheMissingTableIsNamed(t *testing.T) {
	t.Parallel()
	client := clientOf("http://dynamodb.test", &http.Client{Transport: reply(400, errorBody("ResourceNotFoundException"))})
	_, err := storeOn(t, client, restless{porttest.NewClock(start)}, 1, nil).Get(t.Context(), key("a"))
	require.ErrorContains(t, err, "there is no table "+tableName+" in this account and region")
}

// TestCancelledTransactions answers with the reasons of two steps: the first demands that a record is absent that was read,
// the second creates one.
func TestCancelledTransactions(t *testing.T) {
	t.Parallel()
	const none, condition = "None", "ConditionalCheckFailed"
	for name, c := range map[string]struct {
		read, created string
		kind          fault.Kind
		text          string
		runs, sent    int
	}{
		"the read one changed":         {condition, none, fault.Throttled, "lost 3 times", 3, 3},
		"both":                         {condition, condition, fault.Throttled, "lost 3 times", 3, 3},
		"read one changed, throttled":  {condition, "ThrottlingError", fault.Throttled, "lost 3 times", 3, 3},
		"another transaction":          {"TransactionConflict", none, fault.Throttled, "lost 3 times", 3, 3},
		"throttled":                    {none, "ThrottlingError", fault.Throttled, "ThrottlingError", 1, 2},
		"throughput":                   {none, "ProvisionedThroughputExceeded", fault.Throttled, "ProvisionedThroughputExceeded", 1, 2},
		"collection size":              {none, "ItemCollectionSizeLimitExceeded", fault.Invalid, "ItemCollectionSizeLimitExceeded", 1, 1},
		"validation":                   {"ValidationError", none, fault.Invalid, "ValidationError", 1, 1},
		"created one is there, unsure": {"TransactionConflict", condition, fault.Throttled, "lost 3 times", 3, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cancelled := reply(400, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled",
				"CancellationReasons":[{"Code":"`+c.read+`","Message":"m"},{"Code":"`+c.created+`","Message":"m",
				"Item":{"p":{"S":"partition"},"s":{"S":"new"},"v":{"N":"5"},"w":{"B":"AAAAAAAAAAA="}}}]}`)
			sent := 0
			client := clientOf("http://dynamodb.test", &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
				if !writes(operationOf(r)) {
					return reply(200, "{}")(r)
				}
				sent++
				return cancelled(r)
			})})
			store := storeOn(t, client, restless{porttest.NewClock(start)}, 1, &dynamostore.Options{Retries: 1, Losses: 3})
			runs := 0
			err := store.Update(t.Context(), []ports.Key{key("a")}, func(tx ports.Tx) error {
				runs++
				tx.Get(key("a"))
				return create(key("new"), "x")(tx)
			})
			requireFailure(t, err, c.kind, false)
			require.ErrorContains(t, err, c.text)
			if c.runs == 1 {
				require.ErrorContains(t, err, "TransactWriteItems partition/a and 1 more: ")
			}
			require.Equal(t, []int{c.runs, c.sent}, []int{runs, sent})
		})
	}
}

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	client, clock, ids := clientOf("http://dynamodb.test", nil), porttest.NewClock(start), porttest.NewIDs(1)
	for name, make := range map[string]func() (*dynamostore.Store, error){
		"client": func() (*dynamostore.Store, error) { return dynamostore.New(nil, "t", clock, ids, nil) },
		"region": func() (*dynamostore.Store, error) {
			return dynamostore.New(dynamodb.New(dynamodb.Options{}), "t", clock, ids, nil)
		},
		"table": func() (*dynamostore.Store, error) { return dynamostore.New(client, "", clock, ids, nil) },
		"clock": func() (*dynamostore.Store, error) { return dynamostore.New(client, "t", nil, ids, nil) },
		"ids":   func() (*dynamostore.Store, error) { return dynamostore.New(client, "t", clock, nil, nil) },
	} {
		_, err := make()
		require.ErrorIs(t, err, fault.Invalid, name)
	}
}

// TestWithoutCredentialsNothingIsSent ends in the client.
func TestWithoutCredentialsNothingIsSent(t *testing.T) {
	t.Parallel()
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", HTTPClient: &http.Client{Transport: failing(errors.New("it was sent"))},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("no credentials")
		}),
	})
	err := storeOn(t, client, restless{porttest.NewClock(start)}, 1, nil).Update(t.Context(), nil, create(key("a"), "a"))
	requireFailure(t, err, fault.Unauthorized, false)
	require.NotContains(t, err.Error(), "it was sent")
}
