package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestVerifyFindsForgeriesOfBills tampers with what a bill has added: the last two entries of the only shard's ledger, of
// tasks 1 and 2, and a line in the month.
func TestVerifyFindsForgeriesOfBills(t *testing.T) {
	t.Parallel()
	last := func(change func(b *cost.Block)) func(*forger) {
		return func(f *forger) {
			f.rechain(0, func(b []cost.Block) []cost.Block { change(&b[len(b)-1]); return b })
		}
	}
	month := func(change func(*monthRecord)) func(*forger) {
		return func(f *forger) {
			m := f.checks.month("acme", november)
			change(&m)
			f.put(ports.Key{Partition: "tenant/acme", Sort: "month/" + november}, fmt.Appendf(nil,
				`{"schema":1,"tenant":"acme","month":%q,"limit":"0","account":{"granted":%q,"drawn":%q,"held":%q,"settled":%q,"presumed":"0","overrun":%q}}`,
				november, m.Account.Granted, m.Account.Drawn, m.Account.Held, m.Account.Settled, m.Account.Overrun))
		}
	}
	for name, test := range map[string]struct {
		forge func(f *forger)
		kind  engine.ProblemKind
		shard int
		seq   int64
	}{
		"AmountAdded":     {last(func(b *cost.Block) { b.Entries[0].Amount++ }), engine.ProblemEntry, 0, 7},
		"UsageAdded":      {last(func(b *cost.Block) { b.Entries[0].Usage.Input++ }), engine.ProblemEntry, 0, 7},
		"NothingAdded":    {last(func(b *cost.Block) { b.Entries[0].Amount = 0 }), engine.ProblemEntry, 0, 7},
		"LessAdded":       {last(func(b *cost.Block) { b.Entries[0].Amount = -1 }), engine.ProblemEntry, 0, 7},
		"AHoldOfNothing":  {last(func(b *cost.Block) { b.Entries[0].Kind = cost.EntryHold }), engine.ProblemEntry, 0, 7},
		"ASettle":         {last(func(b *cost.Block) { b.Entries[0].Kind = cost.EntrySettle }), engine.ProblemEntry, 0, 7},
		"OfNoTask":        {last(func(b *cost.Block) { b.Entries[0].Ordinal = 3 }), engine.ProblemEntry, 0, 7},
		"OfAnotherTask":   {last(func(b *cost.Block) { b.Entries[0].Ordinal = 0 }), engine.ProblemAttempt, 0, 0},
		"TheSameTwice":    {last(func(b *cost.Block) { b.Entries[1].MessageID = b.Entries[0].MessageID }), engine.ProblemEntry, 0, 8},
		"AnAnswerTwice":   {last(func(b *cost.Block) { b.Entries[1].MessageID = "msg_j1_0_1" }), engine.ProblemEntry, 0, 8},
		"TwiceUnnamed":    {last(func(b *cost.Block) { b.Entries[1].MessageID, b.Entries[1].RequestID = "msg_j1_0_1", "" }), engine.ProblemEntry, 0, 8},
		"EntryLeftOut":    {last(func(b *cost.Block) { b.Entries = b.Entries[:1] }), engine.ProblemAccount, 0, 0},
		"Billed":          {func(f *forger) { f.parcel(0, func(p *job.Parcel) { p.Tasks[1].Billed-- }) }, engine.ProblemAttempt, 0, 0},
		"Cost":            {func(f *forger) { f.parcel(0, func(p *job.Parcel) { p.Tasks[1].Cost -= spent }) }, engine.ProblemAttempt, 0, 0},
		"ParcelGone":      {func(f *forger) { f.put(f.key("/s00", "p/00000000"), nil) }, engine.ProblemAttempt, 0, 0},
		"MonthsSettled":   {month(func(m *monthRecord) { m.Account.Settled-- }), engine.ProblemAccount, -1, 0},
		"MonthsHeld":      {month(func(m *monthRecord) { m.Account.Held, m.Account.Overrun = 1, m.Account.Overrun+1 }), engine.ProblemAccount, -1, 0},
		"LostRecordGone":  {func(f *forger) { f.put(f.checks.list("tenant/acme", "lost/", "")[0].Key, nil) }, engine.ProblemAccount, -1, 0},
		"LostRecordBytes": {func(f *forger) { f.put(f.checks.list("tenant/acme", "lost/", "")[0].Key, []byte("{")) }, engine.ProblemRecord, -1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			id := w.submit(3)
			require.Equal(t, job.StateCompleted, w.rest(id).State)
			w.reconcile([]engine.Billed{w.bill("j1", 1, "msg_1"), w.bill("j1", 2, "msg_2"), w.gone("msg_3")})
			w.sound()
			f := &forger{w, id}
			test.forge(f)
			report, err := f.main.Verify(f.ctx, id)
			require.NoError(t, err)
			found := false
			for _, p := range report.Problems {
				found = found || p.Kind == test.kind && p.Shard == test.shard && (test.seq == 0 || p.Seq == test.seq)
			}
			require.True(t, found, "%+v", report.Problems)
			w.verified = true
		})
	}

	t.Run("NotANameThatASimulatorGivesAgain", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.rest(id)
		w.bill("j1", 1, "msg_1")
		w.reconcile([]engine.Billed{{
			Job: id, Ordinal: 1, Model: "claude-haiku-5-5", Lane: cost.Realtime, Usage: cost.Usage{Input: 500, Output: 400}, MessageID: "msg_1", RequestID: "req_1", At: w.now,
		}})
		f := &forger{w, id}
		last(func(b *cost.Block) { b.Entries[0].MessageID = "msg_j1_0_1" })(f)
		report, err := w.main.Verify(w.ctx, id)
		require.NoError(t, err)
		require.Empty(t, report.Problems)
		w.verified = true
	})
}
