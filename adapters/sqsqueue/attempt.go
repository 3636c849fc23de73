package sqsqueue

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// firstWait is the longest wait before the first repetition; each further one doubles it, up to longestWait.
	firstWait   = 100 * time.Millisecond
	longestWait = 5 * time.Second
)

// once turns the client's own retries off for a request: what is tried again, and until when, is decided here alone.
func once(o *sqs.Options) { o.Retryer = aws.NopRetryer{} }

// attempts makes a request until it succeeds, is refused for good, or may not be repeated. Its error is the context's, or
// a fault; it is marked unknown if any of the tries may have had its effect.
func (q *Queue) attempts(ctx context.Context, timeout time.Duration, try func(ctx context.Context) *fault.Error) error {
	return q.repeat(ctx, time.Time{}, func(ctx context.Context) *fault.Error { return q.attempt(ctx, timeout, try) })
}

// repeat is attempts for tries that bound themselves, of which none but the first begins after the end, if there is one.
func (q *Queue) repeat(ctx context.Context, end time.Time, try func(ctx context.Context) *fault.Error) error {
	unknown := false
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		failed := try(ctx)
		if failed == nil {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		unknown = unknown || failed.Unknown
		if !again(failed) || n >= q.retries || !q.rest(ctx, n, end, failed) {
			failed.Unknown = unknown
			return failed
		}
	}
}

// attempt bounds one try by a time limit of its own: a connection that hangs must not use up the caller's deadline.
func (q *Queue) attempt(ctx context.Context, timeout time.Duration, try func(context.Context) *fault.Error) *fault.Error {
	within, cancel := q.clock.WithDeadline(ctx, q.clock.Now().Add(timeout))
	defer cancel()
	return try(within)
}

// again reports whether the same request may succeed later.
func again(failed *fault.Error) bool {
	return errors.Is(failed, fault.Throttled) || errors.Is(failed, fault.Unavailable)
}

// rest waits before the n-th repetition, between half of the wait and all of it. It says false when the end, or the caller's
// deadline, would have passed by then.
func (q *Queue) rest(ctx context.Context, n int, end time.Time, failed *fault.Error) bool {
	wait := min(firstWait<<min(n, 10), longestWait)
	wait = wait/2 + time.Duration(q.ids.Jitter()*float64(wait/2))
	until := q.clock.Now().Add(wait)
	if deadline, ok := ctx.Deadline(); ok && !until.Before(deadline) {
		return false
	}
	if !end.IsZero() && until.After(end) {
		return false
	}
	q.observe(ctx, ports.Event{Name: ports.EventFault, Count: n + 1, Duration: wait,
		Fault: string(failed.Kind), Detail: failed.Message})
	_ = q.clock.Sleep(ctx, until) // its error is the context's, which is looked at before the next try
	return true
}

func (q *Queue) observe(ctx context.Context, event ports.Event) {
	if q.observer == nil {
		return
	}
	event.At = q.clock.Now()
	q.observer.Observe(ctx, event)
}
