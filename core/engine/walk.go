package engine

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// MaxOrdinals is how many tasks one Retry may name.
const MaxOrdinals = 1000

// Retry queues tasks of an ended job again and raises its round. No ordinals mean every failed task; named ones may be
// completed too, which regenerates them. A cap of 0 keeps the job's total cap. The same Retry again, after an error whose
// outcome is unknown, is a Conflict when the first one was done. Errors: NotFound, Invalid (an ordinal), Incomplete
// (nothing to retry), Conflict (the job has not ended, or a named task is cancelled), Budget.
func (e *Engine) Retry(ctx context.Context, id job.ID, ordinals []int, limit cost.Pico) (*job.Job, error) {
	origin := originOf(ctx)
	if err := origin.check(); err != nil {
		return nil, err
	}
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return nil, err
	}
	ordinals = slices.Compact(slices.Sorted(slices.Values(ordinals)))
	if err := e.checkOrdinals(ctx, f, ordinals); err != nil {
		return nil, err
	}
	now := e.Clock.Now()
	var after *job.Job
	var own witness
	err = e.Store.Update(ctx, []ports.Key{jobKey(id)}, func(tx ports.Tx) error {
		j, err := readJob(tx, id)
		if err != nil {
			return err
		}
		after = j
		if own.done(tx) {
			return nil
		}
		tx = own.watch(tx)
		if err := e.startRound(origin.signed(tx), j, ordinals, limit, now); err != nil {
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
	e.observe(ctx, ports.Event{Name: ports.EventJobRetried, Tenant: f.tenant, Job: string(id), RequestID: f.requestID, Count: after.Round})
	if err := cmp.Or(e.walk(ctx, f), e.carry(ctx, id)); err != nil {
		e.fault(ctx, after, err)
	}
	e.rouse(ctx, f.model)
	e.dispatch(ctx, after)
	return e.latest(ctx, after), nil
}

// checkOrdinals makes sure that each named task has ended and can run again.
func (e *Engine) checkOrdinals(ctx context.Context, f *facts, ordinals []int) error {
	if len(ordinals) > MaxOrdinals {
		return fault.New(fault.Invalid, "retry: %d tasks are named, at most %d can be: retry all that failed, or fewer", len(ordinals), MaxOrdinals)
	}
	for _, ordinal := range ordinals {
		if ordinal < 0 || ordinal >= f.layout.Tasks {
			return fault.New(fault.Invalid, "retry: task %d does not exist: tasks are 0 to %d", ordinal, f.layout.Tasks-1)
		}
		p, err := e.parcel(ctx, f, f.layout.ParcelOf(ordinal))
		if err != nil {
			return err
		}
		t, err := p.Task(ordinal)
		if err != nil {
			return err
		}
		if t.State != job.TaskFailed && t.State != job.TaskCompleted {
			return fault.New(fault.Conflict, "retry: task %d is %s: only failed and completed tasks can run again", ordinal, t.State)
		}
	}
	return nil
}

func (e *Engine) startRound(tx ports.Tx, j *job.Job, ordinals []int, limit cost.Pico, now time.Time) error {
	if !j.State.Ended() {
		return fault.New(fault.Conflict, "retry: job %s is %s and has not ended: wait for it, or cancel it", j.ID, j.State)
	}
	counts, _, _ := total(j)
	if len(ordinals) == 0 && counts[job.TaskFailed] == 0 {
		return fault.New(fault.Incomplete, "retry: job %s has no failed task: name the tasks to make again", j.ID)
	}
	shards, overrun, err := readOverrun(tx, j)
	if err != nil {
		return err
	}
	spent := j.Account.Granted + overrun
	if limit == 0 {
		limit = j.Cap
	}
	if limit <= spent {
		return fault.New(fault.Budget, "retry: job %s has spent %s USD of its cap of %s: give a higher one", j.ID, spent, limit)
	}
	months := map[ports.Key]*month{}
	more := limit - j.Account.Granted
	if err := e.drawMonth(tx, months, j.Tenant, monthOf(now), more); err != nil {
		return err
	}
	writeMonths(tx, months)
	addGrant(j, monthOf(now), more)
	if j.Account, err = j.Account.Grant(more); err != nil {
		return err
	}
	if err := payOverrun(tx, j, shards, now); err != nil {
		return err
	}
	if err := j.Move(job.StateRunning); err != nil {
		return err
	}
	j.Cap, j.Round, j.Walk = limit, j.Round+1, &job.Walk{Ordinals: ordinals}
	j.CancelledAt, j.CompletedAt, j.Pauses, j.Detail = time.Time{}, time.Time{}, nil, ""
	j.Wish++
	tx.Create(newEvent(j, "retried", now, map[string]string{"round": strconv.Itoa(j.Round), "cap_usd": limit.String()}))
	if _, active := tx.Get(activeKey(j.ID)); !active {
		tx.Put(ports.Record{Key: activeKey(j.ID), Kind: kindActive, Body: []byte("{}")})
	}
	return nil
}

// walk queues the tasks of a retry again, one Update per parcel, from where it stopped. Any process may do it, and any
// number at once: each step moves the job's own cursor.
func (e *Engine) walk(ctx context.Context, f *facts) error {
	for {
		j, err := e.Job(ctx, f.id)
		if err != nil || j.Walk == nil {
			return err
		}
		at, more, err := e.nextStop(ctx, f, j)
		if err != nil {
			return err
		}
		if err := e.step(ctx, f, j.Round, j.Walk.Next, at, more); quiet(err) != nil {
			return err
		}
	}
}

// nextStop finds the next parcel that the walk has a task in; without any more it stops at the last parcel.
func (e *Engine) nextStop(ctx context.Context, f *facts, j *job.Job) (at int, more bool, err error) {
	last := f.layout.Parcels() - 1
	for at = j.Walk.Next; at < last; at++ {
		if len(j.Walk.Ordinals) == 0 {
			end := j.Ends[f.layout.ShardOf(at)]
			if end != nil && end.Counts[job.TaskFailed] == 0 {
				continue
			}
		}
		p, err := e.parcel(ctx, f, at)
		if err != nil {
			return 0, false, err
		}
		for i := range p.Tasks {
			if j.Walk.Wants(p.First+i, p.Tasks[i].State) {
				return at, true, nil
			}
		}
	}
	return max(last, 0), false, nil
}

// step queues the wanted tasks of one parcel again and moves the cursor behind it. The last step ends the walk.
func (e *Engine) step(ctx context.Context, f *facts, round, from, at int, more bool) error {
	shard := f.layout.ShardOf(at)
	return e.update(ctx, f, shard, at, []ports.Key{jobKey(f.id)}, func(c *change) error {
		j, err := c.job()
		if err != nil {
			return err
		}
		if j.Walk == nil || j.Round != round || j.Walk.Next != from {
			return errNothing
		}
		if c.touched {
			if err := c.requeue(j); err != nil {
				return err
			}
		}
		j.Walk.Next = at + 1
		if !more {
			// The walk's end may be what the job's end was waiting for: fold looks, because the header was read.
			j.Walk = nil
		}
		return nil
	})
}

// requeue queues the parcel's wanted tasks; a shard that had ended is open again.
func (c *change) requeue(j *job.Job) error {
	moved := false
	for i := range c.parcel.Tasks {
		t := &c.parcel.Tasks[i]
		// A task is walked over once: after the first time it is queued and no longer wanted.
		if !j.Walk.Wants(c.ordinal(i), t.State) {
			continue
		}
		if err := t.Requeue(); err != nil {
			return err
		}
		moved = true
	}
	if moved {
		// A shard that had ended may not have taken the job's last wishes. Without them a cancel of the round before, carried
		// late, would take these tasks too.
		if err := quiet(c.takeWish(j)); err != nil {
			return err
		}
		c.parcel.DeadLetters = 0
		c.shard.Round, c.shard.Done = j.Round, false
		j.Ends[c.shard.Number] = nil
	}
	return nil
}

// parcel reads a parcel as it stands; one that was never written is as the shard says.
func (e *Engine) parcel(ctx context.Context, f *facts, number int) (job.Parcel, error) {
	shard := f.layout.ShardOf(number)
	record, err := e.Store.Get(ctx, parcelKey(f.id, shard, number))
	if err == nil {
		return job.UnpackParcel(record.Body)
	}
	if !absent(err) {
		return job.Parcel{}, err
	}
	s, err := e.shard(ctx, f, shard)
	if err != nil {
		return job.Parcel{}, err
	}
	missing := f.unwritten(&s, number)
	if missing == nil {
		return unwritten(f.layout, number, s.Dropped), nil
	}
	// It may have been written between the two reads; records of parcels are never removed.
	if record, err = e.Store.Get(ctx, parcelKey(f.id, shard, number)); err != nil {
		return job.Parcel{}, missing
	}
	return job.UnpackParcel(record.Body)
}

// unwritten is a parcel before its record: queued, or cancelled for good once its shard has dropped it.
func unwritten(l job.Layout, number int, dropped bool) job.Parcel {
	p := job.NewParcel(number, l.ParcelSize, l.Tasks)
	if dropped {
		for i := range p.Tasks {
			p.Tasks[i].State = job.TaskCancelled
		}
	}
	return p
}
