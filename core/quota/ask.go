package quota

import "time"

// Ask is what a worker wants before it takes a lease.
type Ask struct {
	// Owner names the asker; fresh for each delivery of work.
	Owner string
	// Calls is how many calls it could begin, at least 1; Retries how many of them repeat an attempt whose outcome is
	// unknown.
	Calls, Retries int
	// Within is how far ahead the last start may be, the first half as far.
	Within time.Duration
	// Likely is what one call is expected to take, for as long as nothing has been learned.
	Likely Need
	// Prefix names the stable part of the prompts that the provider is asked to keep; empty for none.
	Prefix string
}

// Reason says why nothing was granted.
type Reason string

// The reasons.
const (
	// HeldByQuota: no start within the time asked for.
	HeldByQuota Reason = "quota"
	// HeldByBreaker: the breaker is open, or somebody else probes.
	HeldByBreaker Reason = "breaker"
	// HeldByPrefix: somebody else is having the prefix stored; whoever comes after reads it at a fraction of the price.
	HeldByPrefix Reason = "prefix"
)

// Grant is the answer: when calls may start, or when to ask again.
type Grant struct {
	// Starts are the times of the calls, ascending, at most as many as were asked for. With none, Reason says why and
	// Again when to ask again.
	Starts []time.Time
	Reason Reason
	Again  time.Time
	// Retries is how many of the calls may repeat an attempt; RetryAt is when one more could.
	Retries int
	RetryAt time.Time
	// Need is what was booked for each call.
	Need Need
	// Probe is true when the one call is the breaker's probe, Warms when it is the one that has the prefix stored.
	Probe, Warms bool
}

// Ask decides what a worker may call. The same ask by the same owner on its own outcome grants anew; what an earlier,
// unacknowledged run had booked is lost to everybody, which costs a little of the rate and nothing else.
func (p Provider) Ask(now time.Time, ask Ask) (Provider, Grant) {
	var verdict Verdict
	if p.Breaker, verdict = p.Breaker.Ask(now, ask.Owner); verdict == Wait {
		again := p.Breaker.Until
		if p.Breaker.State == Probing {
			// The probe's time is that of a call that hangs; most are answered long before.
			again = earliest(again, now.Add(probePoll))
		}
		return p, Grant{Reason: HeldByBreaker, Again: again}
	}
	if closed := p.closed(now); closed.After(now.Add(ask.Within / 2)) {
		return p, Grant{Reason: HeldByQuota, Again: closed.Add(-ask.Within / 2)}
	}
	p = p.wake(now)
	g := Grant{Need: p.likely(ask.Likely), Probe: verdict == Probe}
	calls := max(ask.Calls, 1)
	if p, g = p.warm(now, ask, g); g.Reason != "" {
		return p, g
	}
	if g.Probe || g.Warms {
		calls = 1
	}
	p, g = p.starts(now, ask.Within, calls, g)
	p.Retries, g.Retries, g.RetryAt = p.Retries.take(now, min(ask.Retries, len(g.Starts)))
	p.Retries = p.Retries.earn(min(len(g.Starts)-g.Retries, calls-ask.Retries))
	return p, g
}

// starts hands out start times: those that others gave back first. The first of the others must come in the first half of
// the time asked for. Who asks at any later moment would get the one or two starts that have come into reach since somebody
// else asked, and each such ask is a write; so there is enough for a whole parcel, or nothing.
func (p Provider) starts(now time.Time, within time.Duration, calls int, g Grant) (Provider, Grant) {
	from, until := latest(now, p.closed(now)), now.Add(within)
	free := p.Free
	p.Free = nil
	for _, at := range free {
		switch {
		case at.Before(from) || at.Sub(now) > farAhead:
		case len(g.Starts) < calls && !at.After(until):
			g.Starts = append(g.Starts, at)
		default:
			p.Free = append(p.Free, at)
		}
	}
	for len(g.Starts) < calls {
		next, start := p.Reserve(from, g.Need)
		if len(g.Starts) == 0 && start.After(now.Add(within/2)) {
			g.Reason, g.Again = HeldByQuota, start.Add(-within/2)
			break
		}
		if start.After(until) {
			break
		}
		p = next
		g.Starts = append(g.Starts, start)
	}
	sortTimes(g.Starts)
	return p, g
}

// closed is until when the provider wants no call, if that can be true.
func (p Provider) closed(now time.Time) time.Time {
	if p.Closed.Sub(now) > 2*MaxOpen {
		return now
	}
	return p.Closed
}

// likely is what a call is booked with.
func (p Provider) likely(guess Need) Need {
	n := p.Likely
	if n.Requests == 0 {
		n = guess
	}
	return Need{Requests: 1, Input: max(n.Input, 1), Output: max(n.Output, 1)}
}

// MayCall reports whether a call whose start has come may still be made, by what was last read of the record: nobody has
// opened the breaker, but for the probe of whoever has it now, and the provider has not asked for a pause. Prober is who was
// let through as a probe; empty for any other call. Otherwise it says why and until when.
func (p Provider) MayCall(now time.Time, prober string) (Reason, time.Time) {
	if closed := p.closed(now); closed.After(now) {
		return HeldByQuota, closed
	}
	b := p.Breaker
	if prober != "" && b.State == Probing && b.Owner == prober {
		return "", time.Time{}
	}
	if (b.State == Open || b.State == Probing) && b.Until.Sub(now) <= 2*MaxOpen {
		return HeldByBreaker, latest(now, b.Until)
	}
	return "", time.Time{}
}
