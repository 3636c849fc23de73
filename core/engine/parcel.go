package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
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
	// readAt is when the shard was read open, leaseEnd when the lease ends.
	readAt, leaseEnd time.Time
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
	// hungry how many wait for money that a settle may free.
	spare, ready, hungry int
	// lost is set when the lease is no longer ours, abandoned when an attempt is left to whoever takes over.
	lost, abandoned bool
	// again and due say whether and when a message of the parcel should come; wished that a wish must be carried.
	again  bool
	due    time.Time
	wished bool
}

// lease takes the parcel and opens the first attempts, or finds that there is nothing to do now.
func (w *parcelWork) lease(ctx context.Context) error {
	peek, more, err := w.peek(ctx)
	if err != nil {
		return err
	}
	w.takeSlots(ctx, peek.runnable)
	jitters := w.jitters(job.ParcelSize)
	readAt := w.e.Clock.Now()
	var events int
	err = w.e.update(ctx, w.f, w.shard, w.number, more, func(c *change) error {
		w.begin, w.again, events = nil, false, 0
		p := c.parcel
		if !p.Held(w.owner, p.Fence) {
			if again, err := w.acquire(c, jitters); err != nil || !again {
				return err
			}
		}
		w.fence = p.Fence
		if err := c.open(w, w.spare); err != nil {
			return err
		}
		events = len(p.Open)
		return w.stop(c)
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	if err == nil {
		w.stamp(readAt)
		w.e.observe(ctx, ports.Event{Name: ports.EventLeased, Tenant: w.f.tenant, Job: string(w.f.id), RequestID: w.f.requestID, Parcel: w.number, Count: events})
	}
	return err
}

// acquire takes a free or ended lease, and resolves what the ended one has left. It is errNothing when the lease is not
// to be had or nothing can be done under it, and false when the takeover alone was to be done.
func (w *parcelWork) acquire(c *change, jitters []float64) (bool, error) {
	p := c.parcel
	if p.Leased(c.now, w.e.options.Epoch, w.e.options.Margin, w.e.longestLease()) {
		return false, errNothing
	}
	left := len(p.Open) > 0
	if err := c.takeOver(w, jitters); err != nil {
		return false, err
	}
	open := c.shard.Gate == job.GateOpen
	due := slices.ContainsFunc(p.Tasks, func(t job.Task) bool { return t.Due(c.now) })
	if !left && (!open || !due) {
		w.due, w.again = p.NextDue()
		w.again = w.again && open
		return false, errNothing
	}
	if !open {
		p.Release()
		return false, w.stop(c)
	}
	p.Lease(w.owner, w.e.options.Epoch, c.now.Add(w.e.options.Lease))
	return true, nil
}

// stop ends the lease when no attempt is open, and notes what remains to be done with the parcel.
func (w *parcelWork) stop(c *change) error {
	w.wished = w.wished || c.wished
	w.ready, w.hungry = 0, 0
	for i := range c.parcel.Tasks {
		switch t := &c.parcel.Tasks[i]; {
		case t.Reason == job.ReasonBudget:
			w.hungry++
		case t.Due(c.now):
			w.ready++
		}
	}
	if len(c.parcel.Open) > 0 {
		return nil
	}
	if c.parcel.Held(w.owner, c.parcel.Fence) {
		c.parcel.Release()
	}
	w.due, w.again = c.parcel.NextDue()
	w.again = w.again && c.shard.Gate == job.GateOpen
	return nil
}

// stamp gives the attempts that were just opened the times that bound their calls.
func (w *parcelWork) stamp(readAt time.Time) {
	for i := range w.begin {
		w.begin[i].readAt = readAt
		w.begin[i].leaseEnd = readAt.Add(w.e.options.Lease)
	}
}

// peeked is what a look at the parcel before the lease is good for.
type peeked struct{ runnable int }

// peek looks at the parcel without deciding anything: how many tasks may be called, which answers a takeover would read,
// and the verdicts of earlier attempts, which never change once they are stored.
func (w *parcelWork) peek(ctx context.Context) (peeked, []ports.Key, error) {
	seen := peeked{runnable: w.f.layout.TasksOf(w.number)}
	record, err := w.e.Store.Get(ctx, parcelKey(w.f.id, w.shard, w.number))
	if absent(err) {
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
	seen.runnable = len(p.Open)
	for i := range p.Tasks {
		t := &p.Tasks[i]
		if t.Due(w.e.Clock.Now()) {
			seen.runnable++
		}
		if t.LastJudged == 0 || t.State.Ended() {
			continue
		}
		stored, err := w.e.stored(ctx, w.f, w.shard, p.First+i, t.LastJudged)
		if err != nil && !absent(err) {
			return seen, nil, err
		}
		// An answer that has expired meanwhile is known to have been no use.
		verdict := job.Verdict{Outcome: job.Again, Code: job.CodeOutputInvalid}
		if err == nil {
			verdict = stored.Verdict
		}
		w.verdicts[flight{i, t.LastJudged}] = verdict
	}
	return seen, more, nil
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
// for it, and money that is too little for anything goes back to the job. Attempts that an earlier, unacknowledged run of
// the same Update opened are among the open ones, and are begun too.
func (c *change) open(w *parcelWork, slots int) error {
	for _, a := range c.parcel.Open {
		if f := (flight{a.Task, a.Number}); !w.flying[f] {
			request, _ := w.request(c, a.Task)
			w.begin = append(w.begin, call{flight: f, ordinal: c.ordinal(a.Task), try: w.try(c, a.Task), request: request})
		}
	}
	c.entries = slices.Grow(c.entries, min(slots, len(c.parcel.Tasks)))
	short := false
	if !w.e.drain.Load() && c.shard.Gate == job.GateOpen {
		for i := range c.parcel.Tasks {
			if len(w.begin) >= slots {
				break
			}
			if !c.parcel.Tasks[i].Due(c.now) {
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
		return c.giveBack(c.shard.Account.Free())
	}
	return nil
}

// start opens one attempt at the task, unless its hold does not fit.
func (c *change) start(w *parcelWork, i int) (fits bool, err error) {
	t := &c.parcel.Tasks[i]
	request, known := w.request(c, i)
	if !known {
		// Somebody else judged this task since we looked: the next message knows the verdict.
		return true, t.Wait(job.ReasonRetry, c.now)
	}
	prices := c.e.options.Prices[0]
	hold, err := prices.Bound(request.Model, c.f.lane, inputBound(request), int64(request.MaxTokens))
	if err != nil {
		c.tell(failedTask(c.ordinal(i), err))
		if err := t.Wait(job.ReasonRetry, c.now); err != nil {
			return true, err
		}
		return true, t.Fail(job.CodeProviderRejected)
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
	terms := cost.Terms{Model: request.Model, Lane: c.f.lane, PriceVersion: prices.Version()}
	c.parcel.Begin(job.Attempt{Task: i, Number: number, Hold: hold, Terms: terms})
	c.entries = append(c.entries, cost.Entry{Kind: cost.EntryHold, Ordinal: c.ordinal(i), Attempt: number, Amount: hold, Terms: terms})
	w.begin = append(w.begin, call{flight: flight{i, number}, ordinal: c.ordinal(i), try: w.try(c, i), request: request})
	return true, nil
}

// afford makes sure that the shard has the money for a hold, drawing from the job what is missing.
func (c *change) afford(hold cost.Pico) (bool, error) {
	if c.shard.Account.Overrun > 0 {
		return false, nil
	}
	if missing := hold - c.shard.Account.Free(); missing > 0 {
		if _, err := c.fund(missing, false); err != nil {
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

func (w *parcelWork) try(c *change, i int) job.Try {
	t := &c.parcel.Tasks[i]
	return job.Try{Attempt: t.Judged + 1, Last: w.verdicts[flight{i, t.LastJudged}]}
}

// request is the next call of a task; false when the verdict that it depends on has not been read.
func (w *parcelWork) request(c *change, i int) (job.Request, bool) {
	t := &c.parcel.Tasks[i]
	if _, known := w.verdicts[flight{i, t.LastJudged}]; t.LastJudged > 0 && !known {
		return job.Request{}, false
	}
	return w.plan.Request(c.ordinal(i), w.try(c, i)), true
}
