package cost_test

import (
	"math"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// million is a prompt of 100,000 tokens ten times; prices are published per million tokens.
const million = 1_000_000

// published is the provider's table as people read it: USD per million tokens for input, 5 minute write, 1 hour write,
// cache read and output.
func published() map[string][5]string {
	opus := [5]string{"5", "6.25", "10", "0.50", "25"}
	sonnet4 := [5]string{"3", "3.75", "6", "0.30", "15"}
	haiku4 := [5]string{"1", "1.25", "2", "0.10", "5"}
	return map[string][5]string{
		"claude-haiku-5-5":          {"0.50", "0.625", "1.00", "0.05", "2.50"}, // above 100,000 prompt tokens
		"claude-sonnet-5-5":         {"2", "2.50", "4", "0.10", "10"},
		"claude-opus-5-5":           {"4", "5", "8", "0.20", "20"},
		"claude-fable-5-1":          {"10", "12.50", "20", "0.25", "50"},
		"claude-sonnet-5":           {"2", "2.50", "4", "0.20", "10"},
		"claude-opus-5":             opus,
		"claude-opus-4-8":           opus,
		"claude-opus-4-7":           opus,
		"claude-opus-4-6":           opus,
		"claude-opus-4-5":           opus,
		"claude-sonnet-4-6":         sonnet4,
		"claude-sonnet-4-5":         sonnet4,
		"claude-haiku-4-5":          haiku4,
		"claude-haiku-4-5-20251001": haiku4,
	}
}

// oneMillion is a million tokens of each class in turn.
func oneMillion() [5]cost.Usage {
	return [5]cost.Usage{{Input: million}, {CacheWrite5m: million}, {CacheWrite1h: million}, {CacheRead: million}, {Output: million}}
}

// TestTheBuiltInFilePassesTheStrictReader: at run time it is read without.
func TestTheBuiltInFilePassesTheStrictReader(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("prices.json")
	require.NoError(t, err)
	table, err := cost.ParseTable(file)
	require.NoError(t, err)
	require.True(t, table.Equal(cost.Prices()))
}

func TestPricesAreThePublishedOnes(t *testing.T) {
	t.Parallel()
	table := cost.Prices()
	require.Equal(t, "2026-10-10", table.Version())
	for model, prices := range published() {
		for class, price := range prices {
			usage := oneMillion()[class]
			if model == "claude-haiku-5-5" && class == 4 {
				usage = cost.Usage{Output: million, CacheRead: million} // the output's price depends on the prompt
			}
			want, err := cost.ParseUSD(price)
			require.NoError(t, err)
			if usage.Prompt() > 0 && usage.Output > 0 {
				want += cost.Dollar / 20
			}
			got, err := table.Cost(model, cost.Realtime, usage)
			require.NoError(t, err)
			require.Equal(t, want, got, "%s class %d", model, class)
			half, err := table.Cost(model, cost.Batch, usage)
			require.NoError(t, err)
			require.Equal(t, want, 2*half, "%s class %d in a batch", model, class)
		}
	}
}

func TestPricesKnowEveryModel(t *testing.T) {
	t.Parallel()
	var want []string
	for model := range published() {
		want = append(want, model)
	}
	slices.Sort(want)
	require.Equal(t, want, cost.Prices().Models())
	for _, model := range want {
		require.NoError(t, cost.Prices().Knows(model))
	}
	for _, model := range []string{"", "claude-haiku-5-6", "Claude-Haiku-5-5", strings.Repeat("x", 500)} {
		err := cost.Prices().Knows(model)
		require.ErrorIs(t, err, fault.Invalid)
		require.ErrorContains(t, err, strings.Join(want, ", "))
		require.Less(t, len(err.Error()), 450)
	}
}

// TestCacheMinimum: from which length on a prefix is kept, of the documentation of August to October 2026.
func TestCacheMinimum(t *testing.T) {
	t.Parallel()
	table := cost.Prices()
	for model, want := range map[string]int64{
		"claude-haiku-5-5": 512, "claude-sonnet-5-5": 512, "claude-opus-5": 512, "claude-fable-5-1": 512,
		"claude-sonnet-5": 1024, "claude-sonnet-4-6": 1024, "claude-sonnet-4-5": 1024, "claude-opus-4-8": 1024,
		"claude-opus-4-7": 2048, "claude-haiku-4-5": 4096, "claude-opus-4-6": 4096, "claude-opus-4-5": 4096, "unknown": 0,
	} {
		require.Equal(t, want, table.CacheMinimum(model), model)
	}
	for _, model := range table.Models() {
		require.Positive(t, table.CacheMinimum(model), model)
	}
	old, err := cost.ParseTable([]byte(tableOf(stepOf(0, 2))))
	require.NoError(t, err)
	require.Zero(t, old.CacheMinimum("m"), "a file without the field")
}

func TestEqual(t *testing.T) {
	t.Parallel()
	parse := func(text string) *cost.Table {
		table, err := cost.ParseTable([]byte(text))
		require.NoError(t, err)
		return table
	}
	text := tableOf(stepOf(0, 2), stepOf(9, 4))
	require.True(t, parse(text).Equal(parse(text)))
	require.True(t, parse(text).Equal(parse(strings.Replace(text, "a page", "another page", 1))), "the same prices from elsewhere")
	for name, other := range map[string]string{
		"Version":  strings.Replace(text, "v1", "v2", 1),
		"Price":    strings.Replace(text, `"output":4`, `"output":5`, 1),
		"Model":    strings.Replace(text, `"m"`, `"n"`, 1),
		"Alias":    strings.Replace(text, `"date"`, `"aliases":["n"],"date"`, 1),
		"Step":     tableOf(stepOf(0, 2)),
		"CacheMin": strings.Replace(text, `"date"`, `"cache_min":512,"date"`, 1),
	} {
		require.False(t, parse(text).Equal(parse(other)), name)
	}
}

func TestCostHaikuStep(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lane  cost.Lane
		usage cost.Usage
		want  string
	}{
		"Typical":             {cost.Realtime, cost.Usage{Input: 6000, Output: 1800}, "0.001500000000"},
		"TypicalBatch":        {cost.Batch, cost.Usage{Input: 6000, Output: 1800}, "0.000750000000"},
		"LastCheapToken":      {cost.Realtime, cost.Usage{Input: 100_000, Output: 1000}, "0.010500000000"},
		"FirstDearToken":      {cost.Realtime, cost.Usage{Input: 100_001, Output: 1000}, "0.052500500000"},
		"WholePromptDecides":  {cost.Realtime, cost.Usage{Input: 99_998, CacheWrite5m: 1, CacheWrite1h: 1, CacheRead: 1, Output: 1000}, "0.052500675000"},
		"ReadsAloneDecide":    {cost.Realtime, cost.Usage{CacheRead: 100_001}, "0.005000050000"},
		"OutputDoesNotDecide": {cost.Realtime, cost.Usage{Input: 1, Output: 300_000}, "0.150000100000"},
		"SmallestCost":        {cost.Batch, cost.Usage{CacheRead: 1}, "0.000000005000"},
		"OddWriteInBatch":     {cost.Batch, cost.Usage{CacheWrite5m: 1}, "0.000000062500"},
		"NoUsage":             {cost.Realtime, cost.Usage{}, "0.000000000000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cost.Prices().Cost("claude-haiku-5-5", c.lane, c.usage)
			require.NoError(t, err)
			require.Equal(t, c.want, got.String())
		})
	}
}

func TestCostRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		model string
		lane  cost.Lane
		usage cost.Usage
		kind  fault.Kind
	}{
		"UnknownModel":     {"gpt-x", cost.Realtime, cost.Usage{Input: 1}, fault.Invalid},
		"NoModel":          {"", cost.Realtime, cost.Usage{}, fault.Invalid},
		"UnknownLane":      {"claude-haiku-5-5", "auto", cost.Usage{Input: 1}, fault.Invalid},
		"NoLane":           {"claude-haiku-5-5", "", cost.Usage{Input: 1}, fault.Invalid},
		"NegativeInput":    {"claude-haiku-5-5", cost.Realtime, cost.Usage{Input: -1}, fault.Invalid},
		"NegativeOutput":   {"claude-haiku-5-5", cost.Realtime, cost.Usage{Input: 1, Output: -1}, fault.Invalid},
		"HugeProduct":      {"claude-haiku-5-5", cost.Realtime, cost.Usage{Output: math.MaxInt64}, fault.Overflow},
		"ProductAboveMax":  {"claude-haiku-5-5", cost.Realtime, cost.Usage{Output: 20_000_000_000_000}, fault.Overflow},
		"SumAboveMax":      {"claude-opus-5-5", cost.Realtime, cost.Usage{CacheRead: 40_000_000_000_000, Output: 400_000_000_000}, fault.Overflow},
		"PromptSumTooHuge": {"claude-haiku-5-5", cost.Realtime, cost.Usage{Input: math.MaxInt64, CacheRead: math.MaxInt64}, fault.Overflow},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cost.Prices().Cost(c.model, c.lane, c.usage)
			require.ErrorIs(t, err, c.kind)
			require.Zero(t, got)
		})
	}
}

// TestCostIsExact compares with arithmetic without limit, on a table of arbitrary prices.
func TestCostIsExact(t *testing.T) {
	t.Parallel()
	table, err := cost.ParseTable([]byte(tableOf(`{"over":0,"realtime":` + ratesOf(3, 5, 7, 11, 13) + `,"batch":` + ratesOf(1, 1, 1, 1, math.MaxInt64) + `}`)))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		tokens := rapid.OneOf(rapid.Int64Range(0, 1_000_000), rapid.Int64Range(0, math.MaxInt64))
		u := cost.Usage{
			Input: tokens.Draw(t, "in"), CacheWrite5m: tokens.Draw(t, "5m"), CacheWrite1h: tokens.Draw(t, "1h"),
			CacheRead: tokens.Draw(t, "read"), Output: tokens.Draw(t, "out"),
		}
		want := new(big.Int)
		for n, price := range map[int64]int64{3: u.Input, 5: u.CacheWrite5m, 7: u.CacheWrite1h, 11: u.CacheRead, 13: u.Output} {
			want.Add(want, new(big.Int).Mul(big.NewInt(n), big.NewInt(price)))
		}
		got, err := table.Cost("m", cost.Realtime, u)
		if !want.IsInt64() {
			require.ErrorIs(t, err, fault.Overflow)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want.Int64(), int64(got))
	})
	got, err := table.Cost("m", cost.Batch, cost.Usage{Output: 1})
	require.NoError(t, err)
	require.Equal(t, cost.Pico(math.MaxInt64), got)
}
