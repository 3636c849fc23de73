package memqueue_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestQueue(t *testing.T) {
	features := porttest.QueueFeatures{
		Visibility: time.Minute, MaxReceives: 3, Ordered: true, Fair: true, Once: true,
	}
	porttest.Queue(t, features, func(*testing.T) (ports.Queue, porttest.Time) {
		tm := porttest.Manual()
		return memqueue.New(tm.Clock, &memqueue.Options{Visibility: time.Minute, MaxReceives: 3}), tm
	})
}

// setup returns a queue with default options on a clock that is moved by hand.
func setup(t *testing.T) (*memqueue.Queue, *porttest.ManualClock) {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC))
	return memqueue.New(clock, nil), clock
}

func send(t *testing.T, q ports.Sender, group string, delay time.Duration, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		require.NoError(t, q.Send(t.Context(), ports.Message{Body: []byte(body), Group: group, Delay: delay}))
	}
}

func receive(t *testing.T, q ports.Queue, clock ports.Clock, limit int) []ports.Delivery {
	t.Helper()
	deliveries, err := q.Receive(t.Context(), limit, clock.Now())
	require.NoError(t, err)
	return deliveries
}

func bodies(deliveries []ports.Delivery) string {
	texts := make([]string, len(deliveries))
	for i, delivery := range deliveries {
		texts[i] = string(delivery.Body)
	}
	return strings.Join(texts, " ")
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	q, clock := setup(t)
	send(t, q, "", 0, "body")
	for count := 1; count <= memqueue.DefaultMaxReceives; count++ {
		deliveries := receive(t, q, clock, 1)
		require.Len(t, deliveries, 1)
		require.Equal(t, count, deliveries[0].Count)
		clock.Advance(memqueue.DefaultVisibility - 1)
		require.Empty(t, receive(t, q, clock, 1))
		clock.Advance(1)
	}
	require.Empty(t, receive(t, q, clock, 1))
	require.Zero(t, q.Len())
	require.Equal(t, 1, q.DeadLetters().Len())
}

func TestNoLimitOfReceives(t *testing.T) {
	t.Parallel()
	clock := porttest.NewClock(time.Unix(0, 0))
	q := memqueue.New(clock, &memqueue.Options{MaxReceives: -1})
	send(t, q, "", 0, "body")
	for count := 1; count <= 100; count++ {
		deliveries := receive(t, q, clock, 1)
		require.Equal(t, count, deliveries[0].Count)
		require.NoError(t, q.Return(t.Context(), deliveries[0].Receipt, 0))
	}
	require.Zero(t, q.DeadLetters().Len())
}

func TestDeadLettersAreAQueue(t *testing.T) {
	t.Parallel()
	clock := porttest.NewClock(time.Unix(0, 0))
	q := memqueue.New(clock, &memqueue.Options{MaxReceives: 1, Visibility: time.Minute})
	send(t, q, "tenant", 0, "lost", "returned")
	first := receive(t, q, clock, 2)
	require.NoError(t, q.Return(t.Context(), first[1].Receipt, 0))
	require.Equal(t, 1, q.DeadLetters().Len(), "one was returned after its last delivery")
	clock.Advance(time.Minute)

	dead := q.DeadLetters()
	require.Nil(t, dead.DeadLetters())
	require.Zero(t, dead.Redrive())
	letters := receive(t, dead, clock, 10)
	require.Equal(t, "returned lost", bodies(letters))
	require.Equal(t, "tenant", letters[0].Group)
	require.Equal(t, 1, letters[0].Count)
	require.NoError(t, dead.Ack(t.Context(), letters[0].Receipt))
	require.Zero(t, q.Redrive(), "the other one is being looked at")

	clock.Advance(time.Minute)
	require.Equal(t, 1, q.Redrive())
	again := receive(t, q, clock, 10)
	require.Equal(t, "lost", bodies(again))
	require.Equal(t, 1, again[0].Count)
	require.NoError(t, q.Ack(t.Context(), again[0].Receipt))
	require.Zero(t, q.Len()+dead.Len())
}

func TestDeadLetterWakesItsReceiver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := porttest.NewClock(time.Unix(0, 0))
		q := memqueue.New(clock, &memqueue.Options{MaxReceives: 1})
		send(t, q, "", 0, "body")
		waiting := wait(t.Context(), q.DeadLetters(), clock.Now().Add(time.Hour))
		synctest.Wait()
		require.NoError(t, q.Return(t.Context(), receive(t, q, clock, 1)[0].Receipt, 0))
		require.Equal(t, "body", bodies((<-waiting).deliveries))
	})
}

