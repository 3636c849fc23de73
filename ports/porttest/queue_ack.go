package porttest

import (
	"time"

	"github.com/stretchr/testify/require"
)

func (q *queueTest) acked() {
	q.send("a", "b")
	q.drained("a", "b")
	q.Elapse(2 * q.features.Visibility)
	q.none()
}

func (q *queueTest) ackedTwice() {
	q.send("body")
	delivery := q.one()
	require.NoError(q, q.Ack(q.Context(), delivery.Receipt))
	require.NoError(q, q.Ack(q.Context(), delivery.Receipt))
	require.NoError(q, q.Return(q.Context(), delivery.Receipt, 0))
	q.Elapse(q.features.Visibility)
	q.none()
}

func (q *queueTest) ackedUnknown() {
	q.send("body")
	delivery := q.one()
	require.NoError(q, q.Ack(q.Context(), delivery.Receipt+"x"))
	q.Elapse(q.features.Visibility)
	q.drained("body")
}

func (q *queueTest) ackedOld() {
	q.send("body")
	first := q.one()
	q.Elapse(q.features.Visibility)
	q.one()
	require.NoError(q, q.Ack(q.Context(), first.Receipt))
	q.Elapse(q.features.Visibility)
	if q.features.OldReceipts {
		q.none()
		return
	}
	q.drained("body")
}

func (q *queueTest) returned() {
	q.send("body")
	first := q.one()
	require.NoError(q, q.Return(q.Context(), first.Receipt, 0))
	second := q.one()
	require.Equal(q, "body", string(second.Body))
	require.Equal(q, 2, second.Count)
	require.NoError(q, q.Ack(q.Context(), second.Receipt))
	q.Elapse(q.features.Visibility)
	q.none()
}

func (q *queueTest) returnedLater() {
	q.send("body")
	require.NoError(q, q.Return(q.Context(), q.one().Receipt, 30*time.Second))
	q.none()
	q.Elapse(30*time.Second - time.Millisecond)
	q.none()
	q.Elapse(time.Millisecond)
	require.Equal(q, 2, q.one().Count)
}

func (q *queueTest) returnedOld() {
	q.send("body")
	first := q.one()
	require.NoError(q, q.Return(q.Context(), first.Receipt, 0))
	second := q.one()
	require.NoError(q, q.Ack(q.Context(), second.Receipt))
	require.NoError(q, q.Return(q.Context(), first.Receipt, 0))
	require.NoError(q, q.Return(q.Context(), "no receipt at all", 0))
	q.none()
}
