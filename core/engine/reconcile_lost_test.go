package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// gone makes a line of a job that the store has never seen.
func (w *world) gone(message string, change ...func(*engine.Billed)) engine.Billed {
	return w.bill("gone", 3, message, append([]func(*engine.Billed){func(b *engine.Billed) { b.Job, b.Tenant = "gone", "acme" }}, change...)...)
}

// TestReconcileOfALostJob is about lines whose job was submitted in the lost time.
func TestReconcileOfALostJob(t *testing.T) {
	t.Parallel()

	t.Run("ItsMonthPays", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		line := w.gone("msg_1", func(b *engine.Billed) { b.At = time.Date(2026, 10, 31, 23, 59, 59, 0, time.UTC) })
		require.Equal(t, engine.Reconciled{Lost: one(spent)}, w.reconcile([]engine.Billed{line}))
		for _, tenant := range []string{"acme", ""} {
			require.Equal(t, spent, w.checks.month(tenant, "2026-10").Account.Granted)
		}
		require.Equal(t, spent, w.checks.month("acme", "2026-10").Account.Settled)
		require.Equal(t, spent, w.checks.month("", "2026-10").Account.Drawn)
		event := w.seen.Events(ports.EventJobLost)[0]
		require.Equal(t, []any{"acme", "gone", 3, spent}, []any{event.Tenant, event.Job, event.Ordinal, event.Amount})
		require.Zero(t, w.events(ports.EventOverrun))
		require.Equal(t, engine.Reconciled{Known: 1}, w.reconcile([]engine.Billed{line}))
		require.Equal(t, 1, w.events(ports.EventJobLost))
		w.square()
	})

	t.Run("WhatDoesNotFitIsItsOverrun", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 10*spent))
		w.submit(3, capped(8*spent))
		w.reconcile([]engine.Billed{w.gone("msg_1"), w.gone("msg_2"), w.gone("msg_3"), w.gone("msg_4")})
		require.Equal(t, cost.Account{Granted: 10 * spent, Drawn: 8 * spent, Settled: 4 * spent, Overrun: 2 * spent}, w.checks.month("acme", november).Account)
		require.Equal(t, 2, w.events(ports.EventOverrun))
		w.square()
	})

	t.Run("TheLimitOfAllHolds", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "", november, 3*spent))
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 100*spent))
		w.reconcile([]engine.Billed{w.gone("msg_1"), w.gone("msg_2"), w.gone("msg_3"), w.gone("msg_4")})
		require.Equal(t, cost.Account{Granted: 3 * spent, Settled: 4 * spent, Overrun: spent}, w.checks.month("acme", november).Account)
	})

	t.Run("WithoutABudgetAllOfItIsOverrunWhereOneIsRequired", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{RequireBudget: true})
		w.reconcile([]engine.Billed{w.gone("msg_1")})
		require.Equal(t, cost.Account{Settled: spent, Overrun: spent}, w.checks.month("acme", november).Account)
	})

	t.Run("TheOverrunIsPaidBeforeTheNextJob", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, spent))
		w.reconcile([]engine.Billed{w.gone("msg_1"), w.gone("msg_2"), w.gone("msg_3")})
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 100*hold))
		_, err := w.main.Submit(w.ctx, engine.Submission{Tenant: "acme", Kind: "probe", Input: probeInput{Name: "big", Tasks: 3}.bytes(), Cap: 100*hold - 3*spent + 1})
		require.ErrorIs(t, err, fault.Budget)
		w.submit(3, capped(100*hold-3*spent))
		require.Equal(t, cost.Account{Granted: 100 * hold, Drawn: 100*hold - 3*spent, Settled: 3 * spent}, w.checks.month("acme", november).Account)
	})

	t.Run("WhatAJobReturnsPaysTheOverrun", func(t *testing.T) {
		t.Parallel()
		for _, limit := range []cost.Pico{0, 100 * hold} {
			w := newWorld(t, small())
			require.NoError(t, w.main.SetLimit(w.ctx, "", november, 10*hold))
			if limit > 0 {
				require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, limit))
			}
			id := w.submit(3, capped(10*hold))
			w.reconcile([]engine.Billed{w.gone("msg_1"), w.gone("msg_2")})
			require.Equal(t, 2*spent, w.checks.month("acme", november).Account.Overrun)
			require.Equal(t, job.StateCompleted, w.rest(id).State)
			own := w.checks.month("acme", november).Account
			require.Equal(t, []cost.Pico{0, 2 * spent, 3 * spent}, []cost.Pico{own.Overrun, own.Settled, own.Drawn})
			if limit == 0 {
				require.Equal(t, 5*spent, w.checks.month("", november).Account.Drawn, "the rest is free for others")
			}
			w.square()
		}
	})

	t.Run("ABillBeyondACapDoesNotTakeWhatTheMonthOwes", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.checks.loose = true
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 10*spent))
		id := w.submit(1, capped(9*spent))
		w.reconcile([]engine.Billed{w.gone("msg_1"), w.gone("msg_2"), w.gone("msg_3")})
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 13*spent))
		w.reconcile([]engine.Billed{w.bill("j1", 0, "msg_4", func(b *engine.Billed) { b.Usage = cost.Usage{Output: 10_000} })})
		require.Equal(t, 10*spent, w.progress(id).Overrun, "a bill of 20, 9 of the job, 1 of the month")
		require.Equal(t, cost.Account{Granted: 13 * spent, Drawn: 10 * spent, Settled: 3 * spent}, w.checks.month("acme", november).Account)
	})

	t.Run("OfATenantThatIsNewToo", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.reconcile([]engine.Billed{w.gone("msg_1", func(b *engine.Billed) { b.Tenant = "newcomer" })})
		id := w.submit(3)
		report, err := w.main.Verify(w.ctx, id)
		require.NoError(t, err)
		require.Empty(t, report.Problems, "the month of all knows the tenant")
		jobs, err := w.main.Jobs(w.ctx, "newcomer", 1)
		require.NoError(t, err)
		require.Empty(t, jobs)
	})

	t.Run("ABrokenMonthStopsIt", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.put(ports.Key{Partition: "tenant/acme", Sort: "month/" + november}, []byte("{"))
		_, err := w.main.Reconcile(w.ctx, []engine.Billed{w.gone("msg_1")})
		require.ErrorIs(t, err, fault.Corrupt)
	})
}

