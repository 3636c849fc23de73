package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/guardmodel"
	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

//go:generate go tool wire

const (
	// callTimeout bounds one model call.
	callTimeout = 2 * time.Minute
	// flushAfter and flushResults bound how long how many answers wait to be settled together: on a local disk a settle is
	// cheap, and what is not settled shows as held.
	flushAfter   = 250 * time.Millisecond
	flushResults = 25
	// sweepEvery is short because nobody else looks after the job.
	sweepEvery = time.Second
)

// system is everything that works on jobs, joined.
type system struct {
	Engine *engine.Engine
	Crew   crew
}

// voice is who answers: calls one by one, and in batches.
type voice struct {
	model ports.Model
	batch ports.BatchModel
	// lost and poll are the engine's LostBatch and PollBatch.
	lost, poll time.Duration
}

// silent answers nothing, for commands that make no calls.
func silent() voice { return voice{model: mute{}} }

// assemble joins a system for calls at once to whoever answers. In a deployment its functions call whom they are told to.
func assemble(s *store, who voice, seen *watch, calls int) (*system, error) {
	if s.far != nil {
		return follow(s, seen)
	}
	records := watched{Store: s, clock: sysclock.Clock{}, trouble: &seen.store}
	guarded := guardmodel.New(who.model, sysclock.Clock{}, &guardmodel.Options{Observer: seen})
	return newSystem(records, guarded, who.batch, seen, wiring.Kinds(), &engine.Options{
		Calls: calls, CallTimeout: callTimeout, FlushAfter: flushAfter, FlushResults: flushResults, Epoch: s.epoch, Prices: s.prices,
		// A key stands for its job as long as the store file is there.
		KeyLife: -1, LostBatch: who.lost, PollBatch: who.poll,
	}, &localworker.Options{Calls: calls, SweepEvery: sweepEvery})
}

// planOf opens the plan of a job, to be worked on or written out. It is fault.Conflict when this program would make
// other pages of the job's input than the one that it was submitted with.
func planOf(ctx context.Context, e *engine.Engine, j *job.Job) (*pages.Plan, error) {
	kind := pages.Kind{}
	if j.Kind != kind.Name() || j.KindVersion != kind.Version() {
		return nil, fault.New(fault.Conflict, "job %s was made by another version of mb (kind %s %d): use that one", j.ID, j.Kind, j.KindVersion)
	}
	input, err := e.Input(ctx, j.ID)
	if err != nil {
		return nil, err
	}
	plan, err := pages.Open(input)
	if err != nil || plan.Hash() != j.PlanHash {
		return nil, fault.New(fault.Conflict, "job %s was made by another version of mb, which would make other pages of it: use that one", j.ID)
	}
	return plan, nil
}

// sound makes sure that the books of the job agree, so that nothing is begun, paid or written over on a damaged store. An
// answer that came for a call that was presumed is no damage: its page can be tried again.
func sound(ctx context.Context, e *engine.Engine, s *store, id job.ID) error {
	r, err := e.Verify(ctx, id)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(r.Problems, damages); i >= 0 {
		p := r.Problems[i]
		return fault.New(fault.Corrupt, "job %s is damaged, and nothing was changed: %s, %s: %s: mb ledger verify %s%s shows all",
			id, p.Kind, place(p), p.Detail, id, s.flag())
	}
	return readable(ctx, e, id)
}

// damages reports whether a problem is one that no further work mends.
func damages(p engine.Problem) bool {
	return !strings.HasSuffix(p.Detail, "retry the task to settle it")
}

// readable makes sure that every record of the job that work needs can be read, so that nothing is begun, or paid, on a
// damaged store.
func readable(ctx context.Context, e *engine.Engine, id job.ID) error {
	_, err := e.Progress(ctx, id)
	if err != nil {
		return err
	}
	return e.Tasks(ctx, id, 0, func(engine.TaskView) bool { return true })
}
