package chance

import "math/rand/v2"

// Injector says what goes wrong with a call.
type Injector interface {
	// Draw decides on the next call of the method.
	Draw(m Method) Kind
}

// Random draws faults from a seed. Which are possible at all is drawn first: a run with few kinds of faults goes deeper
// into each of them (swarm testing).
type Random struct {
	dice *rand.Rand
	x    *index
	// weights are per 65,536 for each pair, sums for each method.
	weights []uint32
	sums    [methods]uint32
	// Keep, if set, says which of the faults happen, by their number from 0 on; the others are drawn and passed over.
	Keep func(number int) bool
	// Off ends all faults.
	Off  bool
	drew int
}

// NewRandom draws which faults a run has, and how often. Intensity is the share of calls that fail, in percent.
func NewRandom(dice *rand.Rand, intensity int, allow func(Pair) bool) *Random {
	r := &Random{dice: dice, x: newIndex()}
	r.weights = make([]uint32, len(r.x.pairs))
	for m, row := range r.x.rows {
		on := 0
		for i, kind := range row.Kinds {
			at := r.x.first[m] + i
			if dice.IntN(2) == 0 && allow(Pair{row.Name, kind}) {
				on++
				r.weights[at] = weight(kind)
			}
		}
		total := uint32(intensity * 65536 / 100)
		switch Method(m) {
		case ModelCall:
			total *= 3
		case BatchCreate, BatchRead, BatchList:
			total *= 6 // there are few of them
		case BatchCancel:
			total *= 30 // and very few of these
		}
		for i := range row.Kinds {
			at := r.x.first[m] + i
			r.weights[at] = r.weights[at] * min(total, 48000) / uint32(8*max(on, 3))
			r.sums[m] += r.weights[at]
		}
	}
	return r
}

// weight is how often a fault happens beside the others of its method, in eighths: those that end everything, or take
// very long, come seldom, so that runs get somewhere.
func weight(kind Kind) uint32 {
	switch kind {
	case CrashBefore, CrashAfter, SpendCap, Unauthorized, Hang, Late:
		return 2
	}
	return 8
}

// Draw implements Injector.
func (r *Random) Draw(m Method) Kind {
	if r.Off {
		return None
	}
	n := r.dice.Uint32() & 0xffff
	if n >= r.sums[m] {
		return None
	}
	kinds := r.x.rows[m].Kinds
	for i, kind := range kinds {
		w := r.weights[r.x.first[m]+i]
		if n < w {
			return r.number(kind)
		}
		n -= w
	}
	return None
}

// number counts a fault, and passes over one that is not to be kept.
func (r *Random) number(kind Kind) Kind {
	r.drew++
	if r.Keep != nil && !r.Keep(r.drew-1) {
		return None
	}
	return kind
}

// Drew is how many faults have been drawn so far.
func (r *Random) Drew() int { return r.drew }

// On lists the faults that can happen.
func (r *Random) On() []Pair {
	var on []Pair
	for i, w := range r.weights {
		if w > 0 {
			on = append(on, r.x.pairs[i])
		}
	}
	return on
}

// Script plants faults at calls by their number, counted from 0 over all methods.
type Script struct {
	At map[int]Kind
	// Calls are the methods that were called, in order.
	Calls []Method
}

// Draw implements Injector.
func (s *Script) Draw(m Method) Kind {
	s.Calls = append(s.Calls, m)
	return s.At[len(s.Calls)-1]
}
