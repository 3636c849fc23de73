package backoffice_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestOrder: an order is looked at, forecast, made a job, done and read.
func TestOrder(t *testing.T) {
	t.Parallel()
	withJobs(t, &backoffice.JobOptions{Labels: map[string]string{"provider": "claude"}, Source: "here"}, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(3, 0, 4))
		preview, err := w.jobs.Preview(w.ctx, business, areas(), backoffice.PreviewFilter{})
		require.NoError(t, err)
		f, err := w.jobs.Forecast(w.ctx, business, areas())
		require.NoError(t, err)
		require.Equal(t, 12, f.Tasks)
		g, err := w.generate(business, areas(func(o *backoffice.Order) { o.PlanHash = preview.PlanHash }))
		require.NoError(t, err)
		require.False(t, g.Repeated)
		require.Equal(t, 12, g.Counts[job.TaskQueued])
		require.Equal(t, f.Cost, g.Forecast.Cost)
		require.Equal(t, f.Cost.Worst, g.Job.Cap)
		require.Equal(t, "request-1", g.Job.RequestID)

		w.work(g.Job.ID)
		view, err := w.jobs.Job(w.ctx, business, g.Job.ID)
		require.NoError(t, err)
		require.Equal(t, job.StateCompleted, view.Job.State)
		require.Nil(t, view.Outlook)
		labels := view.Job.Labels
		require.Equal(t, "claude", labels["provider"])
		require.Equal(t, "keyword-service-area", labels[backoffice.LabelPageType])
		require.Equal(t, "en,es", labels[backoffice.LabelLanguages])
		require.Equal(t, "Harbor Plumbing", labels[backoffice.LabelBusiness])
		require.Equal(t, "ana", labels[backoffice.LabelCreatedBy])
		require.Len(t, view.Templates, 2)
		require.Equal(t, pages.BuiltinID(catalog.KeywordServiceArea, catalog.English), view.Templates[0].ID)
		require.Len(t, view.Templates[0].SHA256, 64)

		lines := w.lines("job.create")
		require.Len(t, lines, 1)
		require.Equal(t, backoffice.Target{Type: "job", ID: string(g.Job.ID), Business: business}, lines[0].Target)
		require.Equal(t, "ana", lines[0].Actor.PrincipalID)
		events, err := w.engine.Events(w.ctx, g.Job.ID)
		require.NoError(t, err)
		require.Equal(t, "ana", events[0].Data["actor"])
	})
}

// TestOrderRefused: what is wrong with an order stops it before anything is written.
func TestOrderRefused(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		for name, c := range map[string]struct {
			change func(*backoffice.Order)
			kind   fault.Kind
		}{
			"Lane":       {func(o *backoffice.Order) { o.Lane = "fast" }, fault.Invalid},
			"NoDeadline": {func(o *backoffice.Order) { o.Lane = cost.Auto }, fault.Invalid},
			"Past":       {func(o *backoffice.Order) { o.Deadline = -time.Second }, fault.Invalid},
			"Negative":   {func(o *backoffice.Order) { o.Budget = -1 }, fault.Invalid},
			"PageType":   {func(o *backoffice.Order) { o.PageType = "poem" }, fault.Invalid},
			"Changed":    {func(o *backoffice.Order) { o.PlanHash = strings.Repeat("0", 64) }, fault.Conflict},
			"NoPages":    {func(o *backoffice.Order) { o.PageType = "keyword-location" }, fault.Incomplete},
		} {
			_, err := w.generate(business, areas(c.change))
			require.ErrorIs(t, err, c.kind, name)
			_, err = w.jobs.Forecast(w.ctx, business, areas(c.change))
			require.ErrorIs(t, err, c.kind, name)
		}
		_, err := w.generate("nobody", areas())
		require.ErrorIs(t, err, fault.NotFound)
		list, err := w.engine.Jobs(w.ctx, "", 10)
		require.NoError(t, err)
		require.Empty(t, list)
		require.Empty(t, w.lines("job.create"))
	})
}

// TestOrderBelowTheGate: a profile with too little in it makes no job, but can be looked at.
func TestOrderBelowTheGate(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		c := plumber(1, 0, 1)
		c.Questionnaire, c.Services, c.Business.Website, c.Business.Email = catalog.Questionnaire{}, nil, "", ""
		business := w.seed(c)
		preview, err := w.jobs.Preview(w.ctx, business, areas(), backoffice.PreviewFilter{})
		require.NoError(t, err)
		require.Less(t, preview.Completeness.Score, catalog.Gate)
		for _, try := range []func() error{
			func() error { _, err := w.generate(business, areas()); return err },
			func() error { _, err := w.jobs.Forecast(w.ctx, business, areas()); return err },
		} {
			var refusal *pages.Refusal
			require.True(t, errors.As(try(), &refusal))
			require.Equal(t, pages.CodeInsufficientData, refusal.Code)
		}
	})
}

