package quota_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/quota"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func TestReserve(t *testing.T) {
	t.Parallel()
	perSecond := quota.Bucket{Rate: quota.Rate{Burst: 3, PerMinute: 60}}
	t.Run("BurstThenRate", func(t *testing.T) {
		t.Parallel()
		bucket := perSecond
		for i, want := range []time.Duration{0, 0, 0, 1, 2, 3, 4} {
			var start time.Time
			bucket, start = bucket.Reserve(noon(), 1)
			require.Equal(t, noon().Add(want*time.Second), start, "call %d", i)
		}
		require.Equal(t, noon().Add(7*time.Second), bucket.Next)
	})
	t.Run("RefillsWhileIdle", func(t *testing.T) {
		t.Parallel()
		bucket, _ := perSecond.Reserve(noon(), 3)
		later := noon().Add(2 * time.Second)
		_, start := bucket.Reserve(later, 2)
		require.Equal(t, later, start)
		_, start = bucket.Reserve(later, 3)
		require.Equal(t, later.Add(time.Second), start)
	})
	t.Run("NeverMoreThanTheBurstAfterALongRest", func(t *testing.T) {
		t.Parallel()
		bucket, _ := perSecond.Reserve(noon(), 1)
		later := noon().Add(24 * time.Hour)
		bucket, start := bucket.Reserve(later, 3)
		require.Equal(t, later, start)
		_, start = bucket.Reserve(later, 1)
		require.Equal(t, later.Add(time.Second), start)
	})
	t.Run("MoreThanTheBurstAtOnceWaitsForTheRest", func(t *testing.T) {
		t.Parallel()
		bucket, start := perSecond.Reserve(noon(), 10)
		require.Equal(t, noon().Add(7*time.Second), start)
		require.Equal(t, noon().Add(10*time.Second), bucket.Next)
	})
	t.Run("ClockBehindDoesNotMoveItBack", func(t *testing.T) {
		t.Parallel()
		bucket, _ := perSecond.Reserve(noon(), 3)
		next, start := bucket.Reserve(noon().Add(-time.Minute), 1)
		require.Equal(t, noon().Add(time.Second), start)
		require.Equal(t, noon().Add(4*time.Second), next.Next)
	})
	t.Run("AbsurdlyFarAheadIsReset", func(t *testing.T) {
		t.Parallel()
		bucket := perSecond
		bucket.Next = noon().Add(time.Hour)
		_, start := bucket.Reserve(noon(), 1)
		require.Equal(t, noon().Add(time.Hour-2*time.Second), start, "an hour is believed")
		bucket.Next = noon().Add(time.Hour + 1)
		bucket, start = bucket.Reserve(noon(), 1)
		require.Equal(t, noon(), start)
		require.Equal(t, noon().Add(time.Second), bucket.Next)
	})
	t.Run("NothingIsFree", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int64{0, -5, math.MinInt64} {
			bucket, start := perSecond.Reserve(noon(), n)
			require.Equal(t, perSecond, bucket)
			require.Equal(t, noon(), start)
		}
	})
	t.Run("NoRateNoLimit", func(t *testing.T) {
		t.Parallel()
		for _, perMinute := range []int64{0, -1} {
			free := quota.Bucket{Rate: quota.Rate{Burst: 1, PerMinute: perMinute}}
			bucket, start := free.Reserve(noon(), math.MaxInt64)
			require.Equal(t, free, bucket)
			require.Equal(t, noon(), start)
		}
	})
	t.Run("NoBurstIsOne", func(t *testing.T) {
		t.Parallel()
		for _, burst := range []int64{0, -9} {
			bucket, start := quota.Bucket{Rate: quota.Rate{Burst: burst, PerMinute: 60}}.Reserve(noon(), 1)
			require.Equal(t, noon(), start)
			_, start = bucket.Reserve(noon(), 1)
			require.Equal(t, noon().Add(time.Second), start)
		}
	})
	t.Run("HugeAmounts", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int64{math.MaxInt64, math.MaxInt64 / int64(time.Minute), 10_000_000_000, 1 << 61} {
			bucket, start := perSecond.Reserve(noon(), n)
			require.True(t, start.After(noon().AddDate(1, 0, 0)), "%d starts at %s", n, start)
			bucket, start = bucket.Reserve(noon(), 1)
			require.Equal(t, noon(), start, "the next one is not made to wait for it")
			require.Equal(t, noon().Add(time.Second), bucket.Next)
		}
		fastest := quota.Bucket{Rate: quota.Rate{Burst: math.MaxInt64, PerMinute: math.MaxInt64}}
		bucket, start := fastest.Reserve(noon(), math.MaxInt64)
		require.Equal(t, noon(), start)
		require.Equal(t, noon().Add(time.Minute), bucket.Next)
	})
}

// call is one reservation that has been granted.
type call struct {
	start time.Time
	n     int64
}

// requireWithinRate checks every window that begins and ends with a start: at most largest + rate * window in it.
func requireWithinRate(t require.TestingT, rate quota.Rate, largest int64, calls []call) {
	for _, from := range calls {
		for _, to := range calls {
			if to.start.Before(from.start) {
				continue
			}
			var sum int64
			for _, c := range calls {
				if !c.start.Before(from.start) && !c.start.After(to.start) {
					sum += c.n
				}
			}
			refill := new(big.Int).Mul(big.NewInt(rate.PerMinute), big.NewInt(int64(to.start.Sub(from.start))))
			most := new(big.Int).Div(refill, big.NewInt(int64(time.Minute)))
			most.Add(most, big.NewInt(largest))
			require.LessOrEqual(t, sum, most.Int64(), "from %s to %s", from.start, to.start)
		}
	}
}

// TestReserveKeepsTheRate: whatever is asked, by clocks that differ by up to ten seconds, no window gets more than the
// burst and the refill.
func TestReserveKeepsTheRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := quota.Rate{
			Burst:     rapid.Int64Range(1, 20).Draw(t, "burst"),
			PerMinute: rapid.OneOf(rapid.Int64Range(20, 100), rapid.Int64Range(20, 10_000_000)).Draw(t, "rate"),
		}
		bucket, now, largest := quota.Bucket{Rate: rate}, noon(), rate.Burst
		var calls []call
		for range rapid.IntRange(1, 25).Draw(t, "calls") {
			n := rapid.Int64Range(1, 2*rate.Burst).Draw(t, "n")
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(2*time.Second)).Draw(t, "pause")))
			clock := now.Add(time.Duration(rapid.Int64Range(-5e9, 5e9).Draw(t, "deviation")))
			next, start := bucket.Reserve(clock, n)
			require.False(t, start.Before(clock), "a start is never in the past")
			require.True(t, next.Next.After(bucket.Next), "the time never moves back")
			bucket, largest, calls = next, max(largest, n), append(calls, call{start, n})
		}
		requireWithinRate(t, rate, largest, calls)
	})
}

// TestReserveUsesTheRate: under load nothing is lost to rounding: a thousand calls take as long as the rate says.
func TestReserveUsesTheRate(t *testing.T) {
	t.Parallel()
	for _, perMinute := range []int64{7, 1000, 4000, 10_000} {
		bucket := quota.Bucket{Rate: quota.Rate{Burst: 1, PerMinute: perMinute}}
		var start time.Time
		now := noon()
		for range perMinute + 1 {
			bucket, start = bucket.Reserve(now, 1)
			now = start
		}
		require.WithinRange(t, start, noon().Add(time.Minute), noon().Add(time.Minute+time.Duration(perMinute)))
	}
}
