package memqueue

import (
	"container/heap"
	"time"
)

// schedule holds the hidden items by the time at which they become visible; those of one time in the order in which
// they were hidden.
type schedule struct {
	heap  byTime
	added uint64
}

func (s *schedule) size() int { return len(s.heap) }

func (s *schedule) add(it *item, visible time.Time) {
	s.added++
	it.visible, it.order = visible, s.added
	heap.Push(&s.heap, it)
}

func (s *schedule) remove(it *item) { heap.Remove(&s.heap, it.place) }

func (s *schedule) first() *item { return s.heap[0] }

// next is when the first item becomes visible.
func (s *schedule) next() (time.Time, bool) {
	if len(s.heap) == 0 {
		return time.Time{}, false
	}
	return s.heap[0].visible, true
}

// byTime is the heap of the schedule. Every item knows its place in it, so that one can be removed from the middle.
type byTime []*item

func (h byTime) Len() int { return len(h) }

func (h byTime) Less(i, j int) bool {
	if !h[i].visible.Equal(h[j].visible) {
		return h[i].visible.Before(h[j].visible)
	}
	return h[i].order < h[j].order
}

func (h byTime) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push is called by package heap.
func (h *byTime) Push(x any) {
	it := x.(*item)
	it.place = len(*h)
	*h = append(*h, it)
}

// Pop is called by package heap.
func (h *byTime) Pop() any {
	last := len(*h) - 1
	it := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return it
}
