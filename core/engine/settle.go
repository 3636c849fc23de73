package engine

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/retry"
	"github.com/marketbrewer/marketbrewer/ports"
)

// resolve is the decision of a settle: each result in the open list under this lease is settled, voided or presumed; in
// the presumed list it becomes an adjust; in neither it was resolved before. Under the lease the next attempts are opened.
func (w *parcelWork) resolve(c *change, fit int) error {
	w.begin, w.again = nil, false
	c.entries = make([]cost.Entry, 0, len(w.results))
	mine := c.parcel.Held(w.owner, w.fence) && !c.parcel.LeaseEnd.IsZero()
	for i := range w.results {
		r := &w.results[i]
		if a, open := c.parcel.TakeOpen(r.task, r.attempt); open && mine {
			if err := c.close(a, r); err != nil {
				return err
			}
			continue
		} else if open {
			// Never so while numbers are given once; another owner's attempt stays as it was.
			c.parcel.Begin(a)
			continue
		}
		if err := c.late(r); err != nil {
			return err
		}
	}
	if !mine {
		return w.stop(c)
	}
	c.parcel.LeaseEnd = c.now.Add(w.e.options.Lease)
	if err := c.open(w, fit); err != nil {
		return err
	}
	return w.stop(c)
}

// takeOver resolves what an ended lease has left: answers that are stored are settled, the rest is presumed.
func (c *change) takeOver(w *parcelWork, jitters []float64) error {
	open := c.parcel.Open
	c.parcel.Open = nil
	presumed := 0
	for n, a := range open {
		r := &result{flight: flight{a.Task, a.Number}, fate: fateUnknown, jitter: jitters[n%len(jitters)]}
		if err := c.answered(w, r); err != nil {
			return err
		}
		if r.fate == fateUnknown {
			presumed++
		}
		if err := c.close(a, r); err != nil {
			return err
		}
		if t := &c.parcel.Tasks[a.Task]; r.fate == fateUnknown && t.State == job.TaskWaiting {
			// The lease's end was wait enough, and the provider had no part in it: no retry is drawn from its budget.
			t.Until = time.Time{}
		}
	}
	if len(open) > 0 {
		c.tell(ports.Event{Name: ports.EventTakenOver, Count: presumed})
	}
	return nil
}

// answered makes a result that nobody knows that of the attempt's answer, if one is stored.
func (c *change) answered(w *parcelWork, r *result) error {
	record, found := c.tx.Get(answerKey(c.f.id, c.shard.Number, c.ordinal(r.task), r.attempt))
	if !found {
		return nil
	}
	stored, err := job.UnpackStored(record.Body)
	if err != nil {
		return err
	}
	r.fate, r.stored = fateAnswered, stored
	w.verdicts[r.flight] = stored.Verdict
	return nil
}

// close resolves an open attempt: its money first, then the task's next state.
func (c *change) close(a job.Attempt, r *result) error {
	entry := cost.Entry{Ordinal: c.ordinal(a.Task), Attempt: a.Number, Terms: a.Terms}
	if err := c.pay(a, r, &entry); err != nil {
		return err
	}
	c.entries = append(c.entries, entry)
	return c.next(a, r)
}

// pay moves the hold to where it belongs and writes the ledger entry.
func (c *change) pay(a job.Attempt, r *result, entry *cost.Entry) (err error) {
	t := &c.parcel.Tasks[a.Task]
	account := &c.shard.Account
	switch {
	case r.free():
		entry.Kind, entry.Amount = cost.EntryVoid, a.Hold
		if r.stored != nil {
			c.identify(entry, r.stored)
		}
		*account, err = account.Void(a.Hold)
		*account = repaid(*account)
		return err
	case r.fate == fateAnswered:
		if actual, ok := c.price(a, r.stored); ok {
			return c.spend(a, r.stored, actual, entry)
		}
		c.identify(entry, r.stored)
	}
	entry.Kind, entry.Amount = cost.EntryPresume, a.Hold
	t.Billed++
	t.Cost += a.Hold
	c.parcel.Presumed = append(c.parcel.Presumed, a)
	*account, err = account.Presume(a.Hold)
	return err
}

