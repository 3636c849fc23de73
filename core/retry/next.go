package retry

import "time"

// Limits is what a task may use up in one round.
type Limits struct {
	// Judged is how many answers are judged, the first included; 0 or less means 3.
	Judged int
	// Unknown is how many attempts may end with an unknown outcome; 0 or less means 5.
	Unknown int
	// GiveUpAfter is how long the other side may refuse to start without a break; 0 or less means 24 h.
	GiveUpAfter time.Duration
}

// OrDefault is l with the default in place of every limit that is not set.
func (l Limits) OrDefault() Limits {
	if l.Judged <= 0 {
		l.Judged = 3
	}
	if l.Unknown <= 0 {
		l.Unknown = 5
	}
	l.GiveUpAfter = positiveOr(l.GiveUpAfter, 24*time.Hour)
	return l
}

// Count is what a task has used up in this round. Its zero value is a task that has not failed yet.
type Count struct {
	// Judged counts answers that were no use.
	Judged int `json:"judged,omitempty"`
	// Unknown counts attempts whose outcome is unknown.
	Unknown int `json:"unknown,omitempty"`
	// Refusals counts the latest refusals to start in a row; any other outcome sets it to 0.
	Refusals int `json:"refusals,omitempty"`
	// RefusedSince is when the first of them came; zero when there are none.
	RefusedSince time.Time `json:"refused_since,omitzero"`
}

// Cause is why an attempt was of no use.
type Cause uint8

const (
	// Judged: there was an answer, it was paid for, and it was no use.
	Judged Cause = iota + 1
	// Unknown: nobody knows whether the call was done and billed.
	Unknown
	// Refused: the other side did not start; nothing was billed.
	Refused
)

// String is the cause's name: judged, unknown or refused.
func (c Cause) String() string {
	switch c {
	case Judged:
		return "judged"
	case Refused:
		return "refused"
	}
	return "unknown"
}

// Decision is what becomes of a task after a failed attempt.
type Decision struct {
	// Count is what to store with the task, the failure included.
	Count Count
	// Retry is false when the task has failed for good.
	Retry bool
	// At is when the next attempt may begin; zero without Retry.
	At time.Time
}

// Next counts the failure and decides. A judged answer is tried again at once while fewer than l.Judged were judged; an
// unknown outcome after Delay while fewer than l.Unknown were unknown; a refusal after Delay, and without limit of
// number, until refusals have gone on for l.GiveUpAfter. Judged and unknown outcomes end a row of refusals. A cause
// that does not exist counts as Unknown, the dearest. Limits that are not set have their defaults.
func (p Policy) Next(l Limits, c Count, cause Cause, now time.Time, retryAfter time.Duration, jitter float64) Decision {
	l = l.OrDefault()
	if cause == Refused {
		return p.refused(l, c, now, retryAfter, jitter)
	}
	c.Refusals, c.RefusedSince = 0, time.Time{}
	if cause == Judged {
		c.Judged++
		return decide(c, c.Judged < l.Judged, now)
	}
	c.Unknown++
	return decide(c, c.Unknown < l.Unknown, now.Add(p.Delay(c.Unknown, retryAfter, jitter)))
}

func (p Policy) refused(l Limits, c Count, now time.Time, retryAfter time.Duration, jitter float64) Decision {
	if c.RefusedSince.IsZero() {
		c.RefusedSince = now
	}
	c.Refusals++
	return decide(c, now.Sub(c.RefusedSince) < l.GiveUpAfter, now.Add(p.Delay(c.Refusals, retryAfter, jitter)))
}

func decide(c Count, again bool, at time.Time) Decision {
	if !again {
		return Decision{Count: c}
	}
	return Decision{Count: c, Retry: true, At: at}
}
