package engine_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// TestCalibrate: what one job has shown is what the next one is forecast by.
func TestCalibrate(t *testing.T) {
	t.Parallel()
	const tasks = 200
	w := startTemplated(t, &templated{})
	w.oracle.script = verbose(1, tasks, 0.6, 1.6)
	s := submission(tasks)
	s.Input = probeInput{Name: "jx", Tasks: tasks}.bytes()
	guessed, err := w.main.Forecast(w.ctx, s, engine.Pace{})
	require.NoError(t, err)
	require.Zero(t, guessed.Answers)

	id := w.submit(tasks)
	require.ErrorIs(t, w.main.Calibrate(w.ctx, id, "oracle"), fault.Conflict, "the job has not ended")
	w.rest(id)
	bill, err := w.main.Outlook(w.ctx, id)
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, w.main.Calibrate(w.ctx, id, "oracle"), "each round counts once")
	}
	others, err := w.main.Forecast(w.ctx, s, engine.Pace{})
	require.NoError(t, err)
	require.Equal(t, guessed, others, "what one source said is no news of another")
	learned, err := w.main.Forecast(w.ctx, s, engine.Pace{Source: "oracle"})
	require.NoError(t, err)
	require.GreaterOrEqual(t, learned.Answers, int64(tasks))
	require.Less(t, learned.Answers, int64(tasks*5/4))
	near(t, bill.Spent, learned.Cost.Expected, 0.02)
	near(t, learned.Cost.Expected, learned.Cost.P95, 0.2, "what was measured is known well")
	require.Greater(t, math.Abs(float64(guessed.Cost.Expected-bill.Spent)), math.Abs(float64(learned.Cost.Expected-bill.Spent)))
	require.ErrorIs(t, w.main.Calibrate(w.ctx, "none", ""), fault.NotFound)
}

// TestForecastCounts: a counter is asked about few requests, and not once enough is known.
func TestForecastCounts(t *testing.T) {
	t.Parallel()
	w := startTemplated(t, &templated{})
	s, asked := submission(100), 0
	pace := engine.Pace{Count: func(_ context.Context, r job.Request) (int64, error) {
		asked++
		return int64(len(r.System) + len(r.Prompt)), nil
	}}
	f, err := w.main.Forecast(w.ctx, s, pace)
	require.NoError(t, err)
	require.Equal(t, 8, asked)
	require.Equal(t, 8, f.Counted)
	plain, err := w.main.Forecast(w.ctx, s, engine.Pace{})
	require.NoError(t, err)
	require.InEpsilon(t, f.Tokens.Input, plain.Tokens.Input*5/2, 0.01, "a token a byte instead of 2.5 bytes")
	require.Greater(t, f.Cost.Worst, plain.Cost.Worst, "a ratio above the one of holds")
	pace.Count = func(context.Context, job.Request) (int64, error) { return 0, fault.New(fault.Unavailable, "no line") }
	_, err = w.main.Forecast(w.ctx, s, pace)
	require.ErrorIs(t, err, fault.Unavailable)
}

// TestForecastLooksAtThePlan: a plan that is wrong about its sizes is found out.
func TestForecastLooksAtThePlan(t *testing.T) {
	t.Parallel()
	w := startTemplated(t, &templated{wrong: 1})
	_, err := w.main.Forecast(w.ctx, submission(300), engine.Pace{})
	require.ErrorIs(t, err, fault.Internal)
	require.ErrorContains(t, err, "request 0 has")
}

// TestForecastLanes is about what a batch and a kept prefix save.
func TestForecastLanes(t *testing.T) {
	t.Parallel()
	ask := func(tasks int, prefix int64) engine.Forecast {
		w := startTemplated(t, &templated{prefix: prefix})
		f, err := w.main.Forecast(w.ctx, submission(tasks), engine.Pace{ITPM: 1000})
		require.NoError(t, err)
		require.Len(t, f.Lanes, 2)
		require.Equal(t, cost.Realtime, f.Lanes[0].Lane)
		require.Equal(t, cost.Batch, f.Lanes[1].Lane)
		require.Equal(t, f.Lanes[0].Cost, f.Cost)
		require.Equal(t, f.Lanes[0].Duration, f.Duration)
		return f
	}
	t.Run("Batch", func(t *testing.T) {
		t.Parallel()
		f := ask(100, 0)
		now, later := f.Lanes[0], f.Lanes[1]
		require.Equal(t, now.Cost.Expected, 2*later.Cost.Expected)
		require.Equal(t, now.Cost.Worst, 2*later.Cost.Worst)
		require.Equal(t, engine.Time{Expected: time.Hour, P95: 24 * time.Hour, Worst: 72 * time.Hour}, later.Duration)
		require.Equal(t, cost.NoCache, now.Cache)
		require.Equal(t, now.Cost.Expected, now.Uncached)
		require.Less(t, now.Duration.Expected, now.Duration.P95)
		require.Less(t, now.Duration.P95, now.Duration.Worst)
	})
	t.Run("BelowTheMinimum", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, cost.NoCache, ask(100, 1279).Lanes[0].Cache, "511 tokens, and 512 are needed")
		require.Equal(t, cost.NoCache, ask(2, 5000).Lanes[0].Cache, "two tasks do not pay for it")
	})
	t.Run("KeptPrefix", func(t *testing.T) {
		t.Parallel()
		const prefix, tasks = 5000, 100
		w := startTemplated(t, &templated{prefix: prefix})
		s := submission(tasks)
		s.Input = probeInput{Name: strings.Repeat("x", prefix), Tasks: tasks}.bytes()
		f, err := w.main.Forecast(w.ctx, s, engine.Pace{ITPM: 1000})
		require.NoError(t, err)
		now, later := f.Lanes[0], f.Lanes[1]
		require.Equal(t, cost.Cache5m, now.Cache)
		require.Equal(t, cost.Cache5m, later.Cache)
		// 2,000 tokens for each of 100 tasks; the first of each of two templates writes, the others read.
		require.Equal(t, int64(2000*98), now.CacheReads)
		require.Equal(t, int64(2000*50), later.CacheReads, "half of a batch")
		saved := 2000 * (98*(100_000-10_000) - 2*(125_000-100_000))
		near(t, cost.Pico(saved), now.Uncached-now.Cost.Expected, 0.01)
		require.Equal(t, tasks*7*cost.Pico(1000*125_000+1000*500_000), now.Cost.Worst, "every attempt may write")
		require.Equal(t, tasks*7*cost.Pico(1000*62_500+1000*250_000), later.Cost.Worst)
		require.Less(t, now.Duration.Expected, 5*time.Minute, "200,000 tokens at 1,000 a minute, but reads do not count")
	})
}