// priced is what the answer cost by the terms of its hold; false when its usage cannot be trusted or priced.
func (e *Engine) priced(terms cost.Terms, stored *job.Stored) (cost.Pico, bool) {
	if stored.Unbilled {
		return 0, true
	}
	for _, table := range e.options.Prices {
		if stored.UsageOK && table.Version() == terms.PriceVersion {
			actual, err := table.Cost(terms.Model, terms.Lane, stored.Usage)
			return actual, err == nil
		}
	}
	return 0, false
}

// price is priced, with an alert when there is no price.
func (c *change) price(a job.Attempt, stored *job.Stored) (cost.Pico, bool) {
	if actual, ok := c.e.priced(a.Terms, stored); ok {
		return actual, true
	}
	c.tell(ports.Event{Name: ports.EventUsageAbsurd, Ordinal: stored.Ordinal, Attempt: stored.Attempt, Amount: a.Hold, Detail: "usage is missing or makes no sense: the hold is presumed spent"})
	return 0, false
}

// spend settles an answered attempt. What it cost beyond its hold comes from the free money of shard, job and month;
// what none has is overrun, which closes the job.
func (c *change) spend(a job.Attempt, stored *job.Stored, actual cost.Pico, entry *cost.Entry) error {
	entry.Kind, entry.Amount, entry.Usage = cost.EntrySettle, actual, stored.Usage
	c.identify(entry, stored)
	t := &c.parcel.Tasks[a.Task]
	t.Billed++
	t.Cost += actual
	return c.cover(entry, actual-a.Hold, func() (err error) {
		c.shard.Account, err = c.shard.Account.Settle(a.Hold, actual)
		return err
	})
}

// cover books the entry, which may exceed what was put aside for it by excess. What comes free then pays for an older
// overrun first.
func (c *change) cover(entry *cost.Entry, excess cost.Pico, book func() error) error {
	told := len(c.events)
	defer func() { nameOverruns(c.events[told:], entry) }()
	if missing := excess - c.shard.Account.Free(); missing > 0 {
		if err := c.fundBill(missing); err != nil {
			return err
		}
	}
	was := c.shard.Account.Overrun
	if err := book(); err != nil {
		return err
	}
	if over := c.shard.Account.Overrun - was; over > 0 {
		c.tell(ports.Event{Name: ports.EventOverrun, Amount: over, Detail: "a call cost more than was held and free"})
		return c.pause(job.PauseBudget, "a call cost more than was held for it and no money was free: check the price table and the provider's bill")
	}
	c.shard.Account = repaid(c.shard.Account)
	return nil
}

// nameOverruns says of overruns whose they are.
func nameOverruns(events []ports.Event, entry *cost.Entry) {
	for i := range events {
		if event := &events[i]; event.Name == ports.EventOverrun {
			event.Ordinal, event.Attempt, event.ProviderRequest = entry.Ordinal, entry.Attempt, entry.RequestID
		}
	}
}

func (c *change) identify(entry *cost.Entry, stored *job.Stored) {
	entry.MessageID, entry.RequestID, entry.Content = stored.MessageID, stored.RequestID, stored.Content()
}

// late books a result whose attempt was resolved by somebody else meanwhile: a presumed one gets its one adjust. The
// task itself has moved on and is left alone.
func (c *change) late(r *result) error {
	var actual cost.Pico
	a, presumed := c.parcel.TakePresumed(r.task, r.attempt)
	if !presumed {
		return nil
	}
	entry := cost.Entry{Kind: cost.EntryAdjust, Ordinal: c.ordinal(a.Task), Attempt: a.Number, Terms: a.Terms}
	known := r.free()
	if r.fate == fateAnswered && !known {
		if actual, known = c.price(a, r.stored); known {
			entry.Usage = r.stored.Usage
			c.identify(&entry, r.stored)
		}
	}
	if !known {
		c.parcel.Presumed = append(c.parcel.Presumed, a)
		return nil
	}
	t := &c.parcel.Tasks[a.Task]
	t.Cost += actual - a.Hold
	if r.free() {
		t.Billed--
	}
	entry.Amount = actual - a.Hold
	c.entries = append(c.entries, entry)
	return c.cover(&entry, actual-a.Hold, func() (err error) {
		c.shard.Account, err = c.shard.Account.Adjust(a.Hold, actual)
		return err
	})
}

