package sqsqueue_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func throttles(_ string, _ int32, w http.ResponseWriter) bool {
	refuse(w, 400, "RequestThrottled", "no")
	return true
}

// TestRetriesEndWithTheDeadline: the error is the refusal, before the deadline, and not the deadline.
func TestRetriesEndWithTheDeadline(t *testing.T) {
	t.Parallel()
	recorder := &porttest.Recorder{}
	q, f := hurry(t, nil, &options{Retries: 100, Observer: recorder})
	f.answer = throttles
	deadline := f.clock.Now().Add(2 * time.Second)
	ctx, cancel := f.clock.WithDeadline(t.Context(), deadline)
	defer cancel()
	err := q.Send(ctx, many(1)...)
	require.ErrorIs(t, err, fault.Throttled)
	require.NoError(t, ctx.Err())
	require.True(t, f.clock.Now().Before(deadline))
	require.Greater(t, f.requests.Load(), int32(4), "0.1, 0.2, 0.4 and 0.8 s at most lie between")
	for i, event := range recorder.Events() {
		longest := 100 * time.Millisecond << i
		require.Equal(t, ports.EventFault, event.Name)
		require.Equal(t, "throttled", event.Fault)
		require.Equal(t, i+1, event.Count)
		require.True(t, event.Duration >= longest/2 && event.Duration < longest, "%d: %s", i, event.Duration)
	}
}

func TestNumberOfRetries(t *testing.T) {
	t.Parallel()
	for retries, want := range map[int]int32{-1: 1, 0: 1 + sqsqueue.DefaultRetries, 2: 3} {
		q, f := hurry(t, nil, &options{Retries: retries})
		f.answer = throttles
		require.ErrorIs(t, q.Ack(t.Context(), "r-1!"), fault.Throttled)
		require.Equal(t, want, f.requests.Load(), "the client's own retries are off")
	}
}

// TestARequestThatHangs is given up after its time, and made again.
func TestARequestThatHangs(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	ended := make(chan struct{})
	f.answer = func(_ string, n int32, _ http.ResponseWriter) bool {
		if n == 1 {
			f.clock.Advance(sqsqueue.DefaultTimeout)
			<-ended
		}
		return false
	}
	recorder := &porttest.Recorder{}
	q := newQueue(t, f.client(t, nil), f.URL, hasty{f.clock}, &options{Observer: observes(func(e ports.Event) {
		recorder.Observe(context.Background(), e)
		close(ended)
	})})
	required(t, q.Send(t.Context(), many(1)...))
	require.EqualValues(t, 2, f.requests.Load())
	require.Equal(t, "sqsqueue: send 1 messages: no answer in time", recorder.Events()[0].Detail)
}

// observes is an observer made of a function.
type observes func(ports.Event)

func (o observes) Observe(_ context.Context, e ports.Event) { o(e) }

func TestContextEndsARequest(t *testing.T) {
	t.Parallel()
	q, f := hurry(t, nil, nil)
	ctx, cancel := context.WithCancel(t.Context())
	f.answer = func(_ string, _ int32, w http.ResponseWriter) bool {
		cancel()
		refuse(w, 400, "RequestThrottled", "no")
		return true
	}
	err := q.Send(ctx, many(1)...)
	require.Equal(t, context.Canceled, err)
	require.EqualValues(t, 1, f.requests.Load())
}

// TestContextEndsARest ends the context while the queue waits before its next try.
func TestContextEndsARest(t *testing.T) {
	t.Parallel()
	q, f := setup(t, nil, nil)
	f.answer = throttles
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Send(ctx, many(1)...) }()
	required(t, f.clock.AwaitSleepers(t.Context(), 1))
	cancel()
	require.Equal(t, context.Canceled, <-done)
	require.EqualValues(t, 1, f.requests.Load())
}

// TestAnAnswerThatIsNotOurs: a checksum that differs may mean that something else was stored.
func TestAnAnswerThatIsNotOurs(t *testing.T) {
	t.Parallel()
	q, f := hurry(t, nil, &options{Retries: -1})
	f.answer = func(_ string, _ int32, w http.ResponseWriter) bool {
		_, _ = io.WriteString(w, `{"Successful":[{"Id":"0","MessageId":"m","MD5OfMessageBody":"00000000000000000000000000000000"}]}`)
		return true
	}
	err := q.Send(t.Context(), many(1)...)
	require.True(t, errors.Is(err, fault.Unavailable) && fault.Unknown(err), "%v", err)
}
