package backoffice_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestBudget: a limit is set for the month and stands for the next; the trail has each change, lost acknowledgement or not.
func TestBudget(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		none, err := w.jobs.Budget(w.ctx, business)
		require.NoError(t, err)
		require.Zero(t, none.Limit)
		require.Zero(t, none.Revision)
		require.Equal(t, []int{50, 80, 95}, none.WarnPercent)
		require.Equal(t, "2000-01", none.Month)

		lost := false
		w.lose = func(keys []ports.Key) bool {
			was := lost
			lost = true
			return !was && in(keys, "tenant/")
		}
		b := w.budget(business, 10*cost.Dollar)
		require.True(t, lost)
		require.Equal(t, backoffice.ScopeBusiness, b.Scope)
		require.Equal(t, 10*cost.Dollar, b.Limit)
		require.Equal(t, 10*cost.Dollar, b.Free)
		require.True(t, b.Enabled)
		require.Equal(t, int64(1), b.Revision)
		g, err := w.generate(business, areas())
		require.NoError(t, err)
		b, err = w.jobs.Budget(w.ctx, business)
		require.NoError(t, err)
		require.Equal(t, 10*cost.Dollar-g.Job.Cap, b.Free)
		require.Equal(t, g.Job.Cap, b.Granted)

		_, err = w.jobs.PutBudget(w.ctx, w.admin, business, backoffice.BudgetOrder{Limit: g.Job.Cap - 1, Enabled: true})
		require.ErrorIs(t, err, fault.Conflict)
		b, err = w.jobs.PutBudget(w.ctx, w.admin, business, backoffice.BudgetOrder{Limit: g.Job.Cap, WarnPercent: []int{10, 20}, Enabled: true})
		require.NoError(t, err, "exactly what is committed")
		require.Zero(t, b.Free)
		require.Equal(t, []int{10, 20}, b.WarnPercent)
		require.Equal(t, int64(2), b.Revision)
		_, err = w.generate(business, areas())
		require.ErrorIs(t, err, fault.Budget)
		lines := w.lines("budget.put")
		require.Len(t, lines, 2)
		require.Equal(t, []string{"limit_usd", "warn_percent"}, lines[0].ChangedFields)
		require.Equal(t, lines[1].After, lines[0].Before)
		require.Empty(t, lines[1].Before)
	})
}

// TestBudgetRules: what is wrong with a budget is told by its place.
func TestBudgetRules(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		for path, o := range map[string]backoffice.BudgetOrder{
			"/limit_usd": {}, "/warn_percent": {Limit: 1, WarnPercent: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
			"/warn_percent/0": {Limit: 1, WarnPercent: []int{0}}, "/warn_percent/1": {Limit: 1, WarnPercent: []int{50, 50}}, "/warn_percent/2": {Limit: 1, WarnPercent: []int{1, 2, 101}},
		} {
			_, err := w.jobs.PutBudget(w.ctx, w.admin, business, o)
			var problems catalog.Problems
			require.ErrorAs(t, err, &problems, path)
			require.Equal(t, path, problems[0].Path)
		}
		_, err := w.jobs.PutBudget(w.ctx, w.admin, "nobody", backoffice.BudgetOrder{Limit: 1})
		require.ErrorIs(t, err, fault.NotFound)
		require.Empty(t, w.lines("budget.put"))
	})
}

