//go:build services

package dynamostore_test

import (
	"context"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// These tests run against DynamoDB Local. It is known to differ from the service in this: it never answers
// TransactionConflict and never throttles; its TTL deletes within seconds of the machine's time; a transaction that is
// sent again with its token may be taken for another one. What these leave out is tested on the fake.

// localClient returns the client for DynamoDB Local.
func localClient(t *testing.T, transport http.RoundTripper) *dynamodb.Client {
	t.Helper()
	url := os.Getenv("MB_TEST_DYNAMODB")
	if url == "" {
		t.Fatal("MB_TEST_DYNAMODB is not set: start the services and set it to the address of DynamoDB Local")
	}
	return clientOf(url, &http.Client{Transport: transport})
}

// localTables counts the tables of this run.
var localTables atomic.Int64

// localTable makes a table of its own. The suite's clock stands in the past of the machine's, by which the TTL would
// delete what has not expired: it is left off.
func localTable(t *testing.T, client *dynamodb.Client) string {
	t.Helper()
	name := "test-" + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(localTables.Add(1), 10)
	_, err := client.CreateTable(t.Context(), dynamostore.TableInput(name))
	require.NoError(t, err)
	t.Cleanup(func() {
		_, _ = client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
	})
	return name
}

// awake is a manual clock on which pauses take their real time, so that writers that lost let others through.
type awake struct{ *porttest.ManualClock }

func (c awake) Sleep(ctx context.Context, until time.Time) error {
	select {
	case <-time.After(until.Sub(c.Now())):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// losing is a transport that drops the answers to the next n writes.
type losing struct{ loseAcks }

func (l *losing) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && l.fault(strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target)) != 0 {
		response.Body.Close()
		return nil, errReset
	}
	return response, err
}

func localUnderTest(t *testing.T) porttest.StoreUnderTest {
	lose := &losing{}
	client := localClient(t, lose)
	table := localTable(t, client)
	clock := porttest.NewClock(start)
	open := func(t *testing.T) ports.Store {
		store, err := dynamostore.New(client, table, awake{clock}, sysclock.NewIDs(), nil)
		require.NoError(t, err)
		return store
	}
	return porttest.StoreUnderTest{
		Store:      open(t),
		Clock:      clock,
		Optimistic: true,
		Reopen:     func(t *testing.T) ports.Store { clock.Advance(100 * time.Microsecond); return open(t) },
		LoseAcks:   func(n int) { lose.left.Store(int64(n)) },
	}
}

func TestLocalStore(t *testing.T) {
	t.Parallel()
	porttest.Store(t, localUnderTest)
}
