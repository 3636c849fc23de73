package quota_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/quota"
)

const overloaded = "overloaded"

func TestAsk(t *testing.T) {
	t.Parallel()
	open := quota.Breaker{State: quota.Open, Until: noon(), Reason: overloaded, Opened: 2}
	probing := quota.Breaker{State: quota.Probing, Until: noon(), Reason: overloaded, Owner: "a", Opened: 2}
	taken := func(owner string, at time.Time) quota.Breaker {
		return quota.Breaker{State: quota.Probing, Until: at.Add(quota.ProbeTime), Reason: overloaded, Owner: owner, Opened: 2}
	}
	for name, c := range map[string]struct {
		breaker quota.Breaker
		now     time.Time
		want    quota.Breaker
		verdict quota.Verdict
	}{
		"Fresh":                {quota.Breaker{}, noon(), quota.Breaker{}, quota.Proceed},
		"Closed":               {quota.Breaker{State: quota.Closed}, noon(), quota.Breaker{State: quota.Closed}, quota.Proceed},
		"OpenStill":            {open, noon().Add(-1), open, quota.Wait},
		"OpenUntilNow":         {open, noon(), taken("b", noon()), quota.Probe},
		"OpenLongAgo":          {open, noon().Add(time.Hour), taken("b", noon().Add(time.Hour)), quota.Probe},
		"OpenFarAhead":         {open, noon().Add(-2 * quota.MaxOpen), open, quota.Wait},
		"OpenAbsurdlyFar":      {open, noon().Add(-2*quota.MaxOpen - 1), taken("b", noon().Add(-2*quota.MaxOpen-1)), quota.Probe},
		"ProbedByAnother":      {probing, noon().Add(-1), probing, quota.Wait},
		"ProbeNeverReported":   {probing, noon(), taken("b", noon()), quota.Probe},
		"ProbeAbsurdlyDistant": {probing, noon().AddDate(-1, 0, 0), taken("b", noon().AddDate(-1, 0, 0)), quota.Probe},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, verdict := c.breaker.Ask(c.now, "b")
			require.Equal(t, c.want, got)
			require.Equal(t, c.verdict, verdict)
			again, verdict := got.Ask(c.now, "b")
			require.Equal(t, got, again, "asking twice comes to the same")
			require.Equal(t, c.verdict, verdict)
		})
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	opened := func(times int, length time.Duration) quota.Breaker {
		return quota.Breaker{State: quota.Open, Until: noon().Add(length), Reason: overloaded, Opened: times}
	}
	probing := quota.Breaker{State: quota.Probing, Until: noon().Add(time.Minute), Reason: overloaded, Owner: "a", Opened: 1}
	for name, c := range map[string]struct {
		breaker    quota.Breaker
		ok         bool
		kind       string
		retryAfter time.Duration
		want       quota.Breaker
	}{
		"SuccessWhenFresh":       {quota.Breaker{}, true, "", 0, quota.Breaker{}},
		"SuccessWhenOpen":        {opened(1, time.Second), true, "", 0, opened(1, time.Second)},
		"SuccessWhenOpenAndOver": {opened(1, -time.Second), true, "", 0, opened(1, -time.Second)},
		"ProbeSucceeds":          {probing, true, "", 0, quota.Breaker{State: quota.Closed}},
		"FirstFailure":           {quota.Breaker{}, false, overloaded, 0, opened(1, quota.FirstOpen)},
		"FailureWithWish":        {quota.Breaker{}, false, overloaded, time.Minute, opened(1, time.Minute)},
		"FailureWithShortWish":   {quota.Breaker{}, false, overloaded, time.Second, opened(1, quota.FirstOpen)},
		"FailureWithAbsurdWish":  {quota.Breaker{}, false, overloaded, 1000 * time.Hour, opened(1, quota.MaxOpen)},
		"FailureWithNegative":    {quota.Breaker{}, false, overloaded, -time.Hour, opened(1, quota.FirstOpen)},
		"ProbeFails":             {probing, false, overloaded, 0, opened(2, 2*quota.FirstOpen)},
		"FailureWhileOpen":       {opened(3, time.Minute), false, overloaded, 0, opened(3, time.Minute)},
		"WishWhileOpen":          {opened(3, time.Minute), false, overloaded, 2 * time.Minute, opened(3, 2*time.Minute)},
		"ShorterWishWhileOpen":   {opened(3, time.Minute), false, overloaded, time.Second, opened(3, time.Minute)},
		"FailureAfterOpen":       {opened(3, 0), false, overloaded, 0, opened(4, 8*quota.FirstOpen)},
		"IntervalIsBounded":      {opened(6, 0), false, overloaded, 0, opened(7, quota.LongestOpen)},
		"IntervalNeverOverflows": {opened(1_000_000, 0), false, overloaded, 0, opened(1_000_001, quota.LongestOpen)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.breaker.Report(noon(), c.ok, c.kind, c.retryAfter))
		})
	}
	for _, kind := range []fault.Kind{fault.Unauthorized, fault.SpendCap} {
		got := quota.Breaker{}.Report(noon(), false, kind.Error(), 0)
		require.Equal(t, noon().Add(quota.MaxOpen), got.Until, "no probe mends a key or a payment soon")
		require.Equal(t, kind.Error(), got.Reason)
	}
	long := quota.Breaker{}.Report(noon(), false, strings.Repeat("x", 1000), 0)
	require.Len(t, long.Reason, 64)
}

func TestVerdictNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "proceed", quota.Proceed.String())
	require.Equal(t, "probe", quota.Probe.String())
	require.Equal(t, "wait", quota.Wait.String())
	require.Equal(t, "unknown", quota.Verdict(0).String())
}

// TestOneProbePerInterval: many workers ask and fail in any order; between two probes lies at least the shorter of the
// first open interval and the time of a probe, and nobody calls otherwise.
func TestOneProbePerInterval(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		breaker := quota.Breaker{}.Report(noon(), false, overloaded, 0)
		now := noon()
		var last time.Time
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(40*time.Second)).Draw(t, "pause")))
			if rapid.Bool().Draw(t, "fails") {
				breaker = breaker.Report(now, false, overloaded, 0)
				continue
			}
			var verdict quota.Verdict
			breaker, verdict = breaker.Ask(now, fmt.Sprint("worker-", i))
			require.NotEqual(t, quota.Proceed, verdict)
			if verdict == quota.Probe {
				require.GreaterOrEqual(t, now.Sub(last), quota.FirstOpen)
				last = now
			}
		}
		breaker, verdict := breaker.Ask(now.Add(quota.LongestOpen), "last")
		require.Equal(t, quota.Probe, verdict, "some day a probe is let through")
		_, verdict = breaker.Report(now, true, "", 0).Ask(now, "any")
		require.Equal(t, quota.Proceed, verdict)
	})
}
