package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// slow is an answer that takes its time.
func slow(took time.Duration) said {
	s := ok()
	s.took = took
	return s
}

// TestBudget is about jobs whose cap is too small.
func TestBudget(t *testing.T) {
	t.Parallel()

	t.Run("MoneyThatComesBackIsUsed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(12, capped(12*spent+hold))
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 12*spent, w.progress(id).Settled)
		require.LessOrEqual(t, w.oracle.most, int((12*spent+hold)/hold))
	})

	t.Run("PausesWhenNothingFitsAndResumesWithMore", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(30, capped(10*hold))
		j := w.rest(id)
		require.Equal(t, job.StatePaused, j.State)
		require.Equal(t, []job.PauseReason{job.PauseBudget}, j.Pauses)
		p := w.progress(id)
		require.Zero(t, p.Held)
		require.Less(t, j.Cap-p.Settled, hold, "another call would have fitted")
		require.GreaterOrEqual(t, p.Settled, j.Cap*8/10)
		require.Equal(t, 1, w.events(ports.EventJobPaused))
		require.Equal(t, map[job.Reason]int{job.ReasonPaused: p.Counts[job.TaskWaiting] + p.Counts[job.TaskQueued]}, p.Waiting)
		require.Len(t, w.seen.Notices(), 1)
		notice := w.seen.Notices()[0]
		require.Equal(t, "job.paused", notice.Type)
		for _, said := range []string{
			`"status":"paused"`, `"pause_reason":"budget"`, fmt.Sprintf(`"counts":{"cancelled":0,"completed":%d,"failed":0,"total":30}`, p.Counts[job.TaskCompleted]),
			fmt.Sprintf(`"settled_usd":%q`, p.Settled), fmt.Sprintf(`"presumed_usd":%q`, p.Presumed),
		} {
			require.Contains(t, string(notice.Body), said)
		}
		_, err := w.main.Resume(w.ctx, id, 30*hold)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 30*spent, w.progress(id).Settled)
	})

	t.Run("CapBelowTheFirstCall", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(30, capped(hold-1))
		require.Equal(t, job.StatePaused, w.rest(id).State)
		require.Zero(t, w.oracle.begun)
	})

	t.Run("ResumeWhoseMessagesAreLost", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(30, capped(10*hold))
		require.Equal(t, job.StatePaused, w.rest(id).State)
		_, err := w.main.Resume(w.ctx, id, 30*hold)
		require.NoError(t, err)
		w.mail.lose()
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("ResumeWhoseMessagesAreLostWhileATaskWaitsForLong", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said {
			if p.ordinal == 0 && p.n == 1 {
				return said{err: fault.New(fault.Internal, "no sense").After(time.Hour)}
			}
			return ok()
		}
		id := w.submit(30, capped(10*hold))
		for range 5 {
			w.drain()
			w.minute()
		}
		require.Positive(t, w.progress(id).Waiting[job.ReasonBudget])
		_, err := w.main.Pause(w.ctx, id, "")
		require.NoError(t, err)
		_, err = w.main.Resume(w.ctx, id, 30*hold)
		require.NoError(t, err)
		w.mail.lose()
		for range 8 {
			w.minute()
			w.drain()
		}
		require.Equal(t, 29, w.progress(id).Counts[job.TaskCompleted])
	})

	t.Run("ResumeWithNothingLeft", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(plea) said { s := ok(); s.usage = cost.Usage{Input: 1000, Output: 1000}; return s }
		id := w.submit(30, capped(10*hold))
		require.Equal(t, job.StatePaused, w.rest(id).State)
		_, err := w.main.Resume(w.ctx, id, 0)
		require.ErrorIs(t, err, fault.Budget)
		require.Equal(t, job.StatePaused, w.rest(id).State, "nothing is left and nothing fits")
	})

	t.Run("SmallestHoldThatDidNotFitIsGone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		// The first tasks' second tries are dear, so that what waits later is dearer than what waited first.
		w.kind.long = 3000
		w.oracle.script = func(p plea) said {
			if p.n == 1 {
				return again(string(job.CodeOutputTruncated))
			}
			return ok()
		}
		id := w.submit(6, capped(6*spent+hold+hold/2))
		require.Equal(t, job.StatePaused, w.rest(id).State)
		p := w.progress(id)
		require.Less(t, p.Job.Cap-p.Settled, cost.Pico(1000*100_000+3000*500_000))
		_, err := w.main.Resume(w.ctx, id, 40*hold)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("DoesNotPauseWhileASmallerCallWouldFit", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.kind.long = 5000
		w.oracle.script = func(p plea) said {
			if p.ordinal == 0 && p.n == 1 {
				return again(string(job.CodeOutputTruncated))
			}
			return ok()
		}
		id := w.submit(12, capped(12*spent))
		// Only the first parcel is worked on; the messages of the others are late.
		for _, l := range w.mail.letters {
			l.at = w.now.Add(time.Hour)
		}
		w.deliver(id, 0)
		w.main = w.start(&engine.Options{ParcelSize: 3, IdleAfter: 100 * time.Hour})
		require.Equal(t, 1, w.progress(id).Waiting[job.ReasonBudget])
		for range 3 {
			w.minute()
			w.mail.lose()
			require.NotEqual(t, job.StatePaused, w.job(id).State, "tasks that were never tried would have fitted")
		}
		require.NoError(t, w.main.Dispatch(w.ctx, id))
		w.now = w.now.Add(time.Hour)
		require.Equal(t, job.StatePaused, w.rest(id).State)
		require.Less(t, 12*spent-w.progress(id).Settled, hold)
	})

	t.Run("ManyShardsShareLittleMoney", func(t *testing.T) {
		t.Parallel()
		options := small()
		options.Calls = 500
		w := newWorld(t, options)
		w.oracle.script = func(plea) said { return slow(10 * time.Second) }
		id := w.submit(120, capped(121*spent))
		for _, l := range w.mail.due() {
			w.do(func() { w.settleOne(l) })
		}
		for _, l := range w.mail.due() {
			w.work(w.main, l)
		}
		w.settle(first)
		require.LessOrEqual(t, w.progress(id).Held, 121*spent)
		j := w.rest(id)
		require.GreaterOrEqual(t, w.progress(id).Settled, j.Cap*8/10, j.State)
	})

	t.Run("DoesNotPauseWhenWorkHasBegunMeanwhile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(6, capped(hold+spent))
		w.drain()
		h := &held{}
		w.oracle.script = func(p plea) said { return said{text: "ok", until: func() bool { return h.free }} }
		worker, begun := w.main, w.oracle.begun
		w.wrap = func(p *engine.Ports) {
			p.Store = &faulty{Store: p.Store, update: func(keys []ports.Key, do func() error) error {
				if len(keys) == 1 && keys[0].Sort == "header" && w.oracle.begun == begun && len(keys[0].Partition) == len("job/")+len(id) {
					// The sweeper has found that nothing fits; now somebody raises the cap, and all of it is held at once.
					_, err := worker.Resume(w.ctx, id, w.job(id).Cap+hold-w.job(id).Account.Free())
					require.NoError(t, err)
					w.begin(worker, id, 0)
					w.begin(worker, id, 1)
				}
				return do()
			}}
		}
		_, err := w.start(small()).Sweep(w.ctx)
		require.NoError(t, err)
		require.Equal(t, begun+1, w.oracle.begun)
		require.False(t, w.job(id).Paused())
		h.free = true
		w.settle(first)
		w.rest(id)
	})

	t.Run("AShardKeepsNoMoneyThatItCannotUse", func(t *testing.T) {
		t.Parallel()
		options := small()
		options.Calls = 2
		w := newWorld(t, options)
		h := &held{}
		w.oracle.script = func(p plea) said {
			if p.ordinal == 0 {
				return h.script(p)
			}
			return ok()
		}
		id := w.submit(6, capped(2*hold))
		w.begin(w.main, id, 0)
		w.now = w.now.Add(time.Second)
		w.settle(first)
		s := w.checks.books[id].shards[0]
		require.Equal(t, 1, s.Waiting[job.ReasonBudget])
		require.Equal(t, hold, s.Account.Held)
		require.Zero(t, s.Account.Free(), "others may need it")
		require.Equal(t, hold-spent, w.job(id).Account.Free())
		h.free = true
		w.settle(first)
		w.rest(id)
	})

	t.Run("ResumeChecksItsCap", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(30, capped(10*hold))
		w.rest(id)
		settled := w.progress(id).Settled
		// The one that fits comes last: it opens the job, and an open job may be brought down to what it has spent.
		for _, limit := range []cost.Pico{-1, 1, settled - 1, settled} {
			_, err := w.main.Resume(w.ctx, id, limit)
			require.Error(t, err, "%s", limit)
		}
		_, err := w.main.Resume(w.ctx, id, settled+hold)
		require.NoError(t, err)
		_, err = w.main.Resume(w.ctx, id, settled+2*hold)
		require.NoError(t, err)
		require.Equal(t, settled+2*hold, w.job(id).Account.Granted)
		_, err = w.main.Resume(w.ctx, id, settled+hold)
		require.NoError(t, err)
		require.Equal(t, settled+hold, w.job(id).Account.Granted, "lowering the cap gives money back")
	})
}

