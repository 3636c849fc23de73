package lambdaworker

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Options are the settings of a Worker and of a Sweeper; each zero value means the default that its comment names.
type Options struct {
	// Reserve is how long before the invocation's deadline the work must be over, so that there is time to hand back what is
	// left; its last quarter is for the answer and for After. Default 2 seconds. Work itself settles what it has some seconds
	// earlier: the engine's FlushBefore.
	Reserve time.Duration
	// Rest is how long a message rests whose work could not be done for now. Default 30 seconds, half of it at chance.
	Rest time.Duration
	// Parcels is how many messages of a batch are worked on at once. With more than the calls can keep busy each would get few
	// calls, and settle few results at a time. Default Calls / 25 + 1: one takes what the others' late answers leave free.
	Parcels int
	// Calls is the engine's own number of calls at once, for the default of Parcels. Default 50.
	Calls int
	// Before is called as each invocation begins, with its context: to begin what will be needed. It must not wait. Default:
	// nothing.
	Before func(context.Context)
	// Also is called after each sweep of a Sweeper, whatever came of it, with what is left of its time, a quarter at least: for what
	// else is to be done each minute. Its error is the sweep's. Default: nothing.
	Also func(context.Context) error
	// After is called at the end of each invocation, and by Stop beside one: to write what was measured. Its context lives
	// for a Reserve, also when the invocation's has ended. Default: nothing.
	After func(context.Context)
}

func (o *Options) withDefaults() Options {
	var set Options
	if o != nil {
		set = *o
	}
	if set.Reserve == 0 {
		set.Reserve = 2 * time.Second
	}
	if set.Rest == 0 {
		set.Rest = 30 * time.Second
	}
	if set.Calls == 0 {
		set.Calls = 50
	}
	if set.Parcels == 0 {
		set.Parcels = set.Calls/job.ParcelSize + 1
	}
	if set.Before == nil {
		set.Before = func(context.Context) {}
	}
	if set.Also == nil {
		set.Also = func(context.Context) error { return nil }
	}
	if set.After == nil {
		set.After = func(context.Context) {}
	}
	return set
}

// finish calls After. Whoever writes what was measured must not find that the time is over: then it matters most.
func (o *Options) finish(ctx context.Context, clock ports.Clock) {
	ctx, cancel := clock.WithDeadline(context.WithoutCancel(ctx), clock.Now().Add(o.Reserve))
	defer cancel()
	o.After(ctx)
}
