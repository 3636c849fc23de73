package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// bill makes a line that the provider has billed and no process has seen.
func (w *world) bill(name string, ordinal int, message string, change ...func(*engine.Billed)) engine.Billed {
	b := engine.Billed{
		Job: w.checks.ids[name], Ordinal: ordinal, Model: "claude-haiku-5-5", Lane: cost.Realtime, Usage: cost.Usage{Input: 500, Output: 400},
		MessageID: message, RequestID: "req", At: w.now,
	}
	for _, c := range change {
		c(&b)
	}
	amount, _ := cost.Prices().Cost(b.Model, b.Lane, b.Usage)
	w.oracle.bill = append(w.oracle.bill, billed{job: name, ordinal: ordinal, message: message, amount: amount, model: b.Model, usage: b.Usage, at: b.At, lost: true})
	return b
}

func one(amount cost.Pico) engine.Booked { return engine.Booked{Lines: 1, Amount: amount} }

// presumed is a job of one task with an attempt that may have been billed; a minute later it is tried again.
func presumed(t *testing.T, options *engine.Options) (*world, job.ID) {
	w := newWorld(t, options)
	w.oracle.script = inTurn(unknown(false), refused(fault.Throttled, time.Hour))
	id := w.submit(1, capped(100*hold))
	w.deliver(id, 0)
	w.mail.lose()
	require.Equal(t, hold, w.progress(id).Presumed)
	w.now = w.now.Add(time.Minute)
	return w, id
}