// TestBudgetGlobal: the global budget bounds all, and what a business has of it and does not use goes back when its own is lowered.
func TestBudgetGlobal(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		global := w.budget("", 100*cost.Dollar)
		require.Equal(t, backoffice.ScopeGlobal, global.Scope)
		require.Zero(t, global.Granted, "nobody was given anything")
		require.Equal(t, 100*cost.Dollar, global.Free)
		w.budget(business, 80*cost.Dollar)
		id := w.begun(business, areas(func(o *backoffice.Order) { o.Budget = 50 * cost.Dollar }))
		w.work(id)
		global, err := w.jobs.Budget(w.ctx, "")
		require.NoError(t, err)
		require.Equal(t, 50*cost.Dollar, global.Free, "the business's month keeps what its job gave back")
		_, err = w.jobs.PutBudget(w.ctx, w.admin, "", backoffice.BudgetOrder{Limit: 40 * cost.Dollar, Enabled: true})
		require.ErrorIs(t, err, fault.Conflict)
		own := w.budget(business, cost.Dollar)
		require.Positive(t, own.Free)
		global = w.budget("", 40*cost.Dollar)
		require.Equal(t, 39*cost.Dollar, global.Free)

		list, next, err := w.jobs.Budgets(w.ctx, w.admin, 10, "")
		require.NoError(t, err)
		require.Empty(t, next)
		require.Len(t, list, 2)
		require.Equal(t, business, list[1].Business)
		list, _, err = w.jobs.Budgets(w.ctx, backoffice.Caller{}, 10, "")
		require.NoError(t, err)
		require.Len(t, list, 1)
		all, cursor := []string{}, ""
		for more := true; more; more = cursor != "" {
			list, cursor, err = w.jobs.Budgets(w.ctx, w.admin, 1, cursor)
			require.NoError(t, err)
			require.LessOrEqual(t, len(list), 1, "no more than were asked for")
			for _, b := range list {
				all = append(all, b.Business)
			}
		}
		require.Equal(t, []string{"", business}, all)
		require.Equal(t, "budget", w.lines("budget.put")[0].Target.Type)
	})
}

// TestBudgetAddsUp: what is spent, held, given out and free is the limit, before, while and after a job runs; with no limit what is
// given out and spent is shown all the same.
func TestBudgetAddsUp(t *testing.T) {
	t.Parallel()
	for _, limits := range [][2]cost.Pico{{100 * cost.Dollar, 80 * cost.Dollar}, {100 * cost.Dollar, 0}, {0, 80 * cost.Dollar}, {0, 0}} {
		withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
			business := w.seed(plumber(1, 0, 2))
			for i, of := range []string{"", business} {
				if limits[i] > 0 {
					w.budget(of, limits[i])
				}
			}
			adds := func() (all [2]backoffice.Budget) {
				t.Helper()
				time.Sleep(time.Minute) // what was looked at is forgotten
				for i, of := range []string{"", business} {
					b, err := w.jobs.Budget(w.ctx, of)
					require.NoError(t, err)
					require.Equal(t, limits[i], b.Limit)
					sum := b.Settled + b.Presumed + b.Held + b.Granted
					require.Equal(t, max(0, b.Limit-sum), b.Free)
					if b.Limit > 0 {
						require.LessOrEqual(t, sum, b.Limit)
					}
					all[i] = b
				}
				return all
			}
			require.Zero(t, adds()[0].Granted)
			id := w.begun(business, areas(func(o *backoffice.Order) { o.Budget = 50 * cost.Dollar }))
			for _, b := range adds() {
				require.Equal(t, 50*cost.Dollar, b.Granted, "%s", b.Scope)
			}
			w.work(id)
			after := adds()
			require.Positive(t, after[0].Settled)
			require.Equal(t, after[0].Settled, after[1].Settled)
			require.Zero(t, after[1].Granted, "the job has given back the rest")
		})
	}
}

// TestBudgetStands: a budget does not lapse when its month ends, and is there before the first order of the next.
func TestBudgetStands(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		w.budget("", 100*cost.Dollar)
		w.budget(business, 10*cost.Dollar)
		time.Sleep(time.Until(time.Date(2000, 2, 3, 0, 0, 0, 0, time.UTC)))
		_, err := w.engine.Limit(w.ctx, business, "2000-02")
		require.ErrorIs(t, err, fault.NotFound)
		b, err := w.jobs.Budget(w.ctx, business)
		require.NoError(t, err)
		require.Equal(t, 10*cost.Dollar, b.Limit)
		require.Equal(t, 10*cost.Dollar, b.Free)
		_, err = w.generate(business, areas(func(o *backoffice.Order) { o.Budget = 11 * cost.Dollar }))
		require.ErrorIs(t, err, fault.Budget)
		for _, of := range []string{"", business} {
			limit, err := w.engine.Limit(w.ctx, of, "2000-02")
			require.NoError(t, err)
			require.Positive(t, limit)
		}
		// Somebody else's limit of the month stays.
		require.NoError(t, w.engine.SetLimit(w.ctx, business, "2000-02", 12*cost.Dollar))
		w.begun(business, areas(func(o *backoffice.Order) { o.Budget = 11 * cost.Dollar }))
		require.Len(t, w.lines("budget.put"), 2, "what stands is written without a line")

		// Shortly before the month's end the next one is made ready, and a change is of both.
		time.Sleep(time.Until(time.Date(2000, 2, 29, 23, 55, 0, 0, time.UTC)))
		require.NoError(t, w.jobs.EnsureMonth(w.ctx, business))
		limit, err := w.engine.Limit(w.ctx, business, "2000-03")
		require.NoError(t, err)
		require.Equal(t, 10*cost.Dollar, limit)
		w.budget(business, 20*cost.Dollar)
		limit, err = w.engine.Limit(w.ctx, business, "2000-03")
		require.NoError(t, err)
		require.Equal(t, 20*cost.Dollar, limit)
	})
}

