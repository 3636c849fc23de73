package claudebench

import (
	"cmp"
	"context"
	"io"
	"log"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/adapters/guardmodel"
	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// world is a simulated Claude with its network. It lives in a bubble.
type world struct {
	t       *testing.T
	front   *front
	network *network
	server  *http.Server
	clients []*http.Client
	running sync.WaitGroup
}

func newWorld(t *testing.T, options claudesim.Options) *world {
	options.Seed = cmp.Or(options.Seed, 1)
	sim, err := claudesim.New(&options)
	require.NoError(t, err)
	w := &world{t: t, front: &front{sim: sim, stopped: make(chan struct{})}, network: newNetwork()}
	w.server = &http.Server{Handler: w.front, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	w.running.Go(func() { _ = w.server.Serve(w.network) })
	return w
}

// close ends everything that the bubble would wait for.
func (w *world) close() {
	close(w.front.stopped)
	w.front.sim.Close()
	_ = w.server.Close()
	for _, c := range w.clients {
		c.CloseIdleConnections()
	}
	w.running.Wait()
}

// claude is a client as a process of its own has it.
func (w *world) claude() *claudemodel.Model {
	client := w.network.client()
	w.clients = append(w.clients, client)
	m, err := claudemodel.New("sk-ant-test", &claudemodel.Options{BaseURL: "http://claude.test", HTTPClient: client})
	require.NoError(w.t, err)
	return m
}

// system is engines, each as a process of its own has it, that share a store and a queue.
type system struct {
	*world
	engines []*engine.Engine
	workers []*localworker.Worker
	store   *memstore.Store
	queue   *memqueue.Queue
	id      job.ID

	mu     sync.Mutex
	writes int64
	ended  time.Time
}

// newSystem has that many engines; calls is how many calls each may have open.
func newSystem(t *testing.T, options claudesim.Options, engines, calls int, set engine.Options) *system {
	s := &system{world: newWorld(t, options), queue: memqueue.New(sysclock.Clock{}, nil)}
	s.store = memstore.New(sysclock.Clock{}, &memstore.Options{Hooks: memstore.Hooks{AfterCommit: s.committed}})
	set.Calls = calls
	for range engines {
		e, err := engine.New(engine.Ports{
			Store: s.store, Queue: s.queue, Model: guardmodel.New(s.claude(), sysclock.Clock{}, nil), Clock: sysclock.Clock{},
			Group: sysclock.Group{}, IDs: sysclock.NewIDs(), Observer: s,
		}, []job.Kind{articles(0)}, &set)
		require.NoError(t, err)
		s.engines = append(s.engines, e)
		s.workers = append(s.workers, localworker.New(e, s.queue, &localworker.Options{Parcels: calls/job.ParcelSize + 2}))
	}
	return s
}

// committed counts the writes of the record that all processes share about the provider.
func (s *system) committed(keys []ports.Key) {
	for _, key := range keys {
		if key.Partition == "provider" {
			s.mu.Lock()
			s.writes++
			s.mu.Unlock()
		}
	}
}

func (s *system) Observe(_ context.Context, event ports.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if event.Name == ports.EventJobEnded {
		s.ended = time.Now()
		for _, w := range s.workers {
			w.Stop()
		}
	}
}

func (s *system) totals() counts {
	c := s.front.totals()
	s.mu.Lock()
	defer s.mu.Unlock()
	c.writes = s.writes
	return c
}

// submit submits a job of that many tasks.
func (s *system) submit(tasks int) {
	receipt, err := s.engines[0].Submit(s.t.Context(), engine.Submission{
		Tenant: "acme", Kind: "articles", Input: []byte(strconv.Itoa(tasks)), Cap: 100_000 * cost.Dollar,
	})
	require.NoError(s.t, err)
	s.id = receipt.Job.ID
}

// run has all engines work until ctx or the job ends.
func (s *system) run(ctx context.Context) {
	var working sync.WaitGroup
	for _, w := range s.workers {
		working.Go(func() { _ = w.Run(ctx) })
	}
	working.Wait()
}
