package quota

import (
	"slices"
	"time"
)

// Report is what a process has seen of a model since its last one.
type Report struct {
	// Calls is how many calls were answered, Booked what had been booked for them, Input and Output what they took:
	// uncached prompt tokens and generated tokens.
	Calls         int64
	Booked        Need
	Input, Output int64
	// Unused are starts that will not be used.
	Unused []time.Time
	// Limits is what the provider said last of its limits.
	Limits Limits
	// Throttled is how many calls were refused for the rate; RetryAfter is the longest wait that was asked for.
	Throttled  int
	RetryAfter time.Duration
	// Failures counts the failures since the last success, the first of them at FailingSince; Kind is the last one's, but one
	// that stops all calls stays. OKAt is when the last success began, zero for none.
	Failures     int
	FailingSince time.Time
	Kind         string
	OKAt         time.Time
	// Tripped: a guard has seen enough. Probed: the outcome of the breaker's probe is among them, and ProbeOK says it.
	Tripped, Probed, ProbeOK bool
	// Prefix is the stable part of the last answered prompts, that of a call which began at PrefixAt. A zero PrefixAt
	// with a Prefix means that Owner did not get it stored.
	Prefix, Owner string
	PrefixAt      time.Time
}

// Limits is the state of the provider's buckets, as sent with an answer.
type Limits struct{ Requests, Input, Output, Tokens Limit }

// Limit is one bucket: what it holds at most (a minute's worth) and what is left. Max 0 means that it was not sent.
type Limit struct{ Max, Remaining int64 }

// maxFree is how many given-back starts the record keeps.
const maxFree = 100

// Take brings a report into the record.
func (p Provider) Take(now time.Time, r Report) Provider {
	p = p.limits(now, r.Limits)
	share := p.Ramp.Share(now)
	p.Input = p.Input.correct(now, share, r.Input-r.Booked.Input)
	p.Output = p.Output.correct(now, share, r.Output-r.Booked.Output)
	p = p.learn(r).giveBack(now, r.Unused)
	if r.Throttled > 0 {
		p.Ramp = p.Ramp.lower(now)
		p.Closed = latest(p.closed(now), now.Add(min(r.RetryAfter, MaxOpen)))
	}
	p.Breaker = p.Breaker.take(now, r)
	switch {
	case r.OKAt.After(p.Down):
		p.Down = time.Time{}
	case p.Down.IsZero() && (r.Throttled > 0 || p.Breaker.State == Open):
		p.Down = now
	}
	switch {
	case r.Prefix != "" && r.PrefixAt.IsZero():
		p = p.forget(r.Prefix, r.Owner)
	case r.Prefix != "":
		p = p.used(now, r.Prefix, r.PrefixAt)
	}
	return p
}

// limits takes over what the provider says that it allows. A bucket that it calls empty is: whatever was booked, the next
// start is a second away. The bucket of all tokens is that of a lower limit, a workspace's for example, when it holds
// less than those of either kind.
func (p Provider) limits(now time.Time, l Limits) Provider {
	known := p.Requests.Rate.PerMinute > 0
	p.Requests = p.Requests.told(now, l.Requests, 120)
	p.Input = p.Input.told(now, l.Input.within(l.Tokens), 60)
	p.Output = p.Output.told(now, l.Output.within(l.Tokens), 60)
	if !known && p.Requests.Rate.PerMinute > 0 {
		return p.begin(now)
	}
	return p
}

func (l Limit) within(other Limit) Limit {
	if l.Max > 0 && other.Max > 0 && other.Max < l.Max {
		return other
	}
	return l
}

// told takes over one limit. The burst is a part of the minute's worth: providers enforce their limits in seconds too.
func (b Bucket) told(now time.Time, l Limit, part int64) Bucket {
	if l.Max < 1 {
		return b
	}
	b.Rate = Rate{Burst: max(l.Max/part, 1), PerMinute: l.Max}
	if l.Remaining < 1 {
		b.Next = latest(b.sane(now).Next, now.Add(b.Rate.depth()+time.Second))
	}
	return b
}