// TestOrderRepeated: one key is one job, whatever has become of its inputs; another order under it is a conflict.
func TestOrderRepeated(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		c := plumber(1, 0, 2)
		business := w.seed(c)
		print := idempotency.Of([]byte("one"))
		first, err := w.jobs.Generate(w.ctx, w.admin, business, areas(), "key", print)
		require.NoError(t, err)
		w.work(first.Job.ID)
		again, err := w.jobs.Generate(w.ctx, w.admin, business, areas(func(o *backoffice.Order) { o.PlanHash = "old" }), "key", print)
		require.NoError(t, err)
		require.True(t, again.Repeated)
		require.Equal(t, first.Job.ID, again.Job.ID)
		require.Equal(t, 2, again.Counts[job.TaskCompleted])
		require.Equal(t, first.Forecast.Cost, again.Forecast.Cost)
		_, err = w.jobs.Generate(w.ctx, w.admin, business, areas(), "key", idempotency.Of([]byte("two")))
		require.ErrorIs(t, err, fault.Conflict)
		require.Len(t, w.lines("job.create"), 1)
	})
}

// TestOrderLostAcknowledgement: a job whose commit nobody heard of is made, counted and audited once.
func TestOrderLostAcknowledgement(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		p := w.prompt(business, backoffice.NewPrompt{PageType: "service-area", Template: "Write for {{city}}.", IsActive: true})
		lost := 0
		w.lose = func(keys []ports.Key) bool {
			if lost == 0 && in(keys, "job/") {
				lost++
				return true
			}
			return false
		}
		id := w.begun(business, areas())
		require.Equal(t, 1, lost)
		require.Len(t, w.lines("job.create"), 1)
		stored, err := w.office.Prompt(w.ctx, business, p.ID)
		require.NoError(t, err)
		require.Equal(t, 1, stored.Uses)
		lost = 0
		wished, err := w.jobs.Pause(w.ctx, w.admin, business, id, "")
		require.NoError(t, err)
		require.True(t, wished.Changed)
		require.Len(t, w.lines("job.pause"), 1)
	})
}

// TestWishes: a job is steered, each change with its line, a repeat without one.
func TestWishes(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(2, 0, 2))
		id := w.begun(business, areas())
		paused, err := w.jobs.Pause(w.ctx, w.admin, business, id, "  too\nfast\x00 ")
		require.NoError(t, err)
		require.True(t, paused.Changed)
		require.Equal(t, job.StatePaused, paused.Job.State)
		require.Equal(t, "too fast", paused.Job.Detail)
		require.Equal(t, 4, paused.Waiting[job.ReasonPaused])
		again, err := w.jobs.Pause(w.ctx, w.admin, business, id, "")
		require.NoError(t, err)
		require.False(t, again.Changed)

		list, _, err := w.jobs.PagesFrom(w.ctx, business, id, backoffice.PageFilter{}, 0, 1)
		require.NoError(t, err)
		require.Equal(t, job.ReasonPaused, list[0].Waiting)

		given, err := w.jobs.Update(w.ctx, w.admin, business, id, capped(cost.Dollar))
		require.NoError(t, err)
		require.Equal(t, cost.Dollar, given.Job.Cap)
		hidden, err := w.jobs.Update(w.ctx, w.admin, business, id, backoffice.JobChange{Hidden: new(true)})
		require.NoError(t, err)
		require.True(t, hidden.Job.Hidden)
		both, err := w.jobs.Update(w.ctx, w.admin, business, id, backoffice.JobChange{Budget: new(cost.Dollar / 2), Hidden: new(false)})
		require.NoError(t, err)
		require.Equal(t, cost.Dollar/2, both.Job.Cap)
		require.False(t, both.Job.Hidden)
		require.Equal(t, []string{"budget_usd", "is_hidden"}, w.lines("job.update")[0].ChangedFields)
		none, err := w.jobs.Update(w.ctx, w.admin, business, id, backoffice.JobChange{})
		require.NoError(t, err)
		require.False(t, none.Changed)
		_, err = w.jobs.Update(w.ctx, w.admin, business, id, backoffice.JobChange{Budget: new(backoffice.MaxBudget + 1), Hidden: new(true)})
		require.ErrorIs(t, err, fault.Invalid)
		_, err = w.jobs.Update(w.ctx, w.admin, business, id, backoffice.JobChange{Budget: new(cost.Pico(0)), Hidden: new(true)})
		require.ErrorIs(t, err, fault.Invalid)
		header, err := w.jobs.Find(w.ctx, business, id)
		require.NoError(t, err)
		require.False(t, header.Hidden, "both or neither")
		resumed, err := w.jobs.Resume(w.ctx, w.admin, business, id, 2*cost.Dollar)
		require.NoError(t, err)
		require.Equal(t, 2*cost.Dollar, resumed.Job.Cap)
		cancelled, err := w.jobs.Cancel(w.ctx, w.admin, business, id, "enough")
		require.NoError(t, err)
		require.Equal(t, job.StateCancelled, cancelled.Job.State)
		_, err = w.jobs.Cancel(w.ctx, w.admin, business, id, "enough")
		require.ErrorIs(t, err, fault.Conflict)
		for name, times := range map[string]int{"job.pause": 1, "job.update": 3, "job.resume": 1, "job.cancel": 1} {
			lines := w.lines(name)
			require.Len(t, lines, times, name)
			require.Equal(t, string(id), lines[0].Target.ID, name)
		}
	})
}

