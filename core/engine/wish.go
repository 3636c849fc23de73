package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Pause stops new leases and holds; calls in flight settle. Only Resume lifts it. Pausing a paused job again does
// nothing. Errors: NotFound, Conflict (the job has ended or is being cancelled).
func (e *Engine) Pause(ctx context.Context, id job.ID, detail string) (*job.Job, error) {
	return e.wish(ctx, id, func(tx ports.Tx, j *job.Job, now time.Time) error {
		if !j.CancelledAt.IsZero() {
			return fault.New(fault.Conflict, "job %s is being cancelled and cannot be paused", id)
		}
		pause(tx, j, job.PauseOperator, detail, now)
		return nil
	})
}

// Cancel ends the job: no new lease, open tasks become cancelled, calls in flight settle and count. Errors: NotFound,
// Conflict (the job has ended).
func (e *Engine) Cancel(ctx context.Context, id job.ID, detail string) (*job.Job, error) {
	return e.wish(ctx, id, func(tx ports.Tx, j *job.Job, now time.Time) error {
		if !j.CancelledAt.IsZero() {
			return nil
		}
		j.CancelledAt, j.Detail = now, detail
		// A retry on its way stops here: what it has not reached stays as it ended.
		j.Walk = nil
		j.Wish++
		tx.Create(newEvent(j, "cancel_requested", now, map[string]string{"detail": detail}))
		return nil
	})
}

