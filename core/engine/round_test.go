package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/job"
)

// TestRoundHasItsOwnTime: pauses, and the time between two rounds, are nobody's work.
func TestRoundHasItsOwnTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	w.oracle.script = failsFirst
	id := w.submit(12)
	worked := func(took time.Duration, tasks int) {
		t.Helper()
		is, of, known := w.job(id).Worked(w.now)
		require.True(t, known)
		require.Equal(t, took, is)
		require.Equal(t, tasks, of)
	}
	idle := func(stop, again func() error) {
		t.Helper()
		before, of, known := w.job(id).Worked(w.now)
		require.NoError(t, stop())
		require.Equal(t, job.StatePaused, w.job(id).State)
		w.now = w.now.Add(time.Hour)
		require.NoError(t, again())
		if known {
			worked(before, of)
		}
	}
	operator := func() {
		t.Helper()
		idle(func() error {
			_, err := w.main.Pause(w.ctx, id, "lunch")
			return err
		}, func() error {
			_, err := w.main.Resume(w.ctx, id, 0)
			return err
		})
	}
	operator()
	_, _, known := w.job(id).Worked(w.now)
	require.False(t, known, "it has not begun")

	w.deliver(id, 0)
	begun, _, _ := w.job(id).Worked(w.now)
	require.Less(t, begun, time.Minute, "the pause before it began is not of its time")
	w.now = w.now.Add(time.Minute)
	worked(begun+time.Minute, 12)
	operator()
	idle(func() error { return w.main.SetSpending(w.ctx, false, "too dear") }, func() error { return w.main.SetSpending(w.ctx, true, "") })
	require.Equal(t, job.StatePartial, w.rest(id).State)

	w.now = w.now.Add(24 * time.Hour)
	_, err := w.main.Retry(w.ctx, id, []int{1, 3, 0}, 0)
	require.NoError(t, err)
	worked(0, 3)
	w.deliver(id, 0)
	require.Equal(t, 1, w.progress(id).Counts.Open())
	_, of, _ := w.job(id).Worked(w.now)
	require.Equal(t, 3, of, "what has ended again is still of the round")
	w.rest(id)
	_, err = w.main.Retry(w.ctx, id, nil, 0)
	require.NoError(t, err)
	worked(0, 4)
}