// learn moves what a call is expected to take towards what calls took: by 2 % for each of them, at most by half.
func (p Provider) learn(r Report) Provider {
	if r.Calls < 1 {
		return p
	}
	mean := Need{Requests: 1, Input: r.Input / r.Calls, Output: r.Output / r.Calls}
	if p.Likely.Requests == 0 {
		p.Likely = mean
		return p
	}
	weight := min(2*r.Calls, 50)
	p.Likely.Input += (mean.Input - p.Likely.Input) * weight / 100
	p.Likely.Output += (mean.Output - p.Likely.Output) * weight / 100
	return p
}

// giveBack keeps starts that are still to come for others.
func (p Provider) giveBack(now time.Time, starts []time.Time) Provider {
	free := slices.Clone(p.Free)
	for _, at := range starts {
		if at.After(now) && len(free) < maxFree {
			free = append(free, at)
		}
	}
	sortTimes(free)
	p.Free = free
	return p
}

// Empty reports whether there is nothing to tell.
func (r *Report) Empty() bool {
	return r.Calls == 0 && len(r.Unused) == 0 && r.Limits == (Limits{}) && r.Throttled == 0 && r.Failures == 0 && r.Kind == "" &&
		!r.Tripped && !r.Probed && r.Prefix == ""
}

// Routine reports whether there is nothing to tell but what answered calls took, which can wait.
func (r *Report) Routine() bool {
	return len(r.Unused) == 0 && r.Throttled == 0 && r.Failures == 0 && r.Kind == "" && !r.Tripped && !r.Probed &&
		(r.Prefix == "" || !r.PrefixAt.IsZero()) && !r.Limits.usedUp()
}

// usedUp reports whether one of the buckets is empty.
func (l Limits) usedUp() bool {
	for _, one := range [...]Limit{l.Requests, l.Input, l.Output, l.Tokens} {
		if one.Max > 0 && one.Remaining < 1 {
			return true
		}
	}
	return false
}

// Plus is r followed by next.
func (r Report) Plus(next Report) Report {
	r.Calls += next.Calls
	r.Booked = Need{r.Booked.Requests + next.Booked.Requests, r.Booked.Input + next.Booked.Input, r.Booked.Output + next.Booked.Output}
	r.Input += next.Input
	r.Output += next.Output
	r.Unused = append(slices.Clip(r.Unused), next.Unused...)
	r.Limits = r.Limits.or(next.Limits)
	r.Throttled += next.Throttled
	r.RetryAfter = max(r.RetryAfter, next.RetryAfter)
	if next.OKAt.After(r.FailingSince) {
		// A success that began after the failures: they are over.
		r.Failures, r.FailingSince, r.Kind, r.Tripped = 0, time.Time{}, "", false
	}
	if next.Failures > 0 && r.Failures == 0 {
		r.FailingSince = next.FailingSince
	}
	r.Failures += next.Failures
	if next.Kind != "" && !stops(r.Kind) {
		r.Kind = next.Kind
	}
	r.OKAt = latest(r.OKAt, next.OKAt)
	r.Tripped = r.Tripped || next.Tripped
	if next.Probed {
		r.Probed, r.ProbeOK = true, next.ProbeOK
	}
	if next.Prefix != "" {
		r.Prefix, r.Owner, r.PrefixAt = next.Prefix, next.Owner, next.PrefixAt
	}
	return r
}

// or is the later of two sets of limits, bucket by bucket.
func (l Limits) or(next Limits) Limits {
	pick := func(old, new Limit) Limit {
		if new.Max > 0 {
			return new
		}
		return old
	}
	return Limits{pick(l.Requests, next.Requests), pick(l.Input, next.Input), pick(l.Output, next.Output), pick(l.Tokens, next.Tokens)}
}
