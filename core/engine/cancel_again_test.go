package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// remake submits a job of nine tasks, lets it complete, and asks for the fifth again.
func (w *world) remake() job.ID {
	w.t.Helper()
	id := w.submit(9)
	require.Equal(w.t, job.StateCompleted, w.rest(id).State)
	_, err := w.main.Retry(w.ctx, id, []int{4}, 0)
	require.NoError(w.t, err)
	return id
}

// asBefore fails the test unless all tasks are completed, the fifth with the content that it had at first, which can be
// made again.
func (w *world) asBefore(id job.ID) {
	w.t.Helper()
	p := w.progress(id)
	require.Equal(w.t, job.StateCancelled, p.Job.State)
	require.Equal(w.t, job.Counts{job.TaskCompleted: 9}, p.Counts)
	require.Equal(w.t, 1, w.task(id, 4).Accepted)
	require.Zero(w.t, p.Held)
	require.Equal(w.t, p.Settled+p.Presumed, p.Job.Account.Granted, "what is free goes back to the month")
	w.sound()
	w.oracle.script = func(plea) said { return ok() }
	_, err := w.main.Retry(w.ctx, id, []int{4}, 100*hold)
	require.NoError(w.t, err, "it can be made again")
	require.Equal(w.t, job.StateCompleted, w.rest(id).State)
	require.Greater(w.t, w.task(id, 4).Accepted, 1)
}

// TestCancelOfWhatIsMadeAgain: what was completed stays, whatever a cancel meets it at.
func TestCancelOfWhatIsMadeAgain(t *testing.T) {
	t.Parallel()

	t.Run("Queued", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.remake()
		ended := len(w.seen.Events(ports.EventTaskEnded))
		j, err := w.main.Cancel(w.ctx, id, "not needed")
		require.NoError(t, err)
		require.Equal(t, job.StateCancelled, j.State)
		told := w.seen.Events(ports.EventTaskEnded)[ended:]
		require.Len(t, told, 1)
		require.Equal(t, "completed", told[0].Detail)
		w.asBefore(id)
	})

	t.Run("Waiting", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = inTurn(ok(), refused(fault.Throttled, time.Hour))
		id := w.remake()
		w.drain()
		require.Equal(t, job.TaskWaiting, w.task(id, 4).State)
		_, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		w.asBefore(id)
	})

	t.Run("OfAPausedJob", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.remake()
		j, err := w.main.Pause(w.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, job.StatePaused, j.State)
		_, err = w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		w.asBefore(id)
	})

	for name, late := range map[string]said{"RunningInVain": unknown(true), "RunningToARejection": refused(fault.Rejected, 0), "RunningToARefusal": refused(fault.Throttled, 0), "RunningToABadAnswer": again("X")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			free := false
			late.until = func() bool { return free }
			w.oracle.script = inTurn(ok(), late)
			id := w.remake()
			w.begin(w.main, id, 1)
			j, err := w.main.Cancel(w.ctx, id, "")
			require.NoError(t, err)
			require.Equal(t, job.StateRunning, j.State, "calls in flight settle first")
			free = true
			w.settle(first)
			w.rest(id)
			require.Equal(t, 2, w.task(id, 4).Last)
			w.asBefore(id)
		})
	}

	t.Run("RunningToABetterOne", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		free := false
		w.oracle.script = inTurn(ok(), said{text: "ok late", until: func() bool { return free }})
		id := w.remake()
		w.begin(w.main, id, 1)
		_, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		free = true
		w.settle(first)
		require.Equal(t, job.StateCancelled, w.rest(id).State)
		require.Equal(t, 2, w.task(id, 4).Accepted, "what is paid for and good is kept")
	})

	t.Run("BesideOthers", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		// The first is made, and fails when it is made again; the second is never made; the others always are.
		w.oracle.script = func(p plea) said {
			if p.ordinal == 1 || p.ordinal == 0 && p.n > 1 {
				return failing("REFUSED")
			}
			return ok()
		}
		id := w.submit(9)
		w.rest(id)
		_, err := w.main.Retry(w.ctx, id, []int{0}, 0)
		require.NoError(t, err)
		w.rest(id)
		require.Equal(t, job.TaskFailed, w.task(id, 0).State)

		cancel := func(ordinals ...int) *job.Job {
			_, err := w.main.RetryScoped(w.ctx, id, engine.RetryScope{Ordinals: ordinals}, 0, "")
			require.NoError(t, err)
			j, err := w.main.Cancel(w.ctx, id, "")
			require.NoError(t, err)
			return j
		}
		require.Equal(t, job.StateCancelled, cancel(2, 3).State)
		require.Equal(t, job.Counts{job.TaskCompleted: 7, job.TaskFailed: 2}, w.progress(id).Counts)
		require.Equal(t, job.TaskFailed, w.task(id, 0).State, "what nobody asked for again stays failed")
		require.Equal(t, 1, w.task(id, 0).Accepted)
		require.Equal(t, job.StateCancelled, cancel(0, 1, 2).State)
		require.Equal(t, job.Counts{job.TaskCompleted: 8, job.TaskCancelled: 1}, w.progress(id).Counts)
		require.Equal(t, job.TaskCancelled, w.task(id, 1).State, "it never had a content")
	})
}
