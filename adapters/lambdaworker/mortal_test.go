package lambdaworker_test

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// mortal comes between a function and its ports. Once it is dead nothing of what it does has an effect.
type mortal struct {
	store ports.Store
	queue ports.Sender
	dead  atomic.Bool
}

func (m *mortal) wrap(p *engine.Ports) {
	m.store, m.queue = p.Store, p.Queue
	p.Store, p.Queue = m, m
}

func (m *mortal) die() { m.dead.Store(true) }

func (m *mortal) alive() error {
	if m.dead.Load() {
		return fault.New(fault.Internal, "the process is dead")
	}
	return nil
}

func (m *mortal) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	if err := m.alive(); err != nil {
		return ports.Record{}, err
	}
	return m.store.Get(ctx, key)
}

func (m *mortal) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	if err := m.alive(); err != nil {
		return ports.Page{}, err
	}
	return m.store.List(ctx, r)
}

func (m *mortal) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	if err := m.alive(); err != nil {
		return err
	}
	return m.store.Update(ctx, keys, decide)
}

func (m *mortal) Send(ctx context.Context, messages ...ports.Message) error {
	if err := m.alive(); err != nil {
		return err
	}
	return m.queue.Send(ctx, messages...)
}

// slow is a store that takes two seconds for each reading.
type slow struct{ ports.Store }

func (s slow) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	select {
	case <-time.After(2 * time.Second):
		return s.Store.Get(ctx, key)
	case <-ctx.Done():
		return ports.Record{}, ctx.Err()
	}
}
