package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// hold is what a probe task of 1,000 tokens of prompt and answer is held at, spent what an ordinary answer costs.
const (
	hold  = cost.Pico(1000*100_000 + 1000*500_000)
	spent = cost.Pico(500*100_000 + 400*500_000)
)

// loseOnce loses the acknowledgement of the next commit that writes a record whose sort key begins so, and does
// something before the decision is run again.
func (w *world) loseOnce(prefix string, then func()) {
	w.hooks.LoseAck = func(keys []ports.Key) bool {
		for _, key := range keys {
			if strings.HasPrefix(key.Sort, prefix) {
				w.hooks.LoseAck = nil
				then()
				return true
			}
		}
		return false
	}
}

func nothing() {}

// Every decision is run again when its acknowledgement is lost, and must know its own work.
func TestRerun(t *testing.T) {
	t.Parallel()

	t.Run("LeaseThatWasGivenUpAgainIsNotTakenForHeld", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(2, capped(hold/2))
		w.loseOnce("p/", func() {
			_, err := w.main.Resume(w.ctx, id, 4*hold)
			require.NoError(t, err)
		})
		w.drain()
		require.Empty(t, w.checks.broken)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("LeaseBeginsWhatItHasHeld", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.loseOnce("p/", nothing)
		w.drain()
		require.Equal(t, job.StateCompleted, w.job(id).State)
		require.Equal(t, 3*spent, w.progress(id).Settled)
		require.Equal(t, 3, w.oracle.begun)
	})

	t.Run("LeaseBeginsNothingOnceItHasReadItsShardClosed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.loseOnce("p/", func() {
			_, err := w.main.Pause(w.ctx, id, "stop")
			require.NoError(t, err)
		})
		w.drain()
		require.Zero(t, w.oracle.begun, "a call was begun by a worker that had read its shard closed")
		p := w.progress(id)
		require.Zero(t, p.Held+p.Presumed+p.Settled)
		_, err := w.main.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("SettleThatOpenedTheNextAttempts", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said {
			if p.n == 1 {
				return again("OUTPUT_INVALID")
			}
			return ok()
		}
		id := w.submit(3)
		w.loseOnce("p/", func() { w.loseOnce("p/", nothing) })
		w.drain()
		require.Nil(t, w.hooks.LoseAck)
		require.Equal(t, job.StateCompleted, w.job(id).State)
		require.Equal(t, 6*spent, w.progress(id).Settled)
		require.Equal(t, 6, w.oracle.begun)
	})

	t.Run("SettleThatOpenedTheNextAttemptsAndThenReadsItsShardClosed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said {
			if p.n == 1 {
				return again("OUTPUT_INVALID")
			}
			return ok()
		}
		id := w.submit(3)
		w.hooks.AfterCommit = func(keys []ports.Key) {
			if w.oracle.begun == 3 && strings.HasPrefix(keys[0].Sort, "a/") {
				w.loseOnce("p/", func() {
					_, err := w.main.Pause(w.ctx, id, "stop")
					require.NoError(t, err)
				})
			}
		}
		w.drain()
		require.Equal(t, 3, w.oracle.begun, "a call was begun by a worker that had read its shard closed")
		require.Zero(t, w.progress(id).Held)
	})

	t.Run("DeadLetterCountsOnce", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		body := job.ParcelNote(w.job(id), 0).Pack()
		for range 2 {
			w.loseOnce("p/", nothing)
			require.NoError(t, w.main.DeadLetter(w.ctx, body))
		}
		require.Equal(t, 3, w.progress(id).Counts[job.TaskQueued], "two dead letters are not three")
		w.loseOnce("p/", nothing)
		require.NoError(t, w.main.DeadLetter(w.ctx, body))
		require.Equal(t, job.StateFailed, w.job(id).State)
	})

	t.Run("Pause", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(7)
		w.loseOnce("header", nothing)
		j, err := w.main.Pause(w.ctx, id, "stop")
		require.NoError(t, err)
		require.Equal(t, job.StatePaused, j.State)
		require.EqualValues(t, 1, j.Wish)
		w.loseOnce("header", nothing)
		j, err = w.main.Resume(w.ctx, id, 100*hold)
		require.NoError(t, err)
		require.Equal(t, job.StatePending, j.State)
		require.EqualValues(t, 2, j.Wish)
		require.Equal(t, 100*hold, j.Account.Granted)
	})

	t.Run("CancelThatEndsTheJobAtOnce", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(plea) said { return failing("REFUSED") }
		id := w.submit(7)
		w.rest(id)
		// The retry stops before it has queued anything.
		w.main.dies = w.main.calls + 4
		_, err := w.main.Retry(w.ctx, id, nil, 100*hold)
		require.NoError(t, err, "what is written is done, whatever becomes of the process")
		w.main = w.start(small())
		require.NotNil(t, w.job(id).Walk)
		w.loseOnce("header", nothing)
		j, err := w.main.Cancel(w.ctx, id, "enough")
		require.NoError(t, err, "the cancel was done")
		require.True(t, j.State.Ended())
	})

	t.Run("CancelThatSomebodyElseCarriesToItsEnd", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(7)
		w.loseOnce("header", func() { w.sweep() })
		j, err := w.main.Cancel(w.ctx, id, "enough")
		require.NoError(t, err, "the cancel was done")
		require.Equal(t, job.StateCancelled, j.State)
	})

	t.Run("Retry", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(plea) said { return failing("REFUSED") }
		id := w.submit(7)
		w.rest(id)
		w.oracle.script = func(plea) said { return ok() }
		w.loseOnce("header", nothing)
		j, err := w.main.Retry(w.ctx, id, nil, 100*hold)
		require.NoError(t, err, "the retry was done")
		require.Equal(t, 2, j.Round)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("Submit", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.loseOnce("header", nothing)
		id := w.submit(7)
		require.Len(t, w.checks.jobs(), 1)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})
}
