package quota_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/quota"
)

// perSecond is a provider that takes one call a second, and has just been called.
func perSecond() quota.Provider {
	p := provider(quota.Rate{Burst: 1, PerMinute: of(60)}, quota.Rate{}, quota.Rate{})
	p.Requests.Next = noon()
	return p
}

func ask(calls int) quota.Ask {
	return quota.Ask{Owner: "a", Calls: calls, Within: 20 * time.Second}
}

// after lists times in seconds past noon.
func after(times []time.Time) []int {
	var seconds []int
	for _, at := range times {
		seconds = append(seconds, int(at.Sub(noon()).Seconds()))
	}
	return seconds
}

func TestAskForStarts(t *testing.T) {
	t.Parallel()

	t.Run("AsManyAsFitWithinTheTime", func(t *testing.T) {
		t.Parallel()
		p, g := perSecond().Ask(noon(), ask(5))
		require.Equal(t, []int{0, 1, 2, 3, 4}, after(g.Starts))
		p, g = p.Ask(noon(), ask(30))
		require.Len(t, g.Starts, 16)
		require.Equal(t, []int{5, 20}, after([]time.Time{g.Starts[0], g.Starts[15]}))
		require.Empty(t, g.Reason)
		require.Equal(t, noon().Add(21*time.Second), p.Requests.Next)
	})

	t.Run("NoneWhenTheFirstIsInTheSecondHalf", func(t *testing.T) {
		t.Parallel()
		p, _ := perSecond().Ask(noon(), ask(11))
		same, g := p.Ask(noon(), ask(1))
		require.Equal(t, p, same, "nothing is booked")
		require.Empty(t, g.Starts)
		require.Equal(t, quota.HeldByQuota, g.Reason)
		require.Equal(t, noon().Add(time.Second), g.Again)
		_, g = p.Ask(g.Again, ask(25))
		require.Equal(t, []int{11, 21}, after([]time.Time{g.Starts[0], g.Starts[len(g.Starts)-1]}), "then there are many")
	})

	t.Run("ACallThatTakesMoreThanTheBurstStartsWhenTheBucketIsFull", func(t *testing.T) {
		t.Parallel()
		// A call of 800 tokens takes a minute of this rate to come back.
		p := provider(quota.Rate{}, quota.Rate{}, quota.Rate{Burst: 13, PerMinute: of(800)})
		big := quota.Ask{Owner: "a", Calls: 3, Within: 20 * time.Second, Likely: quota.Need{Requests: 1, Input: 1, Output: 800}}
		p, g := p.Ask(noon(), big)
		require.Equal(t, []int{0}, after(g.Starts))
		_, g = p.Ask(noon(), big)
		require.Empty(t, g.Starts)
		require.Equal(t, 50, after([]time.Time{g.Again})[0])
		_, g = p.Ask(g.Again, big)
		require.Equal(t, []int{60}, after(g.Starts))
	})

	t.Run("WhatWasGivenBackFirst", func(t *testing.T) {
		t.Parallel()
		p, g := perSecond().Ask(noon(), ask(11))
		p = p.Take(noon(), quota.Report{Unused: g.Starts[5:8]})
		p, g = p.Ask(noon().Add(5500*time.Millisecond), ask(3))
		require.Equal(t, []int{6, 7, 11}, after(g.Starts), "what has passed is gone")
		require.Empty(t, p.Free)
	})

	t.Run("NoneWhileTheProviderWantsNone", func(t *testing.T) {
		t.Parallel()
		p := perSecond().Take(noon(), quota.Report{Throttled: 1, RetryAfter: 11 * time.Second})
		_, g := p.Ask(noon(), ask(5))
		require.Equal(t, quota.Grant{Reason: quota.HeldByQuota, Again: noon().Add(time.Second)}, g)
		_, g = p.Ask(noon().Add(2*time.Second), ask(1))
		require.Equal(t, []int{11}, after(g.Starts))
	})
}

func TestRamp(t *testing.T) {
	t.Parallel()
	limits := quota.Limits{Requests: quota.Limit{Max: 1000, Remaining: 900}}

	t.Run("DoublesEachMinuteFromWhenTheLimitsBecomeKnown", func(t *testing.T) {
		t.Parallel()
		p := quota.Provider{}.Take(noon(), quota.Report{Limits: limits})
		for minute, share := range []int64{125, 250, 500, quota.Full, quota.Full} {
			require.Equal(t, share, p.Ramp.Share(noon().Add(time.Duration(minute)*time.Minute)), minute)
		}
		require.EqualValues(t, quota.Full, p.Ramp.Share(noon().Add(quota.RampTime)))
		require.EqualValues(t, 187, p.Ramp.Share(noon().Add(30*time.Second)))
	})

	t.Run("AlsoWhenTheyAreUsedUpByThen", func(t *testing.T) {
		t.Parallel()
		used := limits
		used.Requests.Remaining = 0
		p := quota.Provider{}.Take(noon(), quota.Report{Limits: used})
		require.EqualValues(t, quota.FirstShare, p.Ramp.Share(noon()))
		require.Equal(t, noon().Add(1480*time.Millisecond), p.Requests.Next, "a second past what may start at once")
	})

	t.Run("AnewAfterARest", func(t *testing.T) {
		t.Parallel()
		p, g := perSecond().Ask(noon().Add(quota.Rest-1), ask(1))
		require.Len(t, g.Starts, 1)
		require.EqualValues(t, quota.Full, p.Ramp.Share(noon()))
		p, _ = perSecond().Ask(noon().Add(quota.Rest), ask(1))
		require.EqualValues(t, 968, p.Ramp.Share(noon()), "one call a second is the least that is begun with")
		fast := provider(quota.Rate{Burst: 1, PerMinute: 1000}, quota.Rate{}, quota.Rate{})
		fast, _ = fast.Ask(noon(), ask(1))
		require.EqualValues(t, quota.FirstShare, fast.Ramp.Share(noon()))
	})
}