// TestReconcileRefuses is the table of what is wrong with a bill; nothing of it is booked then.
func TestReconcileRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	id := w.submit(3)
	good := engine.Billed{
		Job: id, Tenant: "acme", Ordinal: 1, Model: "claude-haiku-5-5", Lane: cost.Realtime, Usage: cost.Usage{Input: 500, Output: 400}, MessageID: "msg_1", At: w.now,
	}
	for name, change := range map[string]func(*engine.Billed){
		"no message":              func(b *engine.Billed) { b.MessageID = "" },
		"message too long":        func(b *engine.Billed) { b.MessageID = strings.Repeat("m", cost.MaxID+1) },
		"request too long":        func(b *engine.Billed) { b.RequestID = strings.Repeat("m", 201) },
		"no job":                  func(b *engine.Billed) { b.Job = "" },
		"no job's id":             func(b *engine.Billed) { b.Job = "a/b" },
		"another tenant":          func(b *engine.Billed) { b.Tenant = "other" },
		"no tenant's name":        func(b *engine.Billed) { b.Tenant = "a/b" },
		"lost job without tenant": func(b *engine.Billed) { b.Job, b.Tenant = "gone", "" },
		"ordinal below":           func(b *engine.Billed) { b.Ordinal = -1 },
		"ordinal above":           func(b *engine.Billed) { b.Ordinal = 3 },
		"ordinal of no job":       func(b *engine.Billed) { b.Job, b.Ordinal = "gone", engine.MaxTasks },
		"no usage":                func(b *engine.Billed) { b.Usage = cost.Usage{} },
		"negative usage":          func(b *engine.Billed) { b.Usage.Output = -1 },
		"absurd usage":            func(b *engine.Billed) { b.Usage.Output = 1 << 40 },
		"unknown model":           func(b *engine.Billed) { b.Model = "gpt" },
		"unknown lane":            func(b *engine.Billed) { b.Lane = "fast" },
		"no time":                 func(b *engine.Billed) { b.At = time.Time{} },
		"time to come":            func(b *engine.Billed) { b.At = w.now.Add(25 * time.Hour) },
		"same message, other job": func(b *engine.Billed) { b.MessageID, b.Job = "msg_0", "gone" },
		"same message, other use": func(b *engine.Billed) { b.MessageID, b.Usage.Input = "msg_0", 7 },
	} {
		fine, bad := good, good
		fine.MessageID = "msg_0"
		change(&bad)
		_, err := w.main.Reconcile(w.ctx, []engine.Billed{fine, bad})
		require.ErrorIs(t, err, fault.Invalid, name)
		require.ErrorContains(t, err, "line 1: ", name)
	}
	_, err := w.main.Reconcile(w.ctx, make([]engine.Billed, engine.MaxBill+1))
	require.ErrorIs(t, err, fault.Invalid)
	require.Zero(t, w.progress(id).Settled)
}

// TestReconcileOfCorruptBooks stops at a shard that cannot be read, and at no other.
func TestReconcileOfCorruptBooks(t *testing.T) {
	t.Parallel()
	for name, forge := range map[string]func(f *forger){
		"BlockGone":    func(f *forger) { f.put(f.blocks(0)[1].Key, nil) },
		"LastBlockCut": func(f *forger) { b := f.blocks(0); f.put(b[len(b)-1].Key, nil) },
		"Header":       func(f *forger) { f.put(f.key("/s00", "header"), []byte("nonsense")) },
		"Parcel":       func(f *forger) { f.put(f.key("/s00", "p/00000000"), []byte("nonsense")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			id := w.submit(9)
			w.rest(id)
			bill := []engine.Billed{w.bill("j1", 0, "msg_1"), w.bill("j1", 3, "msg_2")}
			before := w.checks.broken
			forge(&forger{w, id})
			done, err := w.main.Reconcile(w.ctx, bill)
			require.ErrorIs(t, err, fault.Corrupt)
			require.Equal(t, engine.Reconciled{Added: one(spent)}, done)
			require.Empty(t, before)
			w.verified = true
		})
	}
}
