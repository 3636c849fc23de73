package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// statement is the provider's own bill, as an operator hands it in.
func (w *world) statement() []engine.Billed {
	var bill []engine.Billed
	for _, line := range w.oracle.bill {
		if line.amount > 0 {
			bill = append(bill, engine.Billed{
				Job: w.checks.ids[line.job], Tenant: "acme", Ordinal: line.ordinal, Model: line.model, Lane: cost.Realtime, Usage: line.usage,
				MessageID: line.message, RequestID: "req", At: line.at,
			})
		}
	}
	return bill
}

// reconcile books a bill.
func (w *world) reconcile(bill []engine.Billed) engine.Reconciled {
	var done engine.Reconciled
	var err error
	w.do(func() { done, err = w.main.Reconcile(w.main.ctx, bill) })
	require.NoError(w.t, err)
	require.Equal(w.t, len(bill), done.Adjusted.Lines+done.Added.Lines+done.Lost.Lines+done.Known+len(done.Pending))
	return done
}

// square checks that the books have every line of the provider's bill once, and nothing else.
func (w *world) square() {
	w.t.Helper()
	require.Empty(w.t, w.checks.broken)
	paid := map[string]int{}
	var settled, billed cost.Pico
	for _, b := range w.checks.books {
		for _, ch := range b.chains {
			settled += ch.settled
			for message, n := range ch.paid {
				paid[message] += n
			}
		}
	}
	for _, record := range w.checks.list("tenant/acme", "lost/", "") {
		l := lostRecord(record.Body)
		paid[l.Message]++
		settled += l.Amount
	}
	for _, line := range w.oracle.bill {
		if line.amount > 0 {
			billed += line.amount
			require.Equal(w.t, 1, paid[line.message], "%+v", line)
			delete(paid, line.message)
		}
	}
	require.Empty(w.t, paid)
	require.Equal(w.t, billed, settled)
}

// later is a process of the next epoch; the one before it is dead.
func (w *world) later(options engine.Options, epoch int64) {
	w.main.die()
	w.settle(first)
	options.Epoch = epoch
	w.main = w.start(&options)
}

// varied answers in every way that a bill can show, by task and try.
func varied(p plea) said {
	switch {
	case p.ordinal == 1 && p.n == 1:
		return again("OUTPUT_INVALID")
	case p.ordinal == 2 && p.n%2 == 1:
		return unknown(true)
	case p.ordinal == 3 && p.n%2 == 1:
		return unknown(false)
	case p.ordinal == 4:
		return said{text: "ok", silent: true}
	case p.ordinal == 5:
		return slow(3 * time.Second)
	}
	return ok()
}

// TestRewind restores the store to each of its states, from each later one: with the bill of the lost time the books are
// right again, to the last line.
func TestRewind(t *testing.T) {
	t.Parallel()
	var all engine.Reconciled
	stride := 1
	if seeds < 100 {
		stride = 4
	}
	for from := 0; ; from++ {
		to := from
		for ; rewound(t, from, to, &all); to += stride {
			if t.Failed() {
				t.Fatalf("from commit %d, lost at %d", from, to)
			}
		}
		if to == from {
			require.Greater(t, from, 15)
			break
		}
	}
	for _, booked := range []engine.Booked{all.Adjusted, all.Added, all.Lost} {
		require.Greater(t, booked.Lines, 50/stride)
	}
}

