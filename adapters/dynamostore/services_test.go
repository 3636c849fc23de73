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
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// These tests run against DynamoDB Local. It is known to differ from the service in this:
//
//   - it never answers TransactionConflict and never throttles;
//   - its TTL deletes within seconds, by the machine's time;
//   - it keeps the tokens of transactions for all tables together, and may take a repeated one for another;
//   - of a transaction it tells the units of one record alone, and of a list of nothing that it took none.
//
// What that leaves out is tested on the fake.

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
	if err == nil && l.fault(operationOf(r)) != 0 {
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

// TestLocalCapacity holds what DynamoDB Local says of its units against the same table as the fake.
func TestLocalCapacity(t *testing.T) {
	t.Parallel()
	for name, c := range capacityCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := localClient(t, http.DefaultTransport)
			seen := &porttest.Recorder{}
			store, err := dynamostore.New(client, localTable(t, client), awake{porttest.NewClock(start)}, sysclock.NewIDs(),
				&dynamostore.Options{Observer: seen})
			require.NoError(t, err)
			fillForCapacity(t, store)
			readBefore, writeBefore := used(seen)
			c.do(t, store)
			read, write := used(seen)
			if c.localFree {
				c.read = 0
			}
			require.Equal(t, []int{c.read, c.write}, []int{read - readBefore, write - writeBefore})
		})
	}
}

func TestLocalAgreesWithMemstore(t *testing.T) {
	t.Parallel()
	porttest.StoresAgree(t, []uint64{21, 22, 23, 24}, localUnderTest, inMemory)
}

// TestLocalTable makes a table as programs do.
func TestLocalTable(t *testing.T) {
	t.Parallel()
	client := localClient(t, http.DefaultTransport)
	name := "test-ttl-" + strconv.Itoa(os.Getpid())
	require.NoError(t, dynamostore.CreateTable(t.Context(), client, name))
	t.Cleanup(func() {
		_, _ = client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
	})
	ttl, err := client.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	require.NoError(t, err)
	require.Equal(t, types.TimeToLiveStatusEnabled, ttl.TimeToLiveDescription.TimeToLiveStatus)
	require.Equal(t, "t", *ttl.TimeToLiveDescription.AttributeName)
	require.ErrorIs(t, dynamostore.CreateTable(t.Context(), client, name), fault.Conflict)
}

// TestLocalFaults breaks requests on their way to DynamoDB Local, as the ordinary tests do on their way to the fake.
func TestLocalFaults(t *testing.T) {
	t.Parallel()
	for what, s := range scenarios {
		for name, how := range breakages {
			t.Run(what+" "+name, func(t *testing.T) {
				t.Parallel()
				for _, every := range []int64{2, 3, 5} {
					localSuffer(t, s, &breaking{how: how, which: func(at int64) bool { return at%every == 0 }})
				}
			})
		}
	}
}

func localSuffer(t *testing.T, s scenario, b *breaking) {
	b.base = http.DefaultTransport
	sound, broken := localClient(t, b.base), localClient(t, b)
	table, clock := localTable(t, sound), awake{porttest.NewClock(start)}
	open := func(client *dynamodb.Client) *dynamostore.Store {
		store, err := dynamostore.New(client, table, clock, sysclock.NewIDs(), &dynamostore.Options{Losses: 100, Backoff: time.Millisecond})
		require.NoError(t, err)
		return store
	}
	count := 0
	done, unknown := raise(t, open(broken), s)
	if record, err := open(sound).Get(t.Context(), key("counter")); err == nil {
		count = strings.Count(string(record.Body), "<")
	}
	require.GreaterOrEqual(t, count, done)
	require.LessOrEqual(t, count, done+unknown)
}
