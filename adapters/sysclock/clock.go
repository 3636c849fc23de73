package sysclock

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

// Clock is the machine's clock. Its zero value is ready, and copies are the same clock.
type Clock struct{}

var _ ports.Clock = Clock{}

// Now is the wall clock in UTC. It carries no monotonic reading, so that a time which went through a store equals one
// that did not.
func (Clock) Now() time.Time { return time.Now().UTC().Round(0) }

// Sleep waits on one timer. A wall clock that was set back while it slept makes it go on until the time is really
// there; one that was set forward makes it late by at most the jump.
func (c Clock) Sleep(ctx context.Context, until time.Time) error {
	wait := until.Sub(c.Now())
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		if wait = until.Sub(c.Now()); wait <= 0 {
			return nil
		}
		timer.Reset(wait)
	}
}

// WithDeadline is context.WithDeadline.
func (Clock) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	return context.WithDeadline(ctx, at)
}