// rewound loses what was written between two commits; false when there were not so many.
func rewound(t *testing.T, from, to int, all *engine.Reconciled) bool {
	w := newWorld(t, line())
	w.oracle.script = varied
	before, commits := w.backup(), 0
	w.hooks.AfterCommit = func([]ports.Key) {
		if commits++; commits == from {
			before = w.backup()
		}
		if commits == to {
			w.main.die()
		}
	}
	submit := submission(6)
	submit.Key = "once"
	_, _ = w.main.Submit(w.ctx, submit)
	for range 4 {
		w.busy()
		w.now = w.now.Add(time.Minute)
		w.do(func() { _, _ = w.main.Sweep(w.main.ctx) })
	}
	if commits < to {
		return false
	}
	w.hooks.AfterCommit = nil
	w.main.die()
	w.settle(first)
	require.Empty(t, w.checks.broken)
	w.rewind(before)
	w.later(*line(), 1)
	w.now = w.now.Add(time.Minute)

	done := w.reconcile(w.statement())
	require.Empty(t, done.Pending)
	w.square()
	all.Adjusted.Lines += done.Adjusted.Lines
	all.Added.Lines += done.Added.Lines
	all.Lost.Lines += done.Lost.Lines
	for _, id := range w.checks.jobs() {
		require.NoError(t, w.main.Dispatch(w.ctx, id))
		require.True(t, w.rest(id).State.Ended())
	}
	w.reconcile(w.statement())
	w.square()
	require.Equal(t, len(w.statement()), w.reconcile(w.statement()).Known)
	w.sound()
	return true
}

// torn is a rewound world with a bill of every sort: lines that the books have, of presumed and of open attempts, of a
// parcel that was never written, and of a job that is gone.
func torn(t *testing.T) *world {
	w := newWorld(t, line())
	w.oracle.script = func(p plea) said {
		switch p.ordinal {
		case 1:
			return unknown(true)
		case 2:
			return said{text: "ok", until: func() bool { return false }}
		}
		return ok()
	}
	id := w.submit(8)
	w.mail.lose()
	w.deliver(id, 0)
	w.begin(w.main, id, 1)
	before := w.backup()
	gone := w.submit(2)
	w.deliver(id, 2)
	w.now = w.now.Add(time.Second)
	w.deliver(id, 0)
	w.deliver(gone, 0)
	w.main.die()
	w.settle(first)
	require.Empty(t, w.checks.broken)
	w.rewind(before)
	w.later(*line(), 1)
	return w
}

func tornResult() engine.Reconciled {
	return engine.Reconciled{
		Adjusted: engine.Booked{Lines: 2, Amount: 2 * spent}, Added: engine.Booked{Lines: 3, Amount: 3 * spent},
		Lost: engine.Booked{Lines: 2, Amount: 2 * spent}, Known: 2,
	}
}

