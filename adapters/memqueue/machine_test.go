package memqueue_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
)

// TestOnTheMachinesTimers is about when a Receive returns that waits by the machine's clock: at the time itself, not
// when somebody looks next.
func TestOnTheMachinesTimers(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	for name, test := range map[string]struct {
		story  func(t *testing.T, q *memqueue.Queue)
		until  time.Duration
		bodies string
		at     time.Duration
	}{
		"UntilItsTime":   {func(*testing.T, *memqueue.Queue) {}, 20 * time.Second, "", 20 * time.Second},
		"NotPastItsTime": {func(t *testing.T, q *memqueue.Queue) { send(t, q, "", 21*time.Second, "late") }, 20 * time.Second, "", 20 * time.Second},
		"WhenADelayEnds": {func(t *testing.T, q *memqueue.Queue) { send(t, q, "", 20*time.Second, "body") }, hour, "body", 20 * time.Second},
		"WhenTheDelayEndsOfOneSentMeanwhile": {func(t *testing.T, q *memqueue.Queue) {
			time.AfterFunc(5*time.Second, func() { send(t, q, "", 20*time.Second, "body") })
		}, hour, "body", 25 * time.Second},
		"WhenASoonerOneIsSentMeanwhile": {func(t *testing.T, q *memqueue.Queue) {
			send(t, q, "", time.Minute, "late")
			time.AfterFunc(5*time.Second, func() { send(t, q, "", 20*time.Second, "soon") })
		}, hour, "soon", 25 * time.Second},
		"AtTheLongestDelay": {func(t *testing.T, q *memqueue.Queue) { send(t, q, "", hour, "body") }, hour, "body", 15 * time.Minute},
		"WhenAVisibilityEnds": {func(t *testing.T, q *memqueue.Queue) {
			send(t, q, "", 0, "body")
			receive(t, q, sysclock.Clock{}, 1)
		}, hour, "body", time.Minute},
		"WhenAReturnedOnesDelayEnds": {func(t *testing.T, q *memqueue.Queue) {
			send(t, q, "", 0, "body")
			require.NoError(t, q.Return(t.Context(), receive(t, q, sysclock.Clock{}, 1)[0].Receipt, 100*time.Millisecond))
		}, hour, "body", 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q := memqueue.New(sysclock.Clock{}, &memqueue.Options{Visibility: time.Minute})
				began := time.Now()
				test.story(t, q)
				deliveries, err := q.Receive(t.Context(), 1, began.Add(test.until))
				require.NoError(t, err)
				require.Equal(t, test.bodies, bodies(deliveries))
				require.Equal(t, test.at, time.Since(began))
			})
		})
	}

	t.Run("WithItsContext", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			q := memqueue.New(sysclock.Clock{}, nil)
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			_, err := q.Receive(ctx, 1, began.Add(time.Hour))
			require.Equal(t, context.DeadlineExceeded, err)
			require.Equal(t, 20*time.Second, time.Since(began))
		})
	})
}
