package engine

import (
	"maps"
	"math"
	"math/bits"
	"slices"
)

// Histogram counts whole numbers from 0 on, in buckets that are an eighth of a doubling wide: what it says of a number
// above 15 is at most an eighth off. It is small, whatever it counts, and two of them add up.
type Histogram map[int]int64

// Add counts a number; a negative one counts as 0.
func (h Histogram) Add(v int64) { h[bucket(max(v, 0))]++ }

// Plus adds what another one has counted.
func (h Histogram) Plus(other Histogram) {
	for at, n := range other {
		h[at] += n
	}
}

// Total is how many numbers were counted.
func (h Histogram) Total() (n int64) {
	for _, count := range h {
		n += count
	}
	return n
}

// Quantile is the number below which the part q of all lies, 0 < q <= 1; 0 when nothing was counted.
func (h Histogram) Quantile(q float64) int64 {
	rank := int64(math.Ceil(q * float64(h.Total())))
	for _, at := range slices.Sorted(maps.Keys(h)) {
		if rank > h[at] {
			rank -= h[at]
			continue
		}
		low, high := edges(at)
		return low + (high-low)*rank/max(h[at], 1)
	}
	return 0
}

// halve lets what was counted until now weigh half.
func (h Histogram) halve() {
	for at, n := range h {
		if h[at] = n / 2; h[at] == 0 {
			delete(h, at)
		}
	}
}

// bucket is the place of a number: below 16 its own, from there on eight to a doubling. It is computed in whole numbers,
// so that all machines agree.
func bucket(v int64) int {
	if v < 16 {
		return int(v)
	}
	shift := bits.Len64(uint64(v)) - 4
	return 16 + (shift-1)*8 + int(v>>shift) - 8
}

// edges are the least and the largest number of a bucket.
func edges(at int) (low, high int64) {
	if at < 16 {
		return int64(at), int64(at)
	}
	shift, step := (at-16)/8+1, int64((at-16)%8+8)
	return step << shift, (step+1)<<shift - 1
}
