package emfmetrics

import (
	"math/bits"
	"slices"
	"time"
)

// A spread's buckets are logarithmic: steps of them to each doubling, so that a value is known to within 3 %. They begin at a
// microsecond; the last ends after about 12 days, and takes what is longer.
const (
	stepBits = 4
	steps    = 1 << stepBits
	octaves  = 40
	buckets  = (octaves - stepBits + 1) * steps
)

// spread is a distribution of durations in microseconds, of a fixed size whatever it takes in. The first values are kept as they
// are, since most windows have no more.
type spread struct {
	count   int
	least   int64
	most    int64
	exact   [maxValues]int64
	buckets [buckets]uint32
}

// add takes one value in. One below zero comes of a clock that was set back, and counts as zero.
func (s *spread) add(d time.Duration) {
	v := max(d.Microseconds(), 0)
	if s.count == 0 {
		s.least, s.most = v, v
	}
	s.least, s.most = min(s.least, v), max(s.most, v)
	if s.count < maxValues {
		s.exact[s.count] = v
	}
	s.count++
	s.buckets[bucketOf(v)]++
}

// bucketOf is the bucket of a value. Below steps each value has its own.
func bucketOf(v int64) int {
	shift := max(bits.Len64(uint64(v))-stepBits-1, 0) //nolint:gosec // v is never negative
	return min(shift*steps+int(v>>shift), buckets-1)
}

// middle is the value that stands for a bucket.
func middle(bucket int) int64 {
	if bucket < 2*steps {
		return int64(bucket)
	}
	shift := bucket/steps - 1
	low := int64(bucket-shift*steps) << shift
	return low + int64(1)<<shift/2
}

// values appends, in order, all values or that many quantiles of them, the least and the most among these.
func (s *spread) values(to []int64, limit int) []int64 {
	if s.count <= limit {
		to = append(to, s.exact[:s.count]...)
		slices.Sort(to)
		return to
	}
	to = append(to, s.least)
	bucket, passed := 0, int64(s.buckets[0])
	for i := 1; i < limit-1; i++ {
		rank := int64(i) * int64(s.count-1) / int64(limit-1)
		for passed <= rank {
			bucket++
			passed += int64(s.buckets[bucket])
		}
		to = append(to, min(max(middle(bucket), s.least), s.most))
	}
	return append(to, s.most)
}