// next moves the task on after its attempt was resolved.
func (c *change) next(a job.Attempt, r *result) error {
	t := &c.parcel.Tasks[a.Task]
	switch r.fate {
	case fateAnswered:
		return c.judged(t, a, r)
	case fateRejected:
		c.shard.Window.Add(true)
		if err := t.Fail(job.CodeProviderRejected); err != nil {
			return err
		}
		return c.failureRate()
	case fateNotBegun:
		if r.wait > 0 {
			return c.wait(t, r.reason, c.now.Add(r.wait))
		}
		return c.wait(t, job.ReasonRetry, c.now)
	case fateRefused:
		if r.kind == fault.Unauthorized || r.kind == fault.SpendCap {
			c.tell(ports.Event{Name: ports.EventProviderStopped, Ordinal: c.ordinal(a.Task), Attempt: a.Number, Fault: string(r.kind), Detail: r.detail})
			if err := c.pause(job.PauseProvider, r.detail); err != nil {
				return err
			}
		}
		return c.again(t, r, retry.Refused, r.reason, job.CodeProviderUnavailable)
	}
	return c.again(t, r, retry.Unknown, job.ReasonRetry, job.CodeAttemptsExhausted)
}

func (c *change) judged(t *job.Task, a job.Attempt, r *result) error {
	verdict := r.stored.Verdict
	switch verdict.Outcome {
	case job.Accepted:
		c.shard.Window.Add(false)
		if err := t.Complete(a.Number); err != nil {
			return err
		}
		// With this one enough may have been judged to see that most of the others failed.
		return c.failureRate()
	case job.Again:
		t.LastJudged = a.Number
		if err := c.again(t, r, retry.Judged, job.ReasonRetry, verdict.Code); err != nil {
			return err
		}
		if t.State != job.TaskFailed {
			return nil
		}
	default:
		t.LastJudged = a.Number
		if err := t.Fail(verdict.Code); err != nil {
			return err
		}
	}
	c.shard.Window.Add(true)
	return c.failureRate()
}

// failureRate pauses the job when more than half of what was judged lately failed for good. What was judged before the
// last wish reached the shard says nothing about the time after it.
func (c *change) failureRate() error {
	if !c.shard.Window.Failing() {
		return nil
	}
	header, err := c.job()
	if err != nil || c.shard.Wish < header.Wish {
		return err
	}
	return c.pause(job.PauseFailureRate, "more than half of the last tasks failed for good: look at their codes, then resume or cancel")
}

// again counts a failed attempt and lets the task wait for the next one, or fails it when its limits are used up.
func (c *change) again(t *job.Task, r *result, cause retry.Cause, reason job.Reason, code job.Code) error {
	if since := c.now.Add(-r.down); cause == retry.Refused && (t.RefusedSince.IsZero() || since.Before(t.RefusedSince)) {
		// While the provider refuses everything, most tasks are not even tried.
		t.RefusedSince = since
	}
	used := retry.Count{Judged: t.Judged, Unknown: t.Unknown, Refusals: t.Refusals, RefusedSince: t.RefusedSince}
	d := c.e.options.Retry.Next(retryLimits(c.f.limits), used, cause, c.now, r.wait, r.jitter)
	t.Judged, t.Unknown, t.Refusals, t.RefusedSince = d.Count.Judged, d.Count.Unknown, d.Count.Refusals, d.Count.RefusedSince
	if cause == retry.Refused && c.now.Sub(t.RefusedSince) >= c.f.bearable(c.now) {
		d.Retry = false
	}
	if !d.Retry {
		return t.Fail(code)
	}
	if c.f.deadline.After(c.now) {
		d.At = earlier(d.At, c.f.deadline)
	}
	return c.wait(t, reason, d.At)
}

// wait lets the task wait, or cancels it when the shard has taken a cancel.
func (c *change) wait(t *job.Task, reason job.Reason, until time.Time) error {
	if c.shard.Gate == job.GateCancelled {
		return t.Cancel()
	}
	return t.Wait(reason, until)
}

// absent reports whether an error says that a record is not there.
func absent(err error) bool { return fault.KindOf(err) == fault.NotFound }
