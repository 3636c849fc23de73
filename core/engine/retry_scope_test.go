package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// failsBy fails the first call of the tasks 0, 3, 6, ... with REFUSED and of 1, 4, 7, ... with OUTPUT_INVALID.
func failsBy(p plea) said {
	switch {
	case p.n > 1 || p.ordinal%3 == 2:
		return ok()
	case p.ordinal%3 == 0:
		return failing("REFUSED")
	}
	return failing("OUTPUT_INVALID")
}

// TestRetryScoped is about retries of some of what failed, and about retries that are asked for twice.
func TestRetryScoped(t *testing.T) {
	t.Parallel()
	invalid := engine.RetryScope{Codes: []job.Code{job.CodeOutputInvalid, job.CodeDeadLetter}}

	t.Run("ByCode", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsBy
		id := w.submit(30)
		w.rest(id)
		r, err := w.main.RetryScoped(w.ctx, id, invalid, 0, "")
		require.NoError(t, err)
		require.False(t, r.Repeated)
		require.Equal(t, 10, w.progress(id).Counts[job.TaskQueued])
		require.Equal(t, "DEAD_LETTER,OUTPUT_INVALID", w.lastEvent(id, "retried").Data["codes"])
		require.Equal(t, job.StatePartial, w.rest(id).State)
		require.Equal(t, job.Counts{job.TaskCompleted: 20, job.TaskFailed: 10}, w.progress(id).Counts)
		require.Equal(t, job.CodeRefused, w.task(id, 0).Code)
		require.Equal(t, 40, w.oracle.begun)
	})

	t.Run("ByCodeAmongTheNamed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsBy
		id := w.submit(30)
		w.rest(id)
		scope := invalid
		scope.Ordinals = []int{0, 1, 2, 4, 4}
		_, err := w.main.RetryScoped(w.ctx, id, scope, 0, "")
		require.NoError(t, err)
		require.Equal(t, 2, w.progress(id).Counts[job.TaskQueued], "1 and 4: the others did not fail of that")
		w.rest(id)
	})

	t.Run("TheSameKeyIsOneRetry", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsBy
		id := w.submit(30)
		w.rest(id)
		for n := range 3 {
			r, err := w.main.RetryScoped(w.ctx, id, engine.RetryScope{Ordinals: []int{0, 1}}, 0, "again")
			require.NoError(t, err)
			require.Equal(t, n > 0, r.Repeated)
			require.Equal(t, 2, r.Job.Round)
			if n == 1 {
				w.rest(id)
			}
		}
		require.Equal(t, 32, w.oracle.begun)
		r, err := w.main.RetryScoped(w.ctx, id, engine.RetryScope{}, 0, "another")
		require.NoError(t, err)
		require.Equal(t, 3, r.Job.Round)
		w.rest(id)
		r, err = w.main.RetryScoped(w.ctx, id, engine.RetryScope{Ordinals: []int{0, 1}}, 0, "again")
		require.NoError(t, err)
		require.True(t, r.Repeated, "a later retry does not make it new")
		require.Equal(t, 3, r.Job.Round)
	})

	t.Run("TheSameKeyAtTheSameTime", func(t *testing.T) {
		t.Parallel()
		for steps := range 30 {
			w := newWorld(t, small())
			w.oracle.script = failsBy
			id := w.submit(9)
			w.rest(id)
			var slow engine.Receipt
			var slowErr error
			one, two := engine.WithOrigin(w.ctx, engine.Origin{RequestID: "r-1"}), engine.WithOrigin(w.ctx, engine.Origin{RequestID: "r-2"})
			s := w.spawn(func() { slow, slowErr = w.main.RetryScoped(one, id, engine.RetryScope{}, 0, "again") })
			for range steps {
				w.step(first)
			}
			quick, err := w.start(small()).RetryScoped(two, id, engine.RetryScope{}, 0, "again")
			require.NoError(t, err)
			w.settle(first)
			require.True(t, s.done)
			require.NoError(t, slowErr, "after %d steps", steps)
			require.NotEqual(t, quick.Repeated, slow.Repeated, "one of them has done it, after %d steps", steps)
			require.Equal(t, 2, w.rest(id).Round)
		}
	})

	t.Run("ItsOwnWriteIsNoRepeat", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsBy
		id := w.submit(9)
		w.rest(id)
		w.loseOnce("header", nothing)
		r, err := w.main.RetryScoped(w.ctx, id, engine.RetryScope{}, 0, "again")
		require.NoError(t, err)
		require.False(t, r.Repeated)
		w.rest(id)
	})

	t.Run("Refusals", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsBy
		id := w.submit(9)
		_, err := w.main.RetryScoped(w.ctx, id, engine.RetryScope{}, 0, "key")
		require.ErrorIs(t, err, fault.Conflict, "it has not ended")
		w.rest(id)
		for name, test := range map[string]struct {
			scope engine.RetryScope
			key   string
			kind  fault.Kind
		}{
			"nothing failed of that": {engine.RetryScope{Codes: []job.Code{job.CodeDeadLetter}}, "key", fault.Incomplete},
			"none of the named did":  {engine.RetryScope{Ordinals: []int{2}, Codes: []job.Code{job.CodeRefused}}, "", fault.Incomplete},
			"an empty code":          {engine.RetryScope{Codes: []job.Code{""}}, "", fault.Invalid},
			"too many codes":         {engine.RetryScope{Codes: make([]job.Code, engine.MaxCodes+1)}, "", fault.Invalid},
			"a key with a line":      {engine.RetryScope{}, "a\nb", fault.Invalid},
			"a task that is none":    {engine.RetryScope{Ordinals: []int{9}}, "key", fault.Invalid},
		} {
			_, err := w.main.RetryScoped(w.ctx, id, test.scope, 0, test.key)
			require.ErrorIs(t, err, test.kind, name)
		}
		_, err = w.main.RetryScoped(w.ctx, "none", engine.RetryScope{}, 0, "key")
		require.ErrorIs(t, err, fault.NotFound)
		require.Equal(t, 1, w.job(id).Round)
	})
}
