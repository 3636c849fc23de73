package quota_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/quota"
)

func seconds(n int) time.Time { return noon().Add(time.Duration(n) * time.Second) }

func TestTakeLimits(t *testing.T) {
	t.Parallel()
	limits := quota.Limits{
		Requests: quota.Limit{Max: 1200, Remaining: 7}, Input: quota.Limit{Max: 60_000, Remaining: 8}, Output: quota.Limit{Max: 6000, Remaining: 9},
		Tokens: quota.Limit{Max: 66_000, Remaining: 17},
	}
	p := quota.Provider{}.Take(noon(), quota.Report{Limits: limits})
	require.Equal(t, quota.Rate{Burst: 10, PerMinute: 1200}, p.Requests.Rate)
	require.Equal(t, quota.Rate{Burst: 1000, PerMinute: 60_000}, p.Input.Rate)
	require.Equal(t, quota.Rate{Burst: 100, PerMinute: 6000}, p.Output.Rate, "input and output are not swapped")

	limits.Tokens = quota.Limit{Max: 3000, Remaining: 17}
	p = p.Take(noon(), quota.Report{Limits: limits})
	require.EqualValues(t, 3000, p.Input.Rate.PerMinute, "a workspace's limit of all tokens is one of either kind")
	require.EqualValues(t, 3000, p.Output.Rate.PerMinute)
	require.EqualValues(t, 1200, p.Requests.Rate.PerMinute)

	same := p.Take(noon(), quota.Report{})
	require.Equal(t, p, same, "what is not sent stays")

	limits.Output.Remaining, limits.Tokens = 0, quota.Limit{}
	p = p.Take(noon(), quota.Report{Limits: limits})
	require.Equal(t, noon().Add(2*time.Second), p.Output.Next, "an empty bucket is believed")
	require.True(t, p.Input.Next.IsZero())
}

func TestTakeUsage(t *testing.T) {
	t.Parallel()
	p := provider(quota.Rate{Burst: 1, PerMinute: of(60)}, quota.Rate{Burst: 1, PerMinute: of(60)}, quota.Rate{Burst: 1, PerMinute: of(600)})
	p.Requests.Next, p.Input.Next, p.Output.Next = seconds(10), seconds(10), seconds(10)
	took := quota.Report{Calls: 2, Booked: quota.Need{Requests: 2, Input: 20, Output: 20}, Input: 15, Output: 60}
	after := p.Take(noon(), took)
	require.Equal(t, seconds(5), after.Input.Next, "what was not taken is given back")
	require.Equal(t, seconds(14), after.Output.Next, "what was taken beyond is booked")
	require.Equal(t, seconds(10), after.Requests.Next)
	require.Equal(t, quota.Need{Requests: 1, Input: 7, Output: 30}, after.Likely, "the first report is all that is known")
	for range 50 {
		after = after.Take(noon(), quota.Report{Calls: 25, Input: 25 * 1000, Output: 25 * 500, Booked: quota.Need{Input: 25 * 1000, Output: 25 * 500}})
	}
	require.InDelta(t, 1000, after.Likely.Input, 2)
	require.InDelta(t, 500, after.Likely.Output, 2)

	absurd := p.Take(noon(), quota.Report{Calls: 1, Input: 1 << 50, Output: 1})
	require.LessOrEqual(t, absurd.Input.Next.Sub(p.Input.Next), time.Minute)
}

func TestTakeThrottled(t *testing.T) {
	t.Parallel()
	p := perSecond()
	p = p.Take(noon(), quota.Report{Throttled: 1, RetryAfter: 30 * time.Second})
	require.Equal(t, seconds(30), p.Closed)
	require.EqualValues(t, quota.Full*3/4, p.Ramp.Share(noon()))
	again := p.Take(seconds(1), quota.Report{Throttled: 5, RetryAfter: time.Second})
	require.Equal(t, seconds(30), again.Closed, "the longest wish counts")
	require.EqualValues(t, quota.Full*3/4, again.Ramp.From, "those refused in the same moment count once")
	again = p.Take(seconds(40), quota.Report{Throttled: 1})
	require.Less(t, again.Ramp.From, p.Ramp.Share(seconds(40)))
	for n := range 100 {
		again = again.Take(seconds(40+11*n), quota.Report{Throttled: 1})
	}
	require.Positive(t, again.Ramp.Share(seconds(2000)))
	absurd := p.Take(noon(), quota.Report{Throttled: 1, RetryAfter: 1000 * time.Hour})
	require.Equal(t, noon().Add(quota.MaxOpen), absurd.Closed)
	reason, until := p.MayCall(seconds(29), "")
	require.Equal(t, quota.HeldByQuota, reason)
	require.Equal(t, seconds(30), until)
	reason, _ = p.MayCall(seconds(30), "")
	require.Empty(t, reason)
	p.Closed = noon().AddDate(1, 0, 0)
	reason, _ = p.MayCall(noon(), "")
	require.Empty(t, reason, "a clock that was wrong does not close it for a year")
}

