package job_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/job"
)

// TestWorked: a round has its own time, without its pauses, and its own tasks.
func TestWorked(t *testing.T) {
	t.Parallel()
	start := noon()
	at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
	for name, test := range map[string]struct {
		job   func(j *job.Job)
		took  time.Duration
		tasks int
		known bool
	}{
		"not begun":              {func(*job.Job) {}, 0, 0, false},
		"begun":                  {func(j *job.Job) { j.StartedAt, j.Since = start, at(10) }, 20 * time.Minute, 60, true},
		"in an earlier header":   {func(j *job.Job) { j.StartedAt = start }, 30 * time.Minute, 60, true},
		"a later round of one":   {func(j *job.Job) { j.StartedAt, j.Round = start, 2 }, 0, 0, false},
		"a clock that went back": {func(j *job.Job) { j.StartedAt, j.Since = start, at(40) }, 0, 60, true},
		"paused": {func(j *job.Job) {
			j.StartedAt, j.Since, j.PausedAt = start, start, at(5)
			j.Unpause(at(15))
		}, 20 * time.Minute, 60, true},
		"paused by a clock that went back": {func(j *job.Job) {
			j.StartedAt, j.Since, j.PausedAt = start, start, at(5)
			j.Unpause(at(1))
		}, 30 * time.Minute, 60, true},
		"paused before it began": {func(j *job.Job) {
			j.StartedAt, j.Since, j.PausedAt = at(10), at(10), at(5)
			j.Unpause(at(20))
		}, 10 * time.Minute, 60, true},
		"paused and not begun": {func(j *job.Job) {
			j.PausedAt = at(5)
			j.Unpause(at(20))
		}, 0, 0, false},
		"not paused": {func(j *job.Job) {
			j.StartedAt, j.Since = start, start
			j.Unpause(at(20))
		}, 30 * time.Minute, 60, true},
		"again": {func(j *job.Job) {
			j.StartedAt, j.Since, j.PausedAt = start, start, at(5)
			j.NextRound(at(29))
			j.Again += 3
		}, time.Minute, 3, true},
		"again and again": {func(j *job.Job) {
			j.Round, j.Again = 2, 3
			j.NextRound(at(28))
		}, 2 * time.Minute, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := freshJob()
			test.job(j)
			took, tasks, known := j.Worked(at(30))
			require.Equal(t, test.known, known)
			require.Equal(t, test.took, took)
			require.Equal(t, test.tasks, tasks)
			require.Zero(t, j.PausedAt)
		})
	}
}
