package emfmetrics_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/emfmetrics"
	"github.com/marketbrewer/marketbrewer/ports"
)

// latency tells of the durations and returns what was written of them.
func latency(t *testing.T, limit int, took []time.Duration) []float64 {
	t.Helper()
	w := setup(&emfmetrics.Options{Values: limit})
	for _, d := range took {
		w.tell(t, ports.Event{Name: ports.EventCall, Duration: d})
	}
	return w.flush(t)["CallLatency"]
}

func TestFewValuesAreExact(t *testing.T) {
	t.Parallel()
	require.Equal(t, []float64{0.1, 31.9, 99.9, 123, 2000, 7_200_000},
		latency(t, 6, []time.Duration{2 * time.Second, 123_456 * time.Microsecond, 2 * time.Hour, 99_999 * time.Microsecond, 31_999 * time.Microsecond, 199 * time.Microsecond}))
}

func TestManyValuesBecomeQuantiles(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a test that must repeat
	for _, limit := range []int{2, 50, 100} {
		took := make([]time.Duration, 5000)
		for i := range took {
			took[i] = time.Duration(100_000+random.ExpFloat64()*5_000_000) * time.Microsecond
		}
		got := latency(t, limit, took)
		require.Len(t, got, limit)
		require.True(t, slices.IsSorted(got))
		slices.Sort(took)
		require.InDelta(t, ms(took[0]), got[0], 1)
		require.InDelta(t, ms(took[len(took)-1]), got[limit-1], 1)
		for i, v := range got {
			exact := ms(took[i*(len(took)-1)/(limit-1)])
			require.InEpsilon(t, exact, v, 0.04, "quantile %d of %d", i, limit)
		}
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// TestEveryMagnitude has more values of one sort than are written, from nothing to centuries.
func TestEveryMagnitude(t *testing.T) {
	t.Parallel()
	for d := time.Microsecond; d > 0; d *= 2 {
		for _, v := range latency(t, 2, []time.Duration{d, d, d}) {
			require.InDelta(t, ms(d), v, max(1, ms(d)*0.04))
		}
	}
	require.Len(t, latency(t, 3, []time.Duration{1, 1, 1, 1}), 3, "less than a microsecond")
	require.Equal(t, 290*365*24*time.Hour, time.Duration(latency(t, 3, []time.Duration{1 << 62, time.Hour, 290 * 365 * 24 * time.Hour, 290 * 365 * 24 * time.Hour})[2])*time.Millisecond)
}
