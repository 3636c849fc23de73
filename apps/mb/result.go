package main

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// result is how a job stands, as --json prints it. Amounts are decimal strings with 12 places.
type result struct {
	Job   job.ID    `json:"job"`
	State job.State `json:"state"`
	// Reason is why a job is paused, empty otherwise.
	Reason    job.PauseReason `json:"reason"`
	Total     int             `json:"total"`
	Completed int             `json:"completed"`
	Failed    int             `json:"failed"`
	Cancelled int             `json:"cancelled"`
	Settled   cost.Pico       `json:"settled_usd"`
	Presumed  cost.Pico       `json:"presumed_usd"`
	Held      cost.Pico       `json:"held_usd"`
	Cap       cost.Pico       `json:"cap_usd"`
	// Attempts is how many calls were or may have been billed, over all pages and rounds.
	Attempts int `json:"attempts"`
	// Elapsed is from the job's creation to its end, or until now, in milliseconds.
	Elapsed int64 `json:"elapsed_ms"`
}

// standing is a result with what only people are shown.
type standing struct {
	result
	progress engine.Progress
	failures []failure
	// remote is true for a job of a server, which does not say how many attempts there were.
	remote bool
}

// failure is the failed pages of one code.
type failure struct {
	code  job.Code
	count int
	// some are the first of their ordinals.
	some []int
}

// mostShown is how many ordinals of a failure are kept to be shown.
const mostShown = 10

// stand reads how a job stands, with what its pages say: attempts and failures.
func stand(ctx context.Context, e *engine.Engine, id job.ID) (standing, error) {
	s, err := glance(ctx, e, id)
	if err != nil {
		return standing{}, err
	}
	return s, e.Tasks(ctx, id, 0, func(t engine.TaskView) bool {
		s.add(t)
		return true
	})
}

// glance reads how a job stands from one record for each shard.
func glance(ctx context.Context, e *engine.Engine, id job.ID) (standing, error) {
	p, err := e.Progress(ctx, id)
	if err != nil {
		return standing{}, err
	}
	s := standing{progress: p, result: result{
		Job: id, State: p.Job.State, Total: p.Job.Layout.Tasks,
		Completed: p.Counts[job.TaskCompleted], Failed: p.Counts[job.TaskFailed], Cancelled: p.Counts[job.TaskCancelled],
		Settled: p.Settled, Presumed: p.Presumed, Held: p.Held, Cap: p.Job.Cap, Elapsed: elapsed(p.Job, e.Clock.Now()).Milliseconds(),
	}}
	if p.Job.State == job.StatePaused && p.Job.Paused() {
		s.Reason = p.Job.Pauses[0]
	}
	return s, nil
}

// elapsed is how long the job has taken so far, or took.
func elapsed(j *job.Job, now time.Time) time.Duration {
	if !j.CompletedAt.IsZero() {
		now = j.CompletedAt
	}
	return now.Sub(j.CreatedAt)
}

// add counts one page.
func (s *standing) add(t engine.TaskView) {
	s.Attempts += t.Billed
	if t.State != job.TaskFailed {
		return
	}
	for i := range s.failures {
		if f := &s.failures[i]; f.code == t.Code {
			f.count++
			if len(f.some) < mostShown {
				f.some = append(f.some, t.Ordinal)
			}
			return
		}
	}
	s.failures = append(s.failures, failure{code: t.Code, count: 1, some: []int{t.Ordinal}})
}

// printJSON writes a value as one line of JSON.
func printJSON(w io.Writer, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fault.New(fault.Internal, "the answer cannot be written as JSON: %w", err)
	}
	return printed(w.Write(append(text, '\n')))
}

// printed turns a failed write to standard output into an error that says so.
func printed(_ int, err error) error {
	if err != nil {
		return fault.New(fault.Unavailable, "standard output cannot be written to: %w", err)
	}
	return nil
}
