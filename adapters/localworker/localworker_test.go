package localworker_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// notes is a kind of 60 tasks, and the model that answers them after a second.
type notes struct{}

func (notes) Name() string                  { return "notes" }
func (notes) Version() int                  { return 1 }
func (notes) Open([]byte) (job.Plan, error) { return notes{}, nil }
func (notes) Size() int                     { return 60 }
func (notes) Hash() [32]byte                { return [32]byte{1} }

func (notes) Request(ordinal int, _ job.Try) job.Request {
	return job.Request{Model: "claude-haiku-5-5", Prompt: fmt.Sprint("note ", ordinal), MaxTokens: 50}
}

func (notes) Accept(_ int, _ job.Try, a job.Answer) job.Verdict {
	return job.Verdict{Outcome: job.Accepted, Output: []byte(a.Text)}
}

func (notes) Call(ctx context.Context, r job.Request) (ports.Reply, error) {
	if err := (sysclock.Clock{}).Sleep(ctx, time.Now().Add(time.Second)); err != nil {
		return ports.Reply{}, err
	}
	return ports.Reply{Answer: job.Answer{Text: r.Prompt, Stop: job.StopEndTurn, Usage: cost.Usage{Input: 9, Output: 9}, UsageOK: true}}, nil
}

// world is an engine in a bubble of fake time, with its worker.
type world struct {
	engine *engine.Engine
	worker *localworker.Worker
	plan   *faultport.Plan
	id     job.ID

	mu     sync.Mutex
	faults []string
	// on is called for every event.
	on func(ports.Event)
}

func (w *world) Observe(_ context.Context, event ports.Event) {
	w.mu.Lock()
	if event.Name == ports.EventFault {
		w.faults = append(w.faults, event.Fault)
	}
	w.mu.Unlock()
	if w.on != nil {
		w.on(event)
	}
	if event.Name == ports.EventJobEnded {
		w.worker.Stop()
	}
}

func newWorld(t *testing.T, options *localworker.Options, rules ...faultport.Rule) *world {
	w := &world{plan: faultport.NewPlan(sysclock.Clock{}, rules...)}
	queue := w.plan.Queue(memqueue.New(sysclock.Clock{}, nil))
	var err error
	w.engine, err = engine.New(engine.Ports{
		Store: w.plan.Store(memstore.New(sysclock.Clock{}, nil)), Queue: queue, Model: notes{}, Clock: sysclock.Clock{},
		Group: sysclock.Group{}, IDs: sysclock.NewIDs(), Observer: w,
	}, []job.Kind{notes{}}, nil)
	require.NoError(t, err)
	w.worker = localworker.New(w.engine, queue, options)
	receipt, err := w.engine.Submit(t.Context(), engine.Submission{Tenant: "acme", Kind: "notes"})
	require.NoError(t, err)
	w.id = receipt.Job.ID
	return w
}

func (w *world) state(t *testing.T) (job.State, job.Counts) {
	p, err := w.engine.Progress(t.Context(), w.id)
	require.NoError(t, err)
	return p.Job.State, p.Counts
}

func TestWorksUntilStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		require.NoError(t, w.worker.Run(t.Context()))
		state, counts := w.state(t)
		require.Equal(t, job.StateCompleted, state)
		require.Equal(t, 60, counts[job.TaskCompleted])
		require.Empty(t, w.faults)
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	t.Run("BeforeRunNothingIsLeased", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil)
			w.worker.Stop()
			w.worker.Stop()
			require.NoError(t, w.worker.Run(t.Context()))
			_, counts := w.state(t)
			require.Equal(t, 60, counts[job.TaskQueued])
		})
	})
	t.Run("CallsInFlightFinishAndSettle", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, &localworker.Options{Parcels: 1})
			leased := 0
			w.on = func(event ports.Event) {
				if event.Name == ports.EventLeased {
					leased += event.Count
					w.worker.Stop()
				}
			}
			require.NoError(t, w.worker.Run(t.Context()))
			state, counts := w.state(t)
			require.Equal(t, job.StateRunning, state)
			require.Positive(t, leased)
			require.Equal(t, leased, counts[job.TaskCompleted])
			require.Zero(t, counts[job.TaskRunning])
		})
	})
}

func TestTheContextsEndCutsCallsOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.AfterFunc(500*time.Millisecond, cancel) // in the middle of the first calls, in the bubble's time
		require.ErrorIs(t, w.worker.Run(ctx), context.Canceled)
		_, counts := w.state(t)
		require.Positive(t, counts[job.TaskRunning], "their attempts stay open for whoever takes over")
		require.Zero(t, counts[job.TaskCompleted])
	})
}

func TestNothingIsLeasedThatWouldNotEndInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		require.ErrorIs(t, w.worker.Run(ctx), context.DeadlineExceeded)
		_, counts := w.state(t)
		require.Equal(t, 60, counts[job.TaskQueued])
		require.Less(t, w.plan.Calls()["Queue.Send"], 200, "messages rest before they come again")
	})
}

func TestFailuresAreReportedAndTriedAgain(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]faultport.Rule{
		"Receive":  {Method: "Queue.Receive", Nth: 1, Effect: faultport.Fail},
		"Ack":      {Method: "Queue.Ack", Nth: 1, Effect: faultport.Fail},
		"AckLost":  {Method: "Queue.Ack", Nth: 2, Effect: faultport.LoseAck},
		"SendLost": {Method: "Queue.Send", Nth: 2, Effect: faultport.LoseAck},
		"Work":     {Method: "Store.Get", Nth: 3, Effect: faultport.Fail},
		"Sweep":    {Method: "Store.List", Nth: 1, Effect: faultport.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, nil, rule)
				require.NoError(t, w.worker.Run(t.Context()))
				state, _ := w.state(t)
				require.Equal(t, job.StateCompleted, state)
				require.NotEmpty(t, w.faults)
			})
		})
	}
	t.Run("Return", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil,
				faultport.Rule{Method: "Store.Get", Nth: 3, Effect: faultport.Fail},
				faultport.Rule{Method: "Queue.Return", Nth: 1, Effect: faultport.Fail})
			require.NoError(t, w.worker.Run(t.Context()))
			state, _ := w.state(t)
			require.Equal(t, job.StateCompleted, state, "the message comes again after its visibility time")
		})
	})
}
