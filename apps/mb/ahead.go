package main

import (
	"context"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/output"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// aheadBy is how many answers are asked for at once. Each takes 20 ms or so over a network: one by one a job of 10,000 pages
// would be written for minutes.
const aheadBy = 32

// ahead reads the answers of a job some at a time. It is for one reader, which goes through the tasks in their order.
type ahead struct {
	output.Engine
	// some are the tasks that are gone through now, asked their answers that are on their way.
	some  []engine.TaskView
	asked map[int]chan answered
}

type answered struct {
	stored *job.Stored
	err    error
}

var _ output.Engine = (*ahead)(nil)

// Tasks calls do for some tasks after some others.
func (a *ahead) Tasks(ctx context.Context, id job.ID, from int, do func(engine.TaskView) bool) error {
	a.some = a.some[:0]
	more := true
	err := a.Engine.Tasks(ctx, id, from, func(t engine.TaskView) bool {
		if a.some = append(a.some, t); len(a.some) == aheadBy {
			more = a.pass(do)
		}
		return more
	})
	if err == nil && more {
		a.pass(do)
	}
	return err
}

func (a *ahead) pass(do func(engine.TaskView) bool) bool {
	a.asked = nil
	for _, t := range a.some {
		if !do(t) {
			return false
		}
	}
	a.some = a.some[:0]
	return true
}

// Answer asks for the answers of all tasks that are gone through now, when the first of them is wanted.
func (a *ahead) Answer(ctx context.Context, id job.ID, ordinal, attempt int) (*job.Stored, error) {
	if a.asked == nil {
		a.asked = map[int]chan answered{}
		for _, t := range a.some {
			if t.State == job.TaskCompleted && t.Ordinal >= ordinal {
				a.asked[t.Ordinal] = a.ask(ctx, id, t)
			}
		}
	}
	coming, some := a.asked[ordinal]
	if !some {
		return a.Engine.Answer(ctx, id, ordinal, attempt)
	}
	got := <-coming
	return got.stored, got.err
}

func (a *ahead) ask(ctx context.Context, id job.ID, t engine.TaskView) chan answered {
	coming := make(chan answered, 1) // nobody may want it any more
	go func() {
		stored, err := a.Engine.Answer(ctx, id, t.Ordinal, t.Accepted)
		coming <- answered{stored, err}
	}()
	return coming
}
