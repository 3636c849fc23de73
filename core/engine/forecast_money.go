package engine

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// weighing is a forecast in the making.
type weighing struct {
	table   *cost.Table
	est     job.Estimate
	tasks   int64
	limits  job.Limits
	timeout time.Duration
	parts   []share
}

// share is the tasks of one template: what they are expected to use, repeated attempts included.
type share struct {
	tasks int64
	// calls is how many attempts are expected, input and output their tokens, outputP95 those rarely exceeded.
	calls, input, output, outputP95 int64
	// prefix is the tokens of what the requests share, prefixBytes its size.
	prefix, prefixBytes int64
}

// shares turns the estimate into tokens, by what is known of each template. A ratio above the one that holds assume
// raises the bounds.
func (w *weighing) shares(known map[string]*Calibration) {
	if len(w.est.Parts) == 0 {
		w.parts = []share{{
			tasks: w.tasks, calls: w.tasks, input: w.est.InputExpected, output: w.est.OutputExpected, outputP95: w.est.OutputP95,
		}}
		return
	}
	for _, part := range w.est.Parts {
		c := known[part.Template]
		s := share{
			tasks: part.Tasks, calls: int64(float64(part.Tasks) * c.Attempts()), input: int64(float64(c.Likely(part.Bytes)) * c.Attempts()),
			output: part.OutputExpected, outputP95: part.OutputP95, prefix: c.Likely(part.Prefix), prefixBytes: part.Prefix,
		}
		if mean, ok := c.Mean(); ok {
			n := float64(part.Tasks)
			s.output, s.outputP95 = int64(n*mean), int64(n*(mean+c.above(part.Tasks)))
		}
		w.parts = append(w.parts, s)
		w.raise(c)
	}
}

// raise keeps the bounds from being below what was ever seen.
func (w *weighing) raise(c *Calibration) {
	const assumed = ratioBase / 2
	if c == nil || c.MostRatio < assumed {
		return
	}
	for _, bound := range []*int64{&w.est.InputBound, &w.est.InputBoundMost, &w.est.InputMax} {
		*bound = max(*bound, int64(float64(*bound)*float64(c.MostRatio+1)/assumed))
	}
}

// tokens are the expected ones of all parts.
func (w *weighing) tokens() (input, output int64) {
	for _, s := range w.parts {
		input += s.input
		output += s.output
	}
	return input, output
}

// lane prices the work in one lane.
func (w *weighing) lane(lane cost.Lane) (LaneForecast, error) {
	l := LaneForecast{Lane: lane, Cache: w.cache()}
	var err error
	for _, s := range w.parts {
		expected := w.usage(s, lane, l.Cache, s.misses(lane, false))
		l.CacheReads += expected.CacheRead
		rare := w.usage(s, lane, l.Cache, s.misses(lane, true))
		// One attempt in twenty more than expected.
		rare.Input, rare.Output = rare.Input+rare.Input/20, s.outputP95+s.outputP95/20
		for _, sum := range []struct {
			into  *cost.Pico
			usage cost.Usage
		}{{&l.Cost.Expected, expected}, {&l.Cost.P95, rare}, {&l.Uncached, cost.Usage{Input: s.input, Output: s.output}}} {
			price, err := w.price(lane, s.tasks, sum.usage)
			if err != nil {
				return l, err
			}
			if *sum.into, err = sum.into.Plus(price); err != nil {
				return l, err
			}
		}
	}
	if l.Cost.Worst, err = w.worst(lane, l.Cache); err != nil {
		return l, err
	}
	// What is rarely exceeded is no more than what cannot be.
	l.Cost.P95 = max(l.Cost.Expected, min(l.Cost.P95, l.Cost.Worst))
	return l, nil
}

// cache is what the engine would ask for: the longest prefix of a part decides.
func (w *weighing) cache() cost.Cache {
	longest := int64(0)
	for _, s := range w.parts {
		longest = max(longest, s.prefixBytes)
	}
	return cacheFor(w.table, w.est.Model, w.tasks, longest)
}

// misses is how many calls find the prefix not stored and store it. In real time that is the first; rarely one in twenty
// more. Lines of a batch run whenever there is room: 30 to 98 of 100 find it (Anthropic's documentation of August 2026),
// half is expected, and rarely 30.
func (s *share) misses(lane cost.Lane, rare bool) int64 {
	switch {
	case lane == cost.Batch && rare:
		return s.calls * 7 / 10
	case lane == cost.Batch:
		return (s.calls + 1) / 2
	case rare:
		return min(s.calls, 1+s.calls/20)
	}
	return min(s.calls, 1)
}

// usage splits a part's input by what becomes of its prefix.
func (w *weighing) usage(s share, lane cost.Lane, cache cost.Cache, misses int64) cost.Usage {
	u := cost.Usage{Input: s.input, Output: s.output}
	if cacheFor(w.table, w.est.Model, w.tasks, s.prefixBytes) == cost.NoCache {
		return u
	}
	kept := min(s.input, s.prefix*s.calls)
	written := min(kept, s.prefix*misses)
	u.Input, u.CacheRead = s.input-kept, kept-written
	if cache == cost.Cache1h {
		u.CacheWrite1h = written
		return u
	}
	u.CacheWrite5m = written
	return u
}

// price prices summed tokens at the step that the average request falls into.
func (w *weighing) price(lane cost.Lane, tasks int64, sum cost.Usage) (cost.Pico, error) {
	n := max(tasks, 1)
	each := func(f func(int64) int64) cost.Usage {
		return cost.Usage{
			Input: f(sum.Input), CacheWrite5m: f(sum.CacheWrite5m), CacheWrite1h: f(sum.CacheWrite1h),
			CacheRead: f(sum.CacheRead), Output: f(sum.Output),
		}
	}
	one, err := w.table.Cost(w.est.Model, lane, each(func(v int64) int64 { return v / n }))
	if err != nil {
		return 0, err
	}
	all, err := one.Times(n)
	if err != nil {
		return 0, err
	}
	rest, err := w.table.Cost(w.est.Model, lane, each(func(v int64) int64 { return v % n }))
	if err != nil {
		return 0, err
	}
	return all.Plus(rest)
}
