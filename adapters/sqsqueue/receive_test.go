package sqsqueue_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

func isDown(_ string, _ int32, w http.ResponseWriter) bool {
	w.WriteHeader(http.StatusServiceUnavailable)
	return true
}

// TestAReceiveWithoutTimeIsMadeOnce however often the queue may repeat a request otherwise.
func TestAReceiveWithoutTimeIsMadeOnce(t *testing.T) {
	t.Parallel()
	q, f := hurry(t, nil, &options{Retries: 100})
	f.answer = isDown
	begin := f.clock.Now()
	for i, until := range []time.Time{{}, begin.Add(-time.Hour), begin} {
		_, err := q.Receive(t.Context(), 10, until)
		require.ErrorIs(t, err, fault.Unavailable)
		require.EqualValues(t, i+1, f.requests.Load())
		require.Equal(t, begin, f.clock.Now())
	}
}

// TestAReceiveIsRepeatedWhileThereIsTime and no longer.
func TestAReceiveIsRepeatedWhileThereIsTime(t *testing.T) {
	t.Parallel()
	q, f := hurry(t, nil, &options{Retries: 100})
	f.answer = isDown
	until := f.clock.Now().Add(2 * time.Second)
	_, err := q.Receive(t.Context(), 10, until)
	require.ErrorIs(t, err, fault.Unavailable)
	require.False(t, f.clock.Now().After(until))
	require.Greater(t, f.requests.Load(), int32(4), "0.1, 0.2, 0.4 and 0.8 s at most lie between")
}

// TestARepeatedReceiveWaitsForWhatIsLeft after a try that was broken off shortly before its end.
func TestARepeatedReceiveWaitsForWhatIsLeft(t *testing.T) {
	t.Parallel()
	q, f := hurry(t, nil, nil)
	required(t, q.Send(t.Context(), many(1)...))
	f.answer = func(action string, n int32, w http.ResponseWriter) bool {
		if f.did(action) > 1 {
			return false
		}
		f.clock.Advance(19 * time.Second)
		return isDown(action, n, w)
	}
	got, err := q.Receive(t.Context(), 1, f.clock.Now().Add(20*time.Second))
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, []int{1}, f.waits)
}
