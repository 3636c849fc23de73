package claudesim

import (
	"math"
	"time"
)

// clock is simulated time: seconds since the start, running speed times as fast as the wall.
type clock struct {
	wall  func() time.Time
	start time.Time
	speed float64
}

func newClock(wall func() time.Time, speed float64) clock {
	return clock{wall: wall, start: wall(), speed: speed}
}

func (c clock) seconds() float64 { return c.wall().Sub(c.start).Seconds() * c.speed }

// real converts a simulated duration to the wall's, at least 0.
func (c clock) real(seconds float64) time.Duration {
	ns := seconds / c.speed * float64(time.Second)
	return time.Duration(min(max(ns, 0), math.MaxInt64/2))
}

// retryAfter is the wait in whole wall seconds, rounded up, at least 1. The allowance forgives the rounding
// of fractions, so that a wait of exactly one second is not told as two.
func (c clock) retryAfter(seconds float64) int {
	return max(int(math.Ceil(seconds/c.speed-1e-6)), 1)
}