// TestSharedBreaker: failures of all processes count together, until somebody has a success after them.
func TestSharedBreaker(t *testing.T) {
	t.Parallel()
	failed := func(n int) quota.Report {
		return quota.Report{Failures: 1, FailingSince: seconds(n), Kind: overloaded}
	}

	t.Run("OpensAtTheFifthInARow", func(t *testing.T) {
		t.Parallel()
		p := quota.Provider{}
		for n := 1; n < quota.Trips; n++ {
			p = p.Take(seconds(n), failed(n))
			require.NotEqual(t, quota.Open, p.Breaker.State)
		}
		p = p.Take(seconds(9), failed(9))
		require.Equal(t, quota.Breaker{State: quota.Open, Until: seconds(19), Reason: overloaded, Opened: 1}, p.Breaker)
		require.Equal(t, seconds(9), p.Down)
		_, g := p.Ask(seconds(10), ask(5))
		require.Equal(t, quota.Grant{Reason: quota.HeldByBreaker, Again: seconds(19)}, g)
		reason, until := p.MayCall(seconds(10), "")
		require.Equal(t, quota.HeldByBreaker, reason)
		require.Equal(t, seconds(19), until)
	})

	t.Run("ASuccessBetweenThemStartsAnew", func(t *testing.T) {
		t.Parallel()
		p := quota.Provider{}
		for n := range 100 {
			report := failed(2 * n)
			if n%4 == 3 {
				report.OKAt = seconds(2*n - 1) // of this process, known to nobody before
			}
			p = p.Take(seconds(2*n), report)
			require.NotEqual(t, quota.Open, p.Breaker.State, n)
		}
		p = p.Take(seconds(300), quota.Report{Calls: 1, OKAt: seconds(299)})
		require.Zero(t, p.Breaker.Failures)
	})

	t.Run("TripsAtOnce", func(t *testing.T) {
		t.Parallel()
		report := failed(1)
		report.Tripped = true
		require.Equal(t, quota.Open, quota.Provider{}.Take(noon(), report).Breaker.State)
		for _, kind := range []fault.Kind{fault.Unauthorized, fault.SpendCap} {
			p := quota.Provider{}.Take(noon(), quota.Report{Kind: string(kind)})
			require.Equal(t, noon().Add(quota.MaxOpen), p.Breaker.Until)
			require.Equal(t, seconds(5), p.Breaker.Retry(seconds(5)).Until, "somebody says that it is mended")
		}
	})

	t.Run("OneProbeClosesIt", func(t *testing.T) {
		t.Parallel()
		p := quota.Provider{Breaker: quota.Breaker{}.Report(noon(), false, overloaded, 0), Down: noon()}
		p, g := p.Ask(seconds(10), ask(25))
		require.True(t, g.Probe)
		require.Len(t, g.Starts, 1)
		other := ask(25)
		other.Owner = "b"
		_, g = p.Ask(seconds(11), other)
		require.Equal(t, quota.Grant{Reason: quota.HeldByBreaker, Again: seconds(16)}, g)
		reason, _ := p.MayCall(seconds(11), "a")
		require.Empty(t, reason, "the probe may call")
		reason, _ = p.MayCall(seconds(11), "")
		require.Equal(t, quota.HeldByBreaker, reason)
		next, g := p.Ask(seconds(131), other)
		require.True(t, g.Probe)
		reason, _ = next.MayCall(seconds(131), "a")
		require.Equal(t, quota.HeldByBreaker, reason, "whoever did not call in time has the probe no more")
		late := p.Take(seconds(11), quota.Report{Calls: 3, OKAt: seconds(1)})
		require.Equal(t, quota.Probing, late.Breaker.State, "calls that began before say nothing")
		closed := p.Take(seconds(12), quota.Report{Calls: 1, OKAt: seconds(12), Probed: true, ProbeOK: true})
		require.Equal(t, quota.Closed, closed.Breaker.State)
		require.Zero(t, closed.DownFor(seconds(12)))
		opened := p.Take(seconds(12), quota.Report{Failures: 1, FailingSince: seconds(12), Kind: overloaded, Probed: true})
		require.Equal(t, seconds(32), opened.Breaker.Until, "twice as long")
		require.Equal(t, 12*time.Second, opened.DownFor(seconds(12)))
	})
}