// dear answers cost more than what was held for them.
func dear(input int64) said {
	s := ok()
	s.usage = cost.Usage{Input: input, Output: 1000}
	return s
}

// TestOverrun is about calls that cost more than their hold.
func TestOverrun(t *testing.T) {
	t.Parallel()
	excess := cost.Pico(20_000 * 100_000)
	start := func(t *testing.T, tasks int, limit cost.Pico) (*world, job.ID) {
		w := newWorld(t, small())
		w.checks.loose = true
		w.oracle.script = func(p plea) said {
			if p.ordinal == 0 && p.n == 1 {
				return dear(21_000)
			}
			return ok()
		}
		return w, w.submit(tasks, capped(limit))
	}

	t.Run("FreeMoneyOfTheShardCovers", func(t *testing.T) {
		t.Parallel()
		w, id := start(t, 3, 20*hold)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 2*spent+hold+excess, w.progress(id).Settled)
		require.Zero(t, w.events(ports.EventOverrun))
	})

	t.Run("FreeMoneyOfTheJobCovers", func(t *testing.T) {
		t.Parallel()
		w, id := start(t, 30, 10*hold)
		w.deliver(id, 0)
		p := w.progress(id)
		require.Equal(t, 2*spent+hold+excess, p.Settled)
		require.Zero(t, p.Overrun)
		require.Equal(t, 10*hold, p.Job.Account.Granted)
		require.Zero(t, w.events(ports.EventOverrun))
	})

	t.Run("TheMonthCovers", func(t *testing.T) {
		t.Parallel()
		w, id := start(t, 3, 3*hold)
		j := w.rest(id)
		require.Equal(t, job.StateCompleted, j.State)
		p := w.progress(id)
		require.Zero(t, p.Overrun)
		require.Equal(t, 2*spent+hold+excess, p.Settled)
		require.Greater(t, p.Settled, j.Cap)
		require.Equal(t, p.Settled, j.Account.Granted)
		require.Equal(t, 1, w.events(ports.EventOverrun), "spending above the cap needs a person")
	})

	t.Run("TheMonthCoversAPart", func(t *testing.T) {
		t.Parallel()
		w, id := start(t, 3, 3*hold)
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", "2026-11", 3*hold+excess/2))
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		p := w.progress(id)
		require.Positive(t, p.Overrun)
		require.Less(t, p.Overrun, excess/2+1, "the month had a part of it")
	})

	t.Run("NobodyCovers", func(t *testing.T) {
		t.Parallel()
		w, id := start(t, 9, 4*hold)
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", "2026-11", 4*hold))
		j := w.rest(id)
		require.Equal(t, job.StatePaused, j.State)
		require.Contains(t, j.Pauses, job.PauseBudget)
		require.Equal(t, 1, w.events(ports.EventOverrun))
		over := w.progress(id).Overrun
		require.Positive(t, over)
		begun := w.oracle.begun
		// Without money nothing goes on.
		_, err := w.main.Resume(w.ctx, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.StatePaused, w.rest(id).State)
		require.LessOrEqual(t, w.oracle.begun, begun+6)
		// A cap that does not even pay for what was spent is refused, the one that does pays for it first.
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", "2026-11", 100*hold))
		p := w.progress(id)
		_, err = w.main.Resume(w.ctx, id, p.Settled-1)
		require.Error(t, err)
		_, err = w.main.Resume(w.ctx, id, p.Settled+6*hold)
		require.NoError(t, err)
		require.Zero(t, w.progress(id).Overrun)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		p = w.progress(id)
		require.Equal(t, 8*spent+hold+excess, p.Settled)
		require.LessOrEqual(t, p.Settled, p.Job.Cap)
	})

	t.Run("RetryOfAnOverrunJobCountsIt", func(t *testing.T) {
		t.Parallel()
		w, id := start(t, 3, 3*hold)
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", "2026-11", 3*hold))
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Positive(t, w.progress(id).Overrun)
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", "2026-11", 100*hold))
		settled := w.progress(id).Settled
		_, err := w.main.Retry(w.ctx, id, []int{1, 2}, settled)
		require.Error(t, err, "all of it is spent")
		_, err = w.main.Retry(w.ctx, id, []int{1, 2}, settled+2*hold)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, settled+2*spent, w.progress(id).Settled)
	})

	t.Run("MoneyThatComesBackLateCoversTheOverrunFirst", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.checks.loose = true
		gone := false
		w.oracle.script = func(p plea) said {
			switch {
			case p.ordinal == 0 && p.n == 1:
				return dear(21_000)
			case p.ordinal == 1 && p.n == 1:
				return said{text: "ok", until: func() bool { return gone }}
			}
			return ok()
		}
		id := w.submit(2, capped(2*hold))
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", "2026-11", 2*hold))
		w.mail.letters = nil
		l := &letter{body: job.ParcelNote(w.job(id), 0).Pack()}
		w.work(w.main, l)
		w.settle(first)
		w.now = w.now.Add(time.Second)
		w.settle(first)
		over := w.progress(id).Overrun
		require.Positive(t, over)
		gone = true
		w.settle(first)
		p := w.progress(id)
		require.Equal(t, hold+excess+spent, p.Settled)
		require.Equal(t, over-(hold-spent), p.Overrun)
		require.Equal(t, 2*hold, p.Job.Account.Granted, "the month gets nothing back while it is overrun")
	})
}

