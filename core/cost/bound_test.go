package cost_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func TestBound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		model          string
		lane           cost.Lane
		cache          cost.Cache
		prompt, output int64
		want           string
	}{
		"Typical":      {"claude-haiku-5-5", cost.Realtime, cost.NoCache, 6000, 4096, "0.002648000000"},
		"TypicalBatch": {"claude-haiku-5-5", cost.Batch, cost.NoCache, 6000, 4096, "0.001324000000"},
		"BelowStep":    {"claude-haiku-5-5", cost.Realtime, cost.NoCache, 100_000, 1, "0.010000500000"},
		"AboveStep":    {"claude-haiku-5-5", cost.Realtime, cost.NoCache, 100_001, 1, "0.050003000000"},
		"NoSteps":      {"claude-sonnet-5-5", cost.Realtime, cost.NoCache, 1_000_000, 128_000, "3.280000000000"},
		"FiveMinutes":  {"claude-haiku-5-5", cost.Realtime, cost.Cache5m, 6000, 4096, "0.002798000000"},
		"OneHour":      {"claude-haiku-5-5", cost.Realtime, cost.Cache1h, 6000, 4096, "0.003248000000"},
		"OneHourBatch": {"claude-haiku-5-5", cost.Batch, cost.Cache1h, 6000, 4096, "0.001624000000"},
		"OneHourStep":  {"claude-haiku-5-5", cost.Realtime, cost.Cache1h, 100_001, 0, "0.100001000000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cost.Prices().Bound(c.model, c.lane, c.cache, c.prompt, c.output)
			require.NoError(t, err)
			require.Equal(t, c.want, got.String())
		})
	}
}

func TestBoundRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		model          string
		cache          cost.Cache
		prompt, output int64
		kind           fault.Kind
	}{
		"NegativePrompt": {"claude-haiku-5-5", cost.NoCache, -1, 1, fault.Invalid},
		"NegativeOutput": {"claude-haiku-5-5", cost.Cache5m, 1, -1, fault.Invalid},
		"UnknownModel":   {"unknown", cost.NoCache, 1, 1, fault.Invalid},
		"UnknownCache":   {"claude-haiku-5-5", "2h", 1, 1, fault.Invalid},
		"TooLarge":       {"claude-haiku-5-5", cost.Cache1h, math.MaxInt64, 1, fault.Overflow},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cost.Prices().Bound(c.model, cost.Realtime, c.cache, c.prompt, c.output)
			require.ErrorIs(t, err, c.kind)
			require.Zero(t, got)
		})
	}
}

// TestBoundHolds: whatever a call within its bounds uses of what it asked for costs at most the bound, at any prices.
func TestBoundHolds(t *testing.T) {
	t.Parallel()
	odd, err := cost.ParseTable([]byte(tableOf(
		`{"over":0,"realtime":` + ratesOf(3, 5, 2, 11, 13) + `,"batch":` + ratesOf(9, 1, 2, 4, 7) + `}`)))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		table := rapid.SampledFrom([]*cost.Table{cost.Prices(), odd}).Draw(t, "table")
		model := rapid.SampledFrom(table.Models()).Draw(t, "model")
		lane := rapid.SampledFrom([]cost.Lane{cost.Realtime, cost.Batch}).Draw(t, "lane")
		cache := rapid.SampledFrom([]cost.Cache{cost.NoCache, cost.Cache5m, cost.Cache1h}).Draw(t, "cache")
		prompt := rapid.Int64Range(0, 250_000).Draw(t, "prompt")
		output := rapid.Int64Range(0, 128_000).Draw(t, "output")
		usage := cost.Usage{Output: rapid.Int64Range(0, output).Draw(t, "used")}
		left := prompt
		take := func(name string, into *int64) {
			*into = rapid.Int64Range(0, left).Draw(t, name)
			left -= *into
		}
		take("input", &usage.Input)
		switch cache {
		case cost.Cache5m:
			take("write", &usage.CacheWrite5m)
			take("read", &usage.CacheRead)
		case cost.Cache1h:
			take("write", &usage.CacheWrite1h)
			take("read", &usage.CacheRead)
		}
		bound, err := table.Bound(model, lane, cache, prompt, output)
		require.NoError(t, err)
		got, err := table.Cost(model, lane, usage)
		require.NoError(t, err)
		require.LessOrEqual(t, got, bound)
	})
}
