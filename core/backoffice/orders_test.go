package backoffice_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// TestPreview: the pages come in the order of the job, in parts, with the whole in numbers.
func TestPreview(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(3, 1, 4))
		all, err := w.jobs.Preview(w.ctx, business, areas(), backoffice.PreviewFilter{Limit: 10})
		require.NoError(t, err)
		require.Len(t, all.Pages, 10)
		require.Equal(t, "10", all.Next)
		require.Equal(t, 16, all.Summary.TotalPages)
		require.Equal(t, 4, all.Summary.UniqueKeywords)
		require.Equal(t, 4, all.Summary.UniqueServiceAreas)
		require.Zero(t, all.Summary.UniqueServices)
		require.Equal(t, map[catalog.Language]int{"en": 12, "es": 4}, all.Summary.ByLanguage)
		require.Equal(t, catalog.KeywordServiceArea, all.PageType)
		require.Equal(t, "Harbor Plumbing", all.Business.Name)
		require.Positive(t, all.Completeness.Score)
		require.Empty(t, all.Summary.Missing)
		rest, err := w.jobs.Preview(w.ctx, business, areas(), backoffice.PreviewFilter{Limit: 10, Cursor: all.Next})
		require.NoError(t, err)
		require.Len(t, rest.Pages, 6)
		require.Empty(t, rest.Next)
		require.Equal(t, 10, rest.Pages[0].Ordinal)
		require.Equal(t, all.PlanHash, rest.PlanHash)

		w.prompt(business, backoffice.NewPrompt{PageType: "service-area", Template: "{{owner_name}}", RequiredVariables: []string{"owner_name"}, IsActive: true})
		lacking, err := w.jobs.Preview(w.ctx, business, areas(), backoffice.PreviewFilter{})
		require.NoError(t, err)
		require.Len(t, lacking.Summary.Missing, 1)
		require.Equal(t, 16, lacking.Summary.Missing[0].Pages)
		require.NotEqual(t, all.PlanHash, lacking.PlanHash)
		_, err = w.generate(business, areas())
		require.ErrorIs(t, err, fault.Incomplete)

		spanish, err := w.jobs.Preview(w.ctx, business, areas(), backoffice.PreviewFilter{Language: "es"})
		require.NoError(t, err)
		require.Len(t, spanish.Pages, 4)
		found, err := w.jobs.Preview(w.ctx, business, areas(), backoffice.PreviewFilter{Query: "TOWN áb"})
		require.NoError(t, err)
		require.Len(t, found.Pages, 4)
		services, err := w.jobs.Preview(w.ctx, business, areas(func(o *backoffice.Order) { o.PageType = "service-service-area" }), backoffice.PreviewFilter{})
		require.NoError(t, err)
		require.Equal(t, 2, services.Summary.UniqueServices)
		require.Equal(t, []pages.Exclusion{{Cause: pages.CauseMissingTranslation, Count: 2}}, services.Summary.Excluded)
		for _, cursor := range []string{"x", "-1"} {
			_, err = w.jobs.Preview(w.ctx, business, areas(), backoffice.PreviewFilter{Cursor: cursor})
			require.ErrorIs(t, err, fault.Invalid)
		}
		_, err = w.jobs.Preview(w.ctx, business, areas(func(o *backoffice.Order) { o.PageType = "keyword-location" }), backoffice.PreviewFilter{})
		require.ErrorIs(t, err, fault.Incomplete)
		_, err = w.jobs.Preview(w.ctx, "nobody", areas(), backoffice.PreviewFilter{})
		require.ErrorIs(t, err, fault.NotFound)
	})
}

