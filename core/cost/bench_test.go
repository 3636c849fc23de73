package cost_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// BenchmarkFollow checks a ledger of typical settles, 25 to a block.
func BenchmarkFollow(b *testing.B) {
	block := cost.Block{First: 1, At: noon(), Round: 1}
	for i := range 25 {
		block.Entries = append(block.Entries, settle(90_000+i))
	}
	_, body, err := cost.Head{}.Append(block)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := (cost.Head{}).Follow(body); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*25/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkAppend makes such a block.
func BenchmarkAppend(b *testing.B) {
	block := cost.Block{First: 1, At: noon(), Round: 1}
	for i := range 25 {
		block.Entries = append(block.Entries, settle(90_000+i))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := (cost.Head{}).Append(block); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*25/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkAccount takes and settles one hold.
func BenchmarkAccount(b *testing.B) {
	account := cost.Account{Granted: cost.Dollar}
	b.ReportAllocs()
	for b.Loop() {
		held, err := account.Hold(2_648_000_000)
		if err != nil {
			b.Fatal(err)
		}
		if _, err = held.Settle(2_648_000_000, 1_500_000_000); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCost prices one call.
func BenchmarkCost(b *testing.B) {
	table := cost.Prices()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := table.Cost("claude-haiku-5-5", cost.Realtime, cost.Usage{Input: 6000, Output: 1800}); err != nil {
			b.Fatal(err)
		}
	}
}
