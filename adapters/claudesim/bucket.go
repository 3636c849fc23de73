package claudesim

// bucket is a token bucket: it holds at most its capacity and refills continuously. Output is charged after
// the fact, so the level can be below zero.
type bucket struct {
	level, capacity, rate float64
	at                    float64
}

// tolerance forgives the rounding of fractions of a token.
const tolerance = 1e-6

func newBucket(perMinute int) bucket {
	limit := float64(perMinute)
	return bucket{level: limit, capacity: limit, rate: limit / 60}
}

// refill brings the bucket to a time in simulated seconds; an earlier time changes nothing.
func (b *bucket) refill(now float64) {
	if now > b.at {
		b.level = min(b.capacity, b.level+(now-b.at)*b.rate)
		b.at = now
	}
}

// lacks is how long it takes until the bucket holds n; 0 if it does now. What is more than the whole bucket
// is had when the bucket is full.
func (b *bucket) lacks(n float64) float64 {
	deficit := min(n, b.capacity) - b.level
	if deficit <= tolerance {
		return 0
	}
	return deficit / b.rate
}

// untilFull is how long it takes to refill completely.
func (b *bucket) untilFull() float64 { return (b.capacity - b.level) / b.rate }
