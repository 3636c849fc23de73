package dynamostore_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// breakage is what goes wrong with one request on its way.
type breakage func(base http.RoundTripper, r *http.Request) (*http.Response, error)

var breakages = map[string]breakage{
	"throttled": func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
		return reply(400, `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}`)(r)
	},
	"status 500": func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
		return reply(500, `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"oops"}`)(r)
	},
	"reset before": func(http.RoundTripper, *http.Request) (*http.Response, error) { return nil, errReset },
	"reset after": func(base http.RoundTripper, r *http.Request) (*http.Response, error) {
		if response, err := base.RoundTrip(r); err == nil {
			response.Body.Close()
		}
		return nil, errReset
	},
	"answer cut short": func(base http.RoundTripper, r *http.Request) (*http.Response, error) {
		if response, err := base.RoundTrip(r); err == nil {
			response.Body.Close()
		}
		return reply(200, `{"Consu`)(r)
	},
}

// breaking breaks the requests that it is told to.
type breaking struct {
	base    http.RoundTripper
	how     breakage
	which   func(n int64) bool
	counted atomic.Int64
}

func (b *breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.which(b.counted.Add(1)) {
		return b.how(b.base, r)
	}
	return b.base.RoundTrip(r)
}

// scenario is a counter that each of some workers raises once. The decisions recognise their own write.
type scenario func(worker int) func(ports.Tx) error

// scenarios raise the counter in one record, and in one beside a receipt.
var scenarios = map[string]scenario{
	"one record": func(worker int) func(ports.Tx) error {
		name := []byte(fmt.Sprint("<", worker, ">"))
		return func(tx ports.Tx) error {
			if record, _ := tx.Get(key("counter")); !bytes.Contains(record.Body, name) {
				tx.Put(ports.Record{Key: key("counter"), Body: append(bytes.Clone(record.Body), name...)})
			}
			return nil
		}
	},
	"two records": func(worker int) func(ports.Tx) error {
		receipt := key("receipt " + strconv.Itoa(worker))
		return func(tx ports.Tx) error {
			if _, done := tx.Get(receipt); done {
				return nil
			}
			tx.Put(ports.Record{Key: receipt})
			return add(key("counter"), "<")(tx)
		}
	},
}

const workers = 4

// raise lets all workers raise the counter side by side, and returns how many of them are done and how many do not know.
func raise(t *testing.T, store *dynamostore.Store, s scenario) (done, unknown int) {
	results := make([]error, workers)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() { results[i] = store.Update(t.Context(), []ports.Key{key("counter")}, s(i)) })
	}
	group.Wait()
	for _, err := range results {
		switch {
		case err == nil:
			done++
		case fault.Unknown(err):
			unknown++
		default:
			require.True(t, errors.Is(err, fault.Throttled) || errors.Is(err, fault.Unavailable), err)
		}
	}
	return done, unknown
}

// suffer plays a scenario with broken requests and holds the counter against what the workers were told. It returns how
// many of them are done.
func suffer(t *testing.T, s scenario, b *breaking) int {
	fake := dynamofake.New(nil)
	b.base = direct(fake)
	sound := clientOf("http://dynamodb.test", &http.Client{Transport: b.base})
	require.NoError(t, dynamostore.CreateTable(t.Context(), sound, tableName))
	clock := restless{porttest.NewClock(start)}
	store := storeOn(t, clientOf("http://dynamodb.test", &http.Client{Transport: b}), clock, 1, &dynamostore.Options{Losses: 100})
	done, unknown := raise(t, store, s)
	record, err := storeOn(t, sound, clock, 2, nil).Get(t.Context(), key("counter"))
	require.NoError(t, err)
	count := strings.Count(string(record.Body), "<")
	require.GreaterOrEqual(t, count, done)
	require.LessOrEqual(t, count, done+unknown)
	return done
}

// TestOneBrokenRequestDoesNoHarm breaks the first request, then the second, and so on until there is none left: every
// worker is done, and the counter is exact.
func TestOneBrokenRequestDoesNoHarm(t *testing.T) {
	t.Parallel()
	for what, s := range scenarios {
		for name, how := range breakages {
			t.Run(what+" "+name, func(t *testing.T) {
				t.Parallel()
				for n := int64(1); ; n++ {
					b := &breaking{how: how, which: func(at int64) bool { return at == n }}
					require.Equal(t, workers, suffer(t, s, b))
					if b.counted.Load() < n {
						require.Greater(t, n, int64(2*workers))
						return
					}
				}
			})
		}
	}
}

// TestManyBrokenRequestsDoNoHarm breaks every second request, every third, and so on.
func TestManyBrokenRequestsDoNoHarm(t *testing.T) {
	t.Parallel()
	for what, s := range scenarios {
		for name, how := range breakages {
			t.Run(what+" "+name, func(t *testing.T) {
				t.Parallel()
				for every := int64(2); every < 8; every++ {
					suffer(t, s, &breaking{how: how, which: func(at int64) bool { return at%every == 0 }})
				}
			})
		}
	}
}

// TestABareCounterIsExact is for decisions that do not recognise their own write: with one writer the adapter always does.
func TestABareCounterIsExact(t *testing.T) {
	t.Parallel()
	for name, how := range breakages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for every := int64(2); every < 8; every++ {
				b := &breaking{base: direct(dynamofake.New(nil)), how: how}
				b.which = func(int64) bool { return false }
				client := clientOf("http://dynamodb.test", &http.Client{Transport: b})
				require.NoError(t, dynamostore.CreateTable(t.Context(), client, tableName))
				b.which = func(at int64) bool { return at%every == 0 }
				store := storeOn(t, client, restless{porttest.NewClock(start)}, 1, nil)
				for range 10 {
					require.NoError(t, store.Update(t.Context(), []ports.Key{key("counter")}, add(key("counter"), "+")))
				}
				record, err := store.Get(t.Context(), key("counter"))
				require.NoError(t, err)
				require.Equal(t, strings.Repeat("+", 10), string(record.Body))
			}
		})
	}
}