// Resume lifts every pause, and sets a new total cap when it is not 0. What calls have cost beyond all that was granted is
// paid first, from what the job then has. Errors: NotFound, Invalid (the cap is below what is committed), Budget (the
// month does not have it), Conflict (the job has ended or is being cancelled), Unavailable (spending is switched off).
func (e *Engine) Resume(ctx context.Context, id job.ID, limit cost.Pico) (*job.Job, error) {
	paused := false
	j, err := e.wish(ctx, id, func(tx ports.Tx, j *job.Job, now time.Time) error {
		if !j.CancelledAt.IsZero() {
			return fault.New(fault.Conflict, "job %s is being cancelled and cannot be resumed", id)
		}
		if err := mayPromise(tx); err != nil {
			return err
		}
		paused = j.State == job.StatePaused
		if err := e.recap(tx, j, limit, now); err != nil {
			return err
		}
		if !j.Paused() {
			return nil
		}
		j.Pauses, j.Detail = nil, ""
		j.Wish++
		// From now on a shard may be open: the job must not read paused any more.
		if err := j.Move(afterPause(j)); err != nil {
			return err
		}
		tx.Create(newEvent(j, "resumed", now, map[string]string{"cap_usd": j.Cap.String()}))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if paused {
		e.observe(ctx, ports.Event{Name: ports.EventJobResumed, Tenant: j.Tenant, Job: string(id), RequestID: j.RequestID})
	}
	e.rouse(ctx, j.Model)
	e.dispatch(ctx, j)
	return j, nil
}

// afterPause is what a job reads once it is not paused any more.
func afterPause(j *job.Job) job.State {
	switch {
	case j.State != job.StatePaused:
		return j.State
	case j.StartedAt.IsZero():
		return job.StatePending
	}
	return job.StateRunning
}

// raiseCap sets the job's total cap and draws or returns the difference; 0 leaves it.
func (e *Engine) raiseCap(tx ports.Tx, months map[ports.Key]*month, j *job.Job, limit, overrun cost.Pico, now time.Time) error {
	if limit == 0 || limit == j.Cap {
		return nil
	}
	committed := j.Account.Granted - j.Account.Free() + overrun
	if limit < committed {
		return fault.New(fault.Invalid, "job %s: cap %s USD is below the %s USD that are spent or held: give a higher one", j.ID, limit, committed)
	}
	var err error
	switch more := limit - j.Account.Granted; {
	case more > 0:
		if err = e.drawMonth(tx, months, j.Tenant, monthOf(now), more); err != nil {
			return err
		}
		addGrant(j, monthOf(now), more)
		j.Account, err = j.Account.Grant(more)
	case more < 0:
		err = returnSome(tx, months, j, -more)
	}
	if err != nil {
		return err
	}
	tx.Create(newEvent(j, "budget_changed", now, map[string]string{"from_usd": j.Cap.String(), "to_usd": limit.String()}))
	j.Cap = limit
	return nil
}

// wish changes the job's header by one wish and then carries it to the shards. Once the wish is written it is done: what
// is not carried now, the sweeper carries.
func (e *Engine) wish(ctx context.Context, id job.ID, change func(tx ports.Tx, j *job.Job, now time.Time) error) (*job.Job, error) {
	var events []ports.Event
	after, err := e.amend(ctx, id, func(tx ports.Tx, j *job.Job, now time.Time) error {
		events = events[:0]
		if j.State.Ended() {
			return fault.New(fault.Conflict, "job %s has ended as %s", id, j.State)
		}
		if err := change(tx, j, now); err != nil {
			return err
		}
		return e.endIdle(tx, j, now, func(event ports.Event) { events = append(events, event) })
	})
	if err != nil {
		return nil, err
	}
	for _, event := range events {
		event.Tenant, event.Job, event.RequestID = after.Tenant, string(id), after.RequestID
		e.observe(ctx, event)
	}
	if err := e.carry(ctx, id); err != nil {
		e.fault(ctx, after, err)
	}
	return e.latest(ctx, after), nil
}

// amend changes the job's header in one Update, on behalf of the context's origin. What changes nothing is not written.
func (e *Engine) amend(ctx context.Context, id job.ID, change func(tx ports.Tx, j *job.Job, now time.Time) error) (*job.Job, error) {
	origin := originOf(ctx)
	if err := origin.check(); err != nil {
		return nil, err
	}
	if _, err := e.factsFor(ctx, id); err != nil {
		return nil, err
	}
	now := e.Clock.Now()
	var after *job.Job
	var own witness
	err := e.Store.Update(ctx, []ports.Key{jobKey(id)}, func(tx ports.Tx) error {
		j, err := readJob(tx, id)
		if err != nil {
			return err
		}
		if after = j; own.done(tx) {
			return nil
		}
		was, err := j.Pack()
		if err != nil {
			return err
		}
		tx = own.watch(tx)
		if err := change(origin.signed(tx), j, now); err != nil {
			return err
		}
		if body, err := j.Pack(); err != nil || bytes.Equal(body, was) {
			return err
		}
		if err := origin.along(tx, j); err != nil {
			return err
		}
		return putJob(tx, j)
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

// latest reads the job again, after something was done to it that cannot be undone by not being able to read it.
func (e *Engine) latest(ctx context.Context, after *job.Job) *job.Job {
	if j, err := e.Job(ctx, after.ID); err == nil {
		return j
	}
	return after
}

// fault tells the observer of a failure that the sweeper makes up for.
func (e *Engine) fault(ctx context.Context, j *job.Job, err error) {
	e.observe(ctx, ports.Event{
		Name: ports.EventFault, Tenant: j.Tenant, Job: string(j.ID), RequestID: j.RequestID,
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
	tx.Create(newEvent(j, "paused", now, map[string]string{"reason": string(reason), "detail": detail}))
	if reason != job.PauseOperator {
		tx.Create(newNotice(j, "job.paused", now))
	}
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
	return e.carried(ctx, id, j.Wish)
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

// carried records that every shard has taken the wish; only then a job that is wished to pause reads so.
func (e *Engine) carried(ctx context.Context, id job.ID, wish int64) error {
	var event ports.Event
	err := e.Store.Update(ctx, []ports.Key{jobKey(id)}, func(tx ports.Tx) error {
		event = ports.Event{}
		j, err := readJob(tx, id)
		if err != nil || j.State.Ended() || j.Wish != wish || j.Carried == wish {
			return err
		}
		j.Carried = wish
		if j.Gate() == job.GatePaused && j.State != job.StatePaused {
			event = ports.Event{
				Name: ports.EventJobPaused, Tenant: j.Tenant, Job: string(id), RequestID: j.RequestID, Detail: string(j.Pauses[0]) + ": " + j.Detail,
			}
			if err := j.Move(job.StatePaused); err != nil {
				return err
			}
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