// TestPreviewLocations: stores are counted as such.
func TestPreviewLocations(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		c := plumber(2, 0, 0)
		c.Locations = []catalog.Location{{Name: "Harbor North", City: "Bangor", State: "ME"}, {Name: "Harbor South", City: "Saco", State: "ME", Status: "upcoming"}}
		business := w.seed(c)
		order := areas(func(o *backoffice.Order) { o.PageType = "location-keyword" })
		p, err := w.jobs.Preview(w.ctx, business, order, backoffice.PreviewFilter{})
		require.NoError(t, err)
		require.Equal(t, 1, p.Summary.UniqueLocations)
		require.Equal(t, []pages.Exclusion{{Cause: pages.CauseUpcoming, Count: 1}}, p.Summary.Excluded)
		require.Equal(t, catalog.KeywordLocation, p.PageType)
		order.IncludeUpcoming = true
		both, err := w.jobs.Preview(w.ctx, business, order, backoffice.PreviewFilter{})
		require.NoError(t, err)
		require.Equal(t, 2, both.Summary.UniqueLocations)
		require.NotEqual(t, p.PlanHash, both.PlanHash)
	})
}

// TestPreviewIsBounded: a filter that fits nothing looks at so many pages and says where to go on.
func TestPreviewIsBounded(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(110, 0, 100))
		p, err := w.jobs.Preview(w.ctx, business, areas(), backoffice.PreviewFilter{Query: "plumber 99"})
		require.NoError(t, err)
		require.Empty(t, p.Pages)
		require.Equal(t, "10000", p.Next)
		p, err = w.jobs.Preview(w.ctx, business, areas(), backoffice.PreviewFilter{Query: "plumber 99", Cursor: p.Next, Limit: 200})
		require.NoError(t, err)
		require.Len(t, p.Pages, 100)
		require.Empty(t, p.Next)
	})
}

// TestVerdicts: the forecast says whether each budget has the money.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(2, 0, 2))
		verdicts := func(o backoffice.Order) (list []backoffice.Verdict) {
			f, err := w.jobs.Forecast(w.ctx, business, o)
			require.NoError(t, err)
			for i, scope := range []backoffice.BudgetScope{backoffice.ScopeGlobal, backoffice.ScopeBusiness, backoffice.ScopeJob} {
				require.Equal(t, scope, f.Budgets[i].Scope)
				list = append(list, f.Budgets[i].Verdict)
			}
			return list
		}
		const ok, short, none = backoffice.VerdictOK, backoffice.VerdictShort, backoffice.VerdictNone
		require.Equal(t, []backoffice.Verdict{none, none, none}, verdicts(areas()))
		w.budget("", 100*cost.Dollar)
		w.budget(business, cost.Dollar/1000)
		require.Equal(t, []backoffice.Verdict{ok, short, none}, verdicts(areas()))
		w.budget(business, 10*cost.Dollar)
		limited := func(n cost.Pico) backoffice.Order { return areas(func(o *backoffice.Order) { o.Budget = n }) }
		require.Equal(t, []backoffice.Verdict{ok, ok, short}, verdicts(limited(1)))
		require.Equal(t, []backoffice.Verdict{ok, ok, ok}, verdicts(limited(9*cost.Dollar)))
		require.Equal(t, []backoffice.Verdict{ok, short, ok}, verdicts(limited(11*cost.Dollar)))
		w.budget("", 5*cost.Dollar)
		require.Equal(t, []backoffice.Verdict{short, ok, ok}, verdicts(limited(9*cost.Dollar)))
		_, err := w.jobs.PutBudget(w.ctx, w.admin, business, backoffice.BudgetOrder{Limit: 10 * cost.Dollar})
		require.NoError(t, err)
		require.Equal(t, []backoffice.Verdict{ok, short, none}, verdicts(areas()), "it is switched off")
	})
}

// TestVerdictRequired: where the engine requires a budget, none is too little, and the order is refused.
func TestVerdictRequired(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		strict, err := engine.New(w.engine.Ports, []job.Kind{pages.Kind{}}, &engine.Options{RequireBudget: true})
		require.NoError(t, err)
		w.jobs = backoffice.NewJobs(w.office, strict, nil)
		business := w.seed(plumber(1, 0, 1))
		f, err := w.jobs.Forecast(w.ctx, business, areas())
		require.NoError(t, err)
		require.Equal(t, backoffice.VerdictNone, f.Budgets[0].Verdict)
		require.Equal(t, backoffice.VerdictShort, f.Budgets[1].Verdict)
		_, err = w.generate(business, areas())
		require.ErrorIs(t, err, fault.Budget)
	})
}
