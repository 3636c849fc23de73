package engine

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/ports"
)

// flight names an attempt within its parcel: the task's index and the attempt's number.
type flight struct{ task, attempt int }

// call is an attempt that is to be made.
type call struct {
	flight
	ordinal int
	try     job.Try
	request job.Request
	terms   cost.Terms
	// readAt is when the shard was read open, leaseEnd when the lease ends.
	readAt, leaseEnd time.Time
	// start is when it may start, need what was booked for it; zero when nothing is known of the provider. probe and warms
	// say that others wait for how it goes, prefix is the stable part of its prompt, asker who was granted it.
	start         time.Time
	need          quota.Need
	probe, warms  bool
	prefix, asker string
}

// parcelWork is one delivery's work on one parcel. Only the function that runs own touches its fields; the calls beside
// it speak to it through the box of results.
type parcelWork struct {
	e      *Engine
	f      *facts
	plan   job.Plan
	number int
	shard  int

	owner job.Owner
	fence int64
	// lane is that of the attempts that this work opens, term how long its leases last. A collector takes parcels for a
	// batch; without it, nothing is opened in that lane.
	lane      cost.Lane
	term      time.Duration
	collector *collector
	// calls carries what is to be called to the lanes, box what came of it back.
	calls, box ports.Box
	// begin are the attempts that the last Update opened and that have not been handed to a lane.
	begin []call
	// flying are the attempts handed to a lane that have not come back.
	flying map[flight]bool
	// results are back and not settled yet; oldest is when the first of them came.
	results []result
	oldest  time.Time
	// verdicts of judged attempts, for the next try at the same task.
	verdicts map[flight]job.Verdict
	// spare are call slots that this work has and does not use; ready is how many tasks could be started with more,
	// retrying how many of those repeat an attempt whose outcome is unknown, hungry how many wait for money that a settle
	// may free.
	spare, ready, retrying, hungry int
	// allow is what the provider's record allows.
	allow allowance
	// left is how many attempts are flying for good: their answers could not be stored, and whoever takes over resolves
	// them. Nothing is begun any more then.
	left int
	// overdue are answers of presumed attempts that were stored after somebody had taken the parcel over.
	overdue []result
	// again and due say whether and when a message of the parcel should come; wished that a wish must be carried.
	again  bool
	due    time.Time
	wished bool
	// closed is set once this work has read its shard closed: no lane begins a call after that, however short ago the
	// shard was read open.
	closed atomic.Bool
}

// lease takes the parcel and opens the first attempts, or finds that there is nothing to do now.
func (w *parcelWork) lease(ctx context.Context) error {
	peek, more, err := w.peek(ctx)
	if err != nil {
		return err
	}
	if peek.batched {
		// What a batch has open stays its own beyond the lease's end, for as long as its collection is there.
		list, err := w.e.Collections(ctx, w.f.id)
		if err != nil || collected(list, w.number) {
			return err
		}
	}
	if err := w.permit(ctx, &peek); err != nil {
		return err
	}
	if w.allow.held != "" && !peek.left {
		return w.holdBack(ctx)
	}
	return quiet(w.takeLease(ctx, more))
}

// permit takes call slots, and asks for as many calls as they are good for.
func (w *parcelWork) permit(ctx context.Context, peek *peeked) error {
	w.takeSlots(ctx, peek.runnable)
	if w.lane == cost.Batch {
		// Nothing of the parcel may be called one by one: what an ended lease has left is resolved, no more.
		peek.runnable = 0
	}
	ask := func() error { return w.ask(ctx, min(peek.runnable, w.spare), peek.retries, peek.prefix) }
	err := ask()
	if err == nil && w.allow.held == quota.HeldByPrefix && w.awaitPrefix(ctx, peek.prefix) {
		w.takeSlots(ctx, peek.runnable)
		err = ask()
	}
	// Whoever may make one call does not keep the slots of others.
	w.releaseSlots(max(w.allow.calls(w.spare), 1))
	return err
}

// takeLease takes the lease and opens the first attempts in one Update. It is errNothing when there is nothing to do.
func (w *parcelWork) takeLease(ctx context.Context, more []ports.Key) error {
	jitters := w.jitters(job.ParcelSize)
	var readAt time.Time
	var opened int
	var amount cost.Pico
	// Again under the same owner: a lease that was taken and not acknowledged would otherwise stand until its end.
	err := w.e.persist(ctx, w.e.Clock.Now().Add(w.e.options.Margin), func() error {
		readAt = w.e.Clock.Now()
		return w.e.update(ctx, w.f, w.shard, w.number, more, func(c *change) error {
			w.begin, w.again, opened = nil, false, 0
			if held, err := w.acquire(c, jitters); err != nil || !held {
				return err
			}
			w.fence = c.parcel.Fence
			if err := c.open(w, w.allow.calls(w.spare)); err != nil {
				return err
			}
			opened, amount = len(c.parcel.Open), heldBy(c.parcel)
			return w.stop(c)
		})
	})
	if err == nil {
		w.stamp(readAt)
		w.e.observe(ctx, ports.Event{Name: ports.EventLeased, Tenant: w.f.tenant, Job: string(w.f.id), RequestID: w.f.requestID, Parcel: w.number, Count: opened, Amount: amount})
	}
	return err
}

