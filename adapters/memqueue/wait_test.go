package memqueue_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// result is what a Receive came to.
type result struct {
	deliveries []ports.Delivery
	err        error
}

// wait receives one message in the background.
func wait(ctx context.Context, q ports.Queue, until time.Time) <-chan result {
	done := make(chan result, 1)
	go func() {
		deliveries, err := q.Receive(ctx, 1, until)
		done <- result{deliveries, err}
	}()
	return done
}

// bubble runs a test in which waiting can be seen: synctest.Wait returns when every goroutine is stuck.
func bubble(t *testing.T, test func(t *testing.T, q *memqueue.Queue, clock *porttest.ManualClock)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := porttest.NewClock(time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC))
		test(t, memqueue.New(clock, &memqueue.Options{Visibility: time.Minute}), clock)
	})
}

func stillWaiting(t *testing.T, waiting <-chan result) {
	t.Helper()
	synctest.Wait()
	require.Empty(t, waiting)
}

func TestWaitEndsAtItsTime(t *testing.T) {
	bubble(t, func(t *testing.T, q *memqueue.Queue, clock *porttest.ManualClock) {
		waiting := wait(t.Context(), q, clock.Now().Add(time.Second))
		stillWaiting(t, waiting)
		clock.Advance(time.Second - 1)
		stillWaiting(t, waiting)
		clock.Advance(1)
		require.Equal(t, result{}, <-waiting)
	})
}

func TestWaitWakesWhenADelayEnds(t *testing.T) {
	bubble(t, func(t *testing.T, q *memqueue.Queue, clock *porttest.ManualClock) {
		waiting := wait(t.Context(), q, clock.Now().Add(time.Hour))
		synctest.Wait()
		send(t, q, "", 20*time.Second, "later")
		synctest.Wait()
		send(t, q, "", 10*time.Second, "sooner")
		stillWaiting(t, waiting)
		clock.Advance(10 * time.Second)
		require.Equal(t, "sooner", bodies((<-waiting).deliveries))
	})
}

func TestWaitWakesWhenAVisibilityEnds(t *testing.T) {
	bubble(t, func(t *testing.T, q *memqueue.Queue, clock *porttest.ManualClock) {
		send(t, q, "", 0, "body")
		receive(t, q, clock, 1)
		waiting := wait(t.Context(), q, clock.Now().Add(time.Hour))
		stillWaiting(t, waiting)
		clock.Advance(time.Minute)
		got := <-waiting
		require.Equal(t, "body", bodies(got.deliveries))
		require.Equal(t, 2, got.deliveries[0].Count)
	})
}

func TestWaitWakesWhenAMessageIsReturned(t *testing.T) {
	bubble(t, func(t *testing.T, q *memqueue.Queue, clock *porttest.ManualClock) {
		send(t, q, "", 0, "body")
		receipt := receive(t, q, clock, 1)[0].Receipt
		waiting := wait(t.Context(), q, clock.Now().Add(time.Hour))
		synctest.Wait()
		require.NoError(t, q.Return(t.Context(), receipt, 0))
		require.Equal(t, "body", bodies((<-waiting).deliveries))
	})
}

func TestWaitWakesWhenDeadLettersAreRedriven(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := porttest.NewClock(time.Unix(0, 0))
		q := memqueue.New(clock, &memqueue.Options{MaxReceives: 1})
		send(t, q, "", 0, "body")
		require.NoError(t, q.Return(t.Context(), receive(t, q, clock, 1)[0].Receipt, 0))
		waiting := wait(t.Context(), q, clock.Now().Add(time.Hour))
		synctest.Wait()
		require.Equal(t, 1, q.Redrive())
		require.Equal(t, "body", bodies((<-waiting).deliveries))
	})
}

func TestEachWaiterGetsItsMessage(t *testing.T) {
	bubble(t, func(t *testing.T, q *memqueue.Queue, clock *porttest.ManualClock) {
		const n = 100
		var waiting []<-chan result
		for range n {
			waiting = append(waiting, wait(t.Context(), q, clock.Now().Add(time.Hour)))
		}
		synctest.Wait()
		messages := make([]ports.Message, n)
		for i := range messages {
			messages[i].Body = fmt.Append(nil, i)
		}
		require.NoError(t, q.Send(t.Context(), messages...))
		seen := map[string]bool{}
		for _, w := range waiting {
			seen[bodies((<-w).deliveries)] = true
		}
		require.Len(t, seen, n)
	})
}

// TestDelayedMessagesFindTheirWaiters has waiters that leave at other times than the messages come.
func TestDelayedMessagesFindTheirWaiters(t *testing.T) {
	bubble(t, func(t *testing.T, q *memqueue.Queue, clock *porttest.ManualClock) {
		short := wait(t.Context(), q, clock.Now().Add(5*time.Second))
		ctx, leave := context.WithCancel(t.Context())
		leaver := wait(ctx, q, clock.Now().Add(time.Hour))
		patient := wait(t.Context(), q, clock.Now().Add(time.Hour))
		last := wait(t.Context(), q, clock.Now().Add(time.Hour))
		synctest.Wait()
		send(t, q, "", 20*time.Second, "twenty")
		send(t, q, "", 10*time.Second, "ten")
		synctest.Wait()
		clock.Advance(5 * time.Second)
		require.Equal(t, result{}, <-short)
		leave()
		require.Equal(t, context.Canceled, (<-leaver).err)
		synctest.Wait()
		clock.Advance(5 * time.Second)
		synctest.Wait()
		require.Equal(t, 1, len(patient)+len(last), "one of them has the first message")
		clock.Advance(10 * time.Second)
		require.ElementsMatch(t, []string{"ten", "twenty"},
			[]string{bodies((<-patient).deliveries), bodies((<-last).deliveries)})
	})
}

// TestAWokenWaiterThatLeavesWakesTheNext cancels a waiter in the moment in which a message comes for it.
func TestAWokenWaiterThatLeavesWakesTheNext(t *testing.T) {
	bubble(t, func(t *testing.T, q *memqueue.Queue, clock *porttest.ManualClock) {
		for range 200 {
			ctx, leave := context.WithCancel(t.Context())
			first := wait(ctx, q, clock.Now().Add(time.Hour))
			synctest.Wait()
			second := wait(t.Context(), q, clock.Now().Add(time.Hour))
			synctest.Wait()
			go leave()
			send(t, q, "", 0, "body")
			synctest.Wait()
			if got := <-first; got.err == nil {
				require.Equal(t, "body", bodies(got.deliveries))
				require.NoError(t, q.Ack(t.Context(), got.deliveries[0].Receipt))
				stillWaiting(t, second)
				send(t, q, "", 0, "body")
			}
			got := <-second
			require.Equal(t, "body", bodies(got.deliveries))
			require.NoError(t, q.Ack(t.Context(), got.deliveries[0].Receipt))
		}
		require.Zero(t, q.Len())
	})
}
