package cost_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func TestUsageCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		usage cost.Usage
		says  string // "" when the usage is fine
	}{
		"Typical":        {cost.Usage{Input: 6000, Output: 1800}, ""},
		"OnlyCacheReads": {cost.Usage{CacheRead: 1, Output: 1}, ""},
		"NothingWritten": {cost.Usage{Input: 1}, ""},
		"OutputAlone":    {cost.Usage{Output: 1}, ""},
		"LargestPrompt":  {cost.Usage{Input: 500_000, CacheWrite5m: 500_000, CacheWrite1h: 500_000, CacheRead: 500_000}, ""},
		"LargestOutput":  {cost.Usage{Input: 1, Output: 500_000}, ""},
		"Missing":        {cost.Usage{}, "missing"},
		"NegativeInput":  {cost.Usage{Input: -1, Output: 5}, "negative"},
		"NegativeWrite5": {cost.Usage{Input: 5, CacheWrite5m: -1}, "negative"},
		"NegativeWrite1": {cost.Usage{Input: 5, CacheWrite1h: -1}, "negative"},
		"NegativeRead":   {cost.Usage{Input: 5, CacheRead: -1}, "negative"},
		"NegativeOutput": {cost.Usage{Input: 5, Output: -1}, "negative"},
		"AbsurdPrompt":   {cost.Usage{Input: 1_000_000, CacheRead: 1_000_001}, "2000001 prompt tokens"},
		"AbsurdOutput":   {cost.Usage{Input: 1, Output: 500_001}, "500001 output tokens"},
		"SumOverflows":   {cost.Usage{Input: math.MaxInt64, CacheRead: math.MaxInt64}, "prompt tokens"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.usage.Check()
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, fault.Invalid)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestUsagePrompt(t *testing.T) {
	t.Parallel()
	require.EqualValues(t, 1111, cost.Usage{Input: 1, CacheWrite5m: 10, CacheWrite1h: 100, CacheRead: 1000, Output: 7}.Prompt())
	require.EqualValues(t, math.MaxInt64, cost.Usage{Input: math.MaxInt64, CacheWrite1h: 1}.Prompt())
	require.EqualValues(t, math.MinInt64, cost.Usage{Input: math.MinInt64, CacheRead: -1}.Prompt())
	require.EqualValues(t, -1, cost.Usage{Input: math.MinInt64, CacheRead: math.MaxInt64}.Prompt())
}
