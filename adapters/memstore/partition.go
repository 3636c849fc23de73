package memstore

import (
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/ports"
)

// fewFresh is how many slots are put in place one by one; with more it is cheaper to merge two lists.
const fewFresh = 32

// slot is the place of one sort key. It stays when its record is deleted, until the partition is swept.
type slot struct {
	sort string
	// record is replaced, never changed; nil when deleted.
	record *ports.Record
}

// partition holds the records of one partition key and their order.
type partition struct {
	slots map[string]*slot
	// sorted is in order; fresh holds slots that were added in between, in any order, so that adding costs only an append.
	sorted, fresh []*slot
	// dead counts slots without a record.
	dead int
}

func newPartition() *partition { return &partition{slots: make(map[string]*slot)} }

func (p *partition) get(sort string) *ports.Record {
	if p == nil {
		return nil
	}
	if s := p.slots[sort]; s != nil {
		return s.record
	}
	return nil
}

func (p *partition) put(record *ports.Record) {
	s := p.slots[record.Key.Sort]
	switch {
	case s == nil:
		s = &slot{sort: record.Key.Sort}
		p.slots[s.sort] = s
		p.add(s)
	case s.record == nil:
		p.dead--
	}
	s.record = record
}

func (p *partition) add(s *slot) {
	if len(p.sorted) == 0 || p.sorted[len(p.sorted)-1].sort < s.sort {
		p.sorted = append(p.sorted, s)
		return
	}
	p.fresh = append(p.fresh, s)
}

func (p *partition) delete(sort string) {
	s := p.slots[sort]
	if s == nil || s.record == nil {
		return
	}
	s.record = nil
	p.dead++
	if p.dead > 32 && p.dead > len(p.slots)/2 {
		p.sweep()
	}
}

// sweep removes the slots without a record.
func (p *partition) sweep() {
	isDead := func(s *slot) bool { return s.record == nil }
	p.sorted = slices.DeleteFunc(p.sorted, isDead)
	p.fresh = slices.DeleteFunc(p.fresh, isDead)
	for sort, s := range p.slots {
		if isDead(s) {
			delete(p.slots, sort)
		}
	}
	p.dead = 0
}

// settle brings the fresh slots into order.
func (p *partition) settle() {
	if len(p.fresh) <= fewFresh {
		for _, s := range p.fresh {
			at, _ := slices.BinarySearchFunc(p.sorted, s.sort, compareSort)
			p.sorted = slices.Insert(p.sorted, at, s)
		}
	} else {
		slices.SortFunc(p.fresh, bySort)
		p.sorted = merge(p.sorted, p.fresh)
	}
	p.fresh = nil
}

// merge joins two ordered lists without a common key into a new one.
func merge(a, b []*slot) []*slot {
	merged := make([]*slot, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].sort < b[0].sort {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	return append(append(merged, a...), b...)
}

// between returns the slots from a sort key, inclusive, to another, exclusive; an empty "to" means the end.
func (p *partition) between(from, to string) []*slot {
	low, _ := slices.BinarySearchFunc(p.sorted, from, compareSort)
	high := len(p.sorted)
	if to != "" {
		high, _ = slices.BinarySearchFunc(p.sorted, to, compareSort)
	}
	if low >= high {
		return nil
	}
	return p.sorted[low:high]
}

func bySort(a, b *slot) int                { return strings.Compare(a.sort, b.sort) }
func compareSort(s *slot, sort string) int { return strings.Compare(s.sort, sort) }
