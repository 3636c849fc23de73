package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

const (
	// cancelTime is how long a batch may take to end once it was asked to, and a sweep to see it.
	cancelTime = 15 * time.Minute
	// leastBatchTime is the shortest time that it is worth to wait for a batch: most end within the hour.
	leastBatchTime = 20 * time.Minute
	// usualOTPM is what is taken for the rate of generated tokens while the provider has not told it: the lowest tier's
	// (Anthropic's documentation of September 2026).
	usualOTPM = 400_000
)

// patience is how long a provider may refuse a task after the job's deadline before the task fails: one refusal says nothing,
// and a job that is late is still worth finishing.
const patience = 5 * time.Minute

// tooLate reports whether the job's deadline has passed.
func (f *facts) tooLate(now time.Time) bool { return !f.deadline.IsZero() && !now.Before(f.deadline) }

// batchUntil is until when a job in the lane auto is collected into batches: so long that all of it, should the batch have
// done nothing, is still made one by one before the deadline. Zero when that leaves no time worth waiting for.
func (e *Engine) batchUntil(ctx context.Context, j *job.Job, plan job.Plan) (until time.Time, err error) {
	known, err := e.Provider(ctx, j.Model)
	if err != nil && fault.KindOf(err) != fault.Newer {
		return time.Time{}, err
	}
	defer func() {
		if v := recover(); v != nil {
			until, err = time.Time{}, fault.New(fault.Internal, "submit: the plan panicked: %v", v)
		}
	}()
	tasks := int64(plan.Size())
	known.Ramp.From = 0
	perMinute := known.PerMinute(j.CreatedAt)
	if perMinute == 0 {
		each := max(estimate(plan).OutputExpected/tasks, 1)
		perMinute = max(usualOTPM/each, 1)
	}
	// A quarter more for repeated attempts, four minutes to come up to the rate, and the last calls.
	realtime := time.Duration(tasks)*time.Minute/time.Duration(perMinute)*5/4 + 4*time.Minute + 2*e.options.CallTimeout
	until = j.Deadline.Add(-realtime - cancelTime)
	if until.Sub(j.CreatedAt) < leastBatchTime {
		return time.Time{}, nil
	}
	return until, nil
}
