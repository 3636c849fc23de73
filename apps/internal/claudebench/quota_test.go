package claudebench

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/engine"
)

var full = flag.Bool("claudebench.full", false, "run all cells and print BENCH lines")

// bench prints a figure in the full run.
func bench(name string, value any, unit string) {
	if *full {
		fmt.Printf("BENCH %s %v %s\n", name, value, unit)
	}
}

// load is an account's limits, and how long answers are. With long answers the output tokens are what binds, with short
// ones the requests.
type load struct {
	name            string
	rpm, itpm, otpm int
	output          int
	// strict: bursts are limited to a second's worth, and so is a sharp ramp.
	strict bool
}

var (
	start       = load{"1000rpm", 1_000, 2_000_000, 400_000, 1_500, false}
	scale       = load{"10000rpm", 10_000, 10_000_000, 2_000_000, 1_500, false}
	startShort  = load{"1000rpm-short", 1_000, 2_000_000, 400_000, 150, false}
	startStrict = load{"1000rpm-short-strict", 1_000, 2_000_000, 400_000, 150, true}
	scaleStrict = load{"10000rpm-strict", 10_000, 10_000_000, 2_000_000, 1_500, true}
)

func (l load) options() claudesim.Options {
	o := claudesim.Options{RPM: l.rpm, ITPM: l.itpm, OTPM: l.otpm, OutputTokens: l.output}
	if l.strict {
		o.Burst, o.Acceleration = time.Second, true
	}
	return o
}

// perMinute is about how many calls the limits allow.
func (l load) perMinute() int { return min(l.rpm, l.otpm/l.output) }

// figures are what a window came to.
type figures struct{ used, refusals, writes float64 }

func (l load) figures(c counts, window time.Duration) figures {
	minutes, calls := window.Minutes(), float64(max(c.calls, 1))
	share := func(n int64, perMinute int) float64 { return 100 * float64(n) / (float64(perMinute) * minutes) }
	return figures{
		used:     max(share(c.answered, l.rpm), share(c.input, l.itpm), share(c.output, l.otpm)),
		refusals: 1000 * float64(c.throttled) / calls,
		writes:   float64(c.writes) / calls,
	}
}

// warmUp is how long calls may be ramped up.
const warmUp = 4 * time.Minute

// window is how long is measured after it. Of few calls, whose lengths differ, the share of a few minutes is a matter of
// chance.
func (l load) window() time.Duration {
	if l.perMinute() < 1_000 {
		return 6 * time.Minute
	}
	return 3 * time.Minute
}

// TestQuota holds engines that share an account to their aims.
func TestQuota(t *testing.T) {
	if !*full {
		measure(t, start, 1)
		measure(t, start, 3)
		return
	}
	for _, l := range []load{start, scale, startShort} {
		for _, n := range []int{1, 10, 50} {
			measure(t, l, n)
		}
	}
	measure(t, startStrict, 10)
	measure(t, scaleStrict, 50)
}

// measure runs one cell.
func measure(t *testing.T, l load, engines int) {
	name := fmt.Sprintf("quota/%d/%s", engines, l.name)
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSystem(t, l.options(), engines, max(100, 5_000/engines), engine.Options{})
			defer s.close()
			s.submit(l.perMinute() * 15)
			ramp, c := during(t, l.window(), s.run, s.totals)
			got := l.figures(c, l.window())
			t.Logf("%+v %+v", ramp, c)
			bench(name+"/used", fmt.Sprintf("%.1f", got.used), "%")
			bench(name+"/refusals", fmt.Sprintf("%.2f", got.refusals), "per-1000")
			bench(name+"/limiter-writes", fmt.Sprintf("%.3f", got.writes), "per-call")
			bench(name+"/refusals-of-ramp", fmt.Sprintf("%.2f", l.figures(ramp, warmUp).refusals), "per-1000")
			require.GreaterOrEqual(t, got.used, 95.0, "%% of the limit that binds")
			require.LessOrEqual(t, got.refusals, 1.0, "refusals per 1,000 calls")
			require.LessOrEqual(t, got.writes, 0.1, "writes of the shared record per call")
		})
	})
}

// during counts what happens before and in the window while run runs.
func during(t *testing.T, window time.Duration, run func(context.Context), totals func() counts) (before, within counts) {
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { run(ctx) })
	time.Sleep(warmUp)
	before = totals()
	time.Sleep(window)
	within = totals().minus(before)
	cancel()
	running.Wait()
	return before, within
}
