package chance

import "slices"

// Pair is a method and a fault of it.
type Pair struct {
	Method string
	Kind   Kind
}

// index numbers the pairs of the table.
type index struct {
	first [methods]int
	rows  []Row
	pairs []Pair
}

func newIndex() *index {
	x := &index{rows: Table()}
	for i, row := range x.rows {
		x.first[i] = len(x.pairs)
		for _, kind := range row.Kinds {
			x.pairs = append(x.pairs, Pair{row.Name, kind})
		}
	}
	return x
}

// Reach counts how often each pair has happened.
type Reach struct {
	x    *index
	hits []int
}

// NewReach returns a Reach with nothing counted.
func NewReach() *Reach {
	x := newIndex()
	return &Reach{x: x, hits: make([]int, len(x.pairs))}
}

// Hit counts one.
func (r *Reach) Hit(m Method, kind Kind) {
	at := slices.Index(r.x.rows[m].Kinds, kind)
	if at < 0 {
		panic("chance: " + r.x.rows[m].Name + " has no fault " + string(kind))
	}
	r.hits[r.x.first[m]+at]++
}

// Add adds what another one has counted.
func (r *Reach) Add(other *Reach) {
	for i, n := range other.hits {
		r.hits[i] += n
	}
}

// Each visits all pairs in the order of the table.
func (r *Reach) Each(do func(pair Pair, hits int)) {
	for i, pair := range r.x.pairs {
		do(pair, r.hits[i])
	}
}

// Summary is how many of the pairs have happened, and the fewest hits of any.
func (r *Reach) Summary() (reached, all, least int) {
	least = -1
	for _, n := range r.hits {
		if n > 0 {
			reached++
		}
		if least < 0 || n < least {
			least = n
		}
	}
	return reached, len(r.hits), least
}
