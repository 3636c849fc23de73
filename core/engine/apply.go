package engine

import (
	"context"
	"errors"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// The fates of a void collection's attempts, as they are stored.
const (
	fateNotBegunName = "not_begun"
	fateUnknownName  = "unknown"
)

// apply stores every answer of an ended batch, and then settles parcel by parcel. Nothing is settled before all lines were
// read: a line that has not come yet is not one that is missing.
func (e *Engine) apply(ctx context.Context, f *facts, c *Collection) error {
	plan, err := e.planOf(ctx, f)
	if err != nil || plan == nil {
		return err
	}
	until, err := e.beginRead(ctx, c)
	if err != nil || until.IsZero() {
		return err
	}
	if err := e.read(ctx, f, plan, c, until); err != nil {
		e.endRead(ctx, c)
		return err
	}
	return nil
}

func (e *Engine) read(ctx context.Context, f *facts, plan job.Plan, c *Collection, until time.Time) error {
	r := &reader{e: e, f: f, c: c, until: until, works: map[int]*memberOf{}}
	for _, m := range c.Members {
		w, p, err := e.memberWork(ctx, f, plan, c, m)
		if err != nil {
			return err
		}
		r.works[m.Parcel] = &memberOf{work: w, parcel: p, results: map[flight]result{}}
	}
	err := e.Batch.BatchResults(ctx, c.Batch, func(line ports.BatchResult) error { return r.line(ctx, line) })
	gone, noted := e.gone(ctx, c, err)
	if noted != nil {
		return noted
	}
	if gone {
		// Deleted, or older than results are kept: what was stored of it counts, the rest is presumed.
		return e.voidCollection(ctx, f, c, fateUnknownName, "the provider does not have the results of the batch any more")
	}
	if err != nil {
		return err
	}
	return e.settleCollection(ctx, f, c, r)
}

// beginRead lets one process at a time read the results: an answer that one stores after another has presumed its attempt,
// because its reading missed the line, might be paid for by nobody. It returns until when, or zero when somebody else reads.
func (e *Engine) beginRead(ctx context.Context, c *Collection) (until time.Time, err error) {
	token, now := job.Owner(e.IDs.NewToken()).String(), e.Clock.Now()
	changed, err := e.changeCollection(ctx, c, func(_ ports.Tx, stored *Collection) (bool, error) {
		left := stored.ReadUntil.Add(e.options.Margin).Sub(now)
		if stored.Reader != token && left > 0 && left <= e.options.Lease+2*e.options.Margin {
			return false, nil
		}
		stored.Reader, stored.ReadUntil = token, now.Add(e.options.Lease)
		return true, nil
	})
	if err != nil || !changed {
		return time.Time{}, err
	}
	return c.ReadUntil, nil
}

// endRead lets the next sweep read the results at once. What fails in it only makes that wait.
func (e *Engine) endRead(ctx context.Context, c *Collection) {
	token := c.Reader
	_, err := e.changeCollection(ctx, c, func(_ ports.Tx, stored *Collection) (bool, error) {
		if stored.Reader != token {
			return false, nil
		}
		stored.Reader, stored.ReadUntil = "", time.Time{}
		return true, nil
	})
	if err != nil {
		e.tellOf(ctx, c.Job, err)
	}
}

// reader sorts the lines of a batch by the parcels that they belong to.
type reader struct {
	e *Engine
	f *facts
	c *Collection
	// until is when somebody else may read.
	until time.Time
	works map[int]*memberOf
}

type memberOf struct {
	work    *parcelWork
	parcel  *job.Parcel
	results map[flight]result
}

// line takes one line. The first of two with one name counts; one that names nothing of the collection is reported.
func (r *reader) line(ctx context.Context, line ports.BatchResult) error {
	ordinal, attempt, ok := r.c.parseLine(line.ID)
	if !ok || ordinal < 0 || ordinal >= r.f.layout.Tasks || r.works[r.f.layout.ParcelOf(ordinal)] == nil {
		r.e.observe(ctx, ports.Event{Name: ports.EventFault, Tenant: r.f.tenant, Job: string(r.f.id), RequestID: r.f.requestID, Fault: string(fault.Invalid), Detail: "batch " + r.c.Batch + " has a line that is not of its collection"})
		return nil
	}
	m := r.works[r.f.layout.ParcelOf(ordinal)]
	at := flight{ordinal - m.parcel.First, attempt}
	if _, twice := m.results[at]; twice {
		return nil
	}
	terms, known := m.terms(at)
	if !known {
		return nil // resolved before
	}
	result, err := m.work.outcome(ctx, call{flight: at, ordinal: ordinal, try: m.work.try(m.parcel, at.task), terms: terms, leaseEnd: earlier(m.parcel.LeaseEnd, r.until)}, line)
	if err != nil {
		return err
	}
	m.results[at] = result
	return nil
}

// terms finds an attempt that is not resolved, or presumed.
func (m *memberOf) terms(at flight) (cost.Terms, bool) {
	for _, list := range [][]job.Attempt{m.parcel.Open, m.parcel.Presumed} {
		for _, a := range list {
			if a.Task == at.task && a.Number == at.attempt {
				return a.Terms, true
			}
		}
	}
	return cost.Terms{}, false
}

// lineWait is the least that a line which the provider did not do waits before it is sent again.
const lineWait = time.Minute

// outcome is what one line came to; its answer is stored. An answer that is there already was stored by an earlier
// reading, and is the one that counts. A line that failed backs off as a call does, and at least for lineWait.
func (w *parcelWork) outcome(ctx context.Context, c call, line ports.BatchResult) (result, error) {
	switch line.Outcome {
	case ports.LineSucceeded:
	case ports.LineCanceled:
		return result{flight: c.flight, fate: fateNotBegun}, nil
	default:
		r := result{flight: c.flight, fate: fateRefused, reason: job.ReasonRetry, kind: line.Kind, detail: line.Detail, wait: lineWait, jitter: w.e.IDs.Jitter()}
		if line.Kind == fault.Rejected {
			r.fate = fateRejected
		}
		return r, nil
	}
	stored, err := w.e.stored(ctx, w.f, w.shard, c.ordinal, c.attempt)
	if err == nil {
		stored.Content()
		return result{flight: c.flight, fate: fateAnswered, stored: stored}, nil
	}
	if !absent(err) {
		return result{}, err
	}
	now := w.e.Clock.Now()
	r := w.judge(ctx, c, ports.Reply{Answer: line.Answer}, now, 0)
	if r.fate == fateAbandoned {
		return r, fault.New(r.kind, "engine: answer of task %d attempt %d: %s", c.ordinal, c.attempt, r.detail)
	}
	amount, _ := w.e.priced(c.terms, r.stored)
	w.e.observe(ctx, ports.Event{
		Name: ports.EventCall, At: now, Tenant: w.f.tenant, Job: string(w.f.id), RequestID: w.f.requestID, Model: w.f.model, Parcel: w.number,
		Ordinal: c.ordinal, Attempt: c.attempt, Amount: amount, ProviderRequest: cut(r.stored.RequestID, cost.MaxID), Detail: r.detail,
	})
	return r, nil
}

// voidCollection gives the collection up as it was last sent; its attempts are then resolved by the fate. One that somebody has
// sent again since is left to them: whoever is told late of an earlier create knows nothing of theirs.
func (e *Engine) voidCollection(ctx context.Context, f *facts, c *Collection, fate, detail string) error {
	creator := c.Creator
	_, err := e.changeCollection(ctx, c, func(_ ports.Tx, now *Collection) (bool, error) {
		if now.Creator != creator {
			return false, nil
		}
		now.State, now.Fate, now.Detail = CollectionVoid, fate, detail
		return true, nil
	})
	if err != nil || c.State != CollectionVoid {
		return err
	}
	return e.settleCollection(ctx, f, c, nil)
}

// settleCollection resolves what is open of the collection, parcel by parcel, and removes it.
func (e *Engine) settleCollection(ctx context.Context, f *facts, c *Collection, r *reader) error {
	answered := 0
	for _, m := range c.Members {
		n, err := e.settleMember(ctx, f, c, m, r)
		if err != nil {
			return err
		}
		answered += n
	}
	err := e.Store.Update(ctx, []ports.Key{c.key()}, func(tx ports.Tx) error {
		if record, found := tx.Get(c.key()); found {
			if now, err := unpackCollection(record.Body); err != nil || now.Owner != c.Owner {
				return err
			}
			tx.Delete(c.key())
		}
		return nil
	})
	e.forget(c.Batch)
	if err == nil && r != nil {
		e.observe(ctx, ports.Event{Name: ports.EventBatchApplied, Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID, Model: f.model, Count: answered, Detail: c.Batch})
	}
	return err
}

// settleMember resolves the attempts that the collection has open in one parcel. What a batch has no line for may have
// been done.
func (e *Engine) settleMember(ctx context.Context, f *facts, c *Collection, m Member, r *reader) (answered int, err error) {
	w := e.newParcelWork(f, nil, m.Parcel, cost.Batch)
	w.owner, w.fence = c.owner(), m.Fence
	err = e.persist(ctx, e.Clock.Now().Add(e.options.CallTimeout), func() error {
		return e.update(ctx, f, w.shard, m.Parcel, nil, func(change *change) error {
			w.results, answered = w.results[:0], 0
			if change.parcel.Held(w.owner, w.fence) {
				for _, a := range change.parcel.Open {
					result := c.resultOf(flight{a.Task, a.Number}, m, r)
					if result.fate == fateUnknown {
						// Another reading may have had the line that this one is missing.
						if err := change.answered(w, &result); err != nil {
							return err
						}
						if r != nil && result.fate == fateUnknown && e.Clock.Now().After(r.until) {
							return fault.New(fault.Unavailable, "engine: batch %s took too long to be read: it is read again", c.Batch)
						}
					}
					w.results = append(w.results, result)
				}
			}
			for _, a := range change.parcel.Presumed {
				if at := (flight{a.Task, a.Number}); r != nil {
					if known, some := r.works[m.Parcel].results[at]; some {
						w.results = append(w.results, known)
					}
				}
			}
			if len(w.results) == 0 {
				return errNothing
			}
			for i := range w.results {
				if w.results[i].fate == fateAnswered {
					answered++
				}
			}
			return w.resolve(change, 0)
		})
	})
	if errors.Is(err, errNothing) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	w.carry(ctx)
	return answered, w.followUp(ctx)
}

// resultOf is what an open attempt of the collection came to.
func (c *Collection) resultOf(at flight, m Member, r *reader) result {
	if r != nil {
		if known, some := r.works[m.Parcel].results[at]; some {
			return known
		}
		return result{flight: at, fate: fateUnknown}
	}
	if c.Fate == fateUnknownName {
		return result{flight: at, fate: fateUnknown}
	}
	return result{flight: at, fate: fateNotBegun, wait: time.Second, reason: job.ReasonRetry}
}
