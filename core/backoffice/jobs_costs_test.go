package backoffice_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
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
