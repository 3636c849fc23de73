package dynamostore_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
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

var start = time.Date(2026, time.April, 1, 12, 0, 0, 0, time.UTC)

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

// newStore returns a store of its own fake.
func newStore(t *testing.T, fakes *dynamofake.Options, options *dynamostore.Options) (*dynamostore.Store, *porttest.ManualClock) {
	t.Helper()
	_, client := serve(t, fakes)
	clock := porttest.NewClock(start)
	store, err := dynamostore.New(client, tableName, restless{clock}, porttest.NewIDs(1), options)
	require.NoError(t, err)
	return store, clock
}

// loseAcks is a fault that drops the answers to the next n writes.
type loseAcks struct{ left atomic.Int64 }

func (l *loseAcks) fault(operation string) dynamofake.Fault {
	switch operation {
	case "PutItem", "DeleteItem", "TransactWriteItems":
		if l.left.Add(-1) >= 0 {
			return dynamofake.ResetAfter
		}
	}
	return dynamofake.None
}

func key(sort string) ports.Key { return ports.Key{Partition: "partition", Sort: sort} }

// target comes before the operation in the header of a request.
const target = "DynamoDB_20120810."

var errReset = errors.New("connection reset by peer")
