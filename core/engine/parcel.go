package engine

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
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
	w.takeSlots(ctx, peek.runnable)
	if w.lane == cost.Batch {
		// Nothing of the parcel may be called one by one: what an ended lease has left is resolved, no more.
		peek.runnable = 0
	}
	if err := w.ask(ctx, min(peek.runnable, w.spare), peek.retries, peek.prefix); err != nil {
		return err
	}
	if w.allow.held != "" && !peek.left {
		return w.holdBack(ctx)
	}
	jitters := w.jitters(job.ParcelSize)
	var readAt time.Time
	var opened int
	// Again under the same owner: a lease that was taken and not acknowledged would otherwise stand until its end.
	err = w.e.persist(ctx, w.e.Clock.Now().Add(w.e.options.Margin), func() error {
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
			opened = len(c.parcel.Open)
			return w.stop(c)
		})
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	if err == nil {
		w.stamp(readAt)
		w.e.observe(ctx, ports.Event{Name: ports.EventLeased, Tenant: w.f.tenant, Job: string(w.f.id), RequestID: w.f.requestID, Parcel: w.number, Count: opened})
	}
	return err
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

// peeked is what a look at the parcel before the lease is good for.
type peeked struct {
	// runnable is how many tasks may be called, retries how many of those repeat an attempt whose outcome is unknown.
	runnable, retries int
	// left: an ended lease has left something to be resolved.
	left bool
	// batched: the attempts that an ended lease has left open are lines of a batch.
	batched bool
	// prefix names the stable part of the prompts.
	prefix string
}

// peek looks at the parcel without deciding anything: how many tasks may be called, which answers a takeover would read,
// and the verdicts of earlier attempts, which never change once they are stored.
func (w *parcelWork) peek(ctx context.Context) (peeked, []ports.Key, error) {
	seen := peeked{runnable: w.f.layout.TasksOf(w.number)}
	record, err := w.e.Store.Get(ctx, parcelKey(w.f.id, w.shard, w.number))
	if absent(err) {
		fresh := job.NewParcel(w.number, w.f.layout.ParcelSize, w.f.layout.Tasks)
		seen.prefix = w.prefix(&fresh)
		return seen, nil, nil
	}
	if err != nil {
		return seen, nil, err
	}
	p, err := job.UnpackParcel(record.Body)
	if err != nil {
		// The Update that follows reports it.
		return seen, nil, nil
	}
	var more []ports.Key
	for _, a := range p.Open {
		more = append(more, answerKey(w.f.id, w.shard, p.First+a.Task, a.Number))
	}
	if err := w.findOverdue(ctx, &p); err != nil {
		return seen, nil, err
	}
	if err := w.recall(ctx, &p); err != nil {
		return seen, nil, err
	}
	seen.runnable = len(p.Open)
	seen.batched = p.InBatch() && w.e.Batch != nil
	seen.left = seen.runnable > 0 || len(w.overdue) > 0
	for i := range p.Tasks {
		if t := &p.Tasks[i]; w.e.due(t, w.e.Clock.Now()) {
			seen.runnable++
			if t.Retries() {
				seen.retries++
			}
		}
	}
	if p.Leased(w.e.Clock.Now(), w.e.options.Epoch, w.e.options.Margin, w.e.longestLease()) {
		// The Update that follows finds that there is nothing to do.
		seen.runnable = 0
	}
	if seen.runnable > 0 {
		seen.prefix = w.prefix(&p)
	}
	return seen, more, nil
}

// prefix names the stable part of the parcel's next prompts, after its first task that can be called.
func (w *parcelWork) prefix(p *job.Parcel) string {
	for i := range p.Tasks {
		if !w.e.due(&p.Tasks[i], w.e.Clock.Now()) {
			continue
		}
		request, known, err := w.request(p, i)
		if err != nil || !known {
			return ""
		}
		return prefixOf(&request)
	}
	return ""
}

