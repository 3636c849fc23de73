package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/ports"
)

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
	creator := c.Creator
	_, err := e.changeCollection(ctx, c, func(_ ports.Tx, now *Collection) (bool, error) {
		if now.Creator != creator {
			return false, nil // it has been sent again since: the error says nothing of that
		}
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
