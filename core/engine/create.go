package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
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
