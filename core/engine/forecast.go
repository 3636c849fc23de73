package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/retry"
)

// Pace is what a forecast of time needs to know. Zero values: no limit, 50 calls at once, 6 seconds a call.
type Pace struct {
	// RPM, ITPM and OTPM are the provider's limits per minute: requests, input tokens, output tokens.
	RPM, ITPM, OTPM int64
	// Concurrency is how many calls are open at once, Latency how long one lasts in the median.
	Concurrency int
	Latency     time.Duration
}

// Forecast says what a submission will use, before anything is spent.
type Forecast struct {
	Tasks        int
	Model        string
	PriceVersion string
	Tokens       struct{ Input, Output int64 }
	// Cost: Expected is the median, P95 is rarely exceeded, Worst cannot be: every allowed attempt at its hold.
	Cost     struct{ Expected, P95, Worst cost.Pico }
	Duration struct{ Expected, P95 time.Duration }
}

// Forecast opens the plan as Submit would and says what it will use. It changes nothing. Errors: as Submit's.
func (e *Engine) Forecast(_ context.Context, s Submission, pace Pace) (Forecast, error) {
	plan, err := e.checkSubmission(s)
	if err != nil {
		return Forecast{}, err
	}
	f, err := e.forecast(plan, e.limits(s.Limits), cost.Realtime)
	if err != nil {
		return Forecast{}, err
	}
	f.time(pace)
	return f, nil
}

func retryLimits(l job.Limits) retry.Limits {
	return retry.Limits{Judged: l.Judged, Unknown: l.Unknown, GiveUpAfter: l.GiveUpAfter}.OrDefault()
}

// forecast prices a plan. The expected cost is that of one attempt at each task; the 95th percentile takes the longer
// answers of the estimate and 5 % repeated attempts. A panic of the plan is an error.
func (e *Engine) forecast(plan job.Plan, limits job.Limits, lane cost.Lane) (f Forecast, err error) {
	defer func() {
		if v := recover(); v != nil {
			f, err = Forecast{}, fault.New(fault.Internal, "forecast: the plan panicked: %v", v)
		}
	}()
	est := estimate(plan)
	prices := e.options.Prices[0]
	f = Forecast{Tasks: plan.Size(), Model: est.Model, PriceVersion: prices.Version()}
	f.Tokens.Input, f.Tokens.Output = est.InputExpected, est.OutputExpected
	if f.Cost.Expected, err = perTask(prices, lane, est, plan.Size(), est.InputExpected, est.OutputExpected); err != nil {
		return Forecast{}, err
	}
	if f.Cost.P95, err = perTask(prices, lane, est, plan.Size(), est.InputExpected+est.InputExpected/20, est.OutputP95+est.OutputP95/20); err != nil {
		return Forecast{}, err
	}
	f.Cost.Worst, err = worst(prices, lane, est, limits)
	return f, err
}

// perTask prices summed tokens at the step that the average request falls into.
func perTask(prices *cost.Table, lane cost.Lane, est job.Estimate, tasks int, input, output int64) (cost.Pico, error) {
	n := int64(tasks)
	one, err := prices.Cost(est.Model, lane, cost.Usage{Input: input / n, Output: output / n})
	if err != nil {
		return 0, err
	}
	all, err := one.Times(n)
	if err != nil {
		return 0, err
	}
	rest, err := prices.Cost(est.Model, lane, cost.Usage{Input: input % n, Output: output % n})
	if err != nil {
		return 0, err
	}
	return all.Plus(rest)
}

// worst prices every allowed attempt of every task at its hold. Where the largest request may reach a dearer step, all
// are priced at it.
func worst(prices *cost.Table, lane cost.Lane, est job.Estimate, limits job.Limits) (cost.Pico, error) {
	input, output := max(est.InputBound, est.InputBoundMost), max(est.OutputBound, est.OutputBoundMost)
	first, err := sumBound(prices, lane, est, est.InputBound, est.OutputBound)
	if err != nil {
		return 0, err
	}
	later, err := sumBound(prices, lane, est, input, output)
	if err != nil {
		return 0, err
	}
	if later, err = later.Times(int64(limits.Attempts() - 1)); err != nil {
		return 0, err
	}
	return first.Plus(later)
}

