package backoffice_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// shaky is the store as the office and the engine see it: the call whose turn it is fails.
type shaky struct {
	ports.Store
	w *jobsWorld
}

func (s shaky) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	if err := s.w.fails(); err != nil {
		return ports.Record{}, err
	}
	return s.Store.Get(ctx, key)
}

func (s shaky) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	if err := s.w.fails(); err != nil {
		return ports.Page{}, err
	}
	return s.Store.List(ctx, r)
}

func (s shaky) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	if err := s.w.fails(); err != nil {
		return err
	}
	return s.Store.Update(ctx, keys, decide)
}

// fails counts a call of the store, and fails it when it is its turn.
func (w *jobsWorld) fails() error {
	if w.turn.Add(-1) == 0 {
		return fault.New(fault.Unavailable, "the store is out of reach")
	}
	return nil
}

// each makes a call with its first use of the store failing, then its second, and so on, until none does. What fails is told as
// what it is.
func (w *jobsWorld) each(name string, call func() error) {
	w.t.Helper()
	for n := int64(1); ; n++ {
		require.Less(w.t, n, int64(200), name)
		w.turn.Store(n)
		err := call()
		failed := w.turn.Load() <= 0
		w.turn.Store(0)
		if err != nil {
			require.ErrorIs(w.t, err, fault.Unavailable, "%s, call %d of the store", name, n)
			continue
		}
		if !failed {
			require.Greater(w.t, n, int64(1), "%s did not use the store", name)
			return
		}
		time.Sleep(time.Minute) // what was kept for a while is read anew
	}
}

// TestStoreFails: whichever call of the store fails, the caller learns of it or loses nothing, and an order repeated is one job.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		w.prompt(business, backoffice.NewPrompt{PageType: "service-area", Template: "Write.", IsActive: true})
		for _, of := range []string{"", business} {
			w.each("PutBudget", func() error {
				_, err := w.jobs.PutBudget(w.ctx, w.admin, of, backoffice.BudgetOrder{Limit: 9 * cost.Dollar, Enabled: true})
				return err
			})
		}
		time.Sleep(40 * 24 * time.Hour) // another month, without a limit yet
		reads := map[string]func() error{
			"Preview": func() error {
				_, err := w.jobs.Preview(w.ctx, business, areas(), backoffice.PreviewFilter{})
				return err
			},
			"Forecast": func() error { _, err := w.jobs.Forecast(w.ctx, business, areas()); return err },
			"Render": func() error {
				_, err := w.jobs.RenderPrompt(w.ctx, business, backoffice.RenderRequest{PageType: "service-area"})
				return err
			},
			"EnsureMonth": func() error { return w.jobs.EnsureMonth(w.ctx, business) },
		}
		for name, call := range reads {
			w.each(name, call)
		}
		var id job.ID
		w.each("Generate", func() error {
			g, err := w.jobs.Generate(w.ctx, w.admin, business, areas(), "key", idempotency.Of([]byte("key")))
			if err == nil {
				id = g.Job.ID
			}
			return err
		})
		w.each("Job", func() error { _, err := w.jobs.Job(w.ctx, business, id); return err })
		w.each("Pause", func() error { _, err := w.jobs.Pause(w.ctx, w.admin, business, id, ""); return err })
		w.each("Resume", func() error { _, err := w.jobs.Resume(w.ctx, w.admin, business, id, 0); return err })
		w.each("Update", func() error { _, err := w.jobs.Update(w.ctx, w.admin, business, id, capped(cost.Dollar)); return err })
		w.each("SetSpending", func() error { _, err := w.jobs.SetSpending(w.ctx, w.admin, true, "yes"); return err })
		w.work(id)
		w.each("Live", func() error { _, err := w.jobs.Live(w.ctx, business); return err })
		w.each("Budgets", func() error { _, _, err := w.jobs.Budgets(w.ctx, w.admin, 10, ""); return err })
		w.each("Costs", func() error {
			_, err := w.jobs.Costs(w.ctx, backoffice.CostQuery{GroupBy: backoffice.ByJob})
			return err
		})
		w.each("CostsByDay", func() error {
			_, err := w.jobs.Costs(w.ctx, backoffice.CostQuery{GroupBy: backoffice.ByDay})
			return err
		})
		fresh := backoffice.NewJobs(w.office, w.engine, nil)
		w.each("Pages", func() error {
			_, _, err := fresh.PagesFrom(w.ctx, business, id, backoffice.PageFilter{}, 0, 10)
			return err
		})
		w.each("Content", func() error { _, err := w.jobs.Content(w.ctx, business, id, 0, 0); return err })
		w.each("Retry", func() error {
			_, err := w.jobs.Retry(w.ctx, w.admin, business, id, engine.RetryScope{}, 0, "")
			if fault.KindOf(err) == fault.Incomplete {
				return nil
			}
			return err
		})
		w.each("Regenerate", func() error { _, err := w.jobs.Regenerate(w.ctx, w.admin, business, id, 0, 0, "key"); return err })
		list, err := w.engine.Jobs(w.ctx, business, 10)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, 2, list[0].Round)
		for name, lines := range map[string]int{"job.create": 1, "job.pause": 1, "job.resume": 1, "page.regenerate": 1, "spending.set": 1} {
			require.Len(t, w.lines(name), lines, name)
		}
	})
}
