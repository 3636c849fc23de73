package main

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// crew is who does the work on a job while a command looks on: a worker in this process, or the functions of a deployment.
type crew interface {
	// Run works, or waits for those that do, until Stop or until ctx ends.
	Run(ctx context.Context) error
	// Stop ends Run once what this process has begun is finished.
	Stop()
	// on says which job the command is about.
	on(id job.ID)
	// wake sets going what nobody works on any more.
	wake(ctx context.Context, e *engine.Engine, id job.ID) error
	// rest is how long the job is left alone after a look. The first look of all found nothing.
	rest(last engine.Progress, news bool) time.Duration
	// far reports whether the work goes on without this process.
	far() bool
}

// local is the crew of one process that works alone.
type local struct {
	*localworker.Worker
	Queue *focus
}

var _ crew = (*local)(nil)

// lookEvery is how often a job of this process is looked at.
const lookEvery = 250 * time.Millisecond

func (l *local) on(id job.ID) { l.Queue.on(id) }

// wake finishes what somebody wished of the job, or began to retry, and died over; then it sends for all that is open.
func (l *local) wake(ctx context.Context, e *engine.Engine, id job.ID) error {
	l.on(id)
	// Its error may be another job's, and is no reason to leave this one. What is wrong with this one shows when it runs.
	_, _ = e.Sweep(ctx)
	return e.Dispatch(ctx, id)
}

func (l *local) rest(engine.Progress, bool) time.Duration { return lookEvery }

func (l *local) far() bool { return false }
