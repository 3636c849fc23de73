package books

import (
	"slices"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// HandedOut is what the job has handed out of its cap, spent or held or in its shards' hands; a lower cap is refused.
func (b *Books) HandedOut(id job.ID) cost.Pico {
	if j := b.jobs[id]; j != nil {
		return j.header.Account.Granted - j.header.Account.Free()
	}
	return 0
}

// recapped checks a change of a job's cap: the history tells of each, from what and to what, and it is never below what is
// committed then. Spent is what the job's shards have settled, presumed and held.
func (b *Books) recapped(j *jobBook, spent cost.Pico) {
	h, was := j.header, j.before
	entry, ask, some := b.said(j, "budget_changed")
	switch from, to := entry.Data["from_usd"], entry.Data["to_usd"]; {
	case some != (h.Cap != was.Cap):
		b.Fail("job %s: its cap went from %s to %s, and the history tells of that: %t", j.id, was.Cap, h.Cap, some)
	case some && (from != was.Cap.String() || to != h.Cap.String()):
		b.Fail("job %s: its cap went from %s to %s, the history says from %s to %s", j.id, was.Cap, h.Cap, from, to)
	}
	if h.Cap == was.Cap {
		return
	}
	j.caps = append(j.caps, h.Cap)
	if h.Cap < was.Cap && spent > h.Cap && !b.strange {
		b.Fail("job %s: its cap is lowered from %s to %s, below the %s that are spent or held", j.id, was.Cap, h.Cap, spent)
	}
	if ask == nil || ask.Cap == 0 {
		return
	}
	if ask.Cap != h.Cap || was.State.Ended() || h.Wish != was.Wish || !slices.Equal(h.Pauses, was.Pauses) {
		b.Fail("job %s: a cap of %s was asked for, and it has %s, is %s after %s and paused for %v after %v", j.id, ask.Cap, h.Cap, h.State, was.State, h.Pauses, was.Pauses)
	}
	switch {
	case h.Cap > was.Cap:
		b.saw(chance.CapRaised)
	case spent > 0:
		b.saw(chance.CapLowered)
	}
}
