package lambdaworker

import (
	"context"
	"errors"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

// withReserve ends a context some time before its deadline; one without a deadline goes on as it is.
func withReserve(ctx context.Context, clock ports.Clock, reserve time.Duration) (context.Context, context.CancelFunc) {
	deadline, some := ctx.Deadline()
	if !some {
		return context.WithCancel(ctx)
	}
	return clock.WithDeadline(ctx, deadline.Add(-reserve))
}

// isEnd reports whether an error is that of a context that has ended.
func isEnd(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
