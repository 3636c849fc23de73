package claudesim

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// limits are the rate limits of the account: requests, input and output tokens per minute, for each family
// of models, and requests alone for token counting.
type limits struct {
	rpm, itpm, otpm, batchRPM int

	mu    sync.Mutex
	pools map[string]*pool
}

// pool is the limits that one family of models shares.
type pool struct {
	requests, input, output bucket
}

const (
	// countPool is the pool of token counting, which has twice the requests per minute.
	countPool = "count_tokens"
	// batchPool is the pool of all batch routes.
	batchPool = "batches"
)

func newLimits(o *Options) *limits {
	return &limits{rpm: o.RPM, itpm: o.ITPM, otpm: o.OTPM, batchRPM: o.BatchRPM, pools: map[string]*pool{}}
}

// get returns the pool, refilled. The caller holds the lock.
func (l *limits) get(name string, now float64) *pool {
	p := l.pools[name]
	if p == nil {
		p = &pool{requests: newBucket(l.rpm), input: newBucket(l.itpm), output: newBucket(l.otpm)}
		switch name {
		case countPool:
			p.requests = newBucket(2 * l.rpm)
		case batchPool:
			p.requests = newBucket(l.batchRPM)
		}
		for _, b := range []*bucket{&p.requests, &p.input, &p.output} {
			b.at = now
		}
		l.pools[name] = p
	}
	p.requests.refill(now)
	p.input.refill(now)
	p.output.refill(now)
	return p
}

// limitKind names the limit that refused a request, as in the API's message.
type limitKind string

// admit takes one request and its input tokens, or says which limit refuses it and how long (in simulated
// seconds) until it would pass. A refused request counts as a request if there was one left to take; it
// takes no tokens.
func (l *limits) admit(name string, input int64, now float64) (refusedBy limitKind, wait float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.get(name, now)
	for _, need := range []struct {
		kind limitKind
		wait float64
	}{
		{"requests", p.requests.lacks(1)},
		{"input tokens", p.input.lacks(float64(input))},
		{"output tokens", p.output.lacks(1)},
	} {
		if need.wait > wait {
			refusedBy, wait = need.kind, need.wait
		}
	}
	if p.requests.lacks(1) == 0 {
		p.requests.level--
	}
	if refusedBy == "" {
		p.input.level -= float64(input)
	}
	return refusedBy, wait
}

// take counts a request that is refused for another reason.
func (l *limits) take(name string, now float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.get(name, now); p.requests.lacks(1) == 0 {
		p.requests.level--
	}
}

// produced charges output tokens at the time when they were generated.
func (l *limits) produced(name string, output int64, now float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.get(name, now).output.level -= float64(output)
}

// corrected charges input tokens that were not foreseen when the request was admitted.
func (l *limits) corrected(name string, input int64, now float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.get(name, now).input.level -= float64(input)
}

// snapshot copies a pool for the headers.
func (l *limits) snapshot(name string, now float64) pool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return *l.get(name, now)
}

func (l *limits) perMinute(kind limitKind) int {
	switch kind {
	case "requests":
		return l.rpm
	case "input tokens":
		return l.itpm
	}
	return l.otpm
}

// addLimits writes the twelve rate-limit headers of a pool. Remaining tokens are rounded to thousands, and
// the reset is the wall time at which the bucket would be full.
func (s *Sim) addLimits(h http.Header, name string) {
	p := s.limits.snapshot(name, s.clock.seconds())
	now := s.clock.wall()
	add := func(kind string, limit, remaining, untilFull float64) {
		prefix := "Anthropic-Ratelimit-" + kind
		h.Set(prefix+"-Limit", strconv.Itoa(int(limit)))
		h.Set(prefix+"-Remaining", strconv.Itoa(int(max(remaining, 0))))
		reset := now.Add(s.clock.real(untilFull) + time.Second - 1).UTC().Truncate(time.Second)
		h.Set(prefix+"-Reset", reset.Format(time.RFC3339))
	}
	input, output := thousands(p.input.level), thousands(p.output.level)
	add("Requests", p.requests.capacity, p.requests.level+tolerance, p.requests.untilFull())
	add("Input-Tokens", p.input.capacity, input, p.input.untilFull())
	add("Output-Tokens", p.output.capacity, output, p.output.untilFull())
	add("Tokens", p.input.capacity+p.output.capacity, input+output, max(p.input.untilFull(), p.output.untilFull()))
}

func thousands(level float64) float64 {
	return float64(int(max(level, 0)+500) / 1000 * 1000)
}
