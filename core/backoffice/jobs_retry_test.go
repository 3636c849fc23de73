package backoffice_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// TestRetry: failed pages are made again, once for a key; pages that have not failed are not.
func TestRetry(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(8, 0, 6))
		w.script = func(_ int, r job.Request) string {
			if text := r.System + r.Prompt; strings.Contains(text, "emergency plumber 00") || strings.Contains(text, "emergency plumber 04") {
				return "no page"
			}
			return written("")
		}
		id := w.begun(business, areas())
		w.work(id)
		retry := func(scope engine.RetryScope, key string) (backoffice.Wished, error) {
			return w.jobs.Retry(w.ctx, w.admin, business, id, scope, 5*cost.Dollar, key)
		}
		_, err := retry(engine.RetryScope{Ordinals: []int{0, 30}}, "")
		require.ErrorIs(t, err, fault.Conflict, "page 30 is completed")
		for _, ordinals := range [][]int{{-1}, {90}, make([]int, 1001)} {
			_, err = retry(engine.RetryScope{Ordinals: ordinals}, "")
			require.ErrorIs(t, err, fault.Invalid)
		}
		_, err = retry(engine.RetryScope{Codes: []job.Code{job.CodeDeadLetter}}, "")
		require.ErrorIs(t, err, fault.Incomplete)

		named, err := retry(engine.RetryScope{Ordinals: []int{29, 0, 26, 0}}, "one")
		require.NoError(t, err)
		require.True(t, named.Changed)
		require.Equal(t, 2, named.Job.Round)
		require.Equal(t, 3, named.Counts.Open())
		again, err := retry(engine.RetryScope{Ordinals: []int{29, 0, 26, 0}}, "one")
		require.NoError(t, err)
		require.False(t, again.Changed)
		require.Equal(t, 2, again.Job.Round)
		_, err = retry(engine.RetryScope{}, "two")
		require.ErrorIs(t, err, fault.Conflict, "the job runs")
		w.work(id)
		w.script = func(int, job.Request) string { return written("") }
		every, err := retry(engine.RetryScope{Codes: []job.Code{job.CodeOutputInvalid}}, "three")
		require.NoError(t, err)
		require.Equal(t, 12, every.Counts.Open())
		lines := w.lines("job.retry")
		require.Len(t, lines, 2)
		require.Equal(t, string(id), lines[0].Target.ID)
	})
}

// TestRegenerate: a page is made again; what failed then keeps what was accepted before.
func TestRegenerate(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		id := w.begun(business, areas())
		_, err := w.jobs.Regenerate(w.ctx, w.admin, business, id, 0, 0, "")
		require.ErrorIs(t, err, fault.Conflict)
		require.EqualError(t, err, "the page is queued: it can be made again once that has ended")
		w.work(id)
		_, err = w.jobs.Regenerate(w.ctx, w.admin, business, id, 2, 0, "")
		require.ErrorIs(t, err, fault.NotFound)
		w.script = func(int, job.Request) string { return "no page" }
		made, err := w.jobs.Regenerate(w.ctx, w.admin, business, id, 1, 0, "key")
		require.NoError(t, err)
		require.Equal(t, 1, made.Counts.Open())
		w.work(id)
		p, err := w.jobs.Page(w.ctx, business, id, 1)
		require.NoError(t, err)
		require.Equal(t, job.TaskFailed, p.Status)
		require.Equal(t, 4, p.Attempts)
		require.Equal(t, 1, p.Accepted)
		require.Equal(t, 431, p.WordCount)
		require.NotEmpty(t, p.ErrorMessage)
		w.script = func(int, job.Request) string { return written("again") }
		_, err = w.jobs.Regenerate(w.ctx, w.admin, business, id, 1, 0, "key-2")
		require.NoError(t, err)
		w.work(id)
		p, err = w.jobs.Page(w.ctx, business, id, 1)
		require.NoError(t, err)
		require.Equal(t, 5, p.Accepted)
		for attempt, title := range map[int]string{1: "A plumber that is there for you", 5: "A plumber that is there for you again"} {
			content, err := w.jobs.Content(w.ctx, business, id, 1, attempt)
			require.NoError(t, err)
			require.Equal(t, title, content.Title)
		}
		lines := w.lines("page.regenerate")
		require.Len(t, lines, 2)
		require.Equal(t, backoffice.Target{Type: "page", ID: string(id) + "-1", Business: business}, lines[0].Target)

		_, err = w.jobs.Regenerate(w.ctx, w.admin, business, id, 0, 0, "key-3")
		require.NoError(t, err)
		cancelled, err := w.jobs.Cancel(w.ctx, w.admin, business, id, "")
		require.NoError(t, err)
		require.Equal(t, job.StateCancelled, cancelled.Job.State)
		p, err = w.jobs.Page(w.ctx, business, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.TaskCompleted, p.Status)
		require.Equal(t, 1, p.Accepted)
		_, err = w.jobs.Regenerate(w.ctx, w.admin, business, id, 0, 0, "key-4")
		require.NoError(t, err)

		never := w.begun(business, areas())
		_, err = w.jobs.Cancel(w.ctx, w.admin, business, never, "")
		require.NoError(t, err)
		_, err = w.jobs.Regenerate(w.ctx, w.admin, business, never, 0, 0, "key-5")
		require.ErrorIs(t, err, fault.Conflict)
		require.ErrorContains(t, err, "the page was cancelled")
	})
}

