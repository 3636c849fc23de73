package cost_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func TestParseUSD(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want cost.Pico
	}{
		{"0", 0},
		{"12", 12 * cost.Dollar},
		{"0.5", cost.Dollar / 2},
		{"0.50", cost.Dollar / 2},
		{"007.25", 7*cost.Dollar + cost.Dollar/4},
		{"1.234567890123", 1_234_567_890_123},
		{"0.000000000001", 1},
		{"9223372.036854775807", math.MaxInt64},
		{strings.Repeat("0", 100) + "1", cost.Dollar},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			got, err := cost.ParseUSD(c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestParseUSDRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		kind fault.Kind
	}{
		{"", fault.Invalid},
		{".", fault.Invalid},
		{".5", fault.Invalid},
		{"5.", fault.Invalid},
		{"+1", fault.Invalid},
		{"-1", fault.Invalid},
		{"1.-5", fault.Invalid},
		{"1.2.3", fault.Invalid},
		{"1,5", fault.Invalid},
		{"1_000", fault.Invalid},
		{"$5", fault.Invalid},
		{" 5", fault.Invalid},
		{"5\n", fault.Invalid},
		{"1e3", fault.Invalid},
		{"0x10", fault.Invalid},
		{"NaN", fault.Invalid},
		{"Inf", fault.Invalid},
		{"١٢", fault.Invalid},
		{"1.0000000000000", fault.Invalid},
		{"0.12345678901234567890", fault.Invalid},
		{"9223372.036854775808", fault.Overflow},
		{"9223373", fault.Overflow},
		{"18446744.073709551616", fault.Overflow},
		{strings.Repeat("9", 100), fault.Overflow},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			got, err := cost.ParseUSD(c.text)
			require.ErrorIs(t, err, c.kind)
			require.Zero(t, got)
			require.NotContains(t, err.Error(), "\n")
			require.Less(t, len(err.Error()), 250)
		})
	}
	_, err := cost.ParseUSD("five")
	require.ErrorContains(t, err, `"five" is not an amount in dollars: write digits and at most 12 decimals, for example 12 or 0.5`)
}

func TestPicoString(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]cost.Pico{
		"0.000000000000":        0,
		"0.000000000001":        1,
		"1.234567890123":        1_234_567_890_123,
		"-0.500000000000":       -cost.Dollar / 2,
		"-0.000000000001":       -1,
		"9223372.036854775807":  math.MaxInt64,
		"-9223372.036854775808": math.MinInt64,
	} {
		require.Equal(t, want, p.String())
	}
}

func TestPicoText(t *testing.T) {
	t.Parallel()
	type stored struct {
		Amount cost.Pico `json:"amount"`
	}
	t.Run("RoundTrip", func(t *testing.T) {
		t.Parallel()
		for _, p := range []cost.Pico{0, 1, -1, 5 * cost.Dollar, math.MaxInt64, math.MinInt64, math.MinInt64 + 1} {
			text, err := json.Marshal(stored{p})
			require.NoError(t, err)
			require.JSONEq(t, `{"amount":"`+p.String()+`"}`, string(text))
			var back stored
			require.NoError(t, json.Unmarshal(text, &back))
			require.Equal(t, p, back.Amount)
		}
	})
	t.Run("Refuses", func(t *testing.T) {
		t.Parallel()
		for text, kind := range map[string]fault.Kind{
			"":                      fault.Invalid,
			"-":                     fault.Invalid,
			"--1":                   fault.Invalid,
			"+1":                    fault.Invalid,
			"1e2":                   fault.Invalid,
			"9223372.036854775808":  fault.Overflow,
			"-9223372.036854775809": fault.Overflow,
		} {
			p := cost.Pico(7)
			require.ErrorIs(t, p.UnmarshalText([]byte(text)), kind, text)
			require.Equal(t, cost.Pico(7), p, "an error must change nothing")
		}
	})
	t.Run("NumberIsNoAmount", func(t *testing.T) {
		t.Parallel()
		var back stored
		require.Error(t, json.Unmarshal([]byte(`{"amount":0.1}`), &back))
	})
}

func TestPicoArithmetic(t *testing.T) {
	t.Parallel()
	edges := []int64{0, 1, -1, 2, -2, 3_037_000_499, 3_037_000_500, math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, math.MinInt64 + 1}
	for _, a := range edges {
		for _, b := range edges {
			checkArithmetic(t, a, b)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		checkArithmetic(t, rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b"))
	})
}

// checkArithmetic compares the three operations with those on numbers without limit.
func checkArithmetic(t require.TestingT, a, b int64) {
	x, y := big.NewInt(a), big.NewInt(b)
	for name, c := range map[string]struct {
		want *big.Int
		op   func() (cost.Pico, error)
	}{
		"plus":  {new(big.Int).Add(x, y), func() (cost.Pico, error) { return cost.Pico(a).Plus(cost.Pico(b)) }},
		"minus": {new(big.Int).Sub(x, y), func() (cost.Pico, error) { return cost.Pico(a).Minus(cost.Pico(b)) }},
		"times": {new(big.Int).Mul(x, y), func() (cost.Pico, error) { return cost.Pico(a).Times(b) }},
	} {
		got, err := c.op()
		if c.want.IsInt64() {
			require.NoError(t, err, "%s %d %d", name, a, b)
			require.Equal(t, c.want.Int64(), int64(got), "%s %d %d", name, a, b)
			continue
		}
		require.ErrorIs(t, err, fault.Overflow, "%s %d %d", name, a, b)
		require.Zero(t, got)
	}
}

func TestPicoParsesWhatItPrints(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := cost.Pico(rapid.Int64().Draw(t, "p"))
		var back cost.Pico
		require.NoError(t, back.UnmarshalText([]byte(p.String())))
		require.Equal(t, p, back)
		if p >= 0 {
			parsed, err := cost.ParseUSD(p.String())
			require.NoError(t, err)
			require.Equal(t, p, parsed)
		}
	})
}