// dearTable is a price table of which everything costs twice as much.
func dearTable(t *testing.T) *cost.Table {
	table, err := cost.ParseTable([]byte(`{"version": "next", "models": [{"model": "claude-haiku-5-5", "date": "2026-12-01", "source": "a test", "steps": [{"over": 0,
		"realtime": {"input": 200000, "cache_write_5m": 250000, "cache_write_1h": 400000, "cache_read": 20000, "output": 1000000},
		"batch": {"input": 100000, "cache_write_5m": 125000, "cache_write_1h": 200000, "cache_read": 10000, "output": 500000}}]}]}`))
	require.NoError(t, err)
	return table
}

// TestPriceVersions is about holds that were made at other prices than those of today.
func TestPriceVersions(t *testing.T) {
	t.Parallel()
	dearer := dearTable(t)
	run := func(t *testing.T, prices ...*cost.Table) (*world, engine.Progress) {
		w := newWorld(t, small())
		w.checks.loose = true
		h := &held{}
		w.oracle.script = func(p plea) said {
			s := h.script(p)
			s.text = "again X"
			return s
		}
		id := w.submit(3)
		w.mail.lose()
		w.begin(w.main, id, 0)
		w.main.die()
		w.settle(first)
		// The answers arrive all the same, just before the process dies.
		for ordinal := range 3 {
			stored := &job.Stored{Ordinal: ordinal, Attempt: 1, Usage: cost.Usage{Input: 500, Output: 400}, UsageOK: true, MessageID: w.oracle.bill[ordinal].message}
			stored.Verdict = job.Verdict{Outcome: job.Again, Code: "X"}
			w.put(ports.Key{Partition: "job/" + string(id) + "/s00", Sort: fmt.Sprintf("a/%08d/000001", ordinal)}, stored.Pack())
		}
		w.oracle.script = func(plea) said { return ok() }
		options := small()
		options.Prices = prices
		w.main = w.start(options)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		return w, w.progress(id)
	}

	t.Run("AreSettledAtTheirOwn", func(t *testing.T) {
		t.Parallel()
		w, p := run(t, dearer, cost.Prices())
		require.Equal(t, 3*spent+3*2*spent, p.Settled)
		require.Zero(t, p.Presumed)
		versions := map[string]int{}
		require.NoError(t, w.main.Ledger(w.ctx, p.Job.ID, func(l engine.Line) error {
			versions[l.Terms.PriceVersion]++
			return nil
		}))
		require.Equal(t, map[string]int{"next": 6, cost.Prices().Version(): 6}, versions)
	})

	t.Run("ArePresumedWhereNobodyKnowsThem", func(t *testing.T) {
		t.Parallel()
		w, p := run(t, dearer)
		require.Equal(t, 3*2*spent, p.Settled)
		require.Equal(t, 3*hold, p.Presumed)
		require.Equal(t, 3, w.events(ports.EventUsageAbsurd))
	})
}

