package quota

import "time"

// Provider is the record of one model of a provider, shared by all processes.
type Provider struct {
	// Requests, Input and Output are the rates of calls, of uncached prompt tokens and of generated tokens.
	Requests Bucket `json:"requests"`
	Input    Bucket `json:"input"`
	Output   Bucket `json:"output"`
	// Breaker says whether to call at all.
	Breaker Breaker `json:"breaker"`
}

// Need is what a call takes of each rate, in the likely amount: a call's worst case is a matter of money, not of rates.
type Need struct {
	Requests, Input, Output int64
}

// Reserve takes what a call needs from all three buckets and says when it may start: the latest of their answers. All
// three are booked as of that start, so that calls which one bucket delays do not meet in another.
func (p Provider) Reserve(now time.Time, need Need) (Provider, time.Time) {
	_, start := p.Requests.Reserve(now, need.Requests)
	_, input := p.Input.Reserve(now, need.Input)
	_, output := p.Output.Reserve(now, need.Output)
	start = latest(start, latest(input, output))
	p.Requests = p.Requests.sane(now).book(start, need.Requests)
	p.Input = p.Input.sane(now).book(start, need.Input)
	p.Output = p.Output.sane(now).book(start, need.Output)
	return p, start
}

// GiveBack returns what was reserved for a call that is not made. Bucket.GiveBack says when to.
func (p Provider) GiveBack(need Need) Provider {
	p.Requests = p.Requests.GiveBack(need.Requests)
	p.Input = p.Input.GiveBack(need.Input)
	p.Output = p.Output.GiveBack(need.Output)
	return p
}
