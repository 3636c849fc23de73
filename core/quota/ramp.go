package quota

import "time"

// How fast a model that has not been called for a while is called.
const (
	// Full is the largest share of the rates that is handed out, in thousandths: what is left covers the clocks' rounding
	// and what others do with the same key.
	Full = 980
	// FirstShare is the share after a rest, FirstRPM the least that it comes to in requests per minute. The provider
	// refuses a sharp ramp even below the limits and publishes no figures; doubling each minute is our choice.
	FirstShare = 125
	FirstRPM   = 60
	// RampTime is how long it takes from FirstShare to Full.
	RampTime = 3 * time.Minute
	// Rest is how long nothing must have been called for the ramp to begin anew.
	Rest = 10 * time.Minute
	// leastShare is the lowest share that refusals lead to.
	leastShare = 50
	// rampPause is how long after a refusal a further one lowers the share again: those in between were called before.
	rampPause = 10 * time.Second
)

// Ramp is the share of the rates that is handed out: it doubles each minute up to Full. Its zero value is Full.
type Ramp struct {
	// From is the share at Since, in thousandths; 0 means Full.
	From  int64     `json:"from,omitempty"`
	Since time.Time `json:"since,omitzero"`
}

// Share is the share now, in thousandths, 1 to Full. Within a minute it grows evenly. A Since that is still to come
// counts as now; one that cannot be true as long ago.
func (r Ramp) Share(now time.Time) int64 {
	if r.From < 1 || r.From >= Full || r.Since.Sub(now) > farAhead {
		return Full
	}
	elapsed := max(now.Sub(r.Since), 0)
	share := r.From
	for ; elapsed >= time.Minute && share < Full; elapsed -= time.Minute {
		share *= 2
	}
	return min(share+share*int64(min(elapsed, time.Minute))/int64(time.Minute), Full)
}

// lower takes a quarter off the share, unless that was done just now.
func (r Ramp) lower(now time.Time) Ramp {
	if r.From > 0 && now.Sub(r.Since).Abs() < rampPause {
		return r
	}
	return Ramp{From: max(r.Share(now)*3/4, leastShare), Since: now}
}

// wake begins the ramp when the model was at rest.
func (p Provider) wake(now time.Time) Provider {
	if p.Requests.Rate.PerMinute < 1 || !p.Requests.Next.IsZero() && now.Sub(p.Requests.Next) < Rest {
		return p
	}
	return p.begin(now)
}

// begin begins the ramp: after a rest, and when the rate has only just become known, whatever was called before.
func (p Provider) begin(now time.Time) Provider {
	rate := p.Requests.Rate.PerMinute
	p.Ramp = Ramp{From: min(max(FirstShare, (FirstRPM*1000+rate-1)/rate), Full), Since: now}
	return p
}
