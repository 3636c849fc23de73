package retry_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/retry"
)

func TestDelay(t *testing.T) {
	t.Parallel()
	const half = 0.5
	slow := retry.Policy{Base: 10 * time.Second, Cap: time.Minute}
	for name, c := range map[string]struct {
		policy     retry.Policy
		failures   int
		retryAfter time.Duration
		jitter     float64
		want       time.Duration
	}{
		"First":              {retry.Policy{}, 1, 0, half, 500 * time.Millisecond},
		"Second":             {retry.Policy{}, 2, 0, half, time.Second},
		"Fifth":              {retry.Policy{}, 5, 0, half, 8 * time.Second},
		"LastBelowCap":       {retry.Policy{}, 9, 0, half, 128 * time.Second},
		"AtCap":              {retry.Policy{}, 10, 0, half, 150 * time.Second},
		"FarAboveCap":        {retry.Policy{}, math.MaxInt, 0, half, 150 * time.Second},
		"ShiftOf63":          {retry.Policy{}, 64, 0, half, 150 * time.Second},
		"ZeroCountsAsFirst":  {retry.Policy{}, 0, 0, half, 500 * time.Millisecond},
		"NegativeToo":        {retry.Policy{}, math.MinInt, 0, half, 500 * time.Millisecond},
		"OwnPolicy":          {slow, 2, 0, half, 10 * time.Second},
		"OwnCap":             {slow, 4, 0, half, 30 * time.Second},
		"BaseAboveCap":       {retry.Policy{Base: time.Hour, Cap: time.Minute}, 1, 0, half, 30 * time.Second},
		"NegativeIsDefault":  {retry.Policy{Base: -1, Cap: -1}, 1, 0, half, 500 * time.Millisecond},
		"NoJitter":           {retry.Policy{}, 3, 0, 0, 0},
		"NegativeJitter":     {retry.Policy{}, 3, 0, -1, 0},
		"JitterNaN":          {retry.Policy{}, 3, 0, math.NaN(), 0},
		"JitterTooLarge":     {retry.Policy{}, 1, 0, 7, time.Second - 1},
		"JitterInf":          {retry.Policy{}, 1, 0, math.Inf(1), time.Second - 1},
		"WishIsHeeded":       {retry.Policy{}, 1, 20 * time.Second, half, 20 * time.Second},
		"LongerThanWish":     {retry.Policy{}, 9, 20 * time.Second, half, 128 * time.Second},
		"WishAboveCap":       {retry.Policy{}, 1, 30 * time.Minute, half, 30 * time.Minute},
		"WishIsCapped":       {retry.Policy{}, 1, math.MaxInt64, half, time.Hour},
		"NegativeWish":       {retry.Policy{}, 1, -time.Hour, half, 500 * time.Millisecond},
		"LargestCap":         {retry.Policy{Base: 1, Cap: math.MaxInt64}, math.MaxInt, 0, half, 1 << 62},
		"LargestEverything":  {retry.Policy{Base: math.MaxInt64, Cap: math.MaxInt64}, 2, 0, 1, math.MaxInt64 - 1023},
		"DoublingHitsLimits": {retry.Policy{Base: 1 << 61, Cap: math.MaxInt64}, 2, 0, half, 1 << 61},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.policy.Delay(c.failures, c.retryAfter, c.jitter))
		})
	}
}

func TestDelayStaysInItsBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		policy := retry.Policy{
			Base: time.Duration(rapid.Int64().Draw(t, "base")),
			Cap:  time.Duration(rapid.Int64().Draw(t, "cap")),
		}
		failures := rapid.Int().Draw(t, "failures")
		wish := time.Duration(rapid.Int64().Draw(t, "wish"))
		jitter := rapid.Float64Range(0, 1).Draw(t, "jitter")
		delay := policy.Delay(failures, wish, jitter)
		heeded := max(0, min(wish, retry.MaxRetryAfter))
		ceiling := policy.Cap
		if ceiling <= 0 {
			ceiling = 5 * time.Minute
		}
		require.GreaterOrEqual(t, delay, heeded)
		require.LessOrEqual(t, delay, max(heeded, ceiling))
		require.GreaterOrEqual(t, policy.Delay(max(failures, failures+1), wish, jitter), delay, "more failures never wait less")
	})
}
