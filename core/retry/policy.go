// Package retry says when, and whether, a failed attempt runs again.
//
// Three causes are told apart, each with its own limit: an answer that was no use, a call whose outcome is unknown, and
// a call that was not started at all. The package keeps nothing: what a task has used up comes in as a Count and goes
// out in the Decision, time and jitter are arguments. Which error has which cause is the caller's to say.
package retry

import (
	"math"
	"time"
)

// MaxRetryAfter is the longest wait that is granted to the other side's wish, 1 h. A longer wish counts as this.
const MaxRetryAfter = time.Hour

// Policy is how long to wait between attempts: exponential backoff with full jitter.
type Policy struct {
	// Base is the ceiling of the wait after the first failure; 0 or less means 1 s.
	Base time.Duration
	// Cap is the ceiling after many failures; 0 or less means 5 min.
	Cap time.Duration
}

// Delay is the wait after so many failures in a row (fewer than 1 count as 1): the part jitter, in [0, 1), of
// min(Cap, Base * 2^(failures-1)), and never less than retryAfter, the wish of the other side (0 for none, at most
// MaxRetryAfter). A jitter outside its range counts as the nearest value in it, NaN as 0.
func (p Policy) Delay(failures int, retryAfter time.Duration, jitter float64) time.Duration {
	if !(jitter > 0) { // NaN too
		jitter = 0
	}
	jitter = min(jitter, math.Nextafter(1, 0))
	delay := time.Duration(float64(p.ceiling(failures)) * jitter)
	return max(delay, min(retryAfter, MaxRetryAfter))
}

// ceiling is min(Cap, Base * 2^(failures-1)) without overflow.
func (p Policy) ceiling(failures int) time.Duration {
	base, limit := positiveOr(p.Base, time.Second), positiveOr(p.Cap, 5*time.Minute)
	shift := max(failures, 1) - 1
	if base > limit>>shift { // nothing is left of the limit when the shift is long
		return limit
	}
	return base << shift
}

func positiveOr(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
