package memstore

import (
	"container/heap"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/ports"
)

// purgeStep is how many expired records one commit removes at most, so that no commit is slow.
const purgeStep = 16

// expiryHeap orders records by expiry. A record that was replaced since stays in it and is passed over.
type expiryHeap []*ports.Record

func (h expiryHeap) Len() int           { return len(h) }
func (h expiryHeap) Less(i, j int) bool { return h[i].Expires.Before(h[j].Expires) }
func (h expiryHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *expiryHeap) Push(x any) { *h = append(*h, x.(*ports.Record)) }

// Pop implements heap.Interface.
func (h *expiryHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return x
}

// watch notes that a record expires.
func (s *Store) watch(record *ports.Record) {
	if !record.Expires.IsZero() && !s.options.KeepExpired {
		heap.Push(&s.expiry, record)
	}
}

// purge removes some of the records that have expired. The lock is held.
func (s *Store) purge(now int64) {
	for range purgeStep {
		if len(s.expiry) == 0 || !storetx.Expired(s.expiry[0], now) {
			return
		}
		record := heap.Pop(&s.expiry).(*ports.Record)
		if s.record(record.Key) == record {
			s.delete(record.Key)
		}
	}
}
