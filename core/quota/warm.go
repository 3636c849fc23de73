package quota

import (
	"slices"
	"time"
)

const (
	// keepWarm is how long a prefix counts as stored after a call that used it began: the provider keeps it five minutes
	// from then (Anthropic's documentation of August 2026), less what clocks and waiting in line may take.
	keepWarm = 4 * time.Minute
	// warmPoll is after how long to ask again while another process has the prefix stored: about as long as a call takes. Asked
	// more often, the messages of a small job are most of its requests.
	warmPoll = 8 * time.Second
	// maxWarm is how many prefixes the record remembers.
	maxWarm = 32
)

// Warm is one prefix.
type Warm struct {
	Prefix string `json:"prefix"`
	// By is who is having it stored; empty once it is.
	By string `json:"by,omitempty"`
	// Until is when it counts as cold again.
	Until time.Time `json:"until"`
}

// warm lets one call go ahead of the others that share its prefix.
func (p Provider) warm(now time.Time, ask Ask, g Grant) (Provider, Grant) {
	if ask.Prefix == "" || g.Probe {
		return p, g
	}
	for _, w := range p.Warm {
		if left := w.Until.Sub(now); w.Prefix != ask.Prefix || left <= 0 || left > farAhead {
			continue
		}
		if w.By != "" && w.By != ask.Owner {
			return p, Grant{Reason: HeldByPrefix, Again: earliest(w.Until, now.Add(warmPoll))}
		}
		g.Warms = w.By != ""
		return p, g
	}
	g.Warms = true
	return p.remember(now, Warm{Prefix: ask.Prefix, By: ask.Owner, Until: now.Add(ProbeTime)}), g
}

// remember puts a prefix in front and forgets those that are cold.
func (p Provider) remember(now time.Time, w Warm) Provider {
	list := append(make([]Warm, 0, len(p.Warm)+1), w)
	for _, other := range p.Warm {
		if other.Prefix != w.Prefix && other.Until.After(now) && len(list) < maxWarm {
			list = append(list, other)
		}
	}
	p.Warm = list
	return p
}

// forget takes a prefix out that owner did not get stored.
func (p Provider) forget(prefix, owner string) Provider {
	p.Warm = slices.DeleteFunc(slices.Clone(p.Warm), func(w Warm) bool { return w.Prefix == prefix && w.By == owner })
	return p
}

// used notes that a call which began then has read or stored the prefix.
func (p Provider) used(now time.Time, prefix string, began time.Time) Provider {
	until := began.Add(keepWarm)
	for _, w := range p.Warm {
		if w.Prefix == prefix && w.By == "" && !until.After(w.Until) {
			return p
		}
	}
	return p.remember(now, Warm{Prefix: prefix, Until: until})
}

func sortTimes(list []time.Time) { slices.SortFunc(list, time.Time.Compare) }

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
