package backoffice_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// TestRate: how fast a job is goes by the pages and the time of its present round.
func TestRate(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	day := start.Add(24 * time.Hour)
	ten := func(change func(j *job.Job)) *job.Job {
		j := &job.Job{State: job.StateRunning, Round: 1, Layout: job.Layout{Tasks: 10}, StartedAt: start, Since: start}
		change(j)
		return j
	}
	for name, test := range map[string]struct {
		job    *job.Job
		counts job.Counts
		now    time.Time
		rate   float64
		left   time.Duration
	}{
		"nine in a minute":           {ten(func(*job.Job) {}), job.Counts{1, 0, 0, 8, 1, 0}, start.Add(time.Minute), 9, 7 * time.Second},
		"none yet":                   {ten(func(*job.Job) {}), job.Counts{9, 1}, start.Add(time.Minute), 0, 0},
		"in no time":                 {ten(func(*job.Job) {}), job.Counts{9, 0, 0, 1}, start, 0, 0},
		"paused":                     {ten(func(j *job.Job) { j.State = job.StatePaused }), job.Counts{9, 0, 0, 1}, start.Add(time.Minute), 0, 0},
		"ended":                      {ten(func(j *job.Job) { j.State = job.StateCompleted }), job.Counts{0, 0, 0, 10}, start.Add(time.Minute), 0, 0},
		"one again, a day later":     {ten(func(j *job.Job) { j.NextRound(day); j.Again = 1 }), job.Counts{1, 0, 0, 9}, day.Add(time.Minute), 0, 0},
		"one of two again":           {ten(func(j *job.Job) { j.NextRound(day); j.Again = 2 }), job.Counts{1, 0, 0, 9}, day.Add(time.Minute), 1, time.Minute},
		"a walk that runs ahead":     {ten(func(j *job.Job) { j.NextRound(day); j.Again = 1 }), job.Counts{2, 0, 0, 8}, day.Add(time.Minute), 0, 0},
		"a round of earlier headers": {ten(func(j *job.Job) { j.Round, j.Since = 2, time.Time{} }), job.Counts{1, 0, 0, 9}, day.Add(time.Minute), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rate, left := backoffice.Rate(engine.Progress{Job: test.job, Counts: test.counts}, test.now)
			require.InDelta(t, test.rate, rate, 1e-9)
			require.Equal(t, test.left, left)
		})
	}
}
