package claudebench

import (
	"context"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// mortal is a process that dies in one of its steps. A step is a write of the store or a call of the batch lane; what only
// reads is none, because a death there is one after the step before.
type mortal struct {
	cancel context.CancelFunc
	// dies is the step in which it dies, before anything of it is done; 0 for never.
	dies int

	mu    sync.Mutex
	steps []string
	dead  bool
}

// step counts a step and reports whether the process is dead, from then on for good.
func (m *mortal) step(what string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return true
	}
	m.steps = append(m.steps, what)
	if len(m.steps) == m.dies {
		m.dead = true
		m.cancel()
	}
	return m.dead
}

func (m *mortal) gone() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

// mortalStore is a mortal process's way to the store.
type mortalStore struct {
	ports.Store
	of *mortal
}

func (s mortalStore) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	if s.of.gone() {
		return ports.Record{}, context.Canceled
	}
	return s.Store.Get(ctx, key)
}

func (s mortalStore) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	if s.of.gone() {
		return ports.Page{}, context.Canceled
	}
	return s.Store.List(ctx, r)
}

func (s mortalStore) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	if s.of.step("update " + named(keys)) {
		return context.Canceled
	}
	return s.Store.Update(ctx, keys, decide)
}

func named(keys []ports.Key) string {
	if len(keys) == 0 {
		return ""
	}
	return keys[0].Partition + " " + keys[0].Sort
}

// mortalClaude is a mortal process's way to Claude.
type mortalClaude struct {
	*claudemodel.Model
	of *mortal
}

func (c mortalClaude) Call(ctx context.Context, request job.Request) (ports.Reply, error) {
	if c.of.step("call") {
		return ports.Reply{}, context.Canceled
	}
	return c.Model.Call(ctx, request)
}

func (c mortalClaude) CreateBatch(ctx context.Context, lines []ports.BatchLine) (ports.Batch, error) {
	if c.of.step("create") {
		return ports.Batch{}, context.Canceled
	}
	return c.Model.CreateBatch(ctx, lines)
}

func (c mortalClaude) ListBatches(ctx context.Context, since time.Time) ([]ports.Batch, error) {
	if c.of.step("list") {
		return nil, context.Canceled
	}
	return c.Model.ListBatches(ctx, since)
}

func (c mortalClaude) GetBatch(ctx context.Context, id string) (ports.Batch, error) {
	if c.of.step("get") {
		return ports.Batch{}, context.Canceled
	}
	return c.Model.GetBatch(ctx, id)
}

func (c mortalClaude) CancelBatch(ctx context.Context, id string) (ports.Batch, error) {
	if c.of.step("cancel") {
		return ports.Batch{}, context.Canceled
	}
	return c.Model.CancelBatch(ctx, id)
}

func (c mortalClaude) BatchResults(ctx context.Context, id string, do func(ports.BatchResult) error) error {
	if c.of.step("results") {
		return context.Canceled
	}
	return c.Model.BatchResults(ctx, id, do)
}