// findOverdue looks for stored answers of presumed attempts. An answer whose create was under way while its lease ended
// can be stored after the takeover; when its worker then died too, nobody else would settle it.
func (w *parcelWork) findOverdue(ctx context.Context, p *job.Parcel) error {
	w.overdue = nil
	for _, a := range p.Presumed {
		stored, err := w.e.stored(ctx, w.f, w.shard, p.First+a.Task, a.Number)
		if absent(err) {
			continue
		}
		if err != nil {
			return err
		}
		if _, known := w.e.priced(a.Terms, stored); known {
			stored.Content()
			w.overdue = append(w.overdue, result{flight: flight{a.Task, a.Number}, fate: fateAnswered, stored: stored})
		}
	}
	return nil
}

// recall reads the verdicts that the next tries at the parcel's tasks depend on.
func (w *parcelWork) recall(ctx context.Context, p *job.Parcel) error {
	for i := range p.Tasks {
		t := &p.Tasks[i]
		if t.LastJudged == 0 || t.State.Ended() {
			continue
		}
		stored, err := w.e.stored(ctx, w.f, w.shard, p.First+i, t.LastJudged)
		if err != nil && !absent(err) {
			return err
		}
		// An answer that has expired meanwhile is known to have been no use.
		verdict := job.Verdict{Outcome: job.Again, Code: job.CodeOutputInvalid}
		if err == nil {
			verdict = stored.Verdict
		}
		w.verdicts[flight{i, t.LastJudged}] = verdict
	}
	return nil
}

