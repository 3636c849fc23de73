package engine_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestSetLimit is about limits that are set in the middle of a month.
func TestSetLimit(t *testing.T) {
	t.Parallel()
	const month = "2026-11"
	limit := func(w *world, tenant string) cost.Pico {
		n, err := w.main.Limit(w.ctx, tenant, month)
		require.NoError(w.t, err)
		return n
	}

	t.Run("WhatIsWrittenAlongIsWrittenOnce", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		lost := 0
		w.hooks.LoseAck = func(keys []ports.Key) bool {
			lost++
			return lost == 1 && slices.ContainsFunc(keys, func(k ports.Key) bool { return k == noted })
		}
		var shown []*job.Job
		require.NoError(t, w.main.SetLimit(engine.WithOrigin(w.ctx, note(&shown)), "acme", month, cost.Dollar))
		require.Equal(t, 1, lost, "the second run finds what the first has written")
		require.Nil(t, shown[0])
		_, err := w.store.Get(w.ctx, noted)
		require.NoError(t, err)
		require.Equal(t, cost.Dollar, limit(w, "acme"))
	})

	t.Run("ARefusalAlongLeavesTheLimit", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", month, cost.Dollar))
		no := engine.Origin{Along: func(ports.Tx, *job.Job) error { return fault.New(fault.NotFound, "no") }}
		require.ErrorIs(t, w.main.SetLimit(engine.WithOrigin(w.ctx, no), "acme", month, 2*cost.Dollar), fault.NotFound)
		require.Equal(t, cost.Dollar, limit(w, "acme"))
		long := engine.Origin{Actor: string(make([]byte, 201))}
		require.ErrorIs(t, w.main.SetLimit(engine.WithOrigin(w.ctx, long), "acme", month, cost.Dollar), fault.Invalid)
	})

	t.Run("WhatIsNotUsedGoesBack", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "", month, 10*cost.Dollar))
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", month, 8*cost.Dollar))
		id := w.submit(3, capped(6*cost.Dollar))
		require.ErrorIs(t, w.main.SetLimit(w.ctx, "acme", month, 5*cost.Dollar), fault.Conflict, "the job has it")
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		_, all, err := w.main.Month(w.ctx, "", month)
		require.NoError(t, err)
		require.Equal(t, 6*cost.Dollar, all.Drawn, "the tenant keeps what its job gave back")
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", month, cost.Dollar))
		_, own, err := w.main.Month(w.ctx, "acme", month)
		require.NoError(t, err)
		require.Equal(t, cost.Dollar, own.Granted)
		_, all, err = w.main.Month(w.ctx, "", month)
		require.NoError(t, err)
		require.Equal(t, cost.Dollar, all.Drawn)
		require.Equal(t, 9*cost.Dollar, all.Free())
		require.ErrorIs(t, w.main.SetLimit(w.ctx, "acme", month, spent), fault.Conflict, "three tasks are paid for")
	})

	t.Run("WithoutAGlobalLimitNothingIsLeftThere", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", month, 8*cost.Dollar))
		w.rest(w.submit(3, capped(6*cost.Dollar)))
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", month, cost.Dollar))
		_, all, err := w.main.Month(w.ctx, "", month)
		require.NoError(t, err)
		require.Equal(t, cost.Dollar, all.Granted)
		require.Equal(t, cost.Dollar, all.Drawn)
	})
}
