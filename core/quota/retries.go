package quota

import "time"

// The budget of repeated attempts: RetryPerMinute in any case, one more for every FirstsPerRetry first attempts, and at
// most RetryBurst saved up. It keeps a provider that half works from getting more calls than one that works.
const (
	RetryPerMinute = 6
	FirstsPerRetry = 10
	RetryBurst     = 60
)

// retryEvery is how long one retry takes to be earned by time alone, firstEarns how much of that a first attempt saves.
const (
	retryEvery = time.Minute / RetryPerMinute
	firstEarns = retryEvery / FirstsPerRetry
)

// Retries is the budget in the form of one instant: when it will be full again. Its zero value is full.
type Retries struct {
	Next time.Time `json:"next,omitzero"`
}

// take books up to n retries and says how many there were, and when one more could be had.
func (r Retries) take(now time.Time, n int) (Retries, int, time.Time) {
	if r.Next.Sub(now) > farAhead {
		r.Next = now
	}
	next, got := latest(now, r.Next), 0
	depth := now.Add(RetryBurst * retryEvery)
	for got < n && !next.Add(retryEvery).After(depth) {
		next = next.Add(retryEvery)
		got++
	}
	at := latest(now, next.Add(retryEvery-RetryBurst*retryEvery))
	if got == 0 {
		return r, 0, at
	}
	return Retries{Next: next}, got, at
}

// earn books first attempts.
func (r Retries) earn(firsts int) Retries {
	if firsts > 0 && !r.Next.IsZero() {
		r.Next = r.Next.Add(-time.Duration(firsts) * firstEarns)
	}
	return r
}
