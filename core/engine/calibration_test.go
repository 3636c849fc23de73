package engine_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/engine"
)

// TestHistogramQuantile: a quantile is at most an eighth off the number that a sorted list has there.
func TestHistogramQuantile(t *testing.T) {
	t.Parallel()
	require.Zero(t, engine.Histogram{}.Quantile(0.5))
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 40), rapid.Int64Range(0, 1<<40)), 1, 200).Draw(t, "numbers")
		h := engine.Histogram{}
		for _, n := range numbers {
			h.Add(n)
		}
		require.Equal(t, int64(len(numbers)), h.Total())
		slices.Sort(numbers)
		for _, q := range []float64{0.01, 0.5, 0.95, 0.99, 1} {
			exact := numbers[min(len(numbers)-1, max(0, ceil(q*float64(len(numbers)))-1))]
			require.InDelta(t, exact, h.Quantile(q), float64(exact)/8, "%v", q)
		}
	})
}

func ceil(x float64) int {
	n := int(x)
	if float64(n) < x {
		n++
	}
	return n
}

// observed is a calibration of n tasks with outputs of about the mean and prompts of the ratio, one answer each.
func observed(seed uint64, n int, mean, ratio float64) engine.Calibration {
	rng := rand.New(rand.NewPCG(seed, 1))
	var c engine.Calibration
	for range n {
		bytes := 8000 + rng.Int64N(500)
		c.Pair(bytes, int64(float64(bytes)*ratio*(0.98+0.04*rng.Float64())))
		c.Answer(int64(mean * (0.7 + 0.6*rng.Float64())))
		c.Tasks++
	}
	return c
}

func TestCalibrationLearns(t *testing.T) {
	t.Parallel()
	var none *engine.Calibration
	require.Equal(t, int64(4000), none.Likely(10_000), "2.5 bytes a token")
	require.Equal(t, int64(6000), none.Bound(10_000), "half of the bytes and 1,000")
	_, ok := none.Mean()
	require.False(t, ok)
	require.InDelta(t, 1, none.Attempts(), 0)

	few := observed(1, 29, 900, 0.36)
	require.Equal(t, int64(4000), few.Likely(10_000), "29 are not enough")
	_, ok = few.Mean()
	require.False(t, ok)

	c := observed(1, 200, 900, 0.36)
	require.InDelta(t, 3600, c.Likely(10_000), 20)
	mean, ok := c.Mean()
	require.True(t, ok)
	require.InDelta(t, 900, mean, 30)
	require.InDelta(t, 900, c.Outputs.Quantile(0.5), 900/8)
	require.InDelta(t, 156, c.Deviation(), 20)

	c.Answers, c.Output = c.Answers+20, c.Output+20*900
	require.InDelta(t, 1.1, c.Attempts(), 0.001, "20 of 200 tasks took a second answer")
}

// TestCalibrationBound: what was seen once is never below the bound again, whatever the ratio.
func TestCalibrationBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var c engine.Calibration
		type pair struct{ bytes, tokens int64 }
		var seen []pair
		for range rapid.IntRange(1, 50).Draw(t, "n") {
			p := pair{rapid.Int64Range(1, 50_000).Draw(t, "bytes"), 0}
			p.tokens = rapid.Int64Range(1, 3*p.bytes).Draw(t, "tokens")
			c.Pair(p.bytes, p.tokens)
			seen = append(seen, p)
		}
		for _, p := range seen {
			require.GreaterOrEqual(t, c.Bound(p.bytes), p.tokens)
			require.GreaterOrEqual(t, c.Bound(p.bytes), (p.bytes+1)/2+1000, "never below what a hold is")
		}
	})
}

// TestCalibrationAddsUp: two processes know together what one would, and what is stored is what was.
func TestCalibrationAddsUp(t *testing.T) {
	t.Parallel()
	a, b := observed(1, 40, 900, 0.36), observed(2, 70, 1500, 0.41)
	both := a
	both.Plus(b)
	require.Equal(t, int64(110), both.Answers)
	require.Equal(t, max(a.MostRatio, b.MostRatio), both.MostRatio)
	require.Equal(t, int64(110), both.Outputs.Total())

	stored, err := json.Marshal(both)
	require.NoError(t, err)
	require.Less(t, len(stored), 1500)
	var again engine.Calibration
	require.NoError(t, json.Unmarshal(stored, &again))
	require.Equal(t, both, again)

	// A model that has changed is believed sooner than in as many answers as there were before.
	var old engine.Calibration
	for range 40 {
		old.Plus(observed(3, 1000, 900, 0.36))
	}
	require.LessOrEqual(t, old.Answers, int64(20_000))
	for range 40 {
		old.Plus(observed(4, 1000, 1800, 0.36))
	}
	mean, _ := old.Mean()
	require.InDelta(t, 1800, mean, 250)
}
