package quota

import "time"

// Provider is the record of one model of a provider, shared by all processes. Its zero value knows nothing of the
// provider and holds nobody back.
type Provider struct {
	// Requests, Input and Output are the rates of calls, of uncached prompt tokens and of generated tokens. Their Rate is
	// what the provider says that it allows; what is handed out is a share of it.
	Requests Bucket `json:"requests"`
	Input    Bucket `json:"input"`
	Output   Bucket `json:"output"`
	// Free are start times that were handed out and given back before they came, ascending.
	Free []time.Time `json:"free,omitempty"`
	// Ramp says which share of the rates is handed out.
	Ramp Ramp `json:"ramp,omitzero"`
	// Likely is what one call takes, learned from what calls took; zero while nothing is known.
	Likely Need `json:"likely,omitzero"`
	// Closed is until when the provider wants no call; zero for no such wish.
	Closed time.Time `json:"closed,omitzero"`
	// Down is since when no call has been answered, while it refuses to begin; zero when it does not.
	Down time.Time `json:"down,omitzero"`
	// Breaker says whether to call at all.
	Breaker Breaker `json:"breaker"`
	// Retries is the budget of repeated attempts.
	Retries Retries `json:"retries,omitzero"`
	// Warm are the prefixes that the provider keeps, or is about to.
	Warm []Warm `json:"warm,omitempty"`
}

// Need is what a call takes of each rate, in the likely amount: a call's worst case is a matter of money, not of rates.
type Need struct {
	Requests int64 `json:"requests,omitempty"`
	Input    int64 `json:"input,omitempty"`
	Output   int64 `json:"output,omitempty"`
}

// Reserve takes what a call needs from all three buckets and says when it may start: the latest of their answers. All
// three are booked as of that start, so that calls which one bucket delays do not meet in another.
func (p Provider) Reserve(now time.Time, need Need) (Provider, time.Time) {
	share := p.Ramp.Share(now)
	requests, input, output := p.Requests.at(now, share), p.Input.at(now, share).holds(need.Input), p.Output.at(now, share).holds(need.Output)
	_, start := requests.Reserve(now, need.Requests)
	_, second := input.Reserve(now, need.Input)
	_, third := output.Reserve(now, need.Output)
	start = latest(start, latest(second, third))
	p.Requests.Next = requests.book(start, need.Requests).Next
	p.Input.Next = input.book(start, need.Input).Next
	p.Output.Next = output.book(start, need.Output).Next
	return p, start
}

// holds is the bucket as one that n tokens fit into: a call that takes more than the burst starts when the bucket is full.
// If it waited for what it takes beyond that too, every ask would find it as far ahead as the last one, and none within the
// time that a lease has.
func (b Bucket) holds(n int64) Bucket {
	b.Rate.Burst = max(b.Rate.Burst, n)
	return b
}

// DownFor is how long the provider has refused every call, 0 when it has not.
func (p Provider) DownFor(now time.Time) time.Duration {
	if p.Down.IsZero() {
		return 0
	}
	return max(now.Sub(p.Down), 0)
}

// at is the bucket with a share of its rate, in thousandths, and without a time that cannot be true.
func (b Bucket) at(now time.Time, share int64) Bucket {
	b = b.sane(now)
	if b.Rate.PerMinute > 0 {
		b.Rate.PerMinute = max(b.Rate.PerMinute/1000*share+b.Rate.PerMinute%1000*share/1000, 1)
	}
	return b
}

// correct moves the bucket by what was taken beyond (or, below zero, short of) what was reserved. What lasts longer than
// correction is not believed.
func (b Bucket) correct(now time.Time, share, more int64) Bucket {
	if b.Rate.PerMinute < 1 || more == 0 || b.Next.IsZero() {
		return b
	}
	rate := b.at(now, share).Rate
	if more > 0 {
		b.Next = b.Next.Add(min(rate.lasts(more, true), correction))
		return b
	}
	b.Next = b.Next.Add(-min(rate.lasts(-more, false), correction))
	return b
}

// correction is the most that one report moves a bucket.
const correction = time.Minute

// PerMinute is how many calls a minute are handed out then, unless refusals lower the share, by the rate that allows the fewest; 0 when no limit is known.
func (p Provider) PerMinute(now time.Time) int64 {
	share, need, least := p.Ramp.Share(now), p.likely(Need{}), int64(0)
	for _, rate := range [...]struct{ perMinute, each int64 }{
		{p.Requests.Rate.PerMinute, need.Requests}, {p.Input.Rate.PerMinute, need.Input}, {p.Output.Rate.PerMinute, need.Output},
	} {
		if calls := max(rate.perMinute*share/1000/rate.each, 1); rate.perMinute > 0 && (least == 0 || calls < least) {
			least = calls
		}
	}
	return least
}
