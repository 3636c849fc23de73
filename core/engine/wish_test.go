package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestCancel is about jobs that somebody stops for good.
func TestCancel(t *testing.T) {
	t.Parallel()

	t.Run("BeforeAnyLease", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(30)
		j, err := w.main.Cancel(w.ctx, id, "not needed")
		require.NoError(t, err)
		require.Equal(t, job.StateCancelled, j.State)
		require.Equal(t, "not needed", j.Detail)
		require.Equal(t, 30, w.progress(id).Counts[job.TaskCancelled])
		require.Zero(t, j.Account.Granted)
		w.drain()
		require.Zero(t, w.oracle.begun)
		require.Empty(t, w.checks.books[id].parcels, "parcels that were never leased are never written")
		w.sweep()
		require.Empty(t, w.seen.Notices())
		require.Equal(t, job.TaskCancelled, w.task(id, 29).State)
	})

	t.Run("WhileCallsAreOpen", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		h := &held{}
		w.oracle.script = func(p plea) said {
			s := h.script(p)
			switch p.ordinal {
			case 1:
				s.text = "again X"
			case 2:
				s.err = fault.New(fault.Unavailable, "gone").MaybeDone()
			}
			return s
		}
		id := w.submit(9)
		w.begin(w.main, id, 0)
		j, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, job.StateRunning, j.State, "calls in flight settle first")
		require.False(t, j.CancelledAt.IsZero())
		_, err = w.main.Cancel(w.ctx, id, "again")
		require.NoError(t, err, "a second cancel does nothing")
		_, err = w.main.Pause(w.ctx, id, "")
		require.ErrorIs(t, err, fault.Conflict)
		_, err = w.main.Resume(w.ctx, id, 0)
		require.ErrorIs(t, err, fault.Conflict)
		h.free = true
		w.settle(first)
		w.now = w.now.Add(time.Second)
		w.settle(first)
		p := w.progress(id)
		require.Equal(t, job.StateCancelled, p.Job.State)
		require.Equal(t, job.Counts{job.TaskCompleted: 1, job.TaskCancelled: 8}, p.Counts)
		require.Equal(t, 2*spent, p.Settled)
		require.Equal(t, hold, p.Presumed)
		_, err = w.main.Cancel(w.ctx, id, "")
		require.ErrorIs(t, err, fault.Conflict)
	})

	t.Run("WaitingTasks", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(plea) said { return refused(fault.Throttled, time.Hour) }
		id := w.submit(9)
		w.drain()
		j, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, job.StateCancelled, j.State)
		require.Equal(t, 9, w.progress(id).Counts[job.TaskCancelled])
	})

	t.Run("HungryTasks", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(9, capped(hold))
		w.rest(id)
		j, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, job.StateCancelled, j.State)
		require.Equal(t, w.progress(id).Settled, j.Account.Granted)
	})

	t.Run("UnderADeadWorker", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = (&held{}).script
		id := w.submit(9)
		w.begin(w.main, id, 0)
		w.main.die()
		w.settle(first)
		w.main = w.start(small())
		_, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, job.StateCancelled, w.rest(id).State)
		require.Equal(t, 3*hold, w.progress(id).Presumed)
	})

	t.Run("RacesWithTheLastSettle", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.onCommit("a/", func() {
			_, err := w.main.Cancel(w.ctx, id, "")
			require.NoError(t, err)
		})
		w.drain()
		require.Equal(t, job.StateCancelled, w.job(id).State, "it was asked for before the end")
		require.Equal(t, 3, w.progress(id).Counts[job.TaskCompleted], "what was under way counts")
		require.Empty(t, w.seen.Notices(), "and nobody is told of a cancelled job")
		require.Equal(t, 3*spent, w.progress(id).Settled)
	})

	t.Run("EveryGateIsClosedBeforeAnythingIsCancelled", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(plea) said { return said{err: fault.New(fault.Internal, "no sense").After(time.Hour)} }
		id := w.submit(30)
		w.drain()
		cancelled := 0
		w.hooks.AfterCommit = func(keys []ports.Key) {
			b := w.checks.books[id]
			for n := range b.shards {
				if b.shards[n].Gate != job.GateCancelled && cancelled > 0 {
					t.Errorf("shard %d is open while parcels are cancelled", n)
				}
			}
			for _, key := range keys {
				if strings.HasPrefix(key.Sort, "p/") {
					cancelled++
				}
			}
		}
		_, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, 10, cancelled)
	})

	t.Run("AShardThatCannotBeReadKeepsNoOtherOpen", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(30)
		broken := false
		w.wrap = func(p *engine.Ports) {
			p.Store = &faulty{Store: p.Store, update: func(keys []ports.Key, do func() error) error {
				if broken && len(keys) == 1 && strings.HasSuffix(keys[0].Partition, "/s00") {
					return fault.New(fault.Corrupt, "unreadable")
				}
				return do()
			}}
		}
		w.main = w.start(small())
		broken = true
		j, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, job.StatePending, j.State)
		for n, s := range w.checks.books[id].shards {
			require.Equal(t, n != 0, s.Gate == job.GateCancelled, "shard %d", n)
		}
		broken = false
		require.Equal(t, job.StateCancelled, w.rest(id).State)
	})

	t.Run("CarriedByAnotherProcess", func(t *testing.T) {
		t.Parallel()
		for dies := 2; ; dies++ {
			w := newWorld(t, small())
			w.oracle.script = func(plea) said { return refused(fault.Throttled, time.Hour) }
			id := w.submit(12)
			w.deliver(id, 0)
			w.deliver(id, 1)
			dying := w.start(small())
			dying.dies = dies
			_, err := dying.Cancel(w.ctx, id, "")
			if !dying.dead {
				require.NoError(t, err)
				return
			}
			w.sweep()
			if err == nil {
				require.Equal(t, job.StateCancelled, w.job(id).State, "died in call %d", dies)
			}
		}
	})
}