// TestReconcile is about bills and what becomes of their lines.
func TestReconcile(t *testing.T) {
	t.Parallel()

	t.Run("BooksEverySortOfLine", func(t *testing.T) {
		t.Parallel()
		w := torn(t)
		require.Equal(t, tornResult(), w.reconcile(w.statement()))
		w.square()
		require.Equal(t, 5, w.events(ports.EventReconciled))
		require.Equal(t, 2, w.events(ports.EventJobLost))
	})

	t.Run("TheSameBillAgainBooksNothing", func(t *testing.T) {
		t.Parallel()
		w := torn(t)
		bill := w.statement()
		w.reconcile(bill[:5])
		w.reconcile(bill[3:])
		require.Equal(t, engine.Reconciled{Known: len(bill)}, w.reconcile(bill))
		require.Equal(t, engine.Reconciled{Known: 2 * len(bill)}, w.reconcile(append(bill, bill...)))
		w.square()
	})

	t.Run("ALineThatStandsThereTwiceIsBookedOnce", func(t *testing.T) {
		t.Parallel()
		w := torn(t)
		want := tornResult()
		want.Known += len(w.statement())
		require.Equal(t, want, w.reconcile(append(w.statement(), w.statement()...)))
		w.square()
	})

	t.Run("AnyCallFails", func(t *testing.T) {
		t.Parallel()
		for nth := 1; ; nth++ {
			failed := 0
			for _, method := range []string{"Store.Get", "Store.List", "Store.Update"} {
				for _, effect := range []faultport.Effect{faultport.Fail, faultport.LoseAck} {
					w := torn(t)
					plan := faultport.NewPlan(w.coop, faultport.Rule{Method: method, Nth: nth, Effect: effect})
					w.wrap = func(p *engine.Ports) { p.Store = plan.Store(p.Store) }
					w.later(*line(), 1)
					w.wrap = nil
					var done engine.Reconciled
					var err error
					w.do(func() { done, err = w.main.Reconcile(w.ctx, w.statement()) })
					w.later(*line(), 1)
					if err == nil {
						require.Equal(t, tornResult(), done)
					} else {
						failed++
						w.reconcile(w.statement())
					}
					w.square()
				}
			}
			if failed == 0 {
				require.Greater(t, nth, 5)
				return
			}
		}
	})

	t.Run("AnyAcknowledgementIsLost", func(t *testing.T) {
		t.Parallel()
		for nth := 1; ; nth++ {
			w, commits := torn(t), 0
			w.hooks.LoseAck = func([]ports.Key) bool { commits++; return commits == nth }
			require.Equal(t, tornResult(), w.reconcile(w.statement()), "commit %d", nth)
			require.Equal(t, 5, w.events(ports.EventReconciled))
			require.Equal(t, 2, w.events(ports.EventJobLost))
			w.square()
			if commits < nth {
				require.Greater(t, nth, 4)
				return
			}
		}
	})

	t.Run("AProcessDiesInAnyCall", func(t *testing.T) {
		t.Parallel()
		for _, after := range []bool{false, true} {
			for dies := 1; ; dies++ {
				w := torn(t)
				p := w.main
				p.dies, p.after = dies, after
				w.do(func() { _, _ = p.Reconcile(w.ctx, w.statement()) })
				if p.dies = 0; !p.dead {
					require.Greater(t, dies, 10)
					break
				}
				w.main = w.start(&engine.Options{ParcelSize: 2, Epoch: 1})
				w.reconcile(w.statement())
				w.square()
			}
		}
	})

	t.Run("TwoAtOnceBookEveryLineOnce", func(t *testing.T) {
		t.Parallel()
		for seed := range uint64(seeds / 3) {
			w, r := torn(t), rand.New(rand.NewPCG(seed, 3))
			bill := w.statement()
			for range 3 {
				p := w.start(&engine.Options{ParcelSize: 2, Epoch: 1})
				w.spawn(func() {
					done, err := p.Reconcile(w.ctx, bill)
					require.NoError(t, err)
					require.Equal(t, len(bill), done.Adjusted.Lines+done.Added.Lines+done.Lost.Lines+done.Known, "seed %d", seed)
				})
			}
			w.settle(r.IntN)
			w.square()
		}
	})

	t.Run("WhileTheJobIsWorkedOn", func(t *testing.T) {
		t.Parallel()
		for seed := range uint64(seeds / 3) {
			w, r := torn(t), rand.New(rand.NewPCG(seed, 4))
			w.oracle.script = func(plea) said { return slow(time.Duration(r.IntN(3)) * time.Second) }
			id := w.checks.jobs()[0]
			for parcel := range 4 {
				w.work(w.main, &letter{body: job.ParcelNote(w.job(id), parcel).Pack()})
			}
			for range 4 {
				for range r.IntN(60) {
					w.step(r.IntN)
				}
				bill := w.statement()
				w.spawn(func() {
					_, err := w.main.Reconcile(w.ctx, bill)
					require.NoError(t, err)
				})
				if at, some := w.wake(); some {
					w.now = at
				}
			}
			w.busy()
			w.rest(id)
			require.Empty(t, w.reconcile(w.statement()).Pending)
			w.square()
		}
	})

	t.Run("ALongBillOfOneParcel", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.checks.loose = true
		id := w.submit(3, capped(1000*hold))
		bill := make([]engine.Billed, 0, 300)
		for i := range 300 {
			message := fmt.Sprintf("msg_%d", i)
			w.oracle.bill = append(w.oracle.bill, billed{job: "j1", ordinal: i % 3, message: message, amount: spent})
			bill = append(bill, engine.Billed{
				Job: id, Ordinal: i % 3, Model: "claude-haiku-5-5", Lane: cost.Realtime, Usage: cost.Usage{Input: 500, Output: 400},
				MessageID: message, At: w.now,
			})
		}
		require.Equal(t, engine.Booked{Lines: 300, Amount: 300 * spent}, w.reconcile(bill).Added)
		w.square()
		require.Equal(t, 100, w.task(id, 2).Billed)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("AnEmptyBill", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.Zero(t, w.reconcile(nil))
	})
}