// TestUsage is about answers whose usage cannot be trusted.
func TestUsage(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]said{"Missing": {text: "ok x", silent: true}, "Absurd": {text: "ok x", absurd: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			w.oracle.script = func(plea) said { return s }
			id := w.submit(2)
			require.Equal(t, job.StateCompleted, w.rest(id).State)
			p := w.progress(id)
			require.Equal(t, 2*hold, p.Presumed)
			require.Zero(t, p.Settled)
			require.Equal(t, 2, w.events(ports.EventUsageAbsurd))
			require.Equal(t, 2*hold, p.Job.Account.Granted)
		})
	}
}

func TestMonthIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	require.NoError(t, w.main.SetLimit(w.ctx, "acme", "2026-11", 3*hold))
	w.submit(2, capped(2*hold))
	limit, account, err := w.main.Month(w.ctx, "acme", "2026-11")
	require.NoError(t, err)
	require.Equal(t, 3*hold, limit)
	require.Equal(t, 2*hold, account.Drawn, "a job has its cap while it runs")
	_, _, err = w.main.Month(w.ctx, "acme", "2026-12")
	require.ErrorIs(t, err, fault.NotFound)
}

func TestLimitIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	_, err := w.main.Limit(w.ctx, "acme", "2026-11")
	require.ErrorIs(t, err, fault.NotFound)
	require.NoError(t, w.main.SetLimit(w.ctx, "acme", "2026-11", 3*hold))
	limit, err := w.main.Limit(w.ctx, "acme", "2026-11")
	require.NoError(t, err)
	require.Equal(t, 3*hold, limit)
	key := ports.Key{Partition: "global", Sort: "month/2026-11"}
	require.NoError(t, w.store.Update(w.ctx, []ports.Key{key}, func(tx ports.Tx) error {
		tx.Create(ports.Record{Key: key, Kind: "month", Body: []byte("{")})
		return nil
	}))
	_, err = w.main.Limit(w.ctx, "", "2026-11")
	require.ErrorIs(t, err, fault.Corrupt)
}

// TestResumeNeedsHeadroom: what waits for money is not sent for again while no call would fit, whoever had it paused.
func TestResumeNeedsHeadroom(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(w *world, id job.ID){
		"by the engine": func(w *world, id job.ID) { w.rest(id) },
		"by a person too": func(w *world, id job.ID) {
			w.rest(id)
			_, err := w.main.Pause(w.ctx, id, "")
			require.NoError(w.t, err)
		},
	} {
		w := newWorld(t, small())
		id := w.submit(9, capped(hold-1))
		stop(w, id)
		require.Equal(t, job.StatePaused, w.job(id).State, name)
		for _, limit := range []cost.Pico{0, hold - 1} {
			_, err := w.main.Resume(w.ctx, id, limit)
			require.ErrorIs(t, err, fault.Budget, name)
			require.Equal(t, job.StatePaused, w.job(id).State, name)
		}
		_, err := w.main.Resume(w.ctx, id, 9*hold)
		require.NoError(t, err, name)
		require.Equal(t, job.StateCompleted, w.rest(id).State, name)
	}
}
