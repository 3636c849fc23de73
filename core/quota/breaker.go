package quota

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// How long a breaker stays open, and how long a probe has.
const (
	// FirstOpen is the interval after the first opening; each further one in a row doubles it.
	FirstOpen = 10 * time.Second
	// LongestOpen is the longest interval that doubling leads to.
	LongestOpen = 5 * time.Minute
	// MaxOpen is the longest interval that the provider's own wish leads to. Keys and payment take it from the start.
	// An instant more than twice as far ahead was written by a broken clock and counts as reached.
	MaxOpen = time.Hour
	// probePoll is after how long to ask again while somebody else probes.
	probePoll = 5 * time.Second
	// ProbeTime is how long the one probe has. After it the next caller may probe.
	ProbeTime = 2 * time.Minute
)

// maxReason bounds a reason, in bytes.
const maxReason = 64

// BreakerState is one of closed, open and probing.
type BreakerState string

const (
	// Closed: calls go through. The zero value means the same.
	Closed BreakerState = "closed"
	// Open: no call until Until; the first to ask after it becomes the probe.
	Open BreakerState = "open"
	// Probing: one owner makes one call; if nothing is heard of it until Until, the next to ask takes its place.
	Probing BreakerState = "probing"
)

// Breaker stops the calls of all processes to a provider that fails. Its zero value is closed.
type Breaker struct {
	State BreakerState `json:"state,omitempty"`
	// Until ends the open interval or the probe's time; zero when closed.
	Until time.Time `json:"until,omitzero"`
	// Reason is the kind of the failure that opened it; empty when closed.
	Reason string `json:"reason,omitempty"`
	// Owner is who probes; empty unless probing.
	Owner string `json:"owner,omitempty"`
	// Opened counts the openings since the last success; 0 when closed.
	Opened int `json:"opened,omitempty"`
	// Failures counts the failures that all processes have reported since the last success, the first of them at Since;
	// zero unless closed.
	Failures int       `json:"failures,omitempty"`
	Since    time.Time `json:"since,omitzero"`
	// ClosedAt is when a probe closed it last: failures before that are over.
	ClosedAt time.Time `json:"closed_at,omitzero"`
}

// clocks is how far apart the clocks of two processes may be, and more.
const clocks = 10 * time.Second

// Trips is how many failures in a row, over all processes, open a closed breaker.
const Trips = 5

// Verdict is what a caller may do.
type Verdict uint8

const (
	// Proceed: call.
	Proceed Verdict = iota + 1
	// Probe: make exactly one call, and report how it went.
	Probe
	// Wait: do not call before the breaker's Until.
	Wait
)

// String is the verdict's name: proceed, probe or wait.
func (v Verdict) String() string {
	switch v {
	case Proceed:
		return "proceed"
	case Probe:
		return "probe"
	case Wait:
		return "wait"
	}
	return "unknown"
}

// Ask says whether owner may call now. Of all who ask, one per interval gets Probe; the same owner asking again within
// it gets Probe again, so that a decision that ran twice comes to the same. An owner name stands for one call at most.
func (b Breaker) Ask(now time.Time, owner string) (Breaker, Verdict) {
	switch {
	case b.State != Open && b.State != Probing:
		return b, Proceed
	case b.ahead(now) && b.State == Probing && b.Owner == owner:
		return b, Probe
	case b.ahead(now):
		return b, Wait
	}
	b.State, b.Owner, b.Until = Probing, owner, now.Add(ProbeTime)
	return b, Probe
}

// take brings in what a process has seen. Failures that lie before a success are forgotten, whoever had the success; at
// Trips of them the breaker opens. A success among calls that began before the breaker opened says nothing: only the
// probe's does.
func (b Breaker) take(now time.Time, r Report) Breaker {
	switch {
	case r.Probed && r.ProbeOK && b.State == Probing:
		return Breaker{State: Closed, ClosedAt: now}
	case r.Probed, stops(r.Kind):
		return b.Report(now, r.Probed && r.ProbeOK, r.Kind, r.RetryAfter)
	case b.State == Probing || r.Failures > 0 && r.FailingSince.Before(b.ClosedAt.Add(-clocks)):
		// Those calls began before: what counts is the probe.
		return b
	case r.Tripped:
		return b.Report(now, false, r.Kind, r.RetryAfter)
	case b.State == Open:
		return b
	}
	if b.Failures > 0 && r.OKAt.After(b.Since) {
		b.Failures, b.Since = 0, time.Time{}
	}
	if r.Failures == 0 {
		return b
	}
	if b.Failures == 0 {
		b.Since = r.FailingSince
	}
	if b.Failures += r.Failures; b.Failures < Trips {
		return b
	}
	return b.Report(now, false, r.Kind, r.RetryAfter)
}

// Retry lets the next who asks probe at once: somebody says that the cause is gone.
func (b Breaker) Retry(now time.Time) Breaker {
	if b.State == Open && b.ahead(now) {
		b.Until = now
	}
	return b
}

// Report takes how a call went. A failure opens the breaker at once: single failures are counted before, by take and by
// the guard of each process, which reports when it has seen enough. Kind is the failure's kind, retryAfter the provider's wish (0 for
// none). While open, a further failure can only lengthen the interval, and a success says nothing, because its call
// began before. While probing, a success closes and a failure opens for twice as long.
func (b Breaker) Report(now time.Time, ok bool, kind string, retryAfter time.Duration) Breaker {
	switch {
	case ok && b.State == Probing:
		return Breaker{State: Closed}
	case ok:
		return b
	}
	if b.State == Open && b.ahead(now) && (!stops(kind) || stops(b.Reason)) {
		b.Until = latest(b.Until, now.Add(min(retryAfter, MaxOpen)))
		return b
	}
	return Breaker{
		State: Open, ClosedAt: b.ClosedAt, Reason: kind[:min(len(kind), maxReason)], Opened: b.Opened + 1,
		Until: now.Add(max(interval(kind, b.Opened), min(retryAfter, MaxOpen))),
	}
}

// ahead reports whether Until is still to come, and believable.
func (b Breaker) ahead(now time.Time) bool {
	left := b.Until.Sub(now)
	return left > 0 && left <= 2*MaxOpen
}

// interval is how long to open after so many openings in a row. No probe mends a key or a payment soon.
func interval(kind string, opened int) time.Duration {
	if stops(kind) {
		return MaxOpen
	}
	length := FirstOpen
	for range min(opened, 10) {
		length = min(2*length, LongestOpen)
	}
	return length
}

// stops reports whether a failure of the kind stops all calls at once.
func stops(kind string) bool {
	return kind == fault.Unauthorized.Error() || kind == fault.SpendCap.Error()
}