// TestReconcileFindsTheAttempt is about which attempt a line adjusts.
func TestReconcileFindsTheAttempt(t *testing.T) {
	t.Parallel()

	t.Run("APresumedOneIsAdjusted", func(t *testing.T) {
		t.Parallel()
		w, id := presumed(t, small())
		require.Equal(t, engine.Reconciled{Adjusted: one(spent)}, w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_1")}))
		p := w.progress(id)
		require.Zero(t, p.Presumed)
		require.Equal(t, spent, p.Settled)
		require.Equal(t, 1, w.task(id, 0).Billed)
		require.Equal(t, job.TaskWaiting, w.task(id, 0).State)
		require.Equal(t, 1, w.seen.Events(ports.EventReconciled)[0].Attempt)
		w.square()
	})

	t.Run("TheOldestOfSeveral", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = inTurn(unknown(false), unknown(false), unknown(false), ok())
		id := w.submit(1)
		w.rest(id)
		w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_1")})
		require.Equal(t, 1, w.seen.Events(ports.EventReconciled)[0].Attempt)
		w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_2")})
		require.Equal(t, 2, w.seen.Events(ports.EventReconciled)[1].Attempt)
		require.Equal(t, engine.Reconciled{Adjusted: one(spent), Added: one(spent)}, w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_3"), w.bill("j1", 0, "msg_4")}))
		require.Zero(t, w.progress(id).Presumed)
		require.Equal(t, 5, w.task(id, 0).Billed)
	})

	t.Run("EachOfTwoLinesItsOwn", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = inTurn(unknown(false), unknown(false), ok())
		id := w.submit(1)
		w.deliver(id, 0)
		early := w.now
		w.now = w.now.Add(time.Minute)
		w.deliver(id, 0)
		require.Equal(t, 2*hold, w.progress(id).Presumed)
		late := w.bill("j1", 0, "msg_2")
		require.Equal(t, engine.Booked{Lines: 2, Amount: 2 * spent}, w.reconcile([]engine.Billed{late, w.bill("j1", 0, "msg_1", func(b *engine.Billed) { b.At = early })}).Adjusted)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		w.square()
	})

	t.Run("NotOneOfAnotherModelOrLane", func(t *testing.T) {
		t.Parallel()
		w, id := presumed(t, small())
		dearer, err := cost.Prices().Cost("claude-sonnet-5-5", cost.Realtime, cost.Usage{Input: 500, Output: 400})
		require.NoError(t, err)
		require.Equal(t, engine.Reconciled{Added: engine.Booked{Lines: 2, Amount: dearer + spent/2}}, w.reconcile([]engine.Billed{
			w.bill("j1", 0, "msg_1", func(b *engine.Billed) { b.Model = "claude-sonnet-5-5" }),
			w.bill("j1", 0, "msg_2", func(b *engine.Billed) { b.Lane = cost.Batch }),
		}))
		require.Equal(t, hold, w.progress(id).Presumed)
	})

	t.Run("NotOneThatWasHeldLater", func(t *testing.T) {
		t.Parallel()
		w, id := presumed(t, small())
		early := w.bill("j1", 0, "msg_1", func(b *engine.Billed) { b.At = w.now.Add(-time.Minute - 6*time.Second) })
		require.Equal(t, engine.Reconciled{Added: one(spent)}, w.reconcile([]engine.Billed{early}))
		require.Equal(t, hold, w.progress(id).Presumed, "another call is in doubt")
		near := w.bill("j1", 0, "msg_2", func(b *engine.Billed) { b.At = w.now.Add(-time.Minute - 4*time.Second) })
		require.Equal(t, engine.Reconciled{Adjusted: one(spent)}, w.reconcile([]engine.Billed{near}), "clocks may deviate by the margin")
	})

	t.Run("NotOneWhoseAnswerIsKnownToBeAnother", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		silent := ok()
		silent.silent = true
		w.oracle.script = func(plea) said { return silent }
		id := w.submit(1)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, hold, w.progress(id).Presumed)
		require.Equal(t, engine.Reconciled{Added: one(spent)}, w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_other")}))
		require.Equal(t, engine.Reconciled{Adjusted: one(spent), Known: 1}, w.reconcile(w.statementOf(id)), "its own bill says what the answer did not")
		w.square()
		require.Equal(t, job.TaskCompleted, w.task(id, 0).State)
	})

	t.Run("AnOpenOneUnderAnEndedLeaseIsPresumedFirst", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = (&held{}).script
		id := w.submit(3)
		w.begin(w.main, id, 0)
		w.later(*small(), 0)
		w.now = w.now.Add(10 * time.Minute)
		require.Equal(t, engine.Reconciled{Adjusted: one(spent), Known: 0}, w.reconcile(w.statement()[1:2]))
		p := w.progress(id)
		require.Equal(t, 3, p.Counts[job.TaskWaiting], "the lease is over for the others too")
		require.Equal(t, 2*hold, p.Presumed)
		require.Equal(t, 1, w.events(ports.EventTakenOver))
		w.reconcile(w.statement())
		w.square()
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("AnEndedLeaseDoesNotComeBackToLife", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said {
			if p.ordinal == 0 && p.n == 1 {
				return said{text: "ok", until: func() bool { return false }}
			}
			return ok()
		}
		id := w.submit(3)
		w.begin(w.main, id, 0)
		w.now = w.now.Add(time.Second)
		w.settle(first)
		w.later(*small(), 1)
		require.Equal(t, one(spent), w.reconcile([]engine.Billed{w.bill("j1", 2, "msg_1")}).Added)
		require.Equal(t, job.TaskWaiting, w.task(id, 0).State)
		w.now = w.now.Add(2 * time.Second)
		w.deliver(id, 0)
		require.Equal(t, job.StateCompleted, w.job(id).State)
	})

	t.Run("AnOpenOneWithAStoredAnswerIsSettledByIt", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		died := false
		w.hooks.AfterCommit = func(keys []ports.Key) {
			if len(keys) == 1 && keys[0].Sort[0] == 'a' && !died {
				died = true
				w.main.die()
			}
		}
		id := w.submit(1)
		w.do(func() { _ = w.main.Work(w.main.ctx, job.ParcelNote(w.job(id), 0).Pack()) })
		require.True(t, died)
		w.later(*small(), 1)
		require.Equal(t, engine.Reconciled{Known: 1}, w.reconcile(w.statement()))
		require.Equal(t, job.StateCompleted, w.job(id).State, "the answer was good")
		w.square()
	})

	t.Run("WhileACallIsInFlightTheLineIsPending", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		h := &held{}
		w.oracle.script = h.script
		id := w.submit(3)
		w.begin(w.main, id, 0)
		bill := []engine.Billed{w.bill("j1", 1, "msg_1"), w.bill("j1", 0, "msg_2")}
		require.Equal(t, engine.Reconciled{Pending: []int{0, 1}}, w.reconcile(bill))
		require.Empty(t, w.progress(id).Settled)
		h.free = true
		w.settle(first)
		require.Equal(t, engine.Reconciled{Added: engine.Booked{Lines: 2, Amount: 2 * spent}, Known: 3}, w.reconcile(w.statement()))
		w.square()
	})

	t.Run("AtThePriceTableOfItsHold", func(t *testing.T) {
		t.Parallel()
		w, id := presumed(t, small())
		w.later(engine.Options{ParcelSize: 3, Prices: []*cost.Table{dearTable(t), cost.Prices()}}, 0)
		require.Equal(t, engine.Reconciled{Adjusted: one(spent)}, w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_1")}))
		w.checks.loose = true
		require.Equal(t, engine.Reconciled{Added: one(2 * spent)}, w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_2")}), "what has no hold costs what it costs today")
		require.Equal(t, 3*spent, w.progress(id).Settled)
	})

	t.Run("IsPendingWhereThePriceTableIsNotKnown", func(t *testing.T) {
		t.Parallel()
		w, id := presumed(t, small())
		bill := []engine.Billed{w.bill("j1", 0, "msg_1")}
		w.later(engine.Options{ParcelSize: 3, Prices: []*cost.Table{dearTable(t)}}, 0)
		require.Equal(t, engine.Reconciled{Pending: []int{0}}, w.reconcile(bill))
		require.Equal(t, hold, w.progress(id).Presumed)
		w.later(*small(), 0)
		require.Equal(t, engine.Reconciled{Adjusted: one(spent)}, w.reconcile(bill))
	})
}

// statementOf is the provider's own bill of one job.
func (w *world) statementOf(id job.ID) []engine.Billed {
	var bill []engine.Billed
	for _, b := range w.statement() {
		if b.Job == id {
			bill = append(bill, b)
		}
	}
	return bill
}

// TestReconcileWithoutAnAttempt is about lines whose holds are not in the books, in jobs of every state.
func TestReconcileWithoutAnAttempt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(w *world, id job.ID)
		job    job.State
		task   job.TaskState
	}{
		"APendingJobHasStarted": {func(*world, job.ID) {}, job.StateRunning, job.TaskQueued},
		"ARunningJob":           {func(w *world, id job.ID) { w.deliver(id, 0) }, job.StateRunning, job.TaskQueued},
		"ACompletedJob":         {func(w *world, id job.ID) { w.rest(id) }, job.StateCompleted, job.TaskCompleted},
		"AFailedJob": {func(w *world, id job.ID) {
			w.oracle.script = func(plea) said { return failing("REFUSED") }
			w.rest(id)
		}, job.StateFailed, job.TaskFailed},
		"APausedJob": {func(w *world, id job.ID) {
			_, err := w.main.Pause(w.ctx, id, "")
			require.NoError(w.t, err)
		}, job.StatePaused, job.TaskQueued},
		"AJobThatIsCancelledBeforeItBegan": {func(w *world, id job.ID) {
			_, err := w.main.Cancel(w.ctx, id, "")
			require.NoError(w.t, err)
		}, job.StateCancelled, job.TaskCancelled},
		"AJobThatIsCancelledOnTheWay": {func(w *world, id job.ID) {
			w.deliver(id, 0)
			_, err := w.main.Cancel(w.ctx, id, "")
			require.NoError(w.t, err)
		}, job.StateCancelled, job.TaskCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			id := w.submit(9)
			w.mail.lose()
			test.before(w, id)
			settled, events := w.progress(id).Settled, w.job(id).Events
			require.Equal(t, engine.Reconciled{Added: one(spent)}, w.reconcile([]engine.Billed{w.bill("j1", 7, "msg_1")}))
			j, task := w.job(id), w.task(id, 7)
			require.Equal(t, test.job, j.State)
			require.Equal(t, test.task, task.State)
			require.GreaterOrEqual(t, task.Cost, spent)
			require.Equal(t, settled+spent, w.progress(id).Settled)
			if j.State.Ended() {
				require.Equal(t, settled+spent, w.checks.month("acme", november).Account.Drawn, "the month has paid")
				require.Equal(t, events, j.Events, "an ended job has no more history")
			}
			report, err := w.main.Verify(w.ctx, id)
			require.NoError(t, err)
			require.Empty(t, report.Problems)
			if !j.State.Ended() {
				_, err := w.main.Resume(w.ctx, id, 0)
				require.NoError(t, err)
				require.Equal(t, job.StateCompleted, w.rest(id).State)
			}
			require.Equal(t, len(w.statement()), w.reconcile(w.statement()).Known)
			w.square()
		})
	}
}

