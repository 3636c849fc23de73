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

// failsFirst fails the first call of every task whose ordinal is odd.
func failsFirst(p plea) said {
	if p.ordinal%2 == 1 && p.n == 1 {
		return failing("REFUSED")
	}
	return ok()
}

// TestRetry is about jobs that run again.
func TestRetry(t *testing.T) {
	t.Parallel()

	t.Run("AllThatFailed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsFirst
		id := w.submit(12)
		require.Equal(t, job.StatePartial, w.rest(id).State)
		j, err := w.main.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateRunning, j.State)
		require.Equal(t, 2, j.Round)
		require.Equal(t, j.Cap, j.Account.Granted, "it draws its cap less what was spent")
		require.Equal(t, 6, w.progress(id).Counts[job.TaskQueued])
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 18*spent, w.progress(id).Settled)
		require.Equal(t, 18, w.oracle.begun)
		notices := w.seen.Notices()
		require.Len(t, notices, 2, "one notice for each round")
		require.NotEqual(t, notices[0].ID, notices[1].ID)
		require.Equal(t, 1, w.events(ports.EventJobRetried))
	})

	t.Run("NamedTasksAreMadeAgain", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said { return said{text: "ok " + string(rune('a'+p.n))} }
		id := w.submit(12)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		_, err := w.main.Retry(w.ctx, id, []int{11, 4, 4}, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 14, w.oracle.begun)
		for ordinal, want := range map[int]string{0: "b", 4: "c", 11: "c"} {
			task := w.task(id, ordinal)
			answer, err := w.main.Answer(w.ctx, id, ordinal, task.Accepted)
			require.NoError(t, err)
			require.Equal(t, want, string(answer.Verdict.Output))
		}
	})

	t.Run("AFailedRegenerationKeepsTheOldContent", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = inTurn(ok(), failing("REFUSED"))
		id := w.submit(1)
		w.rest(id)
		_, err := w.main.Retry(w.ctx, id, []int{0}, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateFailed, w.rest(id).State)
		require.Equal(t, 1, w.task(id, 0).Accepted)
		require.Equal(t, 2, w.task(id, 0).Last)
	})

	t.Run("LimitsBeginAfresh", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(plea) said { return again("X") }
		id := w.submit(1)
		for round := 1; round <= 3; round++ {
			require.Equal(t, job.StateFailed, w.rest(id).State)
			require.Equal(t, 3*round, w.task(id, 0).Last)
			_, err := w.main.Retry(w.ctx, id, nil, 100*hold)
			require.NoError(t, err)
		}
		w.rest(id)
	})

	t.Run("OfACancelledJobLeavesWhatWasCancelled", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsFirst
		id := w.submit(30)
		w.deliver(id, 0)
		_, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, job.Counts{job.TaskCompleted: 2, job.TaskFailed: 1, job.TaskCancelled: 27}, w.progress(id).Counts)
		_, err = w.main.Retry(w.ctx, id, []int{29}, 0)
		require.ErrorIs(t, err, fault.Conflict, "a cancelled task is cancelled for good")
		j, err := w.main.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		require.True(t, j.CancelledAt.IsZero())
		require.Equal(t, job.StateCancelled, w.rest(id).State)
		require.Equal(t, job.Counts{job.TaskCompleted: 3, job.TaskCancelled: 27}, w.progress(id).Counts)
	})

	t.Run("Refusals", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		_, err := w.main.Retry(w.ctx, id, nil, 0)
		require.ErrorIs(t, err, fault.Conflict, "it has not ended")
		w.rest(id)
		many := make([]int, engine.MaxOrdinals+1)
		for i := range many {
			many[i] = i
		}
		for name, test := range map[string]struct {
			ordinals []int
			limit    int64
			kind     fault.Kind
		}{
			"nothing failed": {nil, 0, fault.Incomplete},
			"negative":       {[]int{-1}, 0, fault.Invalid},
			"too high":       {[]int{12}, 0, fault.Invalid},
			"too many":       {many, 0, fault.Invalid},
			"a negative cap": {[]int{1}, -1, fault.Invalid},
			"a lower cap":    {[]int{1}, int64(12*spent) - 1, fault.Invalid},
		} {
			_, err := w.main.Retry(w.ctx, id, test.ordinals, pico(test.limit))
			require.ErrorIs(t, err, test.kind, name)
		}
		_, err = w.main.Retry(w.ctx, "none", nil, 0)
		require.ErrorIs(t, err, fault.NotFound)
	})

	t.Run("OnceEvenWhenAskedTwice", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsFirst
		id := w.submit(12)
		w.rest(id)
		_, err := w.main.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		_, err = w.main.Retry(w.ctx, id, nil, 0)
		require.ErrorIs(t, err, fault.Conflict)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("WalkGoesOnWhereAProcessDied", func(t *testing.T) {
		t.Parallel()
		for dies := 2; ; dies++ {
			w := newWorld(t, small())
			w.oracle.script = failsFirst
			id := w.submit(15)
			w.rest(id)
			dying := w.start(small())
			dying.dies = dies
			_, _ = dying.Retry(w.ctx, id, nil, 0)
			if w.job(id).Round == 2 {
				w.mail.lose()
				require.Equal(t, job.StateCompleted, w.rest(id).State, "died in call %d", dies)
				require.Equal(t, 15+7, w.oracle.begun)
			}
			if !dying.dead {
				return
			}
		}
	})

	t.Run("TasksRunWhileTheWalkGoesOn", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsFirst
		id := w.submit(15)
		w.rest(id)
		s := w.spawn(func() {
			_, err := w.main.Retry(w.ctx, id, nil, 0)
			require.NoError(t, err)
		})
		walked := 0
		for !s.done {
			if j := w.job(id); j.Walk != nil && j.Walk.Next > walked {
				walked = j.Walk.Next
				other := w.start(small())
				sweeper := w.spawn(func() { _, _ = other.Sweep(w.ctx) })
				_ = sweeper
				for parcel := range 5 {
					w.work(other, &letter{body: job.ParcelNote(j, parcel).Pack()})
				}
			}
			w.step(func(n int) int { return n / 2 })
		}
		w.settle(first)
		require.Positive(t, walked)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 22, w.oracle.begun)
	})

	t.Run("CancelDuringTheWalk", func(t *testing.T) {
		t.Parallel()
		for dies := 4; ; dies++ {
			w := newWorld(t, small())
			w.oracle.script = failsFirst
			id := w.submit(15)
			w.rest(id)
			dying := w.start(small())
			dying.dies = dies
			_, _ = dying.Retry(w.ctx, id, nil, 0)
			if !dying.dead {
				return
			}
			if w.job(id).State.Ended() {
				continue
			}
			_, err := w.main.Cancel(w.ctx, id, "")
			require.NoError(t, err)
			j := w.rest(id)
			require.True(t, j.State.Ended(), "died in call %d", dies)
			require.Nil(t, j.Walk)
			counts := w.progress(id).Counts
			require.Equal(t, 7, counts[job.TaskFailed]+counts[job.TaskCancelled])
			require.Equal(t, 15, w.oracle.begun)
		}
	})

	t.Run("ACancelThatIsCarriedLateDoesNotReachTheNextRound", func(t *testing.T) {
		t.Parallel()
		for steps := range 40 {
			w := newWorld(t, small())
			w.oracle.script = failsFirst
			id := w.submit(15)
			w.deliver(id, 0)
			w.deliver(id, 1)
			slow := w.start(small())
			s := w.spawn(func() { _, _ = slow.Cancel(w.ctx, id, "slow") })
			for range steps {
				w.step(first)
			}
			if s.done {
				require.Greater(t, steps, 10)
				return
			}
			if w.job(id).CancelledAt.IsZero() {
				w.settle(first)
				continue
			}
			// Others finish the cancel and retry, but die before the new wish is carried.
			other := w.start(small())
			for !w.job(id).State.Ended() {
				_, err := other.Sweep(w.ctx)
				require.NoError(t, err)
			}
			retrying := w.start(small())
			w.hooks.AfterCommit = func([]ports.Key) {
				if j := w.checks.books[id].job; j.Round == 2 && j.Walk == nil {
					retrying.die()
				}
			}
			_, _ = retrying.Retry(w.ctx, id, nil, 0)
			w.hooks.AfterCommit = nil
			require.True(t, retrying.dead)
			w.settle(first)
			require.True(t, s.done)
			w.rest(id)
			require.Equal(t, job.Counts{job.TaskCompleted: 6, job.TaskCancelled: 9}, w.progress(id).Counts, "after %d steps", steps)
		}
	})

	t.Run("LateResultsOfTheRoundBefore", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		h := &held{}
		w.oracle.script = func(p plea) said {
			if p.ordinal == 0 {
				return h.script(p)
			}
			return failing("REFUSED")
		}
		id := w.submit(3, func(s *engine.Submission) { s.Limits.Unknown = 1 })
		w.mail.lose()
		began := w.now
		old := w.begin(w.main, id, 0)
		w.now = w.now.Add(time.Second)
		w.settle(first)
		// Another process takes over and ends the job; it is retried; then the old call comes back.
		w.now = w.now.Add(time.Hour)
		other := w.start(small())
		taking := w.spawn(func() { _ = other.Work(w.ctx, job.ParcelNote(w.job(id), 0).Pack()) })
		for !taking.done {
			w.step(func(n int) int { return n - 1 })
		}
		require.Equal(t, job.StateFailed, w.job(id).State)
		require.Equal(t, hold, w.progress(id).Presumed)
		w.oracle.script = func(plea) said { return ok() }
		_, err := other.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		w.now = began.Add(10 * time.Second)
		h.free = true
		w.settle(first)
		require.True(t, old.done)
		p := w.progress(id)
		require.Zero(t, p.Presumed)
		require.Equal(t, 3*spent, p.Settled)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 6*spent, w.progress(id).Settled)
	})

	t.Run("LateResultAfterTheEndGoesToTheMonth", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", "2026-11", 100*hold))
		h := &held{}
		w.oracle.script = h.script
		id := w.submit(1, func(s *engine.Submission) { s.Limits.Unknown = 1 })
		w.mail.lose()
		began := w.now
		w.begin(w.main, id, 0)
		w.now = w.now.Add(time.Hour)
		other := w.start(small())
		taking := w.spawn(func() { _ = other.Work(w.ctx, job.ParcelNote(w.job(id), 0).Pack()) })
		for !taking.done {
			w.step(func(n int) int { return n - 1 })
		}
		require.Equal(t, job.StateFailed, w.job(id).State)
		require.Equal(t, hold, w.checks.month("acme", "2026-11").Account.Drawn)
		w.now = began.Add(10 * time.Second)
		h.free = true
		w.settle(first)
		require.Equal(t, spent, w.checks.month("acme", "2026-11").Account.Drawn, "what the adjust freed went back")
		require.Equal(t, spent, w.job(id).Account.Granted)
	})
}
