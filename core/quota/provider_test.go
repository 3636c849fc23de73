package quota_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/quota"
)

func provider(requests, input, output quota.Rate) quota.Provider {
	return quota.Provider{
		Requests: quota.Bucket{Rate: requests}, Input: quota.Bucket{Rate: input}, Output: quota.Bucket{Rate: output},
	}
}

// of is the advertised rate of which Full is that much.
func of(perMinute int64) int64 { return (perMinute*1000 + quota.Full - 1) / quota.Full }

func TestProviderReserve(t *testing.T) {
	t.Parallel()
	p := provider(quota.Rate{Burst: 10, PerMinute: of(600)}, quota.Rate{Burst: 5000, PerMinute: of(60_000)}, quota.Rate{})
	need := quota.Need{Requests: 1, Input: 2500, Output: 2000}
	for i, want := range []time.Duration{0, 0, 2500, 5000, 7500} { // 1,000 input tokens a second are the bottleneck
		var start time.Time
		p, start = p.Reserve(noon(), need)
		require.Equal(t, noon().Add(want*time.Millisecond), start, "call %d", i)
	}
	require.Equal(t, noon().Add(7600*time.Millisecond), p.Requests.Next, "a request counts when it starts")

	p.Input.Next = noon().AddDate(1, 0, 0)
	p, start := p.Reserve(noon().Add(8*time.Second), need)
	require.Equal(t, noon().Add(8*time.Second), start, "one broken bucket does not stop the provider")
	require.Equal(t, noon().Add(10500*time.Millisecond), p.Input.Next)
}

func TestProviderReserveBeyondTheBurst(t *testing.T) {
	t.Parallel()
	p := provider(quota.Rate{Burst: 1, PerMinute: of(60)}, quota.Rate{Burst: 100, PerMinute: of(6000)}, quota.Rate{Burst: 10, PerMinute: of(600)})
	p, start := p.Reserve(noon(), quota.Need{Requests: 1, Input: 600, Output: 30})
	require.Equal(t, noon(), start, "the bucket is full")
	require.Equal(t, noon().Add(6*time.Second), p.Input.Next, "charged once")
	require.Equal(t, start.Add(time.Second), p.Requests.Next)
	require.Equal(t, start.Add(3*time.Second), p.Output.Next)
}

func TestProviderJSON(t *testing.T) {
	t.Parallel()
	p := provider(quota.Rate{Burst: 1, PerMinute: of(2)}, quota.Rate{Burst: 3, PerMinute: 4}, quota.Rate{Burst: 5, PerMinute: 6})
	p, _ = p.Reserve(noon(), quota.Need{Requests: 1})
	p.Breaker = p.Breaker.Report(noon(), false, overloaded, 0)
	text, err := json.Marshal(p)
	require.NoError(t, err)
	require.JSONEq(t, `{"requests":{"rate":{"burst":1,"per_minute":3},"next":"2026-11-22T12:00:30Z"},
		"input":{"rate":{"burst":3,"per_minute":4}},"output":{"rate":{"burst":5,"per_minute":6}},
		"breaker":{"state":"open","until":"2026-11-22T12:00:10Z","reason":"overloaded","opened":1}}`, string(text))
	var back quota.Provider
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, p, back)
}

func TestPerMinute(t *testing.T) {
	t.Parallel()
	require.Zero(t, quota.Provider{}.PerMinute(noon()), "no limit is known")
	p := provider(quota.Rate{PerMinute: of(1000)}, quota.Rate{PerMinute: of(2_000_000)}, quota.Rate{PerMinute: of(400_000)})
	require.EqualValues(t, 1000, p.PerMinute(noon()))
	p.Likely = quota.Need{Requests: 1, Input: 4000, Output: 2000}
	require.EqualValues(t, 200, p.PerMinute(noon()), "the output is what binds")
	p.Likely.Input = 40_000
	require.EqualValues(t, 50, p.PerMinute(noon()))
	p.Likely.Input = 40_000_000
	require.EqualValues(t, 1, p.PerMinute(noon()), "at least one")
}

// TestProviderKeepsEveryRate: the calls keep to all three rates at once, although one delays what another would allow.
func TestProviderKeepsEveryRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rates := [3]quota.Rate{}
		for i := range rates {
			rates[i] = quota.Rate{
				Burst:     rapid.Int64Range(1, 10).Draw(t, fmt.Sprint("burst", i)),
				PerMinute: rapid.Int64Range(30, 1000).Draw(t, fmt.Sprint("rate", i)),
			}
		}
		p, now := provider(rates[0], rates[1], rates[2]), noon()
		var calls [3][]call
		largest := [3]int64{rates[0].Burst, rates[1].Burst, rates[2].Burst}
		for range rapid.IntRange(1, 20).Draw(t, "calls") {
			var n [3]int64
			for i := range n {
				n[i] = rapid.Int64Range(0, 12).Draw(t, "n")
			}
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(2*time.Second)).Draw(t, "pause")))
			var start time.Time
			p, start = p.Reserve(now, quota.Need{Requests: n[0], Input: n[1], Output: n[2]})
			require.False(t, start.Before(now))
			for i := range n {
				calls[i], largest[i] = append(calls[i], call{start, n[i]}), max(largest[i], n[i])
			}
		}
		for i := range calls {
			requireWithinRate(t, rates[i], largest[i], calls[i])
		}
	})
}
