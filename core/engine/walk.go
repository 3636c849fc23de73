package engine

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// startRound begins the next round of an ended job.
func (e *Engine) startRound(tx ports.Tx, j *job.Job, w *job.Walk, limit cost.Pico, key string, now time.Time) error {
	if err := cmp.Or(mayRetry(j, w), mayPromise(tx)); err != nil {
		return err
	}
	shards, overrun, err := readOverrun(tx, j)
	if err != nil {
		return err
	}
	spent := j.Account.Granted + overrun
	switch {
	case limit == 0:
		limit = j.Cap
	case limit < j.Cap:
		return fault.New(fault.Invalid, "retry: job %s has a cap of %s USD: give a higher one, or none", j.ID, j.Cap)
	case limit > j.Cap:
		tx.Create(newEvent(j, "budget_changed", now, map[string]string{"from_usd": j.Cap.String(), "to_usd": limit.String()}))
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
	walk := *w
	j.NextRound(now)
	j.Cap, j.Walk = limit, &walk
	j.KeepRetryKey(key)
	j.CancelledAt, j.CompletedAt, j.Pauses, j.Detail, j.Needs = time.Time{}, time.Time{}, nil, "", 0
	j.Wish++
	tx.Create(newEvent(j, "retried", now, retriedData(j)))
	if _, active := tx.Get(activeKey(j.ID)); !active {
		tx.Put(ports.Record{Key: activeKey(j.ID), Kind: kindActive, Body: []byte("{}")})
	}
	putRow(tx, j)
	return nil
}

// retriedData is what the job's history says of the retry.
func retriedData(j *job.Job) map[string]string {
	data := map[string]string{"round": strconv.Itoa(j.Round), "cap_usd": j.Cap.String()}
	if codes := j.Walk.Codes; len(codes) > 0 {
		data["codes"] = string(codes[0])
		for _, code := range codes[1:] {
			data["codes"] += "," + string(code)
		}
	}
	return data
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
			if j.Walk.Wants(p.First+i, &p.Tasks[i]) {
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
	moved := 0
	for i := range c.parcel.Tasks {
		t := &c.parcel.Tasks[i]
		// A task is walked over once: after the first time it is queued and no longer wanted.
		if !j.Walk.Wants(c.ordinal(i), t) {
			continue
		}
		if err := t.Requeue(); err != nil {
			return err
		}
		moved++
	}
	j.Again += moved
	if moved > 0 {
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
