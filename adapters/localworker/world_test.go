package localworker_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// notes is a kind of 60 tasks, or of as many as its input has bytes.
type notes int

func (notes) Name() string   { return "notes" }
func (notes) Version() int   { return 1 }
func (n notes) Size() int    { return int(n) }
func (notes) Hash() [32]byte { return [32]byte{1} }
func (notes) Open(input []byte) (job.Plan, error) {
	if len(input) > 0 {
		return notes(len(input)), nil
	}
	return notes(60), nil
}

func (notes) Request(ordinal int, _ job.Try) job.Request {
	return job.Request{Model: "claude-haiku-5-5", Prompt: strconv.Itoa(ordinal), MaxTokens: 50}
}

func (notes) Accept(_ int, _ job.Try, a job.Answer) job.Verdict {
	return job.Verdict{Outcome: job.Accepted, Output: []byte(a.Text)}
}

// world is an engine in a bubble of fake time, with its worker. It plays the model, which answers after a second, and
// watches.
type world struct {
	engine *engine.Engine
	worker *localworker.Worker
	plan   *faultport.Plan
	store  *memstore.Store
	queue  *memqueue.Queue
	id     job.ID
	began  time.Time

	mu     sync.Mutex
	faults []string
	// times are when something was done: "sweep", "receive", "call", and "delivery" for a Receive that brought something.
	times map[string][]time.Duration
	// ended is when the job had ended.
	ended time.Duration
	// down makes every Get of the store fail.
	down bool
	// on is called for every event, asked for every call after its second: the nth in all. An error is its outcome.
	on    func(ports.Event)
	asked func(ctx context.Context, nth int) error
}

func newWorld(t *testing.T, options *localworker.Options, rules ...faultport.Rule) *world {
	w := emptyWorld(t, options, rules...)
	w.submit(t, nil)
	return w
}

// emptyWorld has no job.
func emptyWorld(t *testing.T, options *localworker.Options, rules ...faultport.Rule) *world {
	w := &world{began: time.Now(), store: memstore.New(sysclock.Clock{}, nil)}
	w.start(t, options, 0, rules...)
	return w
}

// start makes a process: an engine of that epoch and its worker, with a queue that is empty.
func (w *world) start(t *testing.T, options *localworker.Options, epoch int64, rules ...faultport.Rule) {
	w.plan, w.times = faultport.NewPlan(sysclock.Clock{}, rules...), map[string][]time.Duration{}
	w.queue = memqueue.New(sysclock.Clock{}, nil)
	store, queue := watchedStore{w.plan.Store(w.store), w}, watchedQueue{w.plan.Queue(w.queue), w}
	set := &engine.Options{Epoch: epoch}
	set.Retry.Base = 1 // at once, so that every time is an exact one
	var err error
	w.engine, err = engine.New(engine.Ports{
		Store: store, Queue: queue, Model: w, Clock: sysclock.Clock{}, Group: sysclock.Group{}, IDs: sysclock.NewIDs(), Observer: w,
	}, []job.Kind{notes(0)}, set)
	require.NoError(t, err)
	w.worker = localworker.New(w.engine, queue, options)
}

func (w *world) submit(t *testing.T, input []byte) {
	receipt, err := w.engine.Submit(t.Context(), engine.Submission{Tenant: "acme", Kind: "notes", Input: input})
	require.NoError(t, err)
	w.id = receipt.Job.ID
}

// now is the time since the world began.
func (w *world) now() time.Duration { return time.Since(w.began) }

// note remembers when something was done, and says how often it was by now.
func (w *world) note(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.times[what] = append(w.times[what], w.now())
	return len(w.times[what])
}

func (w *world) Call(ctx context.Context, r job.Request) (ports.Reply, error) {
	nth := w.note("call")
	if err := (sysclock.Clock{}).Sleep(ctx, time.Now().Add(time.Second)); err != nil {
		return ports.Reply{}, err
	}
	if w.asked != nil {
		if err := w.asked(ctx, nth); err != nil {
			return ports.Reply{}, err
		}
	}
	return ports.Reply{Answer: job.Answer{Text: r.Prompt, Stop: job.StopEndTurn, Usage: usage(), UsageOK: true}}, nil
}

// usage is what every answer costs.
func usage() cost.Usage { return cost.Usage{Input: 9, Output: 9} }

func (w *world) Observe(_ context.Context, event ports.Event) {
	w.mu.Lock()
	if event.Name == ports.EventFault {
		w.faults = append(w.faults, event.Fault)
	}
	if event.Name == ports.EventJobEnded {
		w.ended = w.now()
	}
	w.mu.Unlock()
	if w.on != nil {
		w.on(event)
	}
	if event.Name == ports.EventJobEnded {
		w.worker.Stop()
	}
}

// run lets the worker work until it is stopped, a day at most.
func (w *world) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
	defer cancel()
	require.NoError(t, w.worker.Run(ctx))
}

func (w *world) state(t *testing.T) (job.State, job.Counts) {
	p := w.progress(t)
	return p.Job.State, p.Counts
}

func (w *world) progress(t *testing.T) engine.Progress {
	p, err := w.engine.Progress(t.Context(), w.id)
	require.NoError(t, err)
	return p
}

// balanced says that the books agree with themselves, and that so many answers are paid.
func (w *world) balanced(t *testing.T, answers int) {
	t.Helper()
	report, err := w.engine.Verify(t.Context(), w.id)
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	price, err := cost.Prices().Cost("claude-haiku-5-5", cost.Realtime, usage())
	require.NoError(t, err)
	require.Equal(t, cost.Pico(answers)*price, report.Settled)
}

// watchedStore notes the sweeps.
type watchedStore struct {
	ports.Store
	w *world
}

func (s watchedStore) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	if r.Partition == "active" {
		s.w.note("sweep")
	}
	return s.Store.List(ctx, r)
}

func (s watchedStore) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	s.w.mu.Lock()
	down := s.w.down
	s.w.mu.Unlock()
	if down {
		return ports.Record{}, fault.New(fault.Unavailable, "store: down")
	}
	return s.Store.Get(ctx, key)
}

// watchedQueue notes the receives.
type watchedQueue struct {
	ports.Queue
	w *world
}

func (q watchedQueue) Receive(ctx context.Context, limit int, until time.Time) ([]ports.Delivery, error) {
	q.w.note("receive")
	deliveries, err := q.Queue.Receive(ctx, limit, until)
	if len(deliveries) > 0 {
		q.w.note("delivery")
	}
	return deliveries, err
}
