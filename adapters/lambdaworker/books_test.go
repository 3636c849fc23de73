package lambdaworker_test

import (
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/stretchr/testify/require"
)

// square says that the books agree with themselves and with the provider's bill: each settled entry is one answer at its
// price, none twice, and what the provider bills beside them is covered by what is presumed.
func (w *world) square(ids ...job.ID) {
	w.t.Helper()
	open := map[string]cost.Pico{}
	var rest, presumed cost.Pico
	w.mu.Lock()
	for name, usage := range w.bill {
		price, err := cost.Prices().Cost("claude-haiku-5-5", cost.Realtime, usage)
		require.NoError(w.t, err)
		open[name] = price
		rest += price
	}
	w.mu.Unlock()
	for _, id := range ids {
		report, err := w.engine.Verify(w.t.Context(), id)
		require.NoError(w.t, err)
		require.Empty(w.t, report.Problems)
		presumed += report.Presumed
		require.NoError(w.t, w.engine.Ledger(w.t.Context(), id, func(l engine.Line) error {
			price, owed := open[l.MessageID]
			switch l.Kind {
			case cost.EntrySettle:
				require.True(w.t, owed, "%s is paid twice, or was never billed", l.MessageID)
				require.Equal(w.t, price, l.Amount)
			case cost.EntryAdjust:
				require.True(w.t, owed || l.MessageID == "", "%s is paid twice", l.MessageID)
			default:
				return nil
			}
			delete(open, l.MessageID)
			rest -= price
			return nil
		}))
	}
	require.GreaterOrEqual(w.t, presumed, rest, "the provider bills more than the books know")
}
