package memstore

import (
	"context"
	"maps"
	"sync"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Store is a ports.Store in memory. It is safe for concurrent use.
type Store struct {
	clock   ports.Clock
	options Options

	mu         sync.RWMutex
	partitions map[string]*partition
	// version is the last one given, over all records: a deleted record that is created again does not repeat one.
	version int64
	expiry  expiryHeap
}

var _ ports.Store = (*Store)(nil)

// New returns an empty store whose records expire by the clock. Nil options mean their zero value.
func New(clock ports.Clock, options *Options) *Store {
	if options == nil {
		options = &Options{}
	}
	return &Store{clock: clock, options: *options, partitions: make(map[string]*partition)}
}

// Clone returns a store with the same records, as they stand now, that from then on shares nothing with s: what a
// crash at this moment would leave, or a backup. Nil options mean their zero value.
func (s *Store) Clone(clock ports.Clock, options *Options) *Store {
	clone := New(clock, options)
	s.mu.RLock()
	defer s.mu.RUnlock()
	clone.version = s.version
	clone.expiry = append(expiryHeap(nil), s.expiry...)
	for name, p := range s.partitions {
		clone.partitions[name] = p.clone()
	}
	return clone
}

// clone copies the live slots; records are never changed, so that both may hold them.
func (p *partition) clone() *partition {
	c := newPartition()
	for _, s := range p.slots {
		if s.record != nil {
			c.put(s.record)
		}
	}
	return c
}

// Partitions returns the names of all partitions that hold a record, in no order.
func (s *Store) Partitions() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	names := make([]string, 0, len(s.partitions))
	for name := range maps.Keys(s.partitions) {
		names = append(names, name)
	}
	return names
}

// Get implements ports.Store.
func (s *Store) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	if err := ctx.Err(); err != nil {
		return ports.Record{}, err
	}
	if err := storetx.CheckKey("memstore", key); err != nil {
		return ports.Record{}, err
	}
	if hook := s.options.Hooks.BeforeFetch; hook != nil {
		hook([]ports.Key{key})
	}
	now := s.clock.Now().Unix()
	s.mu.RLock()
	record := s.partitions[key.Partition].get(key.Sort)
	s.mu.RUnlock()
	if record == nil || storetx.Expired(record, now) {
		return ports.Record{}, fault.New(fault.NotFound, "memstore: get %s: no such record", storetx.Text(key))
	}
	return *record, nil
}
