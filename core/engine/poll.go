package engine

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// sweepCollections brings every collection a step further: whose jobs have ended too, because what was billed is booked.
func (e *Engine) sweepCollections(ctx context.Context) error {
	if e.Batch == nil {
		return nil
	}
	var first error
	err := e.each(ctx, ports.Range{Partition: partCollections}, func(record ports.Record) error {
		if record.Kind == kindCreates {
			return nil
		}
		c, err := unpackCollection(record.Body)
		if err == nil {
			err = e.advance(ctx, c)
		}
		if err != nil {
			id, _, _ := strings.Cut(record.Key.Sort, "/")
			e.tellOf(ctx, job.ID(id), err)
			first = cmp.Or(first, err)
		}
		return nil
	})
	return cmp.Or(err, first)
}

// advance does what the collection's state asks for, as far as it goes now.
func (e *Engine) advance(ctx context.Context, c *Collection) error {
	f, err := e.factsFor(ctx, c.Job)
	if err != nil {
		return err
	}
	if c.State == CollectionCreating {
		if err := e.findBatch(ctx, f, c); err != nil {
			return err
		}
	}
	if c.State == CollectionSent {
		if err := e.poll(ctx, f, c); err != nil {
			return err
		}
	}
	switch c.State {
	case CollectionOpen:
		return e.resend(ctx, f, c)
	case CollectionEnded:
		return e.apply(ctx, f, c)
	case CollectionVoid:
		return e.settleCollection(ctx, f, c, nil)
	}
	return nil
}

// resend sends a collection that its collector has not sent, unless its time is over.
func (e *Engine) resend(ctx context.Context, f *facts, c *Collection) error {
	now := e.Clock.Now()
	if e.drain.Load() {
		return nil
	}
	if now.Sub(c.Opened) < e.options.Margin {
		return nil // its collector is at work
	}
	plan, err := e.planOf(ctx, f)
	if err != nil || plan == nil {
		return err
	}
	return e.sendCollection(ctx, f, plan, c)
}

// poll asks how the batch stands, and ends it early when its job was cancelled or has no time left for it.
func (e *Engine) poll(ctx context.Context, f *facts, c *Collection) error {
	if !e.pollNow(c.Batch) {
		return nil
	}
	batch, err := e.Batch.GetBatch(ctx, c.Batch)
	gone, noted := e.gone(ctx, c, err)
	if noted != nil {
		return noted
	}
	if gone {
		return e.voidCollection(ctx, f, c, fateUnknownName, "the provider does not know the batch")
	}
	if err != nil {
		return cmp.Or(e.stopped(ctx, f, err), err)
	}
	if batch.State == ports.BatchInProgress {
		over, err := e.over(ctx, f)
		if err != nil || !over {
			return err
		}
		if batch, err = e.Batch.CancelBatch(ctx, c.Batch); err != nil {
			return err
		}
		_, err = e.changeCollection(ctx, c, func(_ ports.Tx, now *Collection) (bool, error) {
			now.CancelledAt = e.Clock.Now()
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	if batch.State != ports.BatchEnded {
		return nil
	}
	_, err = e.changeCollection(ctx, c, func(_ ports.Tx, now *Collection) (bool, error) {
		now.State = CollectionEnded
		return true, nil
	})
	return err
}

// pollNow reports whether it is time to look at a batch, and notes that it was.
func (e *Engine) pollNow(batch string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.Clock.Now()
	if since := now.Sub(e.polled[batch]); since >= 0 && since < e.options.PollBatch {
		return false
	}
	e.polled[batch] = now
	return true
}

// gone reports whether the provider's answer is that it does not know the batch, and has not for so long that it never will. It
// notes since when, and when that is over: whoever asks next may be another process.
func (e *Engine) gone(ctx context.Context, c *Collection, answer error) (bool, error) {
	unknown := absent(answer)
	if answer != nil && !unknown {
		return false, nil
	}
	now := e.Clock.Now()
	if unknown == c.MissingSince.IsZero() {
		_, err := e.changeCollection(ctx, c, func(_ ports.Tx, kept *Collection) (bool, error) {
			changed := unknown == kept.MissingSince.IsZero()
			if changed {
				kept.MissingSince = time.Time{}
			}
			if changed && unknown {
				kept.MissingSince = now
			}
			return changed, nil
		})
		if err != nil {
			return false, err
		}
	}
	return unknown && !c.MissingSince.IsZero() && now.Sub(c.MissingSince) >= e.options.LostBatch, nil
}

// forget drops what is remembered of a batch that is settled.
func (e *Engine) forget(batch string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.polled, batch)
}

// over reports whether the job wants no more of its batches.
func (e *Engine) over(ctx context.Context, f *facts) (bool, error) {
	if f.laneAt(e.Clock.Now()) != cost.Batch {
		return true, nil
	}
	j, err := e.Job(ctx, f.id)
	return err == nil && j.Gate() == job.GateCancelled, err
}
