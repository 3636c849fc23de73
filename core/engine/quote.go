package engine

import (
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// RetryQuote is what a retry would do.
type RetryQuote struct {
	// Tasks is how many would be queued again.
	Tasks int
	// Worst is what they cost at most: every allowed attempt of each at its hold. Expected is the median of what the job's
	// tasks have come to, for each; the job's forecast where none has come to anything.
	Worst, Expected cost.Pico
	// Missing is how much the job's cap would have to be raised for the worst case; 0 when it is enough.
	Missing cost.Pico
}

// Quote is a dry run of RetryScoped: it says what a retry would do, and changes nothing. It reads the parcels of the tasks
// and makes their requests. Errors: as RetryScoped's but for money and the switch; Conflict too when this program's plan is
// not the job's.
func (e *Engine) Quote(ctx context.Context, id job.ID, scope RetryScope) (RetryQuote, error) {
	if err := scope.check(); err != nil {
		return RetryQuote{}, err
	}
	j, err := e.Job(ctx, id)
	if err != nil {
		return RetryQuote{}, err
	}
	f, w := e.remember(factsOf(j)), scope.walk()
	if err := mayRetry(j, w); err != nil {
		return RetryQuote{}, err
	}
	if err := e.checkScope(ctx, f, w); err != nil {
		return RetryQuote{}, err
	}
	plan, err := e.planOf(ctx, f)
	if err != nil {
		return RetryQuote{}, err
	}
	if plan == nil {
		return RetryQuote{}, fault.New(fault.Conflict, "retry: this program would do job %s in another way than the one that began it", id)
	}
	var q RetryQuote
	err = e.scoped(ctx, f, w, func(ordinal int, _ *job.Task) error {
		worst, err := e.worstOf(f, plan, ordinal)
		if err != nil {
			return err
		}
		q.Tasks++
		q.Worst, err = q.Worst.Plus(worst)
		return err
	})
	if err != nil {
		return RetryQuote{}, err
	}
	return e.weigh(ctx, f, plan, j, q)
}

// weigh adds what is expected, and what the cap lacks.
func (e *Engine) weigh(ctx context.Context, f *facts, plan job.Plan, j *job.Job, q RetryQuote) (RetryQuote, error) {
	each, err := e.median(ctx, f)
	if err == nil && each == 0 {
		each, err = e.foreseen(f, plan, j)
	}
	if err != nil {
		return RetryQuote{}, err
	}
	all, err := each.Times(int64(q.Tasks))
	if err != nil {
		return RetryQuote{}, err
	}
	q.Expected = min(all, q.Worst)
	sums, err := e.sums(ctx, f)
	if err != nil {
		return RetryQuote{}, err
	}
	need, err := (j.Account.Granted + sums.Overrun).Plus(q.Worst)
	q.Missing = max(0, need-j.Cap)
	return q, err
}

// foreseen is what one task was expected to cost when the job began.
func (e *Engine) foreseen(f *facts, plan job.Plan, j *job.Job) (cost.Pico, error) {
	if j.Forecast != nil && j.Forecast.Expected > 0 {
		return j.Forecast.Expected / cost.Pico(f.layout.Tasks), nil
	}
	expected, err := e.forecast(plan, f.limits, worstLane(f))
	return expected.Cost.Expected / cost.Pico(f.layout.Tasks), err
}

// sampled is how many parcels the median is taken from.
const sampled = 40

// median is what a task of the job that has ended has come to; 0 when none was paid for. It looks at 40 parcels that lie
// all over the job.
func (e *Engine) median(ctx context.Context, f *facts) (cost.Pico, error) {
	var paid []cost.Pico
	for _, number := range spread(f.layout.Parcels(), sampled) {
		p, err := e.parcel(ctx, f, number)
		if err != nil {
			return 0, err
		}
		for i := range p.Tasks {
			if t := &p.Tasks[i]; t.State.Ended() && t.Cost > 0 {
				paid = append(paid, t.Cost)
			}
		}
	}
	if len(paid) == 0 {
		return 0, nil
	}
	slices.Sort(paid)
	return paid[len(paid)/2], nil
}

// worstLane is the dearest lane that the job's calls may be made in.
func worstLane(f *facts) cost.Lane {
	if f.lane == cost.Batch {
		return cost.Batch
	}
	return cost.Realtime
}

// worstOf is what one round of a task costs at most: the first attempt at its hold, and all others at that of the longest.
// A task whose request cannot be made or priced fails without a call, and costs nothing.
func (e *Engine) worstOf(f *facts, plan job.Plan, ordinal int) (cost.Pico, error) {
	first := e.holdOf(f, plan, ordinal, job.Try{Attempt: 1})
	later := max(first, e.holdOf(f, plan, ordinal, job.Try{Attempt: 2, Last: job.Verdict{Outcome: job.Again, Code: job.CodeOutputTruncated}}))
	more, err := later.Times(int64(f.limits.Attempts() - 1))
	if err != nil {
		return 0, err
	}
	return first.Plus(more)
}

// holdOf is what would be held for a try.
func (e *Engine) holdOf(f *facts, plan job.Plan, ordinal int, try job.Try) (hold cost.Pico) {
	defer func() {
		if recover() != nil {
			hold = 0
		}
	}()
	r := plan.Request(ordinal, try)
	r.Cache = cacheFor(e.options.Prices[0], r.Model, int64(f.layout.Tasks), prefixBytes(r))
	if r.Model != f.model {
		return 0
	}
	hold, err := e.bound(worstLane(f), r)
	if err != nil {
		return 0
	}
	return hold
}