// TestForeignJob: a job is nobody's but its business's.
func TestForeignJob(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		id := w.begun(business, areas())
		for _, one := range []struct {
			business string
			id       job.ID
		}{{"other", id}, {business, "none"}, {business, "../header"}} {
			for name, try := range map[string]func() error{
				"Job":     func() error { _, err := w.jobs.Job(w.ctx, one.business, one.id); return err },
				"Page":    func() error { _, err := w.jobs.Page(w.ctx, one.business, one.id, 0); return err },
				"Content": func() error { _, err := w.jobs.Content(w.ctx, one.business, one.id, 0, 1); return err },
				"Pause":   func() error { _, err := w.jobs.Pause(w.ctx, w.admin, one.business, one.id, ""); return err },
				"Resume":  func() error { _, err := w.jobs.Resume(w.ctx, w.admin, one.business, one.id, 0); return err },
				"Cancel":  func() error { _, err := w.jobs.Cancel(w.ctx, w.admin, one.business, one.id, ""); return err },
				"SetCap":  func() error { _, err := w.jobs.Update(w.ctx, w.admin, one.business, one.id, capped(1)); return err },
				"Hide": func() error {
					_, err := w.jobs.Update(w.ctx, w.admin, one.business, one.id, backoffice.JobChange{Hidden: new(true)})
					return err
				},
				"Retry": func() error {
					_, err := w.jobs.Retry(w.ctx, w.admin, one.business, one.id, engine.RetryScope{}, 0, "")
					return err
				},
				"Regenerate": func() error { _, err := w.jobs.Regenerate(w.ctx, w.admin, one.business, one.id, 0, 0, ""); return err },
			} {
				require.ErrorIs(t, try(), fault.NotFound, name)
			}
		}
	})
}

// TestSpending: the switch stops new jobs and is audited.
func TestSpending(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		s, err := w.jobs.SetSpending(w.ctx, w.admin, false, "closed for the year")
		require.NoError(t, err)
		require.False(t, s.On)
		require.Equal(t, "ana", s.Actor)
		_, err = w.generate(business, areas())
		require.ErrorIs(t, err, fault.Unavailable)
		_, err = w.jobs.SetSpending(w.ctx, w.admin, true, "open again")
		require.NoError(t, err)
		s, err = w.jobs.Spending(w.ctx)
		require.NoError(t, err)
		require.True(t, s.On)
		w.begun(business, areas())
		require.Len(t, w.lines("spending.set"), 2)
		_, err = w.jobs.SetSpending(w.ctx, w.admin, true, strings.Repeat("x", 1000))
		require.NoError(t, err, "a long reason is cut")
	})
}

// TestJobView: a job that runs says how fast it is and what it will have spent.
func TestJobView(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(5, 0, 20))
		id := w.begun(business, areas())
		first, err := w.jobs.Job(w.ctx, business, id)
		require.NoError(t, err)
		require.NotNil(t, first.Outlook)
		perMinute, left := backoffice.Rate(first.Progress, time.Now())
		require.Zero(t, perMinute)
		require.Zero(t, left)
		require.Equal(t, 100, first.Outlook.Open)
		w.script = func(int, job.Request) string { time.Sleep(time.Second); return written("") }
		w.deliver(2)
		v, err := w.jobs.Job(w.ctx, business, id)
		require.NoError(t, err)
		require.Equal(t, job.StateRunning, v.Job.State)
		ended := v.Counts[job.TaskCompleted]
		require.Positive(t, ended)
		perMinute, left = backoffice.Rate(v.Progress, time.Now())
		require.Positive(t, perMinute)
		require.Positive(t, left)
		require.Equal(t, 100, v.Outlook.Open, "the outlook is a few seconds old")
		time.Sleep(time.Minute)
		v, err = w.jobs.Job(w.ctx, business, id)
		require.NoError(t, err)
		require.Equal(t, 100-ended, v.Outlook.Open)
	})
}
