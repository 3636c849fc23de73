package engine

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

const (
	// batchMedian and batchLongest are how long a batch takes: most end within an hour, and none is worked on for longer
	// than a day (Anthropic's documentation of August 2026). Between the two nothing is published.
	batchMedian  = time.Hour
	batchLongest = 24 * time.Hour
)

// Pace is what a forecast of time needs to know. Zero values: no limit, 50 calls at once, 6 seconds a call.
type Pace struct {
	// RPM, ITPM and OTPM are the provider's limits per minute: requests, input tokens, output tokens. With none of them, they
	// are those that the provider has told, if it has.
	RPM, ITPM, OTPM int64
	// Concurrency is how many calls are open at once, Latency how long one lasts in the median.
	Concurrency int
	Latency     time.Duration
	// Count, if given, is asked about up to 8 requests of templates that nothing is known of yet.
	Count TokenCounter
	// Source is whose earlier answers the forecast rests on, as Calibrate was told.
	Source string
}

// Time is a duration and how sure it is. Expected is the median, P95 is exceeded once in twenty times. Worst is that of
// every allowed attempt with the longest answers; pauses and a provider that is down come on top.
type Time struct{ Expected, P95, Worst time.Duration }

// time says how long the work takes in a lane.
func (w *weighing) time(lane cost.Lane, p Pace) Time {
	if lane == cost.Batch {
		// What has to be done again waits for the next batch.
		return Time{Expected: batchMedian, P95: batchLongest, Worst: batchLongest * time.Duration(max(w.limits.Judged, 1))}
	}
	if p.Concurrency <= 0 {
		p.Concurrency = 50
	}
	if p.Latency <= 0 {
		p.Latency = 6 * time.Second
	}
	var calls, input, output int64
	cache := w.cache()
	for _, s := range w.parts {
		u := w.usage(s, lane, cache, s.misses(lane, false))
		calls += s.calls
		// What is read from the cache does not count for the limit of input tokens.
		input += u.Prompt() - u.CacheRead
		output += u.Output
	}
	need := p.need(calls, input, output)
	attempts := int64(w.limits.Attempts())
	slow := p
	slow.Latency = max(p.Latency, w.timeout)
	worst := slow.need(w.tasks*attempts, w.est.InputBoundMost*attempts, w.est.OutputBoundMost*attempts)
	// The tail of the last calls, and some attempts more than expected.
	rare := need + need/5 + 4*p.Latency
	return Time{Expected: need, P95: rare, Worst: max(rare, worst)}
}

// need is the slowest of what the limits and the calls open at once allow.
func (p Pace) need(calls, input, output int64) time.Duration {
	slots := min(int64(p.Concurrency), max(calls, 1))
	need := time.Duration((calls + slots - 1) / slots * int64(p.Latency))
	for _, limit := range []struct{ n, perMinute int64 }{{calls, p.RPM}, {input, p.ITPM}, {output, p.OTPM}} {
		if limit.perMinute > 0 {
			need = max(need, time.Duration(float64(limit.n)/float64(limit.perMinute)*float64(time.Minute)))
		}
	}
	return need
}