func TestLen(t *testing.T) {
	t.Parallel()
	q, clock := setup(t)
	send(t, q, "", 0, "a", "b")
	send(t, q, "", time.Minute, "c")
	require.Equal(t, 3, q.Len())
	deliveries := receive(t, q, clock, 1)
	require.Equal(t, 3, q.Len(), "received is not gone")
	require.NoError(t, q.Ack(t.Context(), deliveries[0].Receipt))
	require.Equal(t, 2, q.Len())
}

func TestReceiveLimit(t *testing.T) {
	t.Parallel()
	q, clock := setup(t)
	for _, limit := range []int{0, -1} {
		_, err := q.Receive(t.Context(), limit, clock.Now())
		require.ErrorIs(t, err, fault.Invalid)
	}
}

func TestEndedContext(t *testing.T) {
	t.Parallel()
	q, clock := setup(t)
	send(t, q, "", 0, "body")
	receipt := receive(t, q, clock, 1)[0].Receipt
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, context.Canceled, q.Ack(ctx, receipt))
	require.Equal(t, context.Canceled, q.Return(ctx, receipt, 0))
	require.Equal(t, 1, q.Len())
}

func TestBodiesAreCopied(t *testing.T) {
	t.Parallel()
	q, clock := setup(t)
	body := []byte("body")
	require.NoError(t, q.Send(t.Context(), ports.Message{Body: body}))
	body[0] = 'x'
	first := receive(t, q, clock, 1)[0]
	require.Equal(t, "body", string(first.Body))
	first.Body[0] = 'y'
	require.NoError(t, q.Return(t.Context(), first.Receipt, 0))
	require.Equal(t, "body", string(receive(t, q, clock, 1)[0].Body))
}

func TestNegativeDelays(t *testing.T) {
	t.Parallel()
	q, clock := setup(t)
	send(t, q, "", -time.Hour, "body")
	first := receive(t, q, clock, 1)
	require.Equal(t, "body", bodies(first))
	require.NoError(t, q.Return(t.Context(), first[0].Receipt, -time.Hour))
	require.Equal(t, "body", bodies(receive(t, q, clock, 1)))
}

func TestOrderIsThatOfBecomingVisible(t *testing.T) {
	t.Parallel()
	q, clock := setup(t)
	send(t, q, "", 20*time.Second, "d")
	send(t, q, "", 10*time.Second, "b", "c")
	send(t, q, "", 0, "a")
	clock.Advance(20 * time.Second)
	send(t, q, "", 0, "e")
	require.Equal(t, "a b c d e", bodies(receive(t, q, clock, 10)))
}

func TestGroupsTakeTurnsMessageByMessage(t *testing.T) {
	t.Parallel()
	q, clock := setup(t)
	send(t, q, "a", 0, "a1", "a2", "a3", "a4")
	send(t, q, "b", 0, "b1", "b2")
	send(t, q, "c", 0, "c1")
	require.Equal(t, "a1 b1 c1 a2", bodies(receive(t, q, clock, 4)))
	send(t, q, "c", 0, "c2")
	require.Equal(t, "b2 a3 c2 a4", bodies(receive(t, q, clock, 10)))
}

// TestManyMessages goes through more messages than the queue keeps in one piece of memory, in and out of step.
func TestManyMessages(t *testing.T) {
	t.Parallel()
	q, clock := setup(t)
	const n = 20_000
	next := 0
	for i := range n {
		send(t, q, "", 0, fmt.Sprint(i))
		if i%3 == 0 {
			continue
		}
		for _, delivery := range receive(t, q, clock, 1+i%2) {
			require.Equal(t, fmt.Sprint(next), string(delivery.Body))
			require.NoError(t, q.Ack(t.Context(), delivery.Receipt))
			next++
		}
	}
	for next < n {
		delivery := receive(t, q, clock, 1)[0]
		require.Equal(t, fmt.Sprint(next), string(delivery.Body))
		require.NoError(t, q.Ack(t.Context(), delivery.Receipt))
		next++
	}
	require.Zero(t, q.Len())
}

func BenchmarkSendReceiveAck(b *testing.B) {
	clock := porttest.NewClock(time.Unix(0, 0))
	q := memqueue.New(clock, nil)
	ctx := b.Context()
	message := ports.Message{Body: []byte("job 0190f7a2 parcel 17"), Group: "tenant"}
	for range 100_000 {
		_ = q.Send(ctx, message)
	}
	for b.Loop() {
		_ = q.Send(ctx, message)
		deliveries, _ := q.Receive(ctx, 1, clock.Now())
		_ = q.Ack(ctx, deliveries[0].Receipt)
	}
}
