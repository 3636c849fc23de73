package claudesim

// How fast a model's use may grow. The service refuses a sharp ramp below its limits and publishes no figures:
// these are ours.
const (
	// rampStart is the part of the request limit that is allowed after a rest, rampLeast the least that it comes
	// to in requests per minute. It doubles each minute.
	rampStart = 1.0 / 8
	rampLeast = 60
	// rampRest is how many seconds nothing must have been asked for the ramp to begin anew.
	rampRest = 10 * 60
	// rampBurst is how many seconds' worth may be asked at once.
	rampBurst = 10
)

// ramp is the acceleration limit of a pool. Its level is what may be asked at once.
type ramp struct {
	limit, level    float64
	since, last, at float64
	begun           bool
}

// arrive brings the ramp to a request's time and begins it anew after a rest.
func (r *ramp) arrive(now float64) {
	if !r.begun || now-r.last >= rampRest {
		r.begun, r.since, r.at = true, now, now
		r.level = r.capacity(now)
	}
	if now > r.at {
		mean := (r.rate(r.at) + r.rate(now)) / 2
		r.level = min(r.level+(now-r.at)*mean, r.capacity(now))
		r.at = now
	}
	r.last = max(r.last, now)
}

// rate is how many requests per second are allowed; within a minute it grows evenly.
func (r *ramp) rate(now float64) float64 {
	perMinute := min(max(r.limit*rampStart, rampLeast), r.limit)
	minutes := max(now-r.since, 0) / 60
	for ; minutes >= 1 && perMinute < r.limit; minutes-- {
		perMinute *= 2
	}
	return min(perMinute*(1+min(minutes, 1)), r.limit) / 60
}

func (r *ramp) capacity(now float64) float64 { return max(r.rate(now)*rampBurst, 1) }

// lacks is how long it takes until one more request is allowed.
func (r *ramp) lacks(now float64) float64 {
	if r.level >= 1-tolerance {
		return 0
	}
	return (1 - r.level) / r.rate(now)
}
