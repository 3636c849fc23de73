package engine

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
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

// absent reports whether an error says that a record is not there.
func absent(err error) bool { return fault.KindOf(err) == fault.NotFound }
