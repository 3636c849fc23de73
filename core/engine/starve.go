package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// sweepBudget looks after the tasks that wait for money: idle money of the shards goes back to the job, and their parcels
// are sent for while a call may fit. When all that is open waits for money and no call fits, the job is paused.
func (e *Engine) sweepBudget(ctx context.Context, f *facts, shards []job.Shard, swept *Swept) error {
	waiting, others := 0, 0
	for _, s := range shards {
		waiting += s.Waiting[job.ReasonBudget]
		others += s.Counts.Open() - s.Waiting[job.ReasonBudget]
	}
	if waiting == 0 {
		return nil
	}
	for _, s := range shards {
		if s.Done || s.Counts[job.TaskRunning] > 0 || s.Account.Free() == 0 {
			continue
		}
		if err := e.takeBack(ctx, f, s.Number); err != nil {
			return err
		}
	}
	j, err := e.Job(ctx, f.id)
	if err != nil || j.Gate() != job.GateOpen || j.Carried < j.Wish {
		return err
	}
	free := j.Account.Free()
	if others > 0 {
		// They will run, or wait for money too: the smallest hold that did not fit is good enough for now.
		return e.feed(ctx, f, shards, free, swept)
	}
	plan, err := e.planOf(ctx, f)
	if err != nil || plan == nil {
		// Without the plan nobody knows what would fit: a program that has it sweeps too.
		return err
	}
	before := swept.Sent
	if err := e.feedFitting(ctx, f, plan, shards, free, swept); err != nil || swept.Sent > before {
		return err
	}
	return e.starve(ctx, f, free)
}

// takeBack returns the shard's free money to the job, if nothing of it runs.
func (e *Engine) takeBack(ctx context.Context, f *facts, shard int) error {
	err := e.update(ctx, f, shard, -1, []ports.Key{jobKey(f.id)}, func(c *change) error {
		if c.shard.Counts[job.TaskRunning] > 0 || c.shard.Account.Free() == 0 {
			return errNothing
		}
		return c.giveBack()
	})
	return quiet(err)
}

// feed sends for parcels that wait for money in shards where a call may fit. A shard that knows of no hold that did not
// fit has not tried since its gate was opened.
func (e *Engine) feed(ctx context.Context, f *facts, shards []job.Shard, free cost.Pico, swept *Swept) error {
	for _, s := range shards {
		if s.Waiting[job.ReasonBudget] == 0 || s.Account.Overrun > 0 || free < max(s.Short, 1) {
			continue
		}
		var send []int
		err := e.eachParcel(ctx, f, s.Number, func(p *job.Parcel) error {
			if hungry(p) && len(p.Open) == 0 && len(send) < e.options.SweepParcels {
				send = append(send, p.Number)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := e.send(ctx, f, 0, send...); err != nil {
			return err
		}
		swept.Sent += len(send)
	}
	return nil
}

// hungry reports whether a task of the parcel waits for money.
func hungry(p *job.Parcel) bool {
	for i := range p.Tasks {
		if p.Tasks[i].Reason == job.ReasonBudget {
			return true
		}
	}
	return false
}

// feedFitting sends for the parcels with a task whose call fits into what is free, as many as it is enough for. It makes
// the requests of all tasks that wait, because what did not fit before says nothing of those that are left.
func (e *Engine) feedFitting(ctx context.Context, f *facts, plan job.Plan, shards []job.Shard, free cost.Pico, swept *Swept) error {
	for _, s := range shards {
		if s.Waiting[job.ReasonBudget] == 0 || s.Account.Overrun > 0 {
			continue
		}
		var send []int
		err := e.eachParcel(ctx, f, s.Number, func(p *job.Parcel) error {
			if len(send) == e.options.SweepParcels || !hungry(p) {
				return nil
			}
			w := &parcelWork{e: e, f: f, plan: plan, number: p.Number, shard: s.Number, lane: f.laneAt(e.Clock.Now()), verdicts: map[flight]job.Verdict{}}
			least, err := w.least(ctx, p)
			if err == nil && least <= free {
				free -= least
				send = append(send, p.Number)
			}
			return err
		})
		if err != nil {
			return err
		}
		if err := e.send(ctx, f, 0, send...); err != nil {
			return err
		}
		swept.Sent += len(send)
	}
	return nil
}

// least is the smallest hold of the parcel's tasks that wait for money. A request that cannot be made or priced counts as
// nothing: the task has to be looked at.
func (w *parcelWork) least(ctx context.Context, p *job.Parcel) (cost.Pico, error) {
	if err := w.recall(ctx, p); err != nil {
		return 0, err
	}
	least := mostPico
	for i := range p.Tasks {
		if p.Tasks[i].Reason != job.ReasonBudget {
			continue
		}
		request, _, err := w.request(p, i)
		if err != nil {
			return 0, nil
		}
		hold, err := w.e.bound(w.lane, request)
		if err != nil {
			return 0, nil
		}
		least = min(least, hold)
	}
	return least, nil
}

// headroom is a fault of kind Budget when the job is paused because no call fitted into what is free, and no more is free than then: to
// go on would come to the same pause.
func headroom(j *job.Job) error {
	if free := j.Account.Free(); free < j.Needs {
		return fault.New(fault.Budget, "job %s: no call fits into the %s USD that are left of its cap of %s: give a higher one", j.ID, free, j.Cap)
	}
	return nil
}

// starve pauses the job for its budget, if it is true of all shards at one moment that everything open waits for money
// and that no more is free than what was found to be too little.
func (e *Engine) starve(ctx context.Context, f *facts, tooLittle cost.Pico) error {
	_, err := e.wish(ctx, f.id, func(tx ports.Tx, j *job.Job, now time.Time) error {
		for n := range f.layout.Shards {
			record, _ := tx.Get(shardKey(f.id, n))
			s, err := job.UnpackShard(record.Body)
			if err != nil {
				return err
			}
			if s.Counts.Open() > s.Waiting[job.ReasonBudget] || s.Account.Free() > 0 {
				return errNothing
			}
		}
		if j.Account.Free() > tooLittle {
			return errNothing
		}
		pause(tx, j, job.PauseBudget, "no call fits into what is left of the cap: raise the cap and resume", now)
		j.Needs = j.Account.Free() + 1
		return nil
	})
	if fault.KindOf(err) == fault.Conflict {
		return nil
	}
	return err
}