// sumBound prices summed bounds at the unit prices of the largest request's step.
func sumBound(prices *cost.Table, lane cost.Lane, est job.Estimate, input, output int64) (cost.Pico, error) {
	perInput, err := unit(prices, lane, est, 1, 0)
	if err != nil {
		return 0, err
	}
	perOutput, err := unit(prices, lane, est, 0, 1)
	if err != nil {
		return 0, err
	}
	in, err := perInput.Times(input)
	if err != nil {
		return 0, err
	}
	out, err := perOutput.Times(output)
	if err != nil {
		return 0, err
	}
	return in.Plus(out)
}

// unit is the price of one more token on top of the largest request.
func unit(prices *cost.Table, lane cost.Lane, est job.Estimate, input, output int64) (cost.Pico, error) {
	base, err := prices.Bound(est.Model, lane, cost.NoCache, est.InputMax, 0)
	if err != nil {
		return 0, err
	}
	more, err := prices.Bound(est.Model, lane, cost.NoCache, est.InputMax, output)
	if err != nil {
		return 0, err
	}
	if input > 0 {
		if est.InputMax == 0 {
			return 0, fault.New(fault.Internal, "forecast: the plan says that its largest request is empty")
		}
		return base / cost.Pico(est.InputMax), nil
	}
	return more - base, nil
}

// estimate asks the plan, or makes each of its requests once as the first attempt and once as the dearest.
func estimate(plan job.Plan) job.Estimate {
	if estimator, can := plan.(job.Estimator); can {
		return estimator.Estimate()
	}
	var est job.Estimate
	longer := job.Try{Attempt: 2, Last: job.Verdict{Outcome: job.Again, Code: job.CodeOutputTruncated}}
	for ordinal := range plan.Size() {
		first, later := plan.Request(ordinal, job.Try{Attempt: 1}), plan.Request(ordinal, longer)
		bound, most := inputBound(first), inputBound(later)
		est.Model = first.Model
		est.InputBound += bound
		est.InputBoundMost += max(bound, most)
		est.InputExpected += min(bound, int64(promptBytes(first))*2/5)
		est.InputMax = max(est.InputMax, bound, most)
		est.OutputBound += int64(first.MaxTokens)
		est.OutputBoundMost += int64(max(first.MaxTokens, later.MaxTokens))
		est.OutputExpected += int64(first.MaxTokens) / 2
		est.OutputP95 += int64(first.MaxTokens) * 3 / 4
	}
	return est
}

func promptBytes(r job.Request) int { return len(r.System) + len(r.Prompt) + len(r.Schema) }

// inputBound is the plan's own bound, or half of the bytes rounded up and 1,000 for what the provider adds.
func inputBound(r job.Request) int64 {
	if r.InputBound > 0 {
		return r.InputBound
	}
	return int64(promptBytes(r)+1)/2 + 1000
}

// time is the slowest of what the limits and the concurrency allow; the 95th percentile adds the tail of the last calls
// and 5 % repeated attempts.
func (f *Forecast) time(p Pace) {
	if p.Concurrency <= 0 {
		p.Concurrency = 50
	}
	if p.Latency <= 0 {
		p.Latency = 6 * time.Second
	}
	slots := int64(min(p.Concurrency, f.Tasks))
	need := time.Duration((int64(f.Tasks) + slots - 1) / slots * int64(p.Latency))
	for _, limit := range []struct{ n, perMinute int64 }{{int64(f.Tasks), p.RPM}, {f.Tokens.Input, p.ITPM}, {f.Tokens.Output, p.OTPM}} {
		if limit.perMinute > 0 {
			need = max(need, time.Duration(float64(limit.n)/float64(limit.perMinute)*float64(time.Minute)))
		}
	}
	f.Duration.Expected = need
	f.Duration.P95 = need + need/5 + 4*p.Latency
}
