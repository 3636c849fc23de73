package memstore

import (
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/ports"
)

// pageBytes cuts a page short, as a store on a network does, so that callers meet it in tests.
const pageBytes = 1 << 20

// List implements ports.Store.
func (s *Store) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	if err := ctx.Err(); err != nil {
		return ports.Page{}, err
	}
	last, err := storetx.Resolve("memstore", &r)
	if err != nil {
		return ports.Page{}, err
	}
	storetx.Narrow(&r, last)
	now := s.clock.Now().Unix()
	unlock := s.lockSorted(r.Partition)
	defer unlock()
	p := s.partitions[r.Partition]
	if p == nil {
		return ports.Page{}, nil
	}
	return page(p.between(r.From, r.To), r, now), nil
}

// lockSorted locks the store, with the slots of the partition in order.
func (s *Store) lockSorted(name string) (unlock func()) {
	s.mu.RLock()
	if p := s.partitions[name]; p == nil || len(p.fresh) == 0 {
		return s.mu.RUnlock
	}
	s.mu.RUnlock()
	s.mu.Lock()
	if p := s.partitions[name]; p != nil && len(p.fresh) > 0 {
		p.settle()
	}
	return s.mu.Unlock
}

func page(slots []*slot, r ports.Range, now int64) ports.Page {
	result := ports.Page{Records: make([]ports.Record, 0, min(len(slots), r.Limit))}
	size := 0
	for i := range slots {
		at := i
		if r.Descending {
			at = len(slots) - 1 - i
		}
		record := slots[at].record
		if record == nil || storetx.Expired(record, now) {
			continue
		}
		if n := len(result.Records); n == r.Limit || size >= pageBytes {
			result.Cursor = storetx.Cursor(r, result.Records[n-1].Key.Sort)
			break
		}
		result.Records = append(result.Records, *record)
		size += len(record.Body)
	}
	result.Records = slices.Clip(result.Records)
	return result
}
