package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// allAttempts is what a task of a probe costs at most: 3 judged and 5 unknown attempts are 7 together.
const allAttempts = 7 * hold

// TestQuote is about what a retry would do.
func TestQuote(t *testing.T) {
	t.Parallel()

	t.Run("IsWhatTheRetryDoes", func(t *testing.T) {
		t.Parallel()
		for name, scope := range map[string]engine.RetryScope{
			"all":    {},
			"codes":  {Codes: []job.Code{job.CodeRefused}},
			"named":  {Ordinals: []int{29, 2, 2, 3}},
			"either": {Ordinals: []int{0, 1, 3}, Codes: []job.Code{job.CodeRefused}},
		} {
			w := newWorld(t, small())
			w.oracle.script = failsBy
			id := w.submit(30)
			w.rest(id)
			q, err := w.main.Quote(w.ctx, id, scope)
			require.NoError(t, err)
			require.Equal(t, 1, w.job(id).Round, "nothing was done")
			r, err := w.main.RetryScoped(w.ctx, id, scope, 0, "")
			require.NoError(t, err)
			require.Equal(t, w.progress(id).Counts[job.TaskQueued], q.Tasks, name)
			require.Equal(t, q.Worst, pico(int64(q.Tasks)*int64(allAttempts)), name)
			require.Equal(t, q.Expected, pico(int64(q.Tasks)*int64(spent)), name)
			require.Zero(t, q.Missing, name)
			w.rest(r.Job.ID)
		}
	})

	t.Run("WorstIsThatOfASubmission", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.kind.long = 5000
		w.oracle.script = func(plea) said { return failing("REFUSED") }
		id := w.submit(9)
		w.rest(id)
		q, err := w.main.Quote(w.ctx, id, engine.RetryScope{})
		require.NoError(t, err)
		require.Equal(t, w.job(id).Forecast.Worst, q.Worst)
	})

	t.Run("SaysWhatTheCapLacks", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsBy
		id := w.submit(9, capped(9*hold))
		w.rest(id)
		q, err := w.main.Quote(w.ctx, id, engine.RetryScope{})
		require.NoError(t, err)
		require.Equal(t, 6, q.Tasks)
		require.Equal(t, 9*spent+6*allAttempts-9*hold, q.Missing)
	})

	t.Run("ExpectsTheForecastWhereNothingWasPaid", func(t *testing.T) {
		t.Parallel()
		for _, limit := range []int64{0, int64(100 * hold)} {
			w := newWorld(t, small())
			w.oracle.script = func(plea) said { return said{err: fault.New(fault.Rejected, "no")} }
			id := w.submit(9, capped(pico(limit)))
			w.rest(id)
			require.Equal(t, limit > 0, w.job(id).Forecast == nil)
			q, err := w.main.Quote(w.ctx, id, engine.RetryScope{})
			require.NoError(t, err)
			require.Equal(t, 9, q.Tasks)
			require.Positive(t, q.Expected)
			require.Less(t, q.Expected, q.Worst)
		}
	})

	t.Run("ATaskThatCannotBeAskedForCostsNothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.kind.other = "claude-sonnet-5"
		w.oracle.script = failsBy
		id := w.submit(9)
		w.rest(id)
		groups, err := w.main.Failures(w.ctx, id)
		require.NoError(t, err)
		for _, g := range groups {
			require.Equal(t, g.Code == job.CodeInternal, g.RetryWorst == 0, g.Code)
		}
	})

	t.Run("Refusals", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsBy
		id := w.submit(9)
		_, err := w.main.Quote(w.ctx, id, engine.RetryScope{})
		require.ErrorIs(t, err, fault.Conflict, "it has not ended")
		w.rest(id)
		for name, test := range map[string]struct {
			scope engine.RetryScope
			kind  fault.Kind
		}{
			"of no cause":    {engine.RetryScope{Codes: []job.Code{job.CodeDeadLetter}}, fault.Incomplete},
			"an empty code":  {engine.RetryScope{Codes: []job.Code{""}}, fault.Invalid},
			"no such task":   {engine.RetryScope{Ordinals: []int{9}}, fault.Invalid},
			"too many codes": {engine.RetryScope{Codes: make([]job.Code, engine.MaxCodes+1)}, fault.Invalid},
		} {
			_, err := w.main.Quote(w.ctx, id, test.scope)
			require.ErrorIs(t, err, test.kind, name)
		}
		_, err = w.main.Quote(w.ctx, "none", engine.RetryScope{})
		require.ErrorIs(t, err, fault.NotFound)
		w.kind.salt = "another plan"
		_, err = w.start(small()).Quote(w.ctx, id, engine.RetryScope{})
		require.ErrorIs(t, err, fault.Conflict, "this program would do it in another way")
	})
}

// TestFailures is about what failed and why.
func TestFailures(t *testing.T) {
	t.Parallel()

	t.Run("ByCause", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said {
			if p.ordinal == 59 {
				return ok()
			}
			return failsBy(p)
		}
		id := w.submit(60)
		w.rest(id)
		groups, err := w.main.Failures(w.ctx, id)
		require.NoError(t, err)
		require.Equal(t, []engine.FailureGroup{
			{Code: job.CodeOutputInvalid, Count: 20, Ordinals: []int{1, 4, 7, 10, 13, 16, 19, 22, 25, 28}, Retryable: true, RetryWorst: 20 * allAttempts},
			{Code: job.CodeRefused, Count: 20, Ordinals: []int{0, 3, 6, 9, 12, 15, 18, 21, 24, 27}, RetryWorst: 20 * allAttempts},
		}, groups)
	})

	t.Run("WhileItRuns", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsBy
		id := w.submit(60)
		groups, err := w.main.Failures(w.ctx, id)
		require.NoError(t, err)
		require.Empty(t, groups)
		w.deliver(id, 3)
		groups, err = w.main.Failures(w.ctx, id)
		require.NoError(t, err)
		require.Len(t, groups, 2)
		require.Equal(t, []int{10}, groups[0].Ordinals)
	})

	t.Run("OfAnotherProgramsPlan", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsBy
		id := w.submit(9)
		w.rest(id)
		w.kind.salt = "another plan"
		groups, err := w.start(small()).Failures(w.ctx, id)
		require.NoError(t, err)
		require.Len(t, groups, 2)
		require.Zero(t, groups[0].RetryWorst)
		_, err = w.main.Failures(w.ctx, "none")
		require.ErrorIs(t, err, fault.NotFound)
	})
}