// stored reads an attempt's answer.
func (e *Engine) stored(ctx context.Context, f *facts, shard, ordinal, attempt int) (*job.Stored, error) {
	record, err := e.Store.Get(ctx, answerKey(f.id, shard, ordinal, attempt))
	if err != nil {
		return nil, err
	}
	return job.UnpackStored(record.Body)
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

// open starts tasks that can run now: next attempt number, a hold, state running. What does not fit the budget waits
// for it, and money that is too little for anything goes back to the job.
func (c *change) open(w *parcelWork, slots int) error {
	if err := c.pickUp(w); err != nil {
		return err
	}
	c.opening, c.retries = true, 0
	c.entries = slices.Grow(c.entries, min(slots, len(c.parcel.Tasks)))
	short := false
	if !w.e.drain.Load() && c.shard.Gate == job.GateOpen {
		for i := range c.parcel.Tasks {
			if len(w.begin) >= slots {
				break
			}
			if !w.e.due(&c.parcel.Tasks[i], c.now) {
				continue
			}
			fits, err := c.start(w, i)
			if err != nil {
				return err
			}
			short = short || !fits
		}
	}
	if short {
		return c.giveBack()
	}
	return nil
}

// pickUp finds the attempts that an earlier, unacknowledged run of the same Update has opened. They are begun too, or
// voided when this run has read the shard closed.
func (c *change) pickUp(w *parcelWork) error {
	for i := 0; i < len(c.parcel.Open); {
		a := c.parcel.Open[i]
		f := flight{a.Task, a.Number}
		switch {
		case w.flying[f]:
			i++
		case c.shard.Gate == job.GateOpen:
			request, _, err := w.request(c.parcel, a.Task)
			if err != nil {
				return err
			}
			w.begin = append(w.begin, call{flight: f, ordinal: c.ordinal(a.Task), try: w.try(c.parcel, a.Task), request: request, terms: a.Terms})
			i++
		default:
			c.parcel.TakeOpen(a.Task, a.Number)
			if err := c.close(a, &result{flight: f, fate: fateNotBegun}); err != nil {
				return err
			}
		}
	}
	return nil
}

// start opens one attempt at the task, unless its hold does not fit.
func (c *change) start(w *parcelWork, i int) (fits bool, err error) {
	t := &c.parcel.Tasks[i]
	request, known, err := w.request(c.parcel, i)
	if err != nil {
		return true, c.refuse(i, job.CodeInternal, err)
	}
	if !known {
		// Somebody else judged this task since we looked: the next message knows the verdict.
		return true, t.Wait(job.ReasonRetry, c.now)
	}
	if t.Retries() && !w.allow.unlimited {
		if c.retries++; c.retries > w.allow.retries {
			// The budget of retries is used up: this one waits, and takes nobody's start.
			return true, t.Wait(job.ReasonRetry, later(w.allow.retryAt, c.now.Add(time.Second)))
		}
	}
	hold, err := c.e.bound(w.lane, request)
	if err != nil {
		return true, c.refuse(i, job.CodeProviderRejected, err)
	}
	if fits, err = c.afford(hold); err != nil || !fits {
		if err == nil {
			err = t.Wait(job.ReasonBudget, time.Time{})
		}
		return false, err
	}
	if c.shard.Account, err = c.shard.Account.Hold(hold); err != nil {
		return false, err
	}
	number, err := t.Start()
	if err != nil {
		return false, err
	}
	terms := cost.Terms{Model: request.Model, Lane: w.lane, PriceVersion: c.e.options.Prices[0].Version()}
	c.parcel.Begin(job.Attempt{Task: i, Number: number, Hold: hold, Terms: terms})
	c.entries = append(c.entries, cost.Entry{Kind: cost.EntryHold, Ordinal: c.ordinal(i), Attempt: number, Amount: hold, Terms: terms})
	w.begin = append(w.begin, call{flight: flight{i, number}, ordinal: c.ordinal(i), try: w.try(c.parcel, i), request: request, terms: terms})
	return true, nil
}

// refuse fails a task of which no request can be made or priced.
func (c *change) refuse(i int, code job.Code, cause error) error {
	t := &c.parcel.Tasks[i]
	c.tell(ports.Event{Name: ports.EventFault, Ordinal: c.ordinal(i), Fault: string(fault.KindOf(cause)), Detail: fault.OneLine(cause, 300)})
	if err := t.Fail(code); err != nil {
		return err
	}
	c.shard.Window.Add(true)
	return c.failureRate()
}

// afford makes sure that the shard has the money for a hold, drawing from the job what is missing.
func (c *change) afford(hold cost.Pico) (bool, error) {
	if c.shard.Account.Overrun > 0 {
		return false, nil
	}
	if missing := hold - c.shard.Account.Free(); missing > 0 {
		if err := c.fund(missing); err != nil {
			return false, err
		}
	}
	if c.shard.Account.Free() >= hold {
		return true, nil
	}
	if c.shard.Short == 0 || hold < c.shard.Short {
		c.shard.Short = hold
	}
	return false, nil
}

func (w *parcelWork) try(p *job.Parcel, i int) job.Try {
	t := &p.Tasks[i]
	return job.Try{Attempt: t.Judged + 1, Last: w.verdicts[flight{i, t.LastJudged}]}
}

// request is the next call of a task; false when the verdict that it depends on has not been read. A panic of the plan is
// an error.
func (w *parcelWork) request(p *job.Parcel, i int) (r job.Request, known bool, err error) {
	t := &p.Tasks[i]
	if _, known := w.verdicts[flight{i, t.LastJudged}]; t.LastJudged > 0 && !known {
		return job.Request{}, false, nil
	}
	defer func() {
		if v := recover(); v != nil {
			err = fault.New(fault.Internal, "engine: the plan panicked on the request of task %d: %v", p.First+i, v)
		}
	}()
	r = w.plan.Request(p.First+i, w.try(p, i))
	r.Cache = w.e.cache(w.f, w.lane, &r)
	return r, true, nil
}

// bound is the hold of a request.
func (e *Engine) bound(lane cost.Lane, r job.Request) (cost.Pico, error) {
	return e.options.Prices[0].Bound(r.Model, lane, r.Cache, inputBound(r), int64(r.MaxTokens))
}
