package dynamostore_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// noting is a clock that notes how long each pause was to be.
type noting struct {
	restless
	pauses *[]time.Duration
}

func (n noting) Sleep(ctx context.Context, until time.Time) error {
	*n.pauses = append(*n.pauses, until.Sub(n.Now()))
	return ctx.Err()
}

// edge draws the same jitter always.
type edge struct {
	*porttest.SeededIDs
	jitter float64
}

func (e edge) Jitter() float64 { return e.jitter }

// throttled returns a store that is always throttled, and its pauses.
func throttled(t *testing.T, jitter float64, options dynamostore.Options) (*dynamostore.Store, *porttest.ManualClock, *[]time.Duration) {
	t.Helper()
	clock, pauses := porttest.NewClock(start), &[]time.Duration{}
	client := clientOf("http://dynamodb.test", &http.Client{Transport: reply(400, errorBody("ThrottlingException"))})
	store, err := dynamostore.New(client, tableName, noting{restless{clock}, pauses}, edge{porttest.NewIDs(1), jitter}, &options)
	require.NoError(t, err)
	return store, clock, pauses
}

func TestPausesGrowToTheirLimit(t *testing.T) {
	t.Parallel()
	options := dynamostore.Options{Retries: 20, Backoff: 10 * time.Millisecond, MaxBackoff: 75 * time.Millisecond}
	store, _, pauses := throttled(t, 0.5, options)
	_, err := store.Get(t.Context(), key("a"))
	require.ErrorIs(t, err, fault.Throttled)
	require.Len(t, *pauses, 20)
	const ms = time.Millisecond
	require.Equal(t, []time.Duration{5 * ms, 10 * ms, 20 * ms, 37500 * time.Microsecond}, (*pauses)[:4])
	for _, pause := range (*pauses)[3:] {
		require.Equal(t, 37500*time.Microsecond, pause)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	store, _, pauses := throttled(t, 1, dynamostore.Options{})
	_, err := store.Get(t.Context(), key("a"))
	require.ErrorIs(t, err, fault.Throttled)
	require.Len(t, *pauses, 8)
	require.Equal(t, 25*time.Millisecond, (*pauses)[0])
	require.Equal(t, 2*time.Second, (*pauses)[7])
}

// TestNoPauseGoesBeyondTheDeadline says what went wrong while there is time for it.
func TestNoPauseGoesBeyondTheDeadline(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(context.Context, ports.Store) error{
		"get":    func(ctx context.Context, s ports.Store) error { _, err := s.Get(ctx, key("a")); return err },
		"update": func(ctx context.Context, s ports.Store) error { return s.Update(ctx, nil, create(key("a"), "a")) },
	} {
		store, clock, pauses := throttled(t, 1, dynamostore.Options{Backoff: time.Second, MaxBackoff: time.Minute})
		ctx, cancel := clock.WithDeadline(t.Context(), start.Add(2*time.Second))
		err := use(ctx, store)
		cancel()
		require.ErrorIs(t, err, fault.Throttled, name)
		require.Equal(t, []time.Duration{time.Second}, *pauses)
	}
}

// TestAnAttemptThatTakesTooLongIsGivenUp lets the first attempt hang until its time is up.
func TestAnAttemptThatTakesTooLongIsGivenUp(t *testing.T) {
	t.Parallel()
	clock, calls := porttest.NewClock(start), 0
	hanging := func(r *http.Request) (*http.Response, error) {
		if calls++; calls > 1 {
			return reply(200, "{}")(r)
		}
		clock.Advance(time.Second)
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	client := clientOf("http://dynamodb.test", &http.Client{Transport: transport(hanging)})
	store := storeOn(t, client, restless{clock}, 1, &dynamostore.Options{Timeout: time.Second})
	require.NoError(t, store.Update(t.Context(), nil, create(key("a"), "a")))
	require.Equal(t, 2, calls)
}

// TestACallersEndPassesThrough ends the context in the middle of a request, and in a pause.
func TestACallersEndPassesThrough(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]dynamofake.Fault{"in a request": dynamofake.None, "in a pause": dynamofake.Throttle, "unknown": dynamofake.ResetAfter} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, dynamostore.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			r.fault = func(string) dynamofake.Fault { cancel(); return how }
			err := r.Update(ctx, nil, create(key("a"), "a"))
			require.True(t, errors.Is(err, context.Canceled) || err == nil, err)
			require.Empty(t, fault.RetryAfter(err))
			var own *fault.Error
			require.False(t, errors.As(err, &own), err)
		})
	}
}

// TestLossesAreBounded lets another write in the middle of every run.
func TestLossesAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{Losses: 5})
	other := storeOn(t, r.client, restless{r.clock}, 2, nil)
	runs := 0
	err := r.Update(t.Context(), []ports.Key{key("a")}, func(tx ports.Tx) error {
		runs++
		require.NoError(t, other.Update(t.Context(), []ports.Key{key("a")}, add(key("a"), "x")))
		return add(key("a"), "y")(tx)
	})
	require.ErrorIs(t, err, fault.Throttled)
	require.False(t, fault.Unknown(err))
	require.Equal(t, 5, runs)
}

// TestADecisionThatNeverHasEnough asks for another record in every run.
func TestADecisionThatNeverHasEnough(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	runs := 0
	err := r.Update(t.Context(), nil, func(tx ports.Tx) error {
		runs++
		tx.Get(ports.Key{Partition: "p", Sort: string(rune('A'+runs/26)) + string(rune('a'+runs%26))})
		return nil
	})
	require.ErrorIs(t, err, fault.Throttled)
	require.Equal(t, ports.MaxRecords+1, runs)
}
