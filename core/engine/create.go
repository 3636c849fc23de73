package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// createSkew is how far the provider's clock may be from ours.
	createSkew = time.Minute
	// listApart is how long after a list that did not have the batch the second one is asked for.
	listApart = time.Minute
)

// creates lets one create at a time through: two of as many lines could not be told apart in a list.
type creates struct {
	Schema int `json:"schema"`
	// Holder is the sort key of the collection that is being sent; empty for none.
	Holder string    `json:"holder,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	// Known are the batches that collections were sent as, the last one first: also those whose collection is gone. At most
	// maxKnown.
	Known []string `json:"known,omitempty"`
}

// maxKnown is more batches than are sent one after the other in the time that a list is asked about.
const maxKnown = 100

// holder reads who is sending. One that is not there any more, or is not being sent, holds nothing.
func (e *Engine) holder(tx ports.Tx) (creates, error) {
	held := creates{Schema: job.Schema}
	record, found := tx.Get(createsKey())
	if !found {
		return held, nil
	}
	if err := decode(record.Body, &held); err != nil {
		return held, fault.New(fault.Corrupt, "engine: creates: %w", err)
	}
	if held.Holder == "" {
		return held, nil
	}
	if record, found := tx.Get(ports.Key{Partition: partCollections, Sort: held.Holder}); found {
		if c, err := unpackCollection(record.Body); err == nil && c.State == CollectionCreating {
			return held, nil
		}
	}
	held.Holder = ""
	return held, nil
}

func putCreates(tx ports.Tx, held creates) {
	tx.Put(ports.Record{Key: createsKey(), Kind: kindCreates, Body: marshal(held)})
}

// sendCollection sends an open collection as one batch. What is refused for now is sent again by a later sweep.
func (e *Engine) sendCollection(ctx context.Context, f *facts, plan job.Plan, c *Collection) error {
	if c.State != CollectionOpen || c.RetryAt.After(e.Clock.Now()) {
		return nil
	}
	lines, err := e.linesOf(ctx, f, plan, c)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return e.voidCollection(ctx, f, c, fateNotBegunName, "none of its attempts is open any more")
	}
	gate, err := e.Job(ctx, f.id)
	if err != nil {
		return err
	}
	if gate.Gate() != job.GateOpen {
		return e.voidCollection(ctx, f, c, fateNotBegunName, "the job was closed before the batch was sent")
	}
	if f.laneAt(e.Clock.Now()) != cost.Batch {
		return e.voidCollection(ctx, f, c, fateNotBegunName, "the time for batches is over")
	}
	begun, err := e.beginCreate(ctx, c, len(lines))
	if err != nil || begun.IsZero() {
		return err
	}
	limit, cancel := e.Clock.WithDeadline(ctx, begun.Add(e.options.CallTimeout))
	defer cancel()
	if e.Clock.Now().Sub(begun).Abs() > e.options.Fresh {
		// Somebody may take it that nothing was sent, soon after; it can be told from a list.
		return nil
	}
	batch, err := e.Batch.CreateBatch(limit, lines)
	if err != nil {
		return e.createFailed(ctx, f, c, err)
	}
	return e.adopt(ctx, f, c, batch)
}

// beginCreate takes the one create and notes it before anything is sent. It returns when, or zero when somebody else is
// sending.
func (e *Engine) beginCreate(ctx context.Context, c *Collection, lines int) (time.Time, error) {
	token := job.Owner(e.IDs.NewToken()).String()
	now, members := e.Clock.Now(), len(c.Members)
	changed, err := e.changeCollection(ctx, c, func(tx ports.Tx, c *Collection) (bool, error) {
		if len(c.Members) != members {
			return false, nil // somebody has added to it since its lines were made: the next sweep sends all of it
		}
		// Read again: the store may have taken its time over the first look.
		if j, err := readJob(tx, c.Job); err != nil || j.Gate() != job.GateOpen {
			return false, err
		}
		held, err := e.holder(tx)
		if err != nil || held.Holder != "" && held.Holder != c.key().Sort {
			return false, err
		}
		c.State, c.Creator, c.CreatingAt, c.Lines, c.Listings, c.ListedAt = CollectionCreating, token, now, lines, 0, time.Time{}
		held.Holder, held.Since = c.key().Sort, now
		putCreates(tx, held)
		return true, nil
	})
	if err != nil {
		return time.Time{}, err
	}
	if !changed {
		// An acknowledgement that was lost shows as a change that is there already.
		if again, err := e.collection(ctx, c.key()); err != nil || again == nil || again.Creator != token {
			return time.Time{}, err
		}
		c.State, c.Creator, c.CreatingAt, c.Lines = CollectionCreating, token, now, lines
	}
	return now, nil
}

// collection reads one; nil when it is gone.
func (e *Engine) collection(ctx context.Context, key ports.Key) (*Collection, error) {
	record, err := e.Store.Get(ctx, key)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return unpackCollection(record.Body)
}

// linesOf makes the requests of the collection's open attempts.
func (e *Engine) linesOf(ctx context.Context, f *facts, plan job.Plan, c *Collection) ([]ports.BatchLine, error) {
	var lines []ports.BatchLine
	for _, m := range c.Members {
		w, p, err := e.memberWork(ctx, f, plan, c, m)
		if err != nil {
			return nil, err
		}
		if !p.Held(w.owner, m.Fence) {
			continue
		}
		for _, a := range p.Open {
			request, _, err := w.request(p, a.Task)
			if err != nil {
				return nil, err
			}
			lines = append(lines, ports.BatchLine{ID: c.lineID(p.First+a.Task, a.Number), Request: request})
		}
	}
	return lines, nil
}

// memberWork is the work of a collection on one of its parcels, as it stands.
func (e *Engine) memberWork(ctx context.Context, f *facts, plan job.Plan, c *Collection, m Member) (*parcelWork, *job.Parcel, error) {
	w := e.newParcelWork(f, plan, m.Parcel, "batch")
	w.owner, w.fence = c.owner(), m.Fence
	p, err := e.parcel(ctx, f, m.Parcel)
	if err != nil {
		return nil, nil, err
	}
	return w, &p, w.recall(ctx, &p)
}

// adopt notes the batch that the collection was sent as.
func (e *Engine) adopt(ctx context.Context, f *facts, c *Collection, batch ports.Batch) error {
	var other string
	changed, err := e.changeCollection(ctx, c, func(tx ports.Tx, now *Collection) (bool, error) {
		held, err := e.holder(tx)
		if err != nil {
			return false, err
		}
		held.Known = append([]string{batch.ID}, held.Known[:min(len(held.Known), maxKnown-1)]...)
		putCreates(tx, held)
		now.State, now.Batch, now.SentAt, now.Failures = CollectionSent, batch.ID, e.Clock.Now(), 0
		return true, nil
	})
	if err != nil {
		return err
	}
	if !changed {
		now, err := e.collection(ctx, c.key())
		if err != nil {
			return err
		}
		if now != nil && now.Batch == batch.ID {
			*c = *now
			return nil
		}
		other = "nobody"
		if now != nil {
			other = now.Batch
		}
		// Sent twice: the one that nobody will read is ended as far as it can be.
		_, err = e.Batch.CancelBatch(ctx, batch.ID)
		e.observe(ctx, ports.Event{Name: ports.EventFault, Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID, Fault: string(fault.Conflict), Detail: "batch " + batch.ID + " was sent beside " + other + " and is cancelled"})
		return err
	}
	e.observe(ctx, ports.Event{Name: ports.EventBatchSent, Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID, Model: f.model, Count: c.Lines, Detail: batch.ID})
	return nil
}

// createFailed decides by the error of a create: unknown leaves it to the lists, a refusal sends it again later. What no
// repetition mends pauses the job: a rejection is of the create, of which every task but perhaps one is innocent.
func (e *Engine) createFailed(ctx context.Context, f *facts, c *Collection, cause error) error {
	kind := fault.KindOf(cause)
	e.observe(ctx, ports.Event{Name: ports.EventFault, Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID, Model: f.model, Fault: string(kind), Detail: fault.OneLine(cause, 300)})
	switch {
	case fault.Unknown(cause), ctx.Err() != nil:
		return nil
	case errors.Is(cause, fault.Rejected), errors.Is(cause, fault.Invalid), errors.Is(cause, fault.Unauthorized), errors.Is(cause, fault.SpendCap):
		// Paused first: as long as this one is being sent, nobody sends another one.
		if err := e.pauseFor(ctx, f, cause); err != nil {
			return err
		}
		return e.voidCollection(ctx, f, c, fateNotBegunName, fault.OneLine(cause, 300))
	case !slices.Contains([]fault.Kind{fault.Throttled, fault.Overloaded, fault.Unavailable}, kind):
		return nil
	}
	jitter := e.IDs.Jitter()
	_, err := e.changeCollection(ctx, c, func(_ ports.Tx, now *Collection) (bool, error) {
		now.State, now.Failures = CollectionOpen, now.Failures+1
		now.RetryAt = e.Clock.Now().Add(e.options.Retry.Delay(now.Failures, fault.RetryAfter(cause), jitter))
		return true, nil
	})
	return err
}

// stopped pauses the job for an error that stops all calls; any other is nothing to it.
func (e *Engine) stopped(ctx context.Context, f *facts, cause error) error {
	if !errors.Is(cause, fault.Unauthorized) && !errors.Is(cause, fault.SpendCap) {
		return nil
	}
	return e.pauseFor(ctx, f, cause)
}

// pauseFor pauses the job for what the provider said about its batches, and tells the record what concerns all calls.
func (e *Engine) pauseFor(ctx context.Context, f *facts, cause error) error {
	kind, detail := fault.KindOf(cause), fault.OneLine(cause, 300)
	e.observe(ctx, ports.Event{Name: ports.EventProviderStopped, Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID, Model: f.model, Fault: string(kind), Detail: detail})
	if kind == fault.Unauthorized || kind == fault.SpendCap {
		p := e.pacer(f.model)
		p.tell(quota.Report{Kind: string(kind)})
		e.flushProvider(ctx, p)
	}
	_, err := e.wish(ctx, f.id, func(tx ports.Tx, j *job.Job, now time.Time) error {
		pause(tx, j, job.PauseProvider, detail, now)
		return nil
	})
	if fault.KindOf(err) == fault.Conflict {
		return nil
	}
	return err
}

// findBatch looks whether a create whose outcome nobody has learnt was done after all: one match is it, none in two lists
// a while apart is sent again, several are a doubt, in which all is taken for spent.
func (e *Engine) findBatch(ctx context.Context, f *facts, c *Collection) error {
	now := e.Clock.Now()
	settled := c.CreatingAt.Add(e.options.Fresh + e.options.CallTimeout + 2*e.options.Margin)
	if now.Before(settled) || now.Before(c.ListedAt.Add(listApart)) {
		return nil
	}
	found, err := e.candidates(ctx, c)
	if err != nil {
		return err
	}
	switch len(found) {
	case 0:
	case 1:
		return e.adopt(ctx, f, c, found[0])
	default:
		return e.voidCollection(ctx, f, c, fateUnknownName, "several batches could be the one that was sent")
	}
	creator, listed := c.Creator, c.ListedAt
	_, err = e.changeCollection(ctx, c, func(_ ports.Tx, now *Collection) (bool, error) {
		if now.Creator != creator || !now.ListedAt.Equal(listed) {
			// Another sweep has listed at the same time: the two are one list. Or it has even been sent again since: the
			// list says nothing of that.
			return false, nil
		}
		now.Listings++
		now.ListedAt = e.Clock.Now()
		if now.Listings >= 2 {
			now.State, now.RetryAt = CollectionOpen, time.Time{}
		}
		return true, nil
	})
	return err
}

// candidates are the batches that the collection may have been sent as: of as many lines, made since, and nobody else's.
func (e *Engine) candidates(ctx context.Context, c *Collection) ([]ports.Batch, error) {
	list, err := e.Batch.ListBatches(ctx, c.CreatingAt.Add(-createSkew))
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	err = e.each(ctx, ports.Range{Partition: partCollections}, func(record ports.Record) error {
		if record.Kind == kindCreates {
			var all creates
			err := decode(record.Body, &all)
			for _, id := range all.Known {
				taken[id] = true
			}
			return err
		}
		other, err := unpackCollection(record.Body)
		if err == nil {
			taken[other.Batch] = true
		}
		return err
	})
	return slices.DeleteFunc(list, func(b ports.Batch) bool { return b.Lines() != c.Lines || taken[b.ID] }), err
}
