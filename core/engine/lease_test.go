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

// held keeps every call waiting until it is let go.
type held struct{ free bool }

func (h *held) script(p plea) said {
	if p.n > 1 {
		return ok()
	}
	return said{text: "ok late", until: func() bool { return h.free }}
}

// begin delivers a message of the parcel to the process and runs it until it waits.
func (w *world) begin(p *process, id job.ID, parcel int) *strand {
	s := w.work(p, &letter{body: job.ParcelNote(w.job(id), parcel).Pack()})
	w.settle(first)
	return s
}

// TestLease is about who may work on a parcel.
func TestLease(t *testing.T) {
	t.Parallel()
	lease := 2*2*time.Minute + 4*5*time.Second
	margin := 5 * time.Second

	t.Run("SecondWorkerLeavesALeasedParcelAlone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		h := &held{}
		w.oracle.script = h.script
		id := w.submit(3)
		one := w.begin(w.main, id, 0)
		two := w.begin(w.start(small()), id, 0)
		require.True(t, two.done)
		require.Equal(t, 3, w.oracle.begun)
		h.free = true
		w.settle(first)
		require.True(t, one.done)
		require.Equal(t, job.StateCompleted, w.job(id).State)
	})

	t.Run("IsTakenOverAfterItsEndAndTheMarginOnly", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = (&held{}).script
		id := w.submit(3)
		w.begin(w.main, id, 0)
		w.main.die()
		w.settle(first)
		w.main = w.start(small())
		end := w.now.Add(lease)
		w.now = end.Add(margin)
		require.Equal(t, 0, w.sweep().Sent)
		w.deliver(id, 0)
		require.Equal(t, 3, w.progress(id).Counts[job.TaskRunning])
		w.now = end.Add(margin + time.Millisecond)
		w.deliver(id, 0)
		w.now = w.now.Add(2 * time.Second)
		w.deliver(id, 0)
		require.Equal(t, job.StateCompleted, w.job(id).State)
		p := w.progress(id)
		require.Equal(t, 3*hold, p.Presumed)
		require.Equal(t, 3*spent, p.Settled)
		require.Equal(t, 3, w.seen.Events(ports.EventTakenOver)[0].Count)
	})

	t.Run("SweeperFindsAnEndedLease", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = (&held{}).script
		id := w.submit(3)
		w.begin(w.main, id, 0)
		w.main.die()
		w.settle(first)
		w.mail.lose()
		w.main = w.start(small())
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Less(t, w.now.Sub(w.job(id).CreatedAt), 10*time.Minute)
	})

	t.Run("EndsAtOnceInANewEpoch", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = (&held{}).script
		id := w.submit(3)
		w.begin(w.main, id, 0)
		w.main.die()
		w.settle(first)
		w.mail.lose()
		options := small()
		options.Epoch = 1
		w.main = w.start(options)
		require.NoError(t, w.main.Restart(w.ctx))
		w.drain()
		w.now = w.now.Add(2 * time.Second)
		w.drain()
		require.Equal(t, job.StateCompleted, w.job(id).State)
		require.Equal(t, 3*hold, w.progress(id).Presumed)
	})

	t.Run("AbsurdlyFarAheadCountsAsEnded", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = (&held{}).script
		id := w.submit(3)
		w.now = w.now.AddDate(3, 0, 0)
		w.begin(w.main, id, 0)
		w.main.die()
		w.settle(first)
		w.mail.lose()
		w.now = w.now.AddDate(-3, 0, 0)
		w.main = w.start(small())
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 2026, w.now.Year())
	})

	t.Run("WaitAbsurdlyFarAheadCountsAsReached", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.mail.lose()
		w.oracle.script = inTurn(refused(fault.Throttled, 30*time.Second), ok())
		w.now = w.now.AddDate(3, 0, 0)
		w.deliver(id, 0)
		w.mail.lose()
		require.Equal(t, 3, w.progress(id).Waiting[job.ReasonQuota])
		require.WithinDuration(t, w.now.Add(30*time.Second), w.progress(id).Due, 30*time.Second, "people see when it goes on")
		w.now = w.now.AddDate(-3, 0, 0)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 2026, w.now.Year())
		require.Less(t, w.now.Sub(w.job(id).CreatedAt), 5*time.Minute)
	})

	t.Run("ChangeAbsurdlyFarAheadDoesNotHideWork", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.now = w.now.AddDate(3, 0, 0)
		id := w.submit(3)
		w.mail.lose()
		w.now = w.now.AddDate(-3, 0, 0)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 2026, w.now.Year())
	})

	t.Run("LateAnswerOfTheOldOwnerBecomesOneAdjust", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		h := &held{}
		w.oracle.script = h.script
		id := w.submit(3)
		old := w.begin(w.main, id, 0)
		// The old owner's clock stands still while others take over.
		began := w.now
		w.now = w.now.Add(lease + margin + time.Second)
		taking := w.start(small())
		done := false
		w.spawn(func() {
			_ = taking.Work(w.ctx, job.ParcelNote(w.job(id), 0).Pack())
			done = true
		})
		for !done && w.step(func(n int) int { return n - 1 }) {
		}
		require.True(t, done)
		require.Equal(t, 3*hold, w.progress(id).Presumed)
		w.now = began.Add(time.Minute)
		h.free = true
		w.settle(first)
		require.True(t, old.done)
		p := w.progress(id)
		require.Zero(t, p.Presumed)
		require.Equal(t, 3, p.Counts[job.TaskCompleted], "the tasks have moved on")
		require.Equal(t, 6*spent, p.Settled)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 6*spent, w.progress(id).Settled)
	})

	t.Run("LateOwnerOpensNothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		old, young := &held{}, &held{}
		w.oracle.script = func(p plea) said {
			if p.n == 1 {
				return old.script(p)
			}
			return said{text: "ok", until: func() bool { return young.free }}
		}
		id := w.submit(3)
		late := w.begin(w.main, id, 0)
		began := w.now
		w.now = w.now.Add(lease + margin + time.Second)
		options := small()
		options.Calls = 2
		other := w.start(options)
		last := func(n int) int { return n - 1 }
		for range 2 {
			taking := w.spawn(func() { _ = other.Work(w.ctx, job.ParcelNote(w.job(id), 0).Pack()) })
			for !taking.done && w.oracle.begun < 5 {
				w.step(last)
			}
			w.now = w.now.Add(2 * time.Second)
		}
		require.Equal(t, 5, w.oracle.begun, "two of three tasks have a second call open")
		w.now = began.Add(time.Minute)
		old.free = true
		for !late.done {
			require.True(t, w.step(first))
		}
		require.Equal(t, 5, w.oracle.begun, "the third is not the old owner's to begin")
		require.Equal(t, 3*spent, w.progress(id).Settled)
		young.free = true
		w.settle(first)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 6, w.oracle.begun)
	})

	t.Run("StoredAnswerIsSettledByWhoTakesOver", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{ParcelSize: 3, FlushAfter: time.Hour})
		h := &held{}
		w.oracle.script = func(p plea) said {
			if p.ordinal == 0 {
				return ok()
			}
			if p.ordinal == 1 && p.n == 1 {
				return again("X")
			}
			return h.script(p)
		}
		id := w.submit(3)
		w.begin(w.main, id, 0)
		w.main.die()
		w.settle(first)
		w.main = w.start(small())
		w.now = w.now.Add(lease + margin + time.Second)
		w.deliver(id, 0)
		p := w.progress(id)
		require.Equal(t, hold, p.Presumed, "only the call without an answer is presumed")
		require.Equal(t, job.TaskCompleted, w.task(id, 0).State)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 2, w.task(id, 1).Judged+1)
		require.Equal(t, 2, w.task(id, 1).Last)
	})

	t.Run("TakeOverOfAClosedShardOnlyResolves", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = (&held{}).script
		id := w.submit(6)
		w.begin(w.main, id, 0)
		w.main.die()
		w.settle(first)
		w.main = w.start(small())
		_, err := w.main.Pause(w.ctx, id, "")
		require.NoError(t, err)
		begun := w.oracle.begun
		for range 6 {
			w.minute()
			w.drain()
		}
		require.Equal(t, begun, w.oracle.begun)
		p := w.progress(id)
		require.Zero(t, p.Held)
		require.Equal(t, 3*hold, p.Presumed)
		require.Equal(t, job.StatePaused, p.Job.State)
	})

	t.Run("IsTriedAgainUnderItsOwnNameAfterALostOutcome", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		faults := 1
		w.wrap = func(p *engine.Ports) {
			p.Store = &faulty{Store: p.Store, update: func(keys []ports.Key, do func() error) error {
				if len(keys) > 1 && faults == 0 {
					faults++
					_ = do()
					return fault.New(fault.Unavailable, "no answer").MaybeDone()
				}
				return do()
			}}
		}
		w.main = w.start(small())
		id := w.submit(3)
		faults = 0
		w.drain()
		require.Equal(t, 1, faults)
		require.Equal(t, job.StateCompleted, w.job(id).State)
		require.Zero(t, w.progress(id).Presumed)
	})
}
