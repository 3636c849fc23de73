package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// TestSpend is about what a tenant's jobs have spent of a month.
func TestSpend(t *testing.T) {
	t.Parallel()
	spend := func(w *world, tenant, month string) [3]cost.Pico {
		held, settled, presumed, err := w.main.Spend(w.ctx, tenant, month)
		require.NoError(w.t, err)
		return [3]cost.Pico{held, settled, presumed}
	}

	t.Run("OfEndedAndLiveJobs", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said {
			if p.ordinal == 0 && p.n == 1 {
				return unknown(false)
			}
			return ok()
		}
		ended := w.submit(3)
		w.rest(ended)
		w.submit(3, func(s *engine.Submission) { s.Tenant = "other" })
		h := &held{}
		w.oracle.script = h.script
		live := w.submit(9)
		w.begin(w.main, live, 0)
		require.Equal(t, [3]cost.Pico{3 * hold, 3 * spent, hold}, spend(w, "acme", november))
		require.Zero(t, spend(w, "acme", "2026-10"))
		require.Zero(t, spend(w, "acme", "2026-12"))
		require.Zero(t, spend(w, "nobody", november))
		h.free = true
		w.settle(first)
		w.rest(live)
		require.Equal(t, [3]cost.Pico{0, 12 * spent, hold}, spend(w, "acme", november))
	})

	t.Run("TheOldestGrantIsSpentFirst", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsFirst
		id := w.submit(3, capped(10*hold))
		w.rest(id)
		w.now = w.now.AddDate(0, 1, 0)
		_, err := w.main.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		h := &held{}
		w.oracle.script = func(p plea) said {
			return said{text: "ok", until: func() bool { return h.free }}
		}
		w.begin(w.main, id, 0)
		require.Equal(t, [3]cost.Pico{0, 3 * spent, 0}, spend(w, "acme", november))
		require.Equal(t, [3]cost.Pico{hold, 0, 0}, spend(w, "acme", "2026-12"))
		h.free = true
		w.settle(first)
		w.rest(id)
		require.Equal(t, [3]cost.Pico{0, 3 * spent, 0}, spend(w, "acme", november))
		require.Equal(t, [3]cost.Pico{0, spent, 0}, spend(w, "acme", "2026-12"))
	})

	t.Run("Invalid", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		for _, bad := range [][2]string{{"", november}, {"acme", "November"}, {"acme", ""}} {
			_, _, _, err := w.main.Spend(w.ctx, bad[0], bad[1])
			require.ErrorIs(t, err, fault.Invalid)
		}
	})
}