// TestOldNewsOpensNothing: what failed before a probe closed the breaker is over, whenever it is told.
func TestOldNewsOpensNothing(t *testing.T) {
	t.Parallel()
	p := quota.Provider{Breaker: quota.Breaker{}.Report(noon(), false, overloaded, 0)}
	p, _ = p.Ask(seconds(10), ask(1))
	old := quota.Report{Failures: 7, FailingSince: seconds(1), Kind: overloaded, Tripped: true}
	require.Equal(t, quota.Probing, p.Take(seconds(11), old).Breaker.State, "the probe is what counts")
	p = p.Take(seconds(12), quota.Report{Calls: 1, OKAt: seconds(12), Probed: true, ProbeOK: true})
	require.Equal(t, quota.Closed, p.Take(seconds(3600), old).Breaker.State, "a process that thaws has old news")
	fresh := old
	fresh.FailingSince = seconds(8)
	require.Equal(t, quota.Open, p.Take(seconds(14), fresh).Breaker.State, "by a clock that is a little behind")
	over := old.Plus(quota.Report{Calls: 1, OKAt: seconds(6)})
	require.False(t, over.Tripped, "a success after them ends them")

	for _, kind := range []fault.Kind{fault.Unauthorized, fault.SpendCap} {
		open := quota.Breaker{}.Report(noon(), false, overloaded, 0).Report(seconds(1), false, string(kind), 0)
		require.Equal(t, seconds(1).Add(quota.MaxOpen), open.Until, "what no probe mends is told to an open one too")
		require.Equal(t, string(kind), open.Reason)
		require.Equal(t, open, open.Report(seconds(2), false, string(kind), 0))
	}
	require.EqualValues(t, quota.Full, quota.Ramp{From: 125, Since: noon().AddDate(1, 0, 0)}.Share(noon()), "a time that cannot be true")
}

func TestReportsAddUp(t *testing.T) {
	t.Parallel()
	one := quota.Report{
		Calls: 1, Booked: quota.Need{Requests: 1, Input: 10, Output: 20}, Input: 11, Output: 19, OKAt: seconds(1),
		Limits: quota.Limits{Requests: quota.Limit{Max: 5, Remaining: 4}, Input: quota.Limit{Max: 6}}, Prefix: "p", PrefixAt: noon(),
	}
	two := quota.Report{
		Failures: 1, FailingSince: seconds(2), Kind: overloaded, Throttled: 2, RetryAfter: time.Second, Unused: []time.Time{seconds(5)},
		Limits: quota.Limits{Requests: quota.Limit{Max: 7, Remaining: 3}}, Tripped: true, Probed: true, Prefix: "q", Owner: "o",
	}
	require.Equal(t, quota.Report{
		Calls: 1, Booked: quota.Need{Requests: 1, Input: 10, Output: 20}, Input: 11, Output: 19, OKAt: seconds(1),
		Failures: 1, FailingSince: seconds(2), Kind: overloaded, Throttled: 2, RetryAfter: time.Second, Unused: []time.Time{seconds(5)},
		Limits: quota.Limits{Requests: quota.Limit{Max: 7, Remaining: 3}, Input: quota.Limit{Max: 6}}, Tripped: true, Probed: true, Prefix: "q", Owner: "o",
	}, one.Plus(two))
	later := one
	later.OKAt = seconds(3)
	sum := two.Plus(later)
	require.Zero(t, sum.Failures, "a success after them ends the failures")
	require.Empty(t, sum.Kind)
	more := two.Plus(quota.Report{Failures: 1, FailingSince: seconds(4), Kind: "x"})
	require.Equal(t, 2, more.Failures)
	require.Equal(t, seconds(2), more.FailingSince)
	stopped := quota.Report{Kind: fault.Unauthorized.Error()}.Plus(quota.Report{Failures: 1, FailingSince: seconds(4), Kind: overloaded})
	require.Equal(t, fault.Unauthorized.Error(), stopped.Kind, "what stops all calls is not forgotten for what does not")
	require.True(t, (&quota.Report{}).Empty())
	for _, r := range []quota.Report{one, two, {Tripped: true}, {Probed: true}, {Unused: two.Unused}, {Prefix: "p"}, {Throttled: 1}} {
		require.False(t, r.Empty())
	}
	some := quota.Limits{Requests: quota.Limit{Max: 5, Remaining: 4}}
	for _, r := range []quota.Report{{}, {Calls: 1, Limits: some}, {Calls: 1, Prefix: "p", PrefixAt: seconds(1)}} {
		require.True(t, r.Routine())
	}
	for _, r := range []quota.Report{
		one, two, {Tripped: true}, {Probed: true}, {Unused: two.Unused}, {Prefix: "p", Owner: "o"}, {Throttled: 1}, {Failures: 1}, {Kind: "x"},
	} {
		require.False(t, r.Routine(), "%+v", r)
	}
}