// TestPause is about jobs that somebody holds up.
func TestPause(t *testing.T) {
	t.Parallel()

	t.Run("AndResume", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		h := &held{}
		w.oracle.script = h.script
		id := w.submit(12)
		w.begin(w.main, id, 0)
		j, err := w.main.Pause(w.ctx, id, "lunch")
		require.NoError(t, err)
		require.Equal(t, job.StatePaused, j.State)
		require.Equal(t, "lunch", j.Detail)
		again, err := w.main.Pause(w.ctx, id, "supper")
		require.NoError(t, err)
		require.Equal(t, j.Wish, again.Wish, "pausing a paused job does nothing")
		w.drain()
		w.minute()
		w.drain()
		require.Equal(t, 3, w.oracle.begun)
		require.Equal(t, map[job.Reason]int{job.ReasonPaused: 9}, w.progress(id).Waiting)
		h.free = true
		w.settle(first)
		require.Equal(t, 3, w.progress(id).Counts[job.TaskCompleted], "calls in flight settle")
		require.Equal(t, job.StatePaused, w.job(id).State)
		j, err = w.main.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateRunning, j.State)
		require.Empty(t, j.Detail)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, "job.completed", w.seen.Notices()[0].Type, "an operator's pause needs no notice")
	})

	t.Run("BeforeTheFirstLease", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		j, err := w.main.Pause(w.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, job.StatePaused, j.State)
		j, err = w.main.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.StatePending, j.State)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("WorkBeginsWhileTheResumeIsCarried", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = inTurn(failing("X"))
		id := w.submit(12)
		_, err := w.main.Pause(w.ctx, id, "")
		require.NoError(t, err)
		w.mail.lose()
		w.hooks.AfterCommit = func([]ports.Key) {
			b := w.checks.books[id]
			if b.shards[0].Gate != job.GateOpen || b.shards[1].Gate == job.GateOpen {
				return
			}
			w.hooks.AfterCommit = nil
			require.NotEqual(t, job.StatePaused, b.job.State, "a job with an open shard does not read paused")
			w.oracle.script = func(plea) said { return ok() }
			require.NoError(t, w.start(small()).Work(w.ctx, job.ParcelNote(b.job, 0).Pack()))
			w.oracle.script = func(plea) said { return failing("X") }
		}
		j, err := w.main.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateRunning, j.State)
		require.Equal(t, 1, w.events(ports.EventJobResumed))
		require.Equal(t, job.StatePartial, w.rest(id).State)
	})

	t.Run("CallsInFlightEndAPausedJob", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		h := &held{}
		w.oracle.script = h.script
		id := w.submit(3)
		w.begin(w.main, id, 0)
		_, err := w.main.Pause(w.ctx, id, "")
		require.NoError(t, err)
		h.free = true
		w.settle(first)
		require.Equal(t, job.StateCompleted, w.job(id).State)
		_, err = w.main.Resume(w.ctx, id, 0)
		require.ErrorIs(t, err, fault.Conflict)
	})

	t.Run("ThenCancel", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		_, err := w.main.Pause(w.ctx, id, "")
		require.NoError(t, err)
		j, err := w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, job.StateCancelled, j.State)
	})

	t.Run("OfAJobThatDoesNotExist", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		for _, id := range []job.ID{"nothing", "", "../../etc", "a b"} {
			_, err := w.main.Pause(w.ctx, id, "")
			require.ErrorIs(t, err, fault.NotFound)
		}
	})

	t.Run("NewestWishWinsInWhateverOrderTheyAreCarried", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		// The first pause dies with half of the shards reached; the resume and another pause overtake it.
		for n, wish := range []func(p *process) error{
			func(p *process) error { _, err := p.Pause(w.ctx, id, "one"); return err },
			func(p *process) error { _, err := p.Resume(w.ctx, id, 0); return err },
			func(p *process) error { _, err := p.Pause(w.ctx, id, "two"); return err },
			func(p *process) error { _, err := p.Resume(w.ctx, id, 0); return err },
		} {
			p := w.start(small())
			p.dies = 4 + n%3
			_ = wish(p)
			require.True(t, p.dead)
		}
		w.sweep()
		j := w.job(id)
		require.EqualValues(t, 4, j.Wish)
		require.Equal(t, j.Wish, j.Carried)
		require.Equal(t, job.StatePending, j.State)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("AStaleCarrierDoesNotUndoANewerWish", func(t *testing.T) {
		t.Parallel()
		for steps := range 12 {
			w := newWorld(t, small())
			id := w.submit(12)
			w.spawn(func() { _, _ = w.main.Pause(w.ctx, id, "slow") })
			for range steps {
				w.step(first)
			}
			other := w.start(small())
			if w.job(id).Paused() {
				_, err := other.Resume(w.ctx, id, 0)
				require.NoError(t, err)
				w.settle(first)
				require.False(t, w.job(id).Paused(), fmt.Sprint(steps))
				require.NotEqual(t, job.StatePaused, w.job(id).State)
			}
			w.settle(first)
			if w.job(id).Paused() {
				_, err := other.Resume(w.ctx, id, 0)
				require.NoError(t, err)
			}
			require.Equal(t, job.StateCompleted, w.rest(id).State)
		}
	})
}
