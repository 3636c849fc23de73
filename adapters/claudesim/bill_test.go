package claudesim_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// TestPricesByHand compares the bill with costs worked out by hand from the published prices, in pico-dollars
// per token.
func TestPricesByHand(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		model         string
		input, output int64
	}{
		"Haiku55":  {"claude-haiku-5-5", 100_000, 500_000},
		"Sonnet55": {"claude-sonnet-5-5", 2_000_000, 10_000_000},
		"Opus55":   {"claude-opus-5-5", 4_000_000, 20_000_000},
		"Fable51":  {"claude-fable-5-1", 10_000_000, 50_000_000},
		"Sonnet5":  {"claude-sonnet-5", 2_000_000, 10_000_000},
		"Opus5":    {"claude-opus-5", 5_000_000, 25_000_000},
		"Opus48":   {"claude-opus-4-8", 5_000_000, 25_000_000},
		"Opus45":   {"claude-opus-4-5", 5_000_000, 25_000_000},
		"Sonnet46": {"claude-sonnet-4-6", 3_000_000, 15_000_000},
		"Sonnet45": {"claude-sonnet-4-5", 3_000_000, 15_000_000},
		"Haiku45":  {"claude-haiku-4-5", 1_000_000, 5_000_000},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, claudesim.Options{})
			usage := f.post(ask(`model:"`+test.model+`"`, "thinking:")).message(t).Usage
			cost := claudesim.PicoUSD(usage.Input*test.input + usage.Output*test.output)
			require.Equal(t, claudesim.Bill{Requests: 1, Answered: 1, Total: cost, AnsweredTotal: cost}, f.sim.Bill())

			us := f.post(ask(`model:"`+test.model+`"`, "thinking:", `inference_geo:"us"`)).message(t).Usage
			dearer := claudesim.PicoUSD(us.Input*test.input+us.Output*test.output) * 11 / 10
			require.Equal(t, cost+dearer, f.sim.Bill().Total)
		})
	}
}

// TestStepOfHaiku is the dearer step: 100,000 prompt tokens and 1,000 of output cost 0.0105 dollars, one
// prompt token more makes everything five times as dear.
func TestStepOfHaiku(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{OutputTokens: 5000})
	send := func(characters int) (input, output int64) {
		content, _ := json.Marshal(strings.Repeat("x", characters))
		usage := f.post(ask(`messages:[{"role":"user","content":`+string(content)+`}]`, "max_tokens:1000")).message(t).Usage
		return usage.Input, usage.Output
	}
	// 12 tokens are added to the text's 2.5 characters per token; the median of 5,000 tokens is cut at 1,000.
	input, output := send(249_970)
	require.EqualValues(t, 100_000, input)
	require.EqualValues(t, 1_000, output)
	require.Equal(t, billText(1, 1, "0.010500000000", "0.010500000000"), f.bill())
	input, output = send(249_971)
	require.EqualValues(t, 100_001, input)
	require.EqualValues(t, 1_000, output)
	require.Equal(t, billText(2, 2, "0.063000500000", "0.063000500000"), f.bill())

	reset := f.send(http.MethodPost, "/sim/reset", "")
	require.Equal(t, http.StatusOK, reset.status)
	require.Equal(t, billText(0, 0, "0.000000000000", "0.000000000000"), f.bill())
	require.Empty(t, f.sim.Charges())
}

func TestChargesAreTheLatest(t *testing.T) {
	t.Parallel()
	sim, err := claudesim.New(&claudesim.Options{Latency: claudesim.NoLatency})
	require.NoError(t, err)
	var last string
	for range 1003 {
		last = serve(sim, ask("max_tokens:1")).Header().Get("Request-Id")
	}
	charges := sim.Charges()
	require.Len(t, charges, 1000)
	require.Equal(t, last, charges[999].RequestID)
	require.True(t, charges[999].Answered)
	require.Equal(t, price(charges[0].InputTokens, charges[0].OutputTokens), charges[0].Amount)
	require.EqualValues(t, 1003, sim.Bill().Requests)
}

func TestSpendCap(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{SpendCap: 1})
	first := f.post(ask()).message(t).Usage
	paid := price(first.Input, first.Output)
	r := f.post(ask())
	require.Equal(t, http.StatusTooManyRequests, r.status)
	require.Contains(t, string(r.body), `"type":"rate_limit_error"`)
	require.Contains(t, string(r.body), `"details":{"error_code":"enforced_spend_limit_reached"}`)
	require.Empty(t, r.header.Get("Retry-After"))
	require.Equal(t, claudesim.Bill{Requests: 1, Answered: 1, Total: paid, AnsweredTotal: paid}, f.sim.Bill())
	f.sim.Reset()
	require.Equal(t, http.StatusOK, f.post(ask()).status)
}

func TestMoney(t *testing.T) {
	t.Parallel()
	require.Equal(t, "-1.000000000001", claudesim.PicoUSD(-1_000_000_000_001).String())
	valid := map[string]claudesim.PicoUSD{
		"1": 1e12, "0.5": 5e11, "12.50": 125e11, "0.000000000001": 1, "999999.999999999999": 999_999_999_999_999_999, "007": 7e12,
	}
	for text, want := range valid {
		got, err := claudesim.ParseUSD(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "0", "0.0", "-1", "+1", "1.", ".5", "1e3", "NaN", "inf", "1,5", "1.2.3", "1000000", "0.0000000000001", " 1", "0x1"} {
		_, err := claudesim.ParseUSD(text)
		require.Error(t, err, text)
	}
}
