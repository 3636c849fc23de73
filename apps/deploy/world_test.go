package deploy_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// world is one store and one queue with an engine for each function, as they stand in the cloud. Each engine reaches the
// store under its role.
type world struct {
	t      *testing.T
	store  *memstore.Store
	queue  *memqueue.Queue
	policy *policy
	model  *provider
	// spoil, if any, puts other things in the place of an engine's.
	spoil func(*engine.Ports)

	api, worker, sweeper *engine.Engine
}

func newWorld(t *testing.T, p *policy) *world {
	w := &world{t: t, store: memstore.New(sysclock.Clock{}, nil), queue: memqueue.New(sysclock.Clock{}, nil), policy: p, model: &provider{}}
	w.open()
	return w
}

func (w *world) open() {
	w.api, w.worker, w.sweeper = w.start("ApiRole"), w.start("WorkerRole"), w.start("SweeperRole")
}

func (w *world) start(role string) *engine.Engine {
	to := engine.Ports{
		Store: guarded{w.store, w.policy, role}, Queue: w.queue, Model: w.model, Batch: w.model, Notifier: w.model, Observer: w.model,
		Clock: sysclock.Clock{}, Group: sysclock.Group{}, IDs: sysclock.NewIDs(),
	}
	if w.spoil != nil {
		w.spoil(&to)
	}
	e, err := engine.New(to, []job.Kind{letters{}, pages.Kind{}}, nil)
	require.NoError(w.t, err)
	return e
}

// month gives tenants something to spend, as a person does, who is none of the roles.
func (w *world) month(tenants ...string) {
	person, err := engine.New(engine.Ports{
		Store: w.store, Queue: w.queue, Model: w.model, Observer: w.model, Clock: sysclock.Clock{}, Group: sysclock.Group{}, IDs: sysclock.NewIDs(),
	}, nil, nil)
	require.NoError(w.t, err)
	for _, tenant := range append(tenants, "") {
		require.NoError(w.t, person.SetLimit(w.t.Context(), tenant, time.Now().UTC().Format("2006-01"), 100*cost.Dollar))
	}
}

func (w *world) submit(s engine.Submission) job.ID {
	s.Tenant, s.Kind = "acme", "letters"
	receipt, err := w.api.Submit(w.t.Context(), s)
	require.NoError(w.t, err)
	return receipt.Job.ID
}

// minutes lets the worker take what the queue has, and the sweeper sweep, for so many minutes.
func (w *world) minutes(n int) {
	for range n {
		w.work()
		_, err := w.sweeper.Sweep(w.t.Context())
		require.NoError(w.t, err)
		time.Sleep(time.Minute)
	}
	w.work()
}

func (w *world) work() {
	for {
		deliveries, err := w.queue.Receive(w.t.Context(), 10, time.Now())
		require.NoError(w.t, err)
		if len(deliveries) == 0 {
			return
		}
		for _, d := range deliveries {
			require.NoError(w.t, w.worker.Work(w.t.Context(), d.Body))
			require.NoError(w.t, w.queue.Ack(w.t.Context(), d.Receipt))
		}
	}
}

// letters is a kind of as many tasks as its input has bytes; a task whose byte is f fails for good.
type letters struct{}

func (letters) Name() string                        { return "letters" }
func (letters) Version() int                        { return 1 }
func (letters) Open(input []byte) (job.Plan, error) { return plan(input), nil }

type plan []byte

func (p plan) Size() int      { return len(p) }
func (p plan) Hash() [32]byte { return [32]byte{1} }

func (p plan) Request(ordinal int, _ job.Try) job.Request {
	return job.Request{Model: "claude-haiku-5-5", Prompt: string(p[ordinal]) + strconv.Itoa(ordinal), MaxTokens: 50}
}

func (p plan) Accept(_ int, _ job.Try, a job.Answer) job.Verdict {
	if a.Text[0] == 'f' {
		return job.Verdict{Outcome: job.Failed, Code: job.CodeOutputInvalid}
	}
	return job.Verdict{Outcome: job.Accepted, Output: []byte(a.Text)}
}

// provider answers calls after a second and ends batches within one. It takes notices, and listens to nothing.
type provider struct {
	// down refuses every call.
	down atomic.Bool

	mu      sync.Mutex
	batches [][]ports.BatchLine
	notices int
}

func answer(r job.Request) job.Answer {
	return job.Answer{Text: r.Prompt, Stop: job.StopEndTurn, Usage: cost.Usage{Input: 9, Output: 9}, UsageOK: true}
}

func (p *provider) Call(ctx context.Context, r job.Request) (ports.Reply, error) {
	if err := (sysclock.Clock{}).Sleep(ctx, time.Now().Add(time.Second)); err != nil {
		return ports.Reply{}, err
	}
	if p.down.Load() {
		return ports.Reply{}, fault.New(fault.Overloaded, "down")
	}
	return ports.Reply{Answer: answer(r)}, nil
}

func (p *provider) Observe(context.Context, ports.Event) {}

func (p *provider) Notify(context.Context, ports.Notice) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notices++
	return nil
}

func (p *provider) CreateBatch(_ context.Context, lines []ports.BatchLine) (ports.Batch, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.batches = append(p.batches, slices.Clone(lines))
	return p.batch(len(p.batches) - 1), nil
}

func (p *provider) batch(n int) ports.Batch {
	return ports.Batch{ID: strconv.Itoa(n), State: ports.BatchEnded, Created: time.Now(), Expires: time.Now().Add(24 * time.Hour), Succeeded: len(p.batches[n])}
}

func (p *provider) ListBatches(context.Context, time.Time) ([]ports.Batch, error) { return nil, nil }

func (p *provider) GetBatch(_ context.Context, id string) (ports.Batch, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := strconv.Atoi(id)
	if err != nil || n >= len(p.batches) {
		return ports.Batch{}, fault.New(fault.NotFound, "no batch %s", id)
	}
	return p.batch(n), nil
}

func (p *provider) CancelBatch(ctx context.Context, id string) (ports.Batch, error) {
	return p.GetBatch(ctx, id)
}

func (p *provider) BatchResults(_ context.Context, id string, do func(ports.BatchResult) error) error {
	n, _ := strconv.Atoi(id)
	for _, line := range p.batches[n] {
		if err := do(ports.BatchResult{ID: line.ID, Outcome: ports.LineSucceeded, Answer: answer(line.Request)}); err != nil {
			return err
		}
	}
	return nil
}
