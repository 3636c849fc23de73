package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestDeadLetter is about messages that the queue has given up.
func TestDeadLetter(t *testing.T) {
	t.Parallel()
	note := func(w *world, id job.ID) []byte { return job.ParcelNote(w.job(id), 0).Pack() }

	t.Run("FailsTheTasksAtTheThird", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.mail.lose()
		for n := 1; n < engine.DeadLetters; n++ {
			require.NoError(t, w.main.DeadLetter(w.ctx, note(w, id)))
			require.Len(t, w.mail.letters, n, "it is sent again")
			require.Equal(t, 3, w.progress(id).Counts[job.TaskQueued])
		}
		require.NoError(t, w.main.DeadLetter(w.ctx, note(w, id)))
		require.Equal(t, job.StateFailed, w.job(id).State)
		require.Equal(t, job.CodeDeadLetter, w.task(id, 0).Code)
		require.NoError(t, w.main.DeadLetter(w.ctx, note(w, id)))
		var told []string
		for _, e := range w.seen.Events(ports.EventDeadLetter) {
			told = append(told, fmt.Sprint(e.Count, " ", e.Detail))
		}
		require.Equal(t, []string{
			"1 counted, and sent again", "2 counted, and sent again", "3 its open tasks have failed",
			"3 dropped: the parcel is worked on, ended or closed",
		}, told, "a person has to look")
		w.mail.lose()
		_, err := w.main.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		require.NoError(t, w.main.DeadLetter(w.ctx, note(w, id)))
		require.Equal(t, 3, w.progress(id).Counts[job.TaskQueued], "a new round counts afresh")
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("ResolvesWhatAnEndedLeaseHasLeft", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = (&held{}).script
		id := w.submit(3)
		w.begin(w.main, id, 0)
		require.NoError(t, w.main.DeadLetter(w.ctx, note(w, id)))
		require.Equal(t, 3, w.progress(id).Counts[job.TaskRunning], "a leased parcel is worked on")
		w.main.die()
		w.settle(first)
		w.main = w.start(small())
		w.now = w.now.Add(time.Hour)
		for range engine.DeadLetters {
			require.NoError(t, w.main.DeadLetter(w.ctx, note(w, id)))
		}
		p := w.progress(id)
		require.Equal(t, job.StateFailed, p.Job.State)
		require.Equal(t, 3*hold, p.Presumed)
	})

	t.Run("PausesWhenTooMuchFails", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{})
		w.oracle.script = func(plea) said { return failing("X") }
		id := w.submit(60)
		w.mail.lose()
		h := &held{}
		w.oracle.script = func(p plea) said {
			s := failing("X")
			s.until = func() bool { return h.free }
			return s
		}
		dying := w.start(&engine.Options{FlushAfter: time.Hour, FlushResults: 25})
		w.begin(dying, id, 0)
		w.hooks.AfterCommit = func([]ports.Key) {
			if len(w.oracle.bill) == 25 {
				dying.die()
			}
		}
		h.free = true
		w.settle(first)
		w.hooks.AfterCommit = nil
		w.now = w.now.Add(time.Hour)
		for range engine.DeadLetters {
			require.NoError(t, w.main.DeadLetter(w.ctx, note(w, id)))
		}
		require.Equal(t, job.StatePaused, w.job(id).State)
	})

	t.Run("IsDroppedWhenThereIsNothingToDo", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		_, err := w.main.Pause(w.ctx, id, "")
		require.NoError(t, err)
		w.mail.lose()
		for range 5 {
			require.NoError(t, w.main.DeadLetter(w.ctx, note(w, id)))
		}
		require.Equal(t, 3, w.progress(id).Counts[job.TaskQueued], "the shard is closed")
		j := w.job(id)
		for _, body := range [][]byte{
			[]byte("nonsense"), job.ShardNote(j, 0).Pack(), job.ParcelNote(j, 7).Pack(),
			job.Note{Schema: 1, Job: "gone", Parcel: new(int)}.Pack(),
		} {
			require.NoError(t, w.main.DeadLetter(w.ctx, body))
		}
		require.Empty(t, w.mail.letters)
		told := w.seen.Events(ports.EventDeadLetter)
		require.Len(t, told, 9, "each is counted, whatever became of it")
		require.Equal(t, []string{
			"dropped: it cannot be read", "dropped: it was to send the parcels of a shard, which the sweeper does too",
			"dropped: its job has no such parcel", "dropped: its job is not in the store",
		}, []string{told[5].Detail, told[6].Detail, told[7].Detail, told[8].Detail})
		require.Equal(t, string(id), told[6].Job)
		require.Empty(t, told[8].Job, "nobody vouches for its words")
	})

	t.Run("AQueueThatIsDownIsNotCountedTwice", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.mail.lose()
		w.mail.err = fault.New(fault.Unavailable, "no queue")
		require.NoError(t, w.main.DeadLetter(w.ctx, note(w, id)))
		require.NoError(t, w.main.DeadLetter(w.ctx, note(w, id)))
		require.Equal(t, 3, w.progress(id).Counts[job.TaskQueued])
		w.mail.err = nil
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("AStoreThatIsDownIsAskedAgain", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		body := note(w, id)
		dead := w.start(small())
		dead.die()
		require.Error(t, dead.DeadLetter(w.ctx, body))
		dead = w.start(small())
		dead.dies = 2
		require.Error(t, dead.DeadLetter(w.ctx, body))
	})
}
