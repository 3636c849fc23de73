package backoffice

import (
	"cmp"
	"context"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Wished is how a job stands after a wish.
type Wished struct {
	engine.Progress
	// Changed is false when the job was so already, and nothing was done.
	Changed bool
}

// wish makes one engine call on a business's job, with its line of the trail.
func (j *Jobs) wish(ctx context.Context, by Caller, business string, id job.ID, name string, more func(ports.Tx, *job.Job) error, call func(context.Context) (*job.Job, error)) (Wished, error) {
	return j.wished(ctx, by, Action{name, jobTarget(business, id)}, business, id, more, call)
}

// wished is wish for an action that may be about a part of the job.
func (j *Jobs) wished(ctx context.Context, by Caller, action Action, business string, id job.ID, more func(ports.Tx, *job.Job) error, call func(context.Context) (*job.Job, error)) (Wished, error) {
	if _, err := j.Find(ctx, business, id); err != nil {
		return Wished{}, err
	}
	var w Wished
	after, err := call(j.origin(ctx, by, action, &w.Changed, more))
	if err != nil {
		return Wished{}, err
	}
	// The wish is done: what cannot be read now is no failure of it.
	if w.Progress, err = j.Engine.Progress(ctx, id); err != nil {
		w.Progress = engine.Progress{Job: after, Changed: after.UpdatedAt}
	}
	return w, nil
}

// Pause stops a job: calls under way settle. Errors: NotFound, Conflict (it has ended or is being cancelled).
func (j *Jobs) Pause(ctx context.Context, by Caller, business string, id job.ID, why string) (Wished, error) {
	return j.wish(ctx, by, business, id, "job.pause", nil, func(ctx context.Context) (*job.Job, error) {
		return j.Engine.Pause(ctx, id, reason(why))
	})
}

// Resume lifts every pause, and sets a new cap when limit is not 0. Errors: NotFound, Invalid (the cap is below what is
// committed), Budget, Conflict, Unavailable (spending is off).
func (j *Jobs) Resume(ctx context.Context, by Caller, business string, id job.ID, limit cost.Pico) (Wished, error) {
	if err := sane(limit); err != nil {
		return Wished{}, err
	}
	if err := j.EnsureMonth(ctx, business); err != nil {
		return Wished{}, err
	}
	return j.wish(ctx, by, business, id, "job.resume", openWhen(limit > 0), func(ctx context.Context) (*job.Job, error) {
		return j.Engine.Resume(ctx, id, limit)
	})
}

// Cancel ends a job: calls under way settle and count. Errors: NotFound, Conflict (it has ended).
func (j *Jobs) Cancel(ctx context.Context, by Caller, business string, id job.ID, why string) (Wished, error) {
	return j.wish(ctx, by, business, id, "job.cancel", nil, func(ctx context.Context) (*job.Job, error) {
		return j.Engine.Cancel(ctx, id, reason(why))
	})
}

// JobChange is what to change of a job; nil keeps.
type JobChange struct {
	// Budget is what it may spend, over all rounds.
	Budget *cost.Pico
	// Hidden keeps it out of lists.
	Hidden *bool
}

// Update changes a job, in one step and with one line of the trail. The budget of a job that has ended stays as it is; a lower one
// needs nothing of the budgets of the month, which may be switched off or used up. Errors: NotFound, catalog.Problems (a budget above
// MaxBudget), Invalid (it is below what is committed), Budget (a higher one), Conflict.
func (j *Jobs) Update(ctx context.Context, by Caller, business string, id job.ID, c JobChange) (Wished, error) {
	if c.Budget != nil {
		return j.recap(ctx, by, business, id, c)
	}
	return j.wish(ctx, by, business, id, jobUpdate, nil, func(ctx context.Context) (*job.Job, error) {
		if c.Hidden == nil {
			return j.Engine.Job(ctx, id)
		}
		return j.Engine.SetHidden(ctx, id, *c.Hidden)
	})
}

// jobUpdate names a change of a job in the trail, whatever comes of it.
const jobUpdate = "job.update"

// recap is Update with a budget.
func (j *Jobs) recap(ctx context.Context, by Caller, business string, id job.ID, c JobChange) (Wished, error) {
	if err := sane(*c.Budget); err != nil {
		return Wished{}, err
	}
	short := j.EnsureMonth(ctx, business)
	if short != nil && !is(short, fault.Budget) {
		return Wished{}, short
	}
	was := cost.Pico(0)
	more := func(tx ports.Tx, one *job.Job) error {
		if one.Cap <= was {
			return nil
		}
		return cmp.Or(short, budgetsOpen(tx, one.Tenant))
	}
	return j.wish(ctx, by, business, id, jobUpdate, more, func(ctx context.Context) (*job.Job, error) {
		origin := engine.OriginOf(ctx)
		note := origin.Before
		origin.Before = func(one *job.Job) {
			was = one.Cap
			note(one)
		}
		if ctx = engine.WithOrigin(ctx, origin); c.Hidden != nil {
			return j.Engine.SetCapHidden(ctx, id, *c.Budget, *c.Hidden)
		}
		return j.Engine.SetCap(ctx, id, *c.Budget)
	})
}

// openWhen is a decision that the budgets are open where it matters.
func openWhen(matters bool) func(ports.Tx, *job.Job) error {
	if !matters {
		return nil
	}
	return func(tx ports.Tx, one *job.Job) error { return budgetsOpen(tx, one.Tenant) }
}
