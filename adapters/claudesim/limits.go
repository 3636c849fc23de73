package claudesim

import "sync"

// limits are the rate limits of the account: requests, input and output tokens per minute, for each family
// of models, and requests alone for token counting and for batches.
type limits struct {
	rpm, itpm, otpm, batchRPM int
	// burst is how many seconds' worth may be taken at once; 0 is a minute's.
	burst        float64
	acceleration bool

	mu    sync.Mutex
	pools map[string]*pool
}

// pool is the limits that one family of models shares. Output is known only afterwards: bursts of it are not
// limited, and a request that meets too little of it was not the one that used it up.
type pool struct {
	requests, input meter
	output          bucket
	// ramp is nil where growth is not limited.
	ramp *ramp
}

const (
	// countPool is the pool of token counting, which has twice the requests per minute.
	countPool = "count_tokens"
	// batchPool is the pool of all batch routes.
	batchPool = "batches"
)

func newLimits(o *Options) *limits {
	return &limits{
		rpm: o.RPM, itpm: o.ITPM, otpm: o.OTPM, batchRPM: o.BatchRPM, burst: o.Burst.Seconds(), acceleration: o.Acceleration,
		pools: map[string]*pool{},
	}
}

// get returns the pool, refilled. The caller holds the lock.
func (l *limits) get(name string, now float64) *pool {
	p := l.pools[name]
	if p == nil {
		p = l.newPool(name, now)
		l.pools[name] = p
	}
	p.requests.refill(now)
	p.input.refill(now)
	p.output.refill(now)
	return p
}

func (l *limits) newPool(name string, now float64) *pool {
	p := &pool{input: newMeter(l.itpm, l.burst, now), output: newBucket(l.otpm)}
	p.output.at = now
	switch name {
	case countPool:
		p.requests = newMeter(2*l.rpm, l.burst, now)
	case batchPool:
		p.requests = newMeter(l.batchRPM, l.burst, now)
	default:
		p.requests = newMeter(l.rpm, l.burst, now)
		if l.acceleration {
			p.ramp = &ramp{limit: float64(l.rpm)}
		}
	}
	return p
}

// limitKind names the limit that refused a request, as in the API's message.
type limitKind string

const (
	limitRequests     limitKind = "requests"
	limitInput        limitKind = "input tokens"
	limitOutput       limitKind = "output tokens"
	limitAcceleration limitKind = "acceleration"
)

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
		{limitRequests, p.requests.lacks(1)},
		{limitInput, p.input.lacks(float64(input))},
		{limitOutput, p.output.lacks(1)},
		{limitAcceleration, p.steep(now)},
	} {
		if need.wait > wait {
			refusedBy, wait = need.kind, need.wait
		}
	}
	if p.requests.lacks(1) == 0 {
		p.requests.take(1)
	}
	if refusedBy == "" {
		p.input.take(float64(input))
		if p.ramp != nil {
			p.ramp.level--
		}
	}
	return refusedBy, wait
}

// steep is how long it takes until the ramp allows one more request.
func (p *pool) steep(now float64) float64 {
	if p.ramp == nil {
		return 0
	}
	p.ramp.arrive(now)
	return p.ramp.lacks(now)
}

// take counts a request that is refused for another reason.
func (l *limits) take(name string, now float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.get(name, now); p.requests.lacks(1) == 0 {
		p.requests.take(1)
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
	l.get(name, now).input.take(float64(input))
}

// snapshot copies a pool for the headers.
func (l *limits) snapshot(name string, now float64) pool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return *l.get(name, now)
}

func (l *limits) perMinute(kind limitKind) int {
	switch kind {
	case limitRequests:
		return l.rpm
	case limitInput:
		return l.itpm
	}
	return l.otpm
}