// TestReconcilePays is about where the money of such a line comes from.
func TestReconcilePays(t *testing.T) {
	t.Parallel()
	thousand := func(b *engine.Billed) { b.Usage = cost.Usage{Input: 100_000} }
	const large = cost.Pico(100_000 * 100_000)

	t.Run("FromTheJobBeforeItsMonth", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3, capped(large))
		require.Equal(t, one(large), w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_1", thousand)}).Added)
		require.Equal(t, large, w.checks.month("acme", november).Account.Drawn)
		require.Zero(t, w.events(ports.EventOverrun))
		require.Equal(t, job.StatePaused, w.rest(id).State, "nothing is left of the cap")
	})

	t.Run("FromTheMonthBeyondTheCap", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.checks.loose = true
		id := w.submit(3, capped(large-1))
		require.Equal(t, one(large), w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_1", thousand)}).Added)
		require.Equal(t, large, w.checks.month("acme", november).Account.Drawn)
		require.Equal(t, 1, w.events(ports.EventOverrun))
		require.Zero(t, w.progress(id).Overrun)
	})

	t.Run("WhatNobodyHasIsOverrunAndClosesTheJob", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.checks.loose = true
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, large/2))
		id := w.submit(12, capped(large/4))
		require.Equal(t, one(large), w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_1", thousand)}).Added)
		require.Equal(t, large/2, w.progress(id).Overrun)
		require.Equal(t, job.StatePaused, w.job(id).State, "every shard knows")
		require.Equal(t, []job.PauseReason{job.PauseBudget}, w.job(id).Pauses)
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 100*large))
		_, err := w.main.Resume(w.ctx, id, large+100*hold)
		require.NoError(t, err)
		require.Zero(t, w.progress(id).Overrun)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		w.square()
	})

	t.Run("TheOverrunOfAnEndedJobIsPaidByItsRetry", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.checks.loose = true
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, large/2))
		id := w.submit(1, capped(large/4))
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_1", thousand)})
		require.Equal(t, large/2+spent, w.progress(id).Overrun)
		require.Equal(t, job.StateCompleted, w.job(id).State)
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 2*large))
		_, err := w.main.Retry(w.ctx, id, []int{0}, large+10*hold)
		require.NoError(t, err)
		require.Zero(t, w.progress(id).Overrun)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("MoneyFreedInAnEndedJobGoesToItsMonth", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = inTurn(unknown(false), ok())
		id := w.submit(1)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, hold+spent, w.checks.month("acme", november).Account.Drawn)
		w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_1")})
		require.Equal(t, 2*spent, w.checks.month("acme", november).Account.Drawn)
		w.square()
	})
}
