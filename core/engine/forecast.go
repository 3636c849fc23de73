package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/retry"
)

// Forecast says what a submission will use, before anything is spent.
type Forecast struct {
	Tasks        int
	Model        string
	PriceVersion string
	// Tokens are those to expect: all of the prompts, cached or not, and all of the answers.
	Tokens struct{ Input, Output int64 }
	// Cost and Duration are those of the submission's lane; of auto, those of realtime, which is the dearer.
	Cost     Money
	Duration Time
	// Lanes says the same for each way to make the calls: realtime, then batch.
	Lanes []LaneForecast
	// BatchFor is for how long a submission in the lane auto is collected into batches; 0 when its deadline leaves no time for
	// one, and in the other lanes.
	BatchFor time.Duration
	// Answers is how many earlier answers to the same templates the figures rest on; 0 means lengths and the model's
	// documentation alone. Counted is how many requests the provider's counter was asked about.
	Answers int64
	Counted int
}

// Money is an amount and how sure it is. Expected is the median. P95 is exceeded once in twenty times. Worst never is:
// it is every allowed attempt at its hold.
type Money struct{ Expected, P95, Worst cost.Pico }

// LaneForecast is what a submission will use in one lane.
type LaneForecast struct {
	Lane cost.Lane
	// Cache is how long the provider would be asked to keep what the prompts share, and CacheReads how many of the
	// expected input tokens would be read from there.
	Cache      cost.Cache
	CacheReads int64
	Cost       Money
	// Uncached is the expected cost of the same calls without caching.
	Uncached cost.Pico
	Duration Time
}

// Forecast opens the plan as Submit would and says what it will use, in either lane. It rests on the lengths of the
// prompts, and on what earlier answers to the same templates have shown. It changes nothing. Errors: as Submit's;
// Internal when the plan is wrong about its own sizes; the store's; and those of the pace's counter.
func (e *Engine) Forecast(ctx context.Context, s Submission, pace Pace) (Forecast, error) {
	plan, err := e.checkSubmission(s)
	if err != nil {
		return Forecast{}, err
	}
	est, err := measured(plan)
	if err != nil {
		return Forecast{}, err
	}
	known, err := e.known(ctx, pace.Source, s.Kind, est)
	if err != nil {
		return Forecast{}, err
	}
	if pace, err = e.fillPace(ctx, pace, est.Model); err != nil {
		return Forecast{}, err
	}
	w := weighing{table: e.options.Prices[0], est: est, tasks: int64(plan.Size()), limits: e.limits(s.Limits), timeout: e.options.CallTimeout}
	counted, err := count(ctx, plan, known, pace.Count)
	if err != nil {
		return Forecast{}, err
	}
	w.shares(known)
	f := Forecast{Tasks: plan.Size(), Model: est.Model, PriceVersion: w.table.Version(), Counted: counted}
	f.Tokens.Input, f.Tokens.Output = w.tokens()
	for _, c := range known {
		f.Answers += c.Answers
	}
	for _, lane := range []cost.Lane{cost.Realtime, cost.Batch} {
		l, err := w.lane(lane)
		if err != nil {
			return Forecast{}, err
		}
		l.Duration = w.time(lane, pace)
		f.Lanes = append(f.Lanes, l)
	}
	if s.Lane == cost.Auto {
		now := e.Clock.Now()
		until, err := e.batchUntil(ctx, &job.Job{Model: est.Model, CreatedAt: now, Deadline: now.Add(s.Deadline)}, plan)
		if err != nil {
			return Forecast{}, err
		}
		f.BatchFor = max(until.Sub(now), 0)
	}
	own := f.Lanes[0]
	if s.Lane == cost.Batch {
		own = f.Lanes[1]
	}
	f.Cost, f.Duration = own.Cost, own.Duration
	return f, nil
}

// fillPace takes what the provider has told of its limits where the caller names none.
func (e *Engine) fillPace(ctx context.Context, p Pace, model string) (Pace, error) {
	if p.RPM != 0 || p.ITPM != 0 || p.OTPM != 0 {
		return p, nil
	}
	known, err := e.Provider(ctx, model)
	if err != nil && fault.KindOf(err) != fault.Newer {
		return p, err
	}
	p.RPM, p.ITPM, p.OTPM = known.Requests.Rate.PerMinute, known.Input.Rate.PerMinute, known.Output.Rate.PerMinute
	return p, nil
}

func retryLimits(l job.Limits) retry.Limits {
	return retry.Limits{Judged: l.Judged, Unknown: l.Unknown, GiveUpAfter: l.GiveUpAfter}.OrDefault()
}

// forecast prices a plan in a lane by the lengths of its prompts alone. A panic of the plan is an error.
func (e *Engine) forecast(plan job.Plan, limits job.Limits, lane cost.Lane) (f Forecast, err error) {
	defer recovered(&err)
	w := weighing{table: e.options.Prices[0], est: estimate(plan), tasks: int64(plan.Size()), limits: limits}
	w.shares(nil)
	l, err := w.lane(lane)
	if err != nil {
		return Forecast{}, err
	}
	f = Forecast{Tasks: plan.Size(), Model: w.est.Model, PriceVersion: w.table.Version(), Cost: l.Cost, Lanes: []LaneForecast{l}}
	f.Tokens.Input, f.Tokens.Output = w.tokens()
	return f, nil
}

// recovered makes an error of a panic of the plan.
func recovered(err *error) {
	if v := recover(); v != nil {
		*err = fault.New(fault.Internal, "forecast: the plan panicked: %v", v)
	}
}
