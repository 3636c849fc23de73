package engine

import (
	"context"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// facts are what never changes about a job, and its plan once somebody asked for it.
type facts struct {
	id        job.ID
	tenant    string
	layout    job.Layout
	limits    job.Limits
	model     string
	lane      cost.Lane
	requestID string
	kind      string
	version   int
	planHash  cost.Hash
	chunks    int
	created   time.Time
	deadline  time.Time
	// batchUntil is until when the lane auto collects.
	batchUntil time.Time

	// plan and err are guarded by the engine's lock.
	plan job.Plan
	err  error
}

func factsOf(j *job.Job) *facts {
	return &facts{
		id: j.ID, tenant: j.Tenant, layout: j.Layout, limits: j.Limits, model: j.Model, lane: j.Lane, requestID: j.RequestID,
		kind: j.Kind, version: j.KindVersion, planHash: j.PlanHash, chunks: j.InputChunks, created: j.CreatedAt, deadline: j.Deadline, batchUntil: j.BatchUntil,
	}
}

// laneAt is the lane of attempts that are opened now.
func (f *facts) laneAt(now time.Time) cost.Lane {
	if f.lane == cost.Batch || f.lane == cost.Auto && now.Before(f.batchUntil) {
		return cost.Batch
	}
	return cost.Realtime
}

// factsFor returns a job's facts, from memory when it was seen lately.
func (e *Engine) factsFor(ctx context.Context, id job.ID) (*facts, error) {
	if f := e.remembered(id); f != nil {
		return f, nil
	}
	j, err := e.Job(ctx, id)
	if err != nil {
		return nil, err
	}
	return e.remember(factsOf(j)), nil
}

// Job reads a job's header. It is fault.NotFound when there is none.
func (e *Engine) Job(ctx context.Context, id job.ID) (*job.Job, error) {
	if !validID(string(id)) {
		return nil, fault.New(fault.NotFound, "job %q does not exist: see the list of jobs", string(id))
	}
	record, err := e.Store.Get(ctx, jobKey(id))
	if fault.KindOf(err) == fault.NotFound {
		return nil, fault.New(fault.NotFound, "job %s does not exist: see the list of jobs", id)
	}
	if err != nil {
		return nil, err
	}
	return job.UnpackJob(record.Body)
}

func (e *Engine) remembered(id job.ID) *facts {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := slices.IndexFunc(e.facts, func(f *facts) bool { return f.id == id })
	if at < 0 {
		return nil
	}
	f := e.facts[at]
	copy(e.facts[1:at+1], e.facts[:at])
	e.facts[0] = f
	return f
}

// remember keeps the facts in front of the others and forgets the oldest. Of two that came at once the first stays.
func (e *Engine) remember(f *facts) *facts {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, known := range e.facts {
		if known.id == f.id {
			return known
		}
	}
	e.facts = slices.Insert(e.facts, 0, f)
	if len(e.facts) > e.options.Plans {
		e.facts = e.facts[:e.options.Plans]
	}
	return f
}

// planOf opens the job's plan, from memory when it was opened lately. There is none, and no error, when this program's
// plan is not the one that was submitted: the observer knows, and the tasks are left to a program that has it.
func (e *Engine) planOf(ctx context.Context, f *facts) (job.Plan, error) {
	plan, differs := e.opened(f)
	if plan != nil || differs != nil {
		return plan, nil
	}
	input, err := e.Input(ctx, f.id)
	if err != nil {
		return nil, err
	}
	plan, differs = e.open(f, input)
	if differs != nil {
		e.observe(ctx, ports.Event{Name: ports.EventPlanDiffers, Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID, Detail: fault.OneLine(differs, 300)})
	}
	e.keep(f, plan, differs)
	plan, _ = e.opened(f)
	return plan, nil
}

func (e *Engine) opened(f *facts) (job.Plan, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return f.plan, f.err
}

// keep remembers the opened plan; of two that were opened at once the first stays.
func (e *Engine) keep(f *facts, plan job.Plan, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if f.plan == nil && f.err == nil {
		f.plan, f.err = plan, err
	}
}

// Input returns what the job was submitted with.
func (e *Engine) Input(ctx context.Context, id job.ID) ([]byte, error) {
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return nil, err
	}
	var input []byte
	for chunk := range f.chunks {
		record, err := e.Store.Get(ctx, inputKey(id, chunk))
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		if err != nil {
			return nil, fault.New(fault.KindOf(err), "engine: input of job %s: %w", id, err)
		}
		input = append(input, record.Body...)
	}
	return input, nil
}

func (e *Engine) open(f *facts, input []byte) (job.Plan, error) {
	kind, known := e.kinds[f.kind]
	if !known {
		return nil, fault.New(fault.Conflict, "engine: job %s is of kind %q, which this program does not have", f.id, f.kind)
	}
	if kind.Version() != f.version {
		return nil, fault.New(fault.Conflict, "engine: job %s was made by version %d of kind %q, this program has %d", f.id, f.version, f.kind, kind.Version())
	}
	plan, err := openPlan(kind, input)
	if err != nil {
		return nil, err
	}
	if cost.Hash(plan.Hash()) != f.planHash || plan.Size() != f.layout.Tasks {
		return nil, fault.New(fault.Conflict, "engine: this program's plan of job %s differs from the submitted one", f.id)
	}
	return plan, nil
}

// openPlan opens a plan and turns a panic of the kind into an error.
func openPlan(kind job.Kind, input []byte) (plan job.Plan, err error) {
	defer func() {
		if r := recover(); r != nil {
			plan, err = nil, fault.New(fault.Internal, "kind %s: open panicked: %v", kind.Name(), r)
		}
	}()
	plan, err = kind.Open(input)
	if err != nil {
		return nil, err
	}
	if plan == nil || plan.Size() < 1 {
		return nil, fault.New(fault.Incomplete, "kind %s: the plan has no task", kind.Name())
	}
	plan.Hash() // so that its panic is caught here
	return plan, nil
}

// validID reports whether the text can be part of a key: 1 to 64 letters, digits, dashes and underscores, the first a
// letter or digit.
func validID(s string) bool {
	if len(s) == 0 || len(s) > 64 || s[0] == '-' || s[0] == '_' {
		return false
	}
	for i := range len(s) {
		b := s[i]
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && b != '-' && b != '_' {
			return false
		}
	}
	return true
}
