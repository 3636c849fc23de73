package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// moving is the store that the world has now: whoever holds it goes on with a restored one.
type moving struct{ w *world }

func (m moving) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	return m.w.store.Get(ctx, key)
}

func (m moving) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	return m.w.store.List(ctx, r)
}

func (m moving) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	return m.w.store.Update(ctx, keys, decide)
}

// survivor is a world whose store was restored to before the job's first lease, while a process of before has a call in
// flight and goes on. The next epoch's first answer is what next says.
func survivor(t *testing.T, next said) (w *world, id job.ID, letGo func()) {
	w = newWorld(t, small())
	free := false
	w.oracle.script = func(p plea) said {
		switch p.n {
		case 1:
			return said{text: "ok old", until: func() bool { return free }, lost: true}
		case 2:
			return next
		}
		return ok()
	}
	w.wrap = func(p *engine.Ports) { p.Store = moving{w} }
	old := w.start(small())
	w.wrap = nil
	id = w.submit(1)
	before := w.backup()
	w.begin(old, id, 0)
	require.Equal(t, 1, w.oracle.begun)
	w.rewind(before)
	w.later(*small(), 1)
	return w, id, func() {
		at := len(w.oracle.bill)
		// A restored store is taken into use in another place, or when every lease of before has ended.
		w.now = w.now.Add(2*2*time.Minute + 4*5*time.Second + time.Second)
		free = true
		w.settle(first)
		require.Len(t, w.oracle.bill, at+1, "the old call came back")
	}
}

// TestAnOlderEpochWritesNothing is about processes that live on after their store was restored: their attempts bear
// numbers that are given out again.
func TestAnOlderEpochWritesNothing(t *testing.T) {
	t.Parallel()
	finish := func(t *testing.T, w *world, id job.ID) {
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		w.checks.settled()
		require.Empty(t, w.reconcile(w.statement()).Pending)
		w.square()
	}
	t.Run("NoSettleLeaseOrDeadLetter", func(t *testing.T) {
		t.Parallel()
		w, id, letGo := survivor(t, unknown(true))
		w.wrap = func(p *engine.Ports) { p.Store = moving{w} }
		old := w.start(small())
		w.deliver(id, 0)
		w.now = w.now.Add(time.Hour)
		note := job.ParcelNote(w.job(id), 0).Pack()
		for range 5 {
			require.ErrorIs(t, old.DeadLetter(w.ctx, note), fault.Locked)
			require.ErrorIs(t, old.Work(w.ctx, note), fault.Locked)
		}
		_, err := old.Reconcile(w.ctx, []engine.Billed{w.bill("j1", 0, "msg_1")})
		require.ErrorIs(t, err, fault.Locked)
		require.Equal(t, job.TaskWaiting, w.task(id, 0).State)
		letGo()
		w.reconcile(w.statement())
		finish(t, w, id)
	})

	t.Run("ButTheAnswerToAnAttemptThatWasInTheBackup", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		h := &held{}
		w.oracle.script = h.script
		w.wrap = func(p *engine.Ports) { p.Store = moving{w} }
		old := w.start(small())
		w.wrap = nil
		id := w.submit(1)
		w.begin(old, id, 0)
		w.rewind(w.backup())
		w.main = w.start(small())
		h.free = true
		w.settle(first)
		require.Equal(t, job.StateCompleted, w.job(id).State, "no process of a later epoch was there before")
		w.square()
	})
}
