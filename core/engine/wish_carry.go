package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// fault tells the observer of a failure that the sweeper makes up for.
func (e *Engine) fault(ctx context.Context, j *job.Job, err error) {
	e.observe(ctx, ports.Event{
		Name: ports.EventFault, Tenant: j.Tenant, Job: string(j.ID), RequestID: requestOf(ctx, j.RequestID),
		Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300),
	})
}

// dispatch sends for the job's open shards; what cannot be sent the sweeper finds.
func (e *Engine) dispatch(ctx context.Context, j *job.Job) {
	if err := e.Dispatch(ctx, j.ID); err != nil {
		e.fault(ctx, j, err)
	}
}

// endIdle ends a job whose shards had all ended when its walk was called off: no shard will change and end it.
func (e *Engine) endIdle(tx ports.Tx, j *job.Job, now time.Time, tell func(ports.Event)) error {
	if !j.AllEnded() || j.Walk != nil || j.State.Ended() {
		return nil
	}
	months := map[ports.Key]*month{}
	if err := returnGrants(tx, months, j); err != nil {
		return err
	}
	writeMonths(tx, months)
	return endJob(tx, now, j, tell)
}

// pause adds a reason to the job; a reason that it has already changes nothing.
func pause(tx ports.Tx, j *job.Job, reason job.PauseReason, detail string, now time.Time) {
	if slices.Contains(j.Pauses, reason) || j.State.Ended() || !j.CancelledAt.IsZero() {
		return
	}
	j.Pauses = append([]job.PauseReason{reason}, j.Pauses...)
	j.Detail = detail
	j.Wish++
	said := map[string]string{"reason": string(reason), "detail": detail}
	if reason == job.PauseOperator {
		tx.Create(newEvent(j, "paused", now, said))
		return
	}
	tx.Create(ownEvent(j, "paused", now, said))
}

// pause makes the engine's own wish within a change, whose shard takes it at once, unless it is just opening attempts.
// Whoever made the change carries it to the others.
func (c *change) pause(reason job.PauseReason, detail string) error {
	header, err := c.job()
	if err != nil {
		return err
	}
	was := header.Wish
	if pause(c.tx, header, reason, detail, c.now); header.Wish == was {
		return nil
	}
	c.wished = true
	if c.opening {
		return nil
	}
	return quiet(c.takeWish(header))
}

// carry brings the job's last wish to every shard, and then marks it as carried. Any process may do it, and any number
// at once: a shard takes a wish only if its number is higher than the one that it has. All gates are set before anything
// is cancelled, and a shard that cannot be reached keeps no other from its wish.
func (e *Engine) carry(ctx context.Context, id job.ID) error {
	j, err := e.Job(ctx, id)
	if err != nil || j.State.Ended() || j.Carried >= j.Wish {
		return err
	}
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return err
	}
	var first error
	for shard := range j.Layout.Shards {
		err := e.update(ctx, f, shard, -1, nil, func(c *change) error { return c.takeWish(j) })
		first = cmp.Or(first, quiet(err))
	}
	if j.Gate() == job.GateCancelled {
		for shard := range j.Layout.Shards {
			first = cmp.Or(first, e.cancelShard(ctx, f, shard, j.Wish))
		}
	}
	if first != nil {
		return first
	}
	return e.carried(ctx, f, j.Wish)
}

// takeWish lets the shard take the job's last wish, unless it has that or a later one.
func (c *change) takeWish(j *job.Job) error {
	if c.shard.Wish >= j.Wish {
		return errNothing
	}
	c.shard.Wish, c.shard.Gate = j.Wish, j.Gate()
	switch {
	case c.shard.Gate == job.GateOpen:
		c.shard.Window, c.shard.Short = job.Window{}, 0
	case c.shard.Gate == job.GateCancelled && c.shard.Untouched > 0 && !c.shard.Dropped:
		c.shard.Drop()
	}
	return nil
}

// cancelShard cancels what is open in the written parcels of a shard that has taken the cancel of that number.
func (e *Engine) cancelShard(ctx context.Context, f *facts, shard int, wish int64) error {
	var first error
	err := e.each(ctx, ports.Prefix(shardPart(f.id, shard), "p/"), func(record ports.Record) error {
		p, err := job.UnpackParcel(record.Body)
		if err == nil && !p.Ended() {
			err = e.cancelParcel(ctx, f, shard, p.Number, wish)
		}
		first = cmp.Or(first, err)
		return nil
	})
	return cmp.Or(err, first)
}

// cancelParcel cancels the parcel's tasks that no attempt is open for. A cancel that is carried late, when the job has
// been retried since, finds another wish and does nothing.
func (e *Engine) cancelParcel(ctx context.Context, f *facts, shard, parcel int, wish int64) error {
	err := e.update(ctx, f, shard, parcel, nil, func(c *change) error {
		if c.shard.Gate != job.GateCancelled || c.shard.Wish != wish || !c.touched {
			return errNothing
		}
		moved := false
		for i := range c.parcel.Tasks {
			t := &c.parcel.Tasks[i]
			if t.State == job.TaskQueued || t.State == job.TaskWaiting {
				moved = true
				if err := t.Cancel(); err != nil {
					return err
				}
			}
		}
		if !moved {
			return errNothing
		}
		return nil
	})
	return quiet(err)
}

// carried records that every shard has taken the wish; only then a job that is wished to pause reads so, and the world hears of a pause
// that no person made, with what the shards have come to.
func (e *Engine) carried(ctx context.Context, f *facts, wish int64) error {
	p, err := e.sums(ctx, f)
	if err != nil {
		return err
	}
	var event ports.Event
	now := e.Clock.Now()
	err = e.Store.Update(ctx, []ports.Key{jobKey(f.id)}, func(tx ports.Tx) error {
		event = ports.Event{}
		j, err := readJob(tx, f.id)
		if err != nil || j.State.Ended() || j.Wish != wish || j.Carried == wish {
			return err
		}
		j.Carried, j.UpdatedAt = wish, now
		if j.Gate() != job.GatePaused {
			return putJob(tx, j)
		}
		if j.State != job.StatePaused {
			event = ports.Event{
				Name: ports.EventJobPaused, Tenant: j.Tenant, Job: string(f.id), RequestID: requestOf(ctx, j.RequestID), Detail: string(j.Pauses[0]) + ": " + j.Detail,
			}
			if err := j.Move(job.StatePaused); err != nil {
				return err
			}
			j.PausedAt = now
		}
		if j.Pauses[0] != job.PauseOperator {
			tx.Create(newNotice(j, "job.paused", now, sums{p.Counts, p.Settled, p.Presumed}))
		}
		return putJob(tx, j)
	})
	if err == nil && event.Name != "" {
		e.observe(ctx, event)
	}
	return err
}

// errNothing ends an Update that found nothing to do, so that nothing is written.
var errNothing = fault.New(fault.Conflict, "engine: nothing to do")

// quiet is the error, unless it says that there was nothing to do.
func quiet(err error) error {
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// eachParcel reads the written parcels of a shard in order.
func (e *Engine) eachParcel(ctx context.Context, f *facts, shard int, do func(*job.Parcel) error) error {
	return e.each(ctx, ports.Prefix(shardPart(f.id, shard), "p/"), func(record ports.Record) error {
		p, err := job.UnpackParcel(record.Body)
		if err != nil {
			return fault.New(fault.KindOf(err), "engine: job %s shard %d record %s: %w", f.id, shard, record.Key.Sort, err)
		}
		return do(&p)
	})
}
