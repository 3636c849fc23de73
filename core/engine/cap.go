package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// SetCap sets the total cap of a job that has not ended, and draws or returns the difference; the job's history says
// budget_changed. The cap that it has already changes nothing. What calls have cost beyond all that was granted is paid
// first.
//
// Nothing is resumed: a job that is paused, for its budget too, stays so until Resume. Of a job that runs, the tasks that
// wait for money are sent for by the next sweep.
//
// Errors: NotFound, Invalid (no cap above zero, or it is below what is committed), Budget (the month does not have it),
// Conflict (the job has ended or is being cancelled), Unavailable (a higher one, while spending is switched off).
func (e *Engine) SetCap(ctx context.Context, id job.ID, limit cost.Pico) (*job.Job, error) {
	return e.setCap(ctx, id, limit, func(*job.Job) {})
}

// SetCapHidden is SetCap and SetHidden in one: both are done, or neither. Errors: as SetCap's.
func (e *Engine) SetCapHidden(ctx context.Context, id job.ID, limit cost.Pico, hidden bool) (*job.Job, error) {
	return e.setCap(ctx, id, limit, func(j *job.Job) { j.Hidden = hidden })
}

// setCap sets the cap, and what comes with it.
func (e *Engine) setCap(ctx context.Context, id job.ID, limit cost.Pico, more func(*job.Job)) (*job.Job, error) {
	if limit <= 0 {
		return nil, fault.New(fault.Invalid, "job %s: a cap must be above zero", id)
	}
	return e.wish(ctx, id, func(tx ports.Tx, j *job.Job, now time.Time) error {
		if !j.CancelledAt.IsZero() {
			return fault.New(fault.Conflict, "job %s is being cancelled: its cap cannot be changed", id)
		}
		more(j)
		if limit == j.Cap {
			return nil
		}
		if limit > j.Cap {
			if err := mayPromise(tx); err != nil {
				return err
			}
		}
		return e.recap(tx, j, limit, now)
	})
}

// recap sets the job's total cap, unless it is 0, and pays what was spent beyond all grants.
func (e *Engine) recap(tx ports.Tx, j *job.Job, limit cost.Pico, now time.Time) error {
	shards, overrun, err := readOverrun(tx, j)
	if err != nil {
		return err
	}
	months := map[ports.Key]*month{}
	if err := e.raiseCap(tx, months, j, limit, overrun, now); err != nil {
		return err
	}
	writeMonths(tx, months)
	return payOverrun(tx, j, shards, now)
}