// TestBudgetUsedUpBefore: a month in which more than the standing limit was drawn before it had one takes no new job.
func TestBudgetUsedUpBefore(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		w.budget(business, cost.Dollar)
		id := w.begun(business, areas())
		_, err := w.jobs.Pause(w.ctx, w.admin, business, id, "")
		require.NoError(t, err)
		time.Sleep(time.Until(time.Date(2000, 2, 3, 0, 0, 0, 0, time.UTC)))
		_, err = w.engine.Resume(w.ctx, id, 5*cost.Dollar)
		require.NoError(t, err)
		_, err = w.generate(business, areas())
		require.ErrorIs(t, err, fault.Budget)
		require.ErrorIs(t, w.jobs.EnsureMonth(w.ctx, business), fault.Budget)
	})
}

// TestBudgetSetMeanwhile: a limit that is set while the month is made ready is the one that it has.
func TestBudgetSetMeanwhile(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		w.budget(business, 10*cost.Dollar)
		time.Sleep(time.Until(time.Date(2000, 2, 3, 0, 0, 0, 0, time.UTC)))
		once := true
		w.before = func(keys []ports.Key) {
			if once && in(keys, "tenant/") {
				once = false
				w.budget(business, 20*cost.Dollar)
			}
		}
		require.NoError(t, w.jobs.EnsureMonth(w.ctx, business))
		require.False(t, once)
		limit, err := w.engine.Limit(w.ctx, business, "2000-02")
		require.NoError(t, err)
		require.Equal(t, 20*cost.Dollar, limit)
	})
}

// TestBudgetIsSetOrNot: an error says that nothing was set, whichever call of the store fails, and then the trail has no line.
func TestBudgetIsSetOrNot(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		w.budget("", 500*cost.Dollar)
		w.work(w.begun(business, areas()))
		time.Sleep(time.Until(time.Date(2000, 1, 31, 23, 55, 0, 0, time.UTC))) // the next month is set along
		for _, of := range []string{business, ""} {
			fails := 0
			for n := int64(1); ; n++ {
				order := backoffice.BudgetOrder{Limit: 100*cost.Dollar + cost.Pico(n), Enabled: true}
				before := len(w.lines("budget.put"))
				w.turn.Store(n)
				b, err := w.jobs.PutBudget(w.ctx, w.admin, of, order)
				failed := w.turn.Load() <= 0
				w.turn.Store(0)
				limit, _, monthErr := w.engine.Month(w.ctx, of, "2000-02")
				if err != nil {
					fails++
					require.NotEqual(t, order.Limit, limit)
					require.Len(t, w.lines("budget.put"), before)
					continue
				}
				require.NoError(t, monthErr)
				require.Equal(t, order.Limit, limit)
				require.Len(t, w.lines("budget.put"), before+1)
				require.Equal(t, order.Limit, b.Limit)
				require.Equal(t, b.Limit, b.Granted+b.Held+b.Settled+b.Presumed+b.Free)
				require.Equal(t, of == business, b.Scope == backoffice.ScopeBusiness)
				require.Positive(t, b.Revision)
				if !failed {
					break
				}
				time.Sleep(31 * time.Second) // what was looked at is forgotten
			}
			require.Equal(t, 1, fails, "the change alone")
		}
	})
}
