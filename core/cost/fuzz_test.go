package cost_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// FuzzReadBlock: no bytes make it panic, every refusal has its kind, and what it accepts has exactly one encoding.
func FuzzReadBlock(f *testing.F) {
	bodies, _ := ledger(f, 3)
	for _, body := range bodies {
		f.Add(body)
	}
	_, body, err := cost.Head{}.Append(documented())
	require.NoError(f, err)
	f.Add(body)
	f.Add([]byte{})
	f.Add(withHash(cost.Head{}, blockBytes([]byte{1, 2, 3}, []byte{1, 0, 0, 0}, 1, entryBytes())))
	f.Fuzz(func(t *testing.T, body []byte) {
		block, hash, err := cost.ReadBlock(body)
		if err != nil {
			require.True(t, errors.Is(err, fault.Corrupt) || errors.Is(err, fault.Newer), "%v", err)
			return
		}
		head, again, err := cost.Head{Seq: block.First - 1}.Append(block)
		require.NoError(t, err)
		require.Equal(t, block.Last(), head.Seq)
		require.Equal(t, body[:len(body)-len(hash)], again[:len(again)-len(hash)])
		require.Equal(t, body[len(body)-len(hash):], hash[:])
	})
}

// FuzzParseTable: no text makes it panic, and no table that it accepts has a price of zero.
func FuzzParseTable(f *testing.F) {
	f.Add(tableOf(stepOf(0, 2)))
	f.Add(tableOf(stepOf(0, 2), stepOf(10, 4)))
	f.Add(`{"version":"v","models":[{"model":"m","aliases":["n"],"date":"2026-01-01","source":"s","steps":[]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		table, err := cost.ParseTable([]byte(text))
		if err != nil {
			require.ErrorIs(t, err, fault.Invalid)
			return
		}
		for _, model := range table.Models() {
			for _, lane := range []cost.Lane{cost.Realtime, cost.Batch} {
				price, err := table.Cost(model, lane, cost.Usage{Input: 1})
				require.NoError(t, err)
				require.Positive(t, price)
			}
		}
	})
}

// FuzzParseUSD: what it accepts prints as the same amount.
func FuzzParseUSD(f *testing.F) {
	for _, text := range []string{"12", "0.5", "1.234567890123", "-1", "1e3", "NaN", "9223372.036854775807"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		amount, err := cost.ParseUSD(text)
		if err != nil {
			require.True(t, errors.Is(err, fault.Invalid) || errors.Is(err, fault.Overflow), "%v", err)
			return
		}
		again, err := cost.ParseUSD(amount.String())
		require.NoError(t, err)
		require.Equal(t, amount, again)
	})
}
