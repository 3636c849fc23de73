package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestProgressTimes is about when a job changed, and when its tasks go on.
func TestProgressTimes(t *testing.T) {
	t.Parallel()

	t.Run("EachReasonHasItsOwn", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said {
			if p.ordinal < 3 {
				return refused(fault.Throttled, time.Hour)
			}
			return unknown(true)
		}
		id := w.submit(9) // two shards
		w.deliver(id, 1)
		w.deliver(id, 0)
		p := w.progress(id)
		require.Equal(t, map[job.Reason]int{job.ReasonQuota: 3, job.ReasonRetry: 3}, p.Waiting)
		require.Equal(t, p.DueBy[job.ReasonRetry], p.Due)
		require.True(t, p.DueBy[job.ReasonQuota].After(p.Due.Add(time.Second)), "%s", p.DueBy)
		_, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		require.Empty(t, w.progress(id).DueBy)
	})

	t.Run("EachWriteIsARevision", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.loseOnce("header", nothing)
		id := w.submit(6)
		require.EqualValues(t, 1, w.job(id).Revision)
		require.Equal(t, w.now, w.progress(id).Changed)

		w.now = w.now.Add(time.Minute)
		require.Equal(t, w.now.Add(-time.Minute), w.progress(id).Changed, "time alone is no change")
		j, err := w.main.SetHidden(w.ctx, id, true)
		require.NoError(t, err)
		require.EqualValues(t, 2, j.Revision)
		require.Equal(t, w.now, j.UpdatedAt)
		require.Equal(t, w.now, w.progress(id).Changed)
		hidden := w.now

		w.now = w.now.Add(time.Minute)
		j, err = w.main.SetHidden(w.ctx, id, true)
		require.NoError(t, err)
		require.EqualValues(t, 2, j.Revision, "nothing was changed")
		require.Equal(t, hidden, w.progress(id).Changed)

		_, err = w.main.Pause(w.ctx, id, "")
		require.NoError(t, err)
		require.EqualValues(t, 4, w.job(id).Revision, "the wish, and that it was carried")
		require.Equal(t, w.now, w.job(id).UpdatedAt)
		_, err = w.main.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		w.drain()
		was := w.job(id)
		require.Equal(t, job.StateCompleted, was.State)
		w.now = w.now.Add(time.Minute)
		_, err = w.main.Retry(w.ctx, id, []int{0}, 0)
		require.NoError(t, err)
		require.Greater(t, w.job(id).Revision, was.Revision)
		require.Equal(t, w.now, w.job(id).UpdatedAt)
		require.NotEmpty(t, w.seen.Events(ports.EventJobRetried))
	})
}
