package engine

import (
	"bytes"
	"context"
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

// Cancel ends the job: no new lease, open tasks become cancelled, calls in flight settle and count. What is being made
// again is completed with the content that it had. The job ends as cancelled, whatever its tasks became, and no notice tells of it.
// Errors: NotFound, Conflict (the job has ended).
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
// month does not have it, or all that is open waits for money and no call would fit), Conflict (the job has ended or is
// being cancelled), Unavailable (spending is switched off).
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
		if err := headroom(j); err != nil {
			return err
		}
		j.Pauses, j.Detail, j.Needs = nil, "", 0
		j.Wish++
		// From now on a shard may be open: the job must not read paused any more.
		if err := goOn(j, now); err != nil {
			return err
		}
		tx.Create(newEvent(j, "resumed", now, map[string]string{"cap_usd": j.Cap.String()}))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if paused {
		e.observe(ctx, ports.Event{Name: ports.EventJobResumed, Tenant: j.Tenant, Job: string(id), RequestID: requestOf(ctx, j.RequestID)})
	}
	e.rouse(ctx, j.Model)
	e.dispatch(ctx, j)
	return j, nil
}

// goOn moves a job that has no reason to pause any more out of its pause, if it reads paused.
func goOn(j *job.Job, now time.Time) error {
	j.Unpause(now)
	switch {
	case j.State != job.StatePaused:
		return nil
	case j.StartedAt.IsZero():
		return j.Move(job.StatePending)
	}
	return j.Move(job.StateRunning)
}

// raiseCap sets the job's total cap and draws or returns the difference; 0 leaves it.
func (e *Engine) raiseCap(tx ports.Tx, months map[ports.Key]*month, j *job.Job, limit, overrun cost.Pico, now time.Time) error {
	if limit == 0 || limit == j.Cap {
		return nil
	}
	committed := j.Account.Granted - j.Account.Free() + overrun
	if limit < committed {
		return fault.New(fault.Invalid, "job %s: the cap is below the %s USD that are spent or held: give a higher one", j.ID, committed)
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
		event.Tenant, event.Job, event.RequestID = after.Tenant, string(id), requestOf(ctx, after.RequestID)
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
		ended := j.State.Ended()
		was, err := j.Pack()
		if err != nil {
			return err
		}
		tx = own.watch(tx)
		origin.before(j)
		if err := change(origin.signed(tx), j, now); err != nil {
			return err
		}
		if body, err := j.Pack(); err != nil || bytes.Equal(body, was) {
			return err
		}
		if err := origin.along(tx, j); err != nil {
			return err
		}
		j.UpdatedAt = now
		if err := putJob(tx, j); err != nil {
			return err
		}
		if j.State.Ended() && !ended {
			putRow(tx, j)
		}
		return nil
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
