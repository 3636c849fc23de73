package backoffice_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestCosts: however the money is grouped, it is all of it.
func TestCosts(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(2, 0, 3))
		first := w.begun(business, areas())
		w.work(first)
		time.Sleep(26 * time.Hour)
		second := w.begun(business, areas(func(o *backoffice.Order) { o.PageType = "service-service-area" }))
		w.work(second)
		_, err := w.jobs.Regenerate(w.ctx, w.admin, business, first, 0, 0, "")
		require.NoError(t, err)
		w.work(first)
		p, err := w.engine.Progress(w.ctx, first)
		require.NoError(t, err)
		groups := func(q backoffice.CostQuery) (made map[string]backoffice.CostGroup) {
			list, err := w.jobs.Costs(w.ctx, q)
			require.NoError(t, err)
			made = map[string]backoffice.CostGroup{}
			for _, g := range list {
				made[g.Key] = g
			}
			require.Len(t, made, len(list))
			return made
		}
		const page = 4 * cost.Dollar / 10_000
		require.Equal(t, 7*page, p.Settled)
		day := time.Now().Add(-24 * time.Hour)
		for by, want := range map[backoffice.GroupBy]map[string]int{
			backoffice.ByJob: {string(first): 7, string(second): 6}, backoffice.ByBusiness: {business: 13}, backoffice.ByModel: {"claude-haiku-5-5": 13},
			backoffice.ByPageType: {"keyword-service-area": 7, "service-service-area": 6}, backoffice.ByLane: {"realtime": 13}, backoffice.ByDay: {"2000-01-01": 6, "2000-01-02": 7},
		} {
			for _, q := range []backoffice.CostQuery{{Business: business, GroupBy: by}, {GroupBy: by, From: time.Now().Add(-48 * time.Hour), To: time.Now().Add(time.Second)}} {
				got := groups(q)
				require.Len(t, got, len(want), by)
				for key, pages := range want {
					require.Equal(t, cost.Pico(pages)*page, got[key].Settled, "%s %s", by, key)
					require.Equal(t, pages, got[key].Pages, "%s %s: a page that was made twice counts twice", by, key)
					require.Zero(t, got[key].Held)
					require.Zero(t, got[key].Presumed)
				}
			}
		}
		require.Equal(t, 6, groups(backoffice.CostQuery{GroupBy: backoffice.ByDay, To: day})["2000-01-01"].Pages)
		later := groups(backoffice.CostQuery{GroupBy: backoffice.ByJob, From: day})
		require.Equal(t, page, later[string(first)].Settled)
		require.Equal(t, 1, later[string(first)].Pages)
		require.Empty(t, groups(backoffice.CostQuery{GroupBy: backoffice.ByJob, Business: "nobody"}))
		require.Empty(t, groups(backoffice.CostQuery{GroupBy: backoffice.ByJob, To: time.Now().AddDate(-1, 0, 0)}))
		_, err = w.jobs.Costs(w.ctx, backoffice.CostQuery{GroupBy: "colour"})
		require.ErrorIs(t, err, fault.Invalid)
	})
}

// TestCostsOpen: what is held is in no other column, what is presumed moves when the truth is known.
func TestCostsOpen(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		var held []backoffice.CostGroup
		w.script = func(n int, _ job.Request) string {
			if n == 1 {
				time.Sleep(time.Second)
				var err error
				held, err = w.jobs.Costs(w.ctx, backoffice.CostQuery{GroupBy: backoffice.ByDay})
				require.NoError(t, err)
				return unheard
			}
			return written("")
		}
		id := w.begun(business, areas())
		w.work(id)
		require.Len(t, held, 1)
		require.Positive(t, held[0].Held)
		require.Zero(t, held[0].Pages)
		today := func() backoffice.CostGroup {
			p, err := w.engine.Progress(w.ctx, id)
			require.NoError(t, err)
			list, err := w.jobs.Costs(w.ctx, backoffice.CostQuery{GroupBy: backoffice.ByDay})
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.Zero(t, list[0].Held)
			require.Equal(t, p.Settled, list[0].Settled)
			require.Equal(t, p.Presumed, list[0].Presumed)
			require.Equal(t, 2, list[0].Pages)
			return list[0]
		}
		before := today()
		require.Positive(t, before.Presumed)
		bill := engine.Billed{
			Job: id, Model: "claude-haiku-5-5", Lane: cost.Realtime, Usage: cost.Usage{Input: 1000, Output: 600}, MessageID: "late", At: time.Now(),
		}
		for bill.Ordinal = range 2 { // one of the two it was
			booked, err := w.engine.Reconcile(w.ctx, []engine.Billed{bill})
			require.NoError(t, err)
			bill.MessageID += "r"
			if booked.Adjusted.Lines == 1 {
				break
			}
		}
		after := today()
		require.Zero(t, after.Presumed)
		require.Greater(t, after.Settled, before.Settled)
		alone, err := w.jobs.Costs(w.ctx, backoffice.CostQuery{GroupBy: backoffice.ByMonth, Business: business, Job: id})
		require.NoError(t, err)
		require.Equal(t, []backoffice.CostGroup{{Key: "2000-01", Settled: after.Settled, Pages: 2}}, alone)
		_, err = w.jobs.Costs(w.ctx, backoffice.CostQuery{GroupBy: backoffice.ByJob, Business: "other", Job: id})
		require.ErrorIs(t, err, fault.NotFound)
	})
}