// TestRetryWithoutMoney: a closed budget takes no retry and no higher cap, but a lower one, and a pause is lifted.
func TestRetryWithoutMoney(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		done, running := w.begun(business, areas()), job.ID("")
		w.work(done)
		running = w.begun(business, areas())
		_, err := w.jobs.PutBudget(w.ctx, w.admin, business, backoffice.BudgetOrder{Limit: 10 * cost.Dollar})
		require.NoError(t, err)
		_, err = w.generate(business, areas())
		require.ErrorIs(t, err, fault.Budget)
		_, err = w.jobs.Regenerate(w.ctx, w.admin, business, done, 0, 0, "")
		require.ErrorIs(t, err, fault.Budget)
		_, err = w.jobs.Update(w.ctx, w.admin, business, running, capped(cost.Dollar))
		require.ErrorIs(t, err, fault.Budget)
		header, err := w.jobs.Find(w.ctx, business, running)
		require.NoError(t, err)
		require.Less(t, header.Cap, cost.Dollar)
		kept, err := w.jobs.Update(w.ctx, w.admin, business, running, capped(header.Cap))
		require.NoError(t, err, "it is the cap that it has")
		require.False(t, kept.Changed)
		lower, err := w.jobs.Update(w.ctx, w.admin, business, running, capped(header.Cap-1))
		require.NoError(t, err, "a lower cap needs no budget")
		require.True(t, lower.Changed)
		require.Equal(t, header.Cap-1, lower.Job.Cap)
		_, err = w.jobs.Update(w.ctx, w.admin, business, running, capped(header.Cap))
		require.ErrorIs(t, err, fault.Budget, "back up is a raise")
		_, err = w.jobs.Pause(w.ctx, w.admin, business, running, "")
		require.NoError(t, err)
		_, err = w.jobs.Resume(w.ctx, w.admin, business, running, cost.Dollar)
		require.ErrorIs(t, err, fault.Budget)
		_, err = w.jobs.Resume(w.ctx, w.admin, business, running, 0)
		require.NoError(t, err)
		_, err = w.jobs.PutBudget(w.ctx, w.admin, "", backoffice.BudgetOrder{Limit: 10 * cost.Dollar})
		require.NoError(t, err)
		w.budget(business, 10*cost.Dollar)
		_, err = w.generate(business, areas())
		require.ErrorIs(t, err, fault.Budget, "the global one is closed")
	})
}
