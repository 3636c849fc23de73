package dynamostore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

const tableName = "records"

// target comes before the operation in the header of a request.
const target = "DynamoDB_20120810."

var start = time.Date(2026, time.April, 1, 12, 0, 0, 0, time.UTC)

var errReset = errors.New("connection reset by peer")

// restless is a manual clock on which nobody sleeps: pauses between attempts end at once.
type restless struct{ *porttest.ManualClock }

func (restless) Sleep(ctx context.Context, _ time.Time) error { return ctx.Err() }

// clientOf returns the official client for a server.
func clientOf(url string, sender *http.Client) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(url), Region: "us-east-1", HTTPClient: sender,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// serve starts a fake with the table of a store in it.
func serve(t *testing.T, options *dynamofake.Options) (*dynamofake.Server, *dynamodb.Client) {
	t.Helper()
	fake := dynamofake.New(options)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	client := clientOf(server.URL, server.Client())
	require.NoError(t, dynamostore.CreateTable(t.Context(), client, tableName))
	return fake, client
}

// transport is an http.RoundTripper that is a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// direct answers requests by a handler without a network. A handler that aborts loses the connection.
func direct(handler http.Handler) transport {
	return func(r *http.Request) (response *http.Response, err error) {
		defer func() {
			if cause := recover(); cause != nil {
				response, err = nil, errReset
			}
		}()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result(), nil
	}
}

// reply is the answer of a server that says nothing else.
func reply(status int, body string) transport {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Status: http.StatusText(status), Header: http.Header{}, Request: r,
			Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	}
}

// operationOf is what a request asks for.
func operationOf(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target)
}

func writes(operation string) bool {
	return slices.Contains([]string{"PutItem", "DeleteItem", "TransactWriteItems"}, operation)
}

// rig is a store on a fake of its own, without a network.
type rig struct {
	*dynamostore.Store
	fake   *dynamofake.Server
	client *dynamodb.Client
	clock  *porttest.ManualClock
	seen   *porttest.Recorder

	mu sync.Mutex
	// fault says what goes wrong; nil means nothing.
	fault func(operation string) dynamofake.Fault
}

// newRig returns a rig whose store has the options, with an observer.
func newRig(t testing.TB, options dynamostore.Options) *rig {
	t.Helper()
	r := &rig{clock: porttest.NewClock(start), seen: &porttest.Recorder{}}
	r.fake = dynamofake.New(&dynamofake.Options{Fault: r.next})
	r.client = clientOf("http://dynamodb.test", &http.Client{Transport: direct(r.fake)})
	require.NoError(t, dynamostore.CreateTable(t.Context(), r.client, tableName))
	options.Observer = r.seen
	r.Store = storeOn(t, r.client, restless{r.clock}, 1, &options)
	return r
}

// storeOn opens a store. Stores that write to the same table need seeds of their own: tokens come from them.
func storeOn(t testing.TB, client *dynamodb.Client, clock ports.Clock, seed uint64, options *dynamostore.Options) *dynamostore.Store {
	t.Helper()
	store, err := dynamostore.New(client, tableName, clock, porttest.NewIDs(seed), options)
	require.NoError(t, err)
	return store
}

func (r *rig) next(operation string) dynamofake.Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault == nil {
		return dynamofake.None
	}
	return r.fault(operation)
}

// fail lets the next requests of an operation fail, in this order. An empty operation means any.
func (r *rig) fail(operation string, faults ...dynamofake.Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = func(asked string) dynamofake.Fault {
		if len(faults) == 0 || (operation != "" && asked != operation) {
			return dynamofake.None
		}
		fault := faults[0]
		faults = faults[1:]
		return fault
	}
}

// always lets every request of an operation fail.
func (r *rig) always(operation string, fault dynamofake.Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = func(asked string) dynamofake.Fault {
		if asked == operation {
			return fault
		}
		return dynamofake.None
	}
}

// requests are the operations that were sent since the last call, in their order.
func (r *rig) requests() []string {
	var operations []string
	for _, event := range r.seen.Events(ports.EventStoreUsed) {
		operations = append(operations, event.Detail)
	}
	*r.seen = porttest.Recorder{}
	return operations
}

func (r *rig) put(t testing.TB, record ports.Record) {
	t.Helper()
	require.NoError(t, r.Update(t.Context(), []ports.Key{record.Key}, func(tx ports.Tx) error {
		tx.Get(record.Key)
		tx.Put(record)
		return nil
	}))
}

func (r *rig) body(t testing.TB, key ports.Key) string {
	t.Helper()
	record, err := r.Get(t.Context(), key)
	require.NoError(t, err)
	return string(record.Body)
}

// loseAcks is a fault that drops the answers to the next n writes.
type loseAcks struct{ left atomic.Int64 }

func (l *loseAcks) fault(operation string) dynamofake.Fault {
	if writes(operation) && l.left.Add(-1) >= 0 {
		return dynamofake.ResetAfter
	}
	return dynamofake.None
}

func key(sort string) ports.Key { return ports.Key{Partition: "partition", Sort: sort} }

func create(key ports.Key, body string) func(ports.Tx) error {
	return func(tx ports.Tx) error {
		tx.Create(ports.Record{Key: key, Kind: "test", Body: []byte(body)})
		return nil
	}
}

// add appends to a record, and forgets what it has done before.
func add(key ports.Key, text string) func(ports.Tx) error {
	return func(tx ports.Tx) error {
		record, _ := tx.Get(key)
		tx.Put(ports.Record{Key: key, Body: append(slices.Clone(record.Body), text...)})
		return nil
	}
}

// listening notes the last answer.
func listening(base transport, last *string) transport {
	return func(r *http.Request) (*http.Response, error) {
		response, err := base(r)
		if err != nil {
			return response, err
		}
		body, err := io.ReadAll(response.Body)
		*last = string(body)
		response.Body = io.NopCloser(strings.NewReader(*last))
		return response, err
	}
}