// TestCostsLongAfter: money that a job spends long after it was made is in the range in which it was spent.
func TestCostsLongAfter(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		const page = 4 * cost.Dollar / 10_000
		business := w.seed(plumber(1, 0, 2))
		id := w.begun(business, areas())
		w.work(id)
		time.Sleep(200 * 24 * time.Hour)
		again := time.Now()
		_, err := w.jobs.Regenerate(w.ctx, w.admin, business, id, 0, 0, "")
		require.NoError(t, err)
		w.work(id)
		time.Sleep(200 * 24 * time.Hour)
		var settled cost.Pico
		for _, span := range []engine.Span{{To: again}, {From: again, To: again.Add(time.Hour)}, {From: again.Add(time.Hour)}} {
			list, err := w.jobs.Costs(w.ctx, backoffice.CostQuery{Business: business, GroupBy: backoffice.ByJob, From: span.From, To: span.To})
			require.NoError(t, err)
			for _, g := range list {
				settled += g.Settled
			}
		}
		require.Equal(t, 3*page, settled, "ranges that follow each other add up")
		list, err := w.jobs.Costs(w.ctx, backoffice.CostQuery{GroupBy: backoffice.ByJob, From: again.Add(-24 * time.Hour), To: again.Add(24 * time.Hour)})
		require.NoError(t, err)
		require.Equal(t, []backoffice.CostGroup{{Key: string(id), Settled: page, Pages: 1}}, list)
	})
}

// TestCostsOfManyJobs: jobs that have ended cost no record each; too many of the others are refused, and a shorter range helps.
func TestCostsOfManyJobs(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		time.Sleep(2 * time.Hour) // past midnight
		first := w.begun(business, areas())
		w.work(first)
		header := ports.Key{Partition: "job/" + string(first), Sort: "header"}
		w.put(header, []byte("{"))
		made := time.Now()
		rows := func(n int, format string, round int) {
			for i := range n {
				body := fmt.Sprintf(`{"sums":{"revision":3,"model":"m","lane":"realtime","round":%d,"created_at":%q,"ended_at":%[2]q,"settled":"1","completed":2,"grants":[]}}`,
					round, made.Format(time.RFC3339Nano))
				w.put(ports.Key{Partition: "tenant/" + business, Sort: fmt.Sprintf("job/"+format, made.UnixMilli()>>16, made.UnixMilli()&0xffff, i)}, []byte(body))
			}
		}
		rows(1200, "%08x-%04x-7000-8000-%012x", 1)
		for _, by := range []backoffice.GroupBy{backoffice.ByBusiness, backoffice.ByDay, backoffice.ByMonth} {
			list, err := w.jobs.Costs(w.ctx, backoffice.CostQuery{GroupBy: by})
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.Equal(t, 2402, list[0].Pages)
			require.Equal(t, 1200*cost.Dollar+2*4*cost.Dollar/10_000, list[0].Settled)
		}
		time.Sleep(24 * time.Hour)
		made = time.Now()
		rows(201, "%08x-%04x-7000-9000-%012x", 2)
		_, err := w.jobs.Costs(w.ctx, backoffice.CostQuery{Business: business, GroupBy: backoffice.ByJob})
		require.ErrorIs(t, err, fault.Invalid)
		require.ErrorContains(t, err, "ask for a shorter range")
		list, err := w.jobs.Costs(w.ctx, backoffice.CostQuery{Business: business, GroupBy: backoffice.ByJob, To: made.Add(-2 * time.Hour)})
		require.NoError(t, err)
		require.Len(t, list, 1201)
	})
}

// TestCostsOfManyLines: several long ledgers are too many, one is read whatever it has.
func TestCostsOfManyLines(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		entries := make([]cost.Entry, 2500)
		for i := range entries {
			entries[i] = cost.Entry{Kind: cost.EntryVoid, Ordinal: 1, Attempt: 1, Terms: cost.Terms{Model: "m", Lane: cost.Realtime, PriceVersion: "1"}}
		}
		long := func() job.ID {
			id, head := w.begun(business, areas()), cost.Head{}
			for range 60 {
				block := cost.Block{First: head.Seq + 1, At: time.Now(), Round: 1, Entries: entries}
				next, body, err := head.Append(block)
				require.NoError(t, err)
				w.put(ports.Key{Partition: "job/" + string(id) + "/l00", Sort: fmt.Sprintf("b/%012d", block.First)}, body)
				head = next
			}
			return id
		}
		id := long()
		long()
		_, err := w.jobs.Costs(w.ctx, backoffice.CostQuery{GroupBy: backoffice.ByDay})
		require.ErrorIs(t, err, fault.Invalid)
		_, err = w.jobs.Costs(w.ctx, backoffice.CostQuery{GroupBy: backoffice.ByDay, Business: business, Job: id})
		require.NoError(t, err)
	})
}
