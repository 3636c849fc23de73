package memstore

import (
	"context"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// A cursor is the sort key that the last page ended with, after the sign of its direction.
const (
	ascending  = ">"
	descending = "<"
)

// pageBytes cuts a page short, as a store on a network does, so that callers meet it in tests.
const pageBytes = 1 << 20

// List implements ports.Store.
func (s *Store) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	if err := ctx.Err(); err != nil {
		return ports.Page{}, err
	}
	r, err := resolve(r)
	if err != nil {
		return ports.Page{}, err
	}
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
		if record == nil || expired(record, now) {
			continue
		}
		if n := len(result.Records); n == r.Limit || size >= pageBytes {
			result.Cursor = direction(r) + result.Records[n-1].Key.Sort
			break
		}
		result.Records = append(result.Records, *record)
		size += len(record.Body)
	}
	result.Records = slices.Clip(result.Records)
	return result
}

func direction(r ports.Range) string {
	if r.Descending {
		return descending
	}
	return ascending
}

// resolve checks a range, fills in its limit and narrows it to what its cursor left over.
func resolve(r ports.Range) (ports.Range, error) {
	if err := checkName("partition", r.Partition); err != nil {
		return r, err
	}
	if r.Limit < 0 || r.Limit > ports.MaxList {
		return r, fault.New(fault.Invalid, "memstore: a list's limit is %d; it must be 1 to %d, or 0 for %d", r.Limit, ports.MaxList, ports.MaxList)
	}
	if r.Limit == 0 {
		r.Limit = ports.MaxList
	}
	if r.Cursor == "" {
		return r, nil
	}
	last, ok := strings.CutPrefix(r.Cursor, direction(r))
	if !ok || last < r.From || (r.To != "" && last >= r.To) || checkName("sort", last) != nil {
		return r, fault.New(fault.Invalid, "memstore: %q is no cursor of this range; pass the one that its last page returned", r.Cursor)
	}
	if r.Descending {
		r.To = last
	} else {
		r.From = last + "\x00"
	}
	return r, nil
}