// heldBy is what a parcel's open attempts hold.
func heldBy(p *job.Parcel) (held cost.Pico) {
	for i := range p.Open {
		held += p.Open[i].Hold
	}
	return held
}

// acquire takes a free or ended lease, and resolves what the ended one has left. It is errNothing when the lease is not
// to be had or nothing can be done under it, and false when the takeover alone was to be done. A lease of this owner was
// taken by an earlier, unacknowledged run; once given up it is no longer one.
func (w *parcelWork) acquire(c *change, jitters []float64) (bool, error) {
	p := c.parcel
	if p.Held(w.owner, p.Fence) && !p.LeaseEnd.IsZero() {
		p.LeaseEnd = c.now.Add(w.term)
		return true, nil
	}
	if p.Leased(c.now, w.e.options.Epoch, w.e.options.Margin, w.e.longestLease()) {
		return false, errNothing
	}
	left := len(p.Open) > 0 || len(w.overdue) > 0
	if err := c.takeOver(w, jitters); err != nil {
		return false, err
	}
	for i := range w.overdue {
		if err := c.late(&w.overdue[i]); err != nil {
			return false, err
		}
	}
	open := c.shard.Gate == job.GateOpen
	due := slices.ContainsFunc(p.Tasks, func(t job.Task) bool { return w.e.due(&t, c.now) }) && w.mayOpen()
	if !left && (!open || !due) {
		w.next(c)
		return false, errNothing
	}
	if !open {
		p.Release()
		return false, w.stop(c)
	}
	p.Lease(w.owner, w.e.options.Epoch, c.now.Add(w.term))
	return true, nil
}

// mayOpen reports whether this work opens attempts at all.
func (w *parcelWork) mayOpen() bool {
	return w.allow.held == "" && (w.lane != cost.Batch || w.collector != nil)
}

// stop ends a change of the parcel: the lease ends when no attempt is open, no call begins in a shard that is closed, and
// what remains to be done with the parcel is noted.
func (w *parcelWork) stop(c *change) error {
	w.wished = w.wished || c.wished
	// What this very change has found may have closed the shard.
	w.closed.Store(c.shard.Gate != job.GateOpen)
	w.ready, w.retrying, w.hungry = 0, 0, 0
	for i := range c.parcel.Tasks {
		switch t := &c.parcel.Tasks[i]; {
		case c.shard.Gate != job.GateOpen || w.e.drain.Load() || !w.mayOpen():
			// Nothing is started any more, so that no slot is kept for it.
		case t.Reason == job.ReasonBudget:
			w.hungry++
		case w.e.due(t, c.now):
			w.ready++
			if t.Retries() {
				w.retrying++
			}
		}
	}
	if len(c.parcel.Open) > 0 {
		return nil
	}
	if c.parcel.Held(w.owner, c.parcel.Fence) {
		c.parcel.Release()
	}
	w.next(c)
	return nil
}

// next notes when a message of the parcel should come: when time alone makes a task of it runnable.
func (w *parcelWork) next(c *change) {
	w.due, w.again = c.parcel.NextDue()
	w.again = w.again && c.shard.Gate == job.GateOpen && w.f.laneAt(c.now) == cost.Realtime
	if w.due.After(c.now.Add(w.e.longestLease())) {
		w.due = c.now
	}
	if w.allow.held != "" && w.allow.again.After(w.due) {
		w.due = w.allow.again
	}
}

// due reports whether a task could start now. A time further ahead than any that is ever set was set by a clock that was
// wrong: it counts as reached.
func (e *Engine) due(t *job.Task, now time.Time) bool {
	return t.Due(now) || t.State == job.TaskWaiting && t.Until.After(now.Add(e.longestLease()))
}

func (e *Engine) longestLease() time.Duration { return max(e.options.Lease, 27*time.Hour) }

func (w *parcelWork) jitters(n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = w.e.IDs.Jitter()
	}
	return list
}

// takeSlots adds free call slots without waiting, up to that many in all.
func (w *parcelWork) takeSlots(ctx context.Context, wanted int) {
	past := time.Unix(1, 0)
	for w.spare < wanted {
		if _, ok := w.e.slots.Take(ctx, past); !ok {
			return
		}
		w.spare++
	}
}

// releaseSlots gives back all unused slots but that many.
func (w *parcelWork) releaseSlots(keep int) {
	for ; w.spare > keep; w.spare-- {
		w.e.slots.Put(struct{}{})
	}
}
