// Package quota is the record that all processes share about one model of a provider: when calls may start within its
// rates, and whether it is to be called at all.
//
// The rules are pure. A bucket answers with start times instead of refusals, so that one update reserves a whole
// parcel's calls and the worker sleeps to each; a breaker lets one probe at a time through while it is open. Storing the
// record, and doing the calls, is the caller's part.
package quota

import (
	"math"
	"math/bits"
	"time"
)

// farAhead is how far past now a bucket's time is believed. A time beyond it was written by a broken clock or a broken
// request and would stop all work for as long.
const farAhead = time.Hour

// Rate is a token bucket's size and refill.
type Rate struct {
	// Burst is how many tokens can start at one instant after a rest; less than 1 counts as 1.
	Burst int64 `json:"burst"`
	// PerMinute is how many tokens return in a minute; less than 1 means that there is no limit.
	PerMinute int64 `json:"per_minute"`
}

// Bucket is a token bucket in the form of one instant (the generic cell rate algorithm).
type Bucket struct {
	Rate Rate `json:"rate"`
	// Next is the theoretical arrival time: when the bucket will be full again. The zero time is a full bucket.
	Next time.Time `json:"next,omitzero"`
}

// Reserve takes n tokens and says when the call that they are for may start: now or later. Whatever the order and the
// clocks of the callers, what starts within any window w is at most Burst + rate * w tokens (or n + rate * w, for a
// single n above Burst). The bucket's time never moves back, except that one more than 1 h past now is reset to now.
// Less than 1 token is nothing: the bucket stays and the start is now.
func (b Bucket) Reserve(now time.Time, n int64) (Bucket, time.Time) {
	if b.Rate.PerMinute < 1 || n < 1 {
		return b, now
	}
	return b.sane(now).take(now, n)
}

// sane is the bucket without a time that cannot be true.
func (b Bucket) sane(now time.Time) Bucket {
	if b.Next.Sub(now) > farAhead {
		b.Next = now
	}
	return b
}

func (b Bucket) take(now time.Time, n int64) (Bucket, time.Time) {
	b.Next = latest(now, b.Next).Add(b.Rate.lasts(n, true))
	return b, latest(now, b.Next.Add(-b.Rate.depth()))
}

// book takes n tokens for a call whose start is fixed: no earlier than the bucket allows.
func (b Bucket) book(start time.Time, n int64) Bucket {
	if b.Rate.PerMinute < 1 || n < 1 {
		return b
	}
	early := max(b.Rate.lasts(n, true)-b.Rate.depth(), 0) // what a single n above Burst waited for
	b, _ = b.take(start.Add(-early), n)
	return b
}

// depth is how long a full bucket takes to fill.
func (r Rate) depth() time.Duration { return r.lasts(max(r.Burst, 1), false) }

// lasts is how long the refill of n tokens takes, in whole nanoseconds: rounded up where tokens are taken and down where
// they are granted, so that rounding never lets more through. What does not fit is the longest duration.
func (r Rate) lasts(n int64, up bool) time.Duration {
	high, low := bits.Mul64(uint64(n), uint64(time.Minute))
	perMinute := uint64(r.PerMinute)
	if high >= perMinute {
		return math.MaxInt64
	}
	quotient, remainder := bits.Div64(high, low, perMinute)
	if up && remainder > 0 {
		quotient++
	}
	if quotient > math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(quotient)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
