package engine

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/retry"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Ports are what the engine needs from the world. Notifier may be nil: notices then stay in the outbox. Batch may be nil:
// there is no batch lane then.
type Ports struct {
	Store    ports.Store
	Queue    ports.Sender
	Model    ports.Model
	Clock    ports.Clock
	Group    ports.Group
	IDs      ports.IDs
	Observer ports.Observer
	Notifier ports.Notifier
	Batch    ports.BatchModel
}

// Options are the engine's settings. Each zero value means the default that its comment names.
type Options struct {
	// Prices are the price tables; the first prices new holds, the others settle holds made before. Default: built in.
	Prices []*cost.Table
	// Calls is how many model calls this engine has open at once, over all parcels. Default 50.
	Calls int
	// CallTimeout bounds one model call. Default 2 minutes.
	CallTimeout time.Duration
	// Margin is at least the deviation between any two clocks. Default 5 seconds.
	Margin time.Duration
	// Lease is how long a parcel is leased; each settle renews it. Default 2 x CallTimeout + 4 x Margin, which is also
	// the least: a call must fit.
	Lease time.Duration
	// FlushResults and FlushAfter bound how many results wait for how long to be settled together. Default 8 and 5 s.
	FlushResults int
	FlushAfter   time.Duration
	// FlushBefore is how long before the context's deadline everything is settled. Default 10 seconds.
	FlushBefore time.Duration
	// Fresh is how long ago the shard may have been read open when a call begins. Default 5 seconds.
	Fresh time.Duration
	// Retry spaces attempts. Default: 1 second, doubling up to 5 minutes.
	Retry retry.Policy
	// Epoch is the store's: leases made under a lower one have ended. Default 0.
	Epoch int64
	// ParcelSize is how many tasks share a parcel, 1 to job.ParcelSize. Default job.ParcelSize.
	ParcelSize int
	// SweepParcels is how many messages a sweep sends for one shard at most. Default 4.
	SweepParcels int
	// IdleAfter is how long a shard may have runnable tasks and no lease before the sweeper sends for it again; it
	// doubles with each time. Default 2 minutes.
	IdleAfter time.Duration
	// RequireBudget refuses jobs of tenants without a month budget. Default false: no record means no limit.
	RequireBudget bool
	// KeyLife is how long an idempotency key stands for its job; below zero means for ever. Default idempotency.Keep.
	KeyLife time.Duration
	// LostBatch is for how long a batch may be unknown to the provider before its lines are presumed spent and done again: it
	// may be asked with the key of another workspace. Default 1 hour.
	LostBatch time.Duration
	// PollBatch is the time between two looks at a batch; a sweep that comes sooner does not look. Default 0: every sweep
	// does.
	PollBatch time.Duration
	// Plans is how many opened jobs are kept in memory. Default 8.
	Plans int
}

func (o *Options) withDefaults() Options {
	var set Options
	if o != nil {
		set = *o
	}
	if len(set.Prices) == 0 {
		set.Prices = []*cost.Table{cost.Prices()}
	}
	orInt(&set.Calls, 50)
	orTime(&set.CallTimeout, 2*time.Minute)
	orTime(&set.Margin, 5*time.Second)
	orTime(&set.Lease, 2*set.CallTimeout+4*set.Margin)
	orInt(&set.FlushResults, 8)
	orTime(&set.FlushAfter, 5*time.Second)
	orTime(&set.FlushBefore, 10*time.Second)
	orTime(&set.Fresh, 5*time.Second)
	orInt(&set.ParcelSize, job.ParcelSize)
	orInt(&set.SweepParcels, 4)
	orTime(&set.IdleAfter, 2*time.Minute)
	orTime(&set.KeyLife, idempotency.Keep)
	orTime(&set.LostBatch, time.Hour)
	orInt(&set.Plans, 8)
	return set
}

func orInt(v *int, otherwise int) {
	if *v == 0 {
		*v = otherwise
	}
}

func orTime(v *time.Duration, otherwise time.Duration) {
	if *v == 0 {
		*v = otherwise
	}
}

