package porttest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/ports"
)

func (q *queueTest) limited() {
	q.send("a", "b", "c", "d", "e")
	require.Len(q, q.receive(2), 2)
	require.Len(q, q.receive(2), 2)
	require.Len(q, q.receive(2), 1)
	q.none()
}

func (q *queueTest) receiveNone() {
	for _, until := range []time.Time{q.Clock.Now(), q.Clock.Now().Add(-time.Hour), {}} {
		deliveries, err := q.Receive(q.Context(), 10, until)
		require.NoError(q, err)
		require.Empty(q, deliveries)
	}
}

func (q *queueTest) receiveEnded() {
	q.send("body")
	deliveries, err := q.Receive(q.ended(), 1, q.Clock.Now().Add(time.Hour))
	require.ErrorIs(q, err, context.Canceled)
	require.Empty(q, deliveries)
	q.Elapse(q.features.Visibility)
	q.drained("body")
}

// received is what a Receive returned.
type received struct {
	deliveries []ports.Delivery
	err        error
}

func (q *queueTest) waitsForSend() {
	until := q.Clock.Now().Add(time.Hour)
	waiting := start(func() received {
		deliveries, err := q.Receive(q.Context(), 1, until)
		return received{deliveries, err}
	})
	q.send("body")
	got := <-waiting
	require.NoError(q, got.err)
	require.Len(q, got.deliveries, 1)
	require.Equal(q, "body", string(got.deliveries[0].Body))
}

func (q *queueTest) waitCancelled() {
	ctx, cancel := context.WithCancel(q.Context())
	until := q.Clock.Now().Add(time.Hour)
	waiting := start(func() received {
		deliveries, err := q.Receive(ctx, 1, until)
		return received{deliveries, err}
	})
	cancel()
	got := <-waiting
	require.ErrorIs(q, got.err, context.Canceled)
	require.Empty(q, got.deliveries)
}

func (q *queueTest) hides() {
	q.send("body")
	q.one()
	q.none()
	q.Elapse(q.features.Visibility - time.Second)
	q.none()
}

func (q *queueTest) comesAgain() {
	q.send("body")
	first := q.one()
	q.Elapse(q.features.Visibility)
	second := q.one()
	require.Equal(q, "body", string(second.Body))
	require.Equal(q, 2, second.Count)
	require.NotEqual(q, first.Receipt, second.Receipt)
}
