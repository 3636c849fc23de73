package job

import "time"

// NextRound begins a round that works at once; its tasks are counted as they are queued again.
func (j *Job) NextRound(now time.Time) {
	j.Round++
	j.Since, j.PausedAt, j.Again = now, time.Time{}, 0
}

// Unpause ends a pause, which takes none of the round's time.
func (j *Job) Unpause(now time.Time) {
	if from := j.PausedAt; !from.IsZero() && !j.Since.IsZero() {
		if from.Before(j.Since) { // paused before it began to work
			from = j.Since
		}
		j.Since = j.Since.Add(max(now.Sub(from), 0))
	}
	j.PausedAt = time.Time{}
}

// Worked is for how long the present round of a job that runs has worked, without its pauses, and how many tasks are of the round so far.
// It is not known before the work has begun, nor of a round after the first that was begun before headers said it.
func (j *Job) Worked(now time.Time) (took time.Duration, tasks int, known bool) {
	since, tasks := j.Since, j.Again
	if j.Round == 1 {
		tasks = j.Layout.Tasks
		if since.IsZero() {
			since = j.StartedAt
		}
	}
	if since.IsZero() {
		return 0, 0, false
	}
	return max(now.Sub(since), 0), tasks, true
}
