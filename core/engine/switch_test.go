package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestSpending is about the switch that all jobs obey.
func TestSpending(t *testing.T) {
	t.Parallel()

	t.Run("IsOnUnlessSomebodySwitchesItOff", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		s, err := w.main.Spending(w.ctx)
		require.NoError(t, err)
		require.Equal(t, engine.Switch{On: true}, s)
		require.NoError(t, w.main.SetSpending(engine.WithOrigin(w.ctx, engine.Origin{Actor: "ann"}), false, "the bill is too high"))
		s, err = w.main.Spending(w.ctx)
		require.NoError(t, err)
		require.Equal(t, engine.Switch{Reason: "the bill is too high", At: w.now, Actor: "ann"}, s)
	})

	t.Run("NoHoldOnceEveryShardHasTakenIt", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		h := &held{}
		w.oracle.script = h.script
		id := w.submit(12)
		other := w.submit(3, func(s *engine.Submission) { s.Tenant = "other" })
		w.begin(w.main, id, 0)
		held := w.progress(id).Held
		require.Equal(t, 3*hold, held)
		require.NoError(t, w.main.SetSpending(w.ctx, false, "enough"))
		for _, each := range []job.ID{id, other} {
			j := w.job(each)
			require.Equal(t, job.StatePaused, j.State)
			require.Equal(t, []job.PauseReason{job.PauseSpendingOff}, j.Pauses)
			require.Equal(t, "enough", j.Detail)
			require.Equal(t, j.Wish, j.Carried, "every shard has taken it")
		}
		begun := w.oracle.begun
		h.free = true
		w.settle(first)
		for range 5 {
			w.drain()
			w.minute()
		}
		require.Equal(t, begun, w.oracle.begun)
		require.Zero(t, w.progress(id).Held, "calls in flight settle")
		require.Equal(t, 3, w.progress(id).Counts[job.TaskCompleted])
		require.NoError(t, w.main.SetSpending(w.ctx, true, ""))
		require.Equal(t, job.StateRunning, w.job(id).State)
		require.Equal(t, job.StatePending, w.job(other).State)
		require.Equal(t, "spending_off", w.lastEvent(id, "resumed").Data["reason"])
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, job.StateCompleted, w.rest(other).State)
	})

	t.Run("RefusesWhateverSpends", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsFirst
		ended := w.submit(12)
		w.rest(ended)
		id := w.submit(12, capped(100*hold))
		require.NoError(t, w.main.SetSpending(w.ctx, false, "enough"))
		for name, call := range map[string]func() error{
			"submit": func() error {
				_, err := w.main.Submit(w.ctx, engine.Submission{Tenant: "acme", Kind: "probe", Input: probeInput{Tasks: 1}.bytes()})
				return err
			},
			"retry":  func() error { _, err := w.main.Retry(w.ctx, ended, nil, 0); return err },
			"resume": func() error { _, err := w.main.Resume(w.ctx, id, 0); return err },
			"cap":    func() error { _, err := w.main.SetCap(w.ctx, id, 101*hold); return err },
		} {
			err := call()
			require.ErrorIs(t, err, fault.Unavailable, name)
			require.ErrorContains(t, err, "spending is switched off: enough", name)
		}
		_, err := w.main.SetCap(w.ctx, id, 99*hold)
		require.NoError(t, err, "a lower cap spends nothing")
		_, err = w.main.Cancel(w.ctx, id, "")
		require.NoError(t, err)
		require.NoError(t, w.main.SetSpending(w.ctx, true, ""))
		_, err = w.main.Retry(w.ctx, ended, nil, 0)
		require.NoError(t, err)
		w.rest(ended)
	})

	t.Run("LiftsItsOwnReasonAlone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		_, err := w.main.Pause(w.ctx, id, "mine")
		require.NoError(t, err)
		require.NoError(t, w.main.SetSpending(w.ctx, false, "enough"))
		require.Equal(t, []job.PauseReason{job.PauseSpendingOff, job.PauseOperator}, w.job(id).Pauses)
		require.NoError(t, w.main.SetSpending(w.ctx, true, ""))
		require.Equal(t, []job.PauseReason{job.PauseOperator}, w.job(id).Pauses)
		require.Equal(t, job.StatePaused, w.rest(id).State)
		_, err = w.main.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("KeepsTheDetailOfANewerPause", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		require.NoError(t, w.main.SetSpending(w.ctx, false, "enough"))
		_, err := w.main.Pause(w.ctx, id, "mine")
		require.NoError(t, err)
		require.NoError(t, w.main.SetSpending(w.ctx, true, ""))
		require.Equal(t, "mine", w.job(id).Detail)
	})

	t.Run("SweepDoesWhatADeadProcessDidNot", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		for _, on := range []bool{false, true} {
			p := w.start(small())
			p.dies, p.after = 1, true
			require.Error(t, errors.Join(p.SetSpending(w.ctx, on, "x"), errDead))
			require.True(t, p.dead)
			require.Equal(t, on, w.job(id).Paused(), "it died before it reached the job")
			w.sweep()
			require.Equal(t, !on, w.job(id).Paused())
		}
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("SaidAgainItReachesTheShardsThatADeadProcessDidNot", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		p := w.start(small())
		p.dies, p.after = 5, true
		require.NoError(t, p.SetSpending(w.ctx, false, "x"))
		require.True(t, p.dead)
		j := w.job(id)
		require.Equal(t, []job.PauseReason{job.PauseSpendingOff}, j.Pauses)
		require.Less(t, j.Carried, j.Wish, "it died before it reached a shard")
		require.NoError(t, w.main.SetSpending(w.ctx, false, "x"))
		require.Equal(t, job.StatePaused, w.job(id).State)
	})

	t.Run("AJobThatCannotBeReadKeepsNoOtherFromIt", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.put(ports.Key{Partition: "active", Sort: "000-gone"}, []byte("{}"))
		id := w.submit(12)
		require.NoError(t, w.main.SetSpending(w.ctx, false, "enough"))
		require.Equal(t, job.StatePaused, w.job(id).State)
		require.Positive(t, w.events(ports.EventFault))
	})

	t.Run("WritesAlongOnce", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.submit(12)
		w.submit(12)
		lost := 0
		w.hooks.LoseAck = func([]ports.Key) bool { lost++; return lost == 1 }
		var shown []*job.Job
		ctx := engine.WithOrigin(w.ctx, note(&shown))
		require.NoError(t, w.main.SetSpending(ctx, false, "enough"))
		require.Equal(t, []*job.Job{nil}, shown, "nothing is written along with the pauses")
		w.now = w.now.Add(time.Hour)
		require.NoError(t, w.main.SetSpending(ctx, false, "enough"))
		require.Len(t, shown, 1, "it was off for that already")
		s, err := w.main.Spending(w.ctx)
		require.NoError(t, err)
		require.Equal(t, w.now.Add(-time.Hour), s.At)
		no := errors.New("no")
		require.ErrorIs(t, w.main.SetSpending(engine.WithOrigin(w.ctx, engine.Origin{Along: func(ports.Tx, *job.Job) error { return no }}), true, ""), no)
		s, err = w.main.Spending(w.ctx)
		require.NoError(t, err)
		require.False(t, s.On)
	})

	t.Run("Invalid", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.ErrorIs(t, w.main.SetSpending(w.ctx, false, strings.Repeat("x", 301)), fault.Invalid)
		require.ErrorIs(t, w.main.SetSpending(engine.WithOrigin(w.ctx, engine.Origin{RequestID: strings.Repeat("x", 201)}), false, ""), fault.Invalid)
	})

	t.Run("ARecordThatCannotBeReadStopsWhatWouldSpend", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12)
		w.put(ports.Key{Partition: "global", Sort: "spending"}, []byte("{"))
		_, err := w.main.Spending(w.ctx)
		require.ErrorIs(t, err, fault.Corrupt)
		require.ErrorIs(t, w.main.SetSpending(w.ctx, true, ""), fault.Corrupt)
		_, err = w.main.Submit(w.ctx, engine.Submission{Tenant: "acme", Kind: "probe", Input: probeInput{Tasks: 1}.bytes()})
		require.ErrorIs(t, err, fault.Corrupt)
		_, err = w.main.Sweep(w.ctx)
		require.ErrorIs(t, err, fault.Corrupt)
		w.drain()
		require.Equal(t, job.StateCompleted, w.job(id).State, "jobs stay as they are")
	})
}