// Engine runs jobs. It is safe for concurrent use, and any number of engines may share a store and a queue.
type Engine struct {
	Ports
	options Options
	kinds   map[string]job.Kind
	slots   ports.Box
	// line lets one parcel at a time wait for slots.
	line  ports.Box
	drain atomic.Bool

	mu    sync.Mutex
	facts []*facts
	// working are the boxes of results of parcels that are worked on.
	working map[ports.Box]bool
	// pacers has one for each model that was called.
	pacers map[string]*pacer
	// polled is when a batch was looked at last, by its name.
	polled map[string]time.Time
	// unswept is the first active job that a sweep did not come to before its time ended.
	unswept string
}

// New returns an engine for the kinds of work. It is fault.Invalid when a port but Notifier and Batch is missing, two kinds have
// one name, or the options contradict each other.
func New(p Ports, kinds []job.Kind, options *Options) (*Engine, error) {
	if p.Store == nil || p.Queue == nil || p.Model == nil || p.Clock == nil || p.Group == nil || p.IDs == nil || p.Observer == nil {
		return nil, fault.New(fault.Invalid, "engine: every port but Notifier and Batch is needed")
	}
	e := &Engine{Ports: p, options: options.withDefaults(), kinds: map[string]job.Kind{}, pacers: map[string]*pacer{},
		polled: map[string]time.Time{}, working: map[ports.Box]bool{}}
	if err := e.options.check(); err != nil {
		return nil, err
	}
	for _, k := range kinds {
		if _, twice := e.kinds[k.Name()]; twice || k.Name() == "" {
			return nil, fault.New(fault.Invalid, "engine: two kinds are named %q, or it is empty", k.Name())
		}
		e.kinds[k.Name()] = k
	}
	e.slots, e.line = p.Group.NewBox(), p.Group.NewBox()
	e.line.Put(nil)
	for range e.options.Calls {
		e.slots.Put(struct{}{})
	}
	return e, nil
}

func (o *Options) check() error {
	if o.Lease < 2*o.CallTimeout+2*o.Margin || o.CallTimeout <= 0 || o.Margin < 0 {
		return fault.New(fault.Invalid, "engine: lease %s is too short for calls of %s and a margin of %s", o.Lease, o.CallTimeout, o.Margin)
	}
	if o.ParcelSize < 1 || o.ParcelSize > job.ParcelSize {
		return fault.New(fault.Invalid, "engine: parcel size %d is not in 1..%d", o.ParcelSize, job.ParcelSize)
	}
	if min(o.Calls, o.FlushResults, o.SweepParcels, o.Plans) < 1 || min(o.FlushAfter, o.FlushBefore, o.Fresh, o.IdleAfter, o.LostBatch, o.PollBatch) < 0 {
		return fault.New(fault.Invalid, "engine: a number or time of the options is negative")
	}
	return nil
}

// RequiresBudget reports whether jobs of tenants without a month budget are refused.
func (e *Engine) RequiresBudget() bool { return e.options.RequireBudget }

// Drain stops leases and holds from now on: what has come back is settled at once, calls in flight finish and settle, and Work
// returns. It cannot be undone.
func (e *Engine) Drain() {
	e.drain.Store(true)
	e.mu.Lock()
	boxes := slices.Collect(maps.Keys(e.working))
	e.mu.Unlock()
	for _, box := range boxes {
		box.Put(awake{})
	}
}

// awake is put into a box of results so that its owner looks up.
type awake struct{}

// works notes a parcel's box of results for as long as it is worked on.
func (e *Engine) works(box ports.Box, is bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if is {
		e.working[box] = true
	} else {
		delete(e.working, box)
	}
}

// observe fills in what every event has.
func (e *Engine) observe(ctx context.Context, event ports.Event) {
	if event.At.IsZero() {
		event.At = e.Clock.Now()
	}
	e.Observer.Observe(ctx, event)
}

// persist runs a step that must not be given up lightly, again and again while the store is throttled or out of reach,
// until the time is over. It returns when its next try would come after the context's deadline, and does not wait for that.
func (e *Engine) persist(ctx context.Context, until time.Time, step func() error) error {
	for failures := 1; ; failures++ {
		err := step()
		kind := fault.KindOf(err)
		if kind != fault.Throttled && kind != fault.Unavailable {
			return err
		}
		wait := retry.Policy{Base: 50 * time.Millisecond, Cap: 5 * time.Second}.Delay(failures, fault.RetryAfter(err), e.IDs.Jitter())
		next := e.Clock.Now().Add(wait)
		deadline, some := ctx.Deadline()
		if next.After(until) || some && !next.Before(deadline) || e.Clock.Sleep(ctx, next) != nil {
			return err
		}
	}
}
