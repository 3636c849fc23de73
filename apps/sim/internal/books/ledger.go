package books

import (
	"fmt"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// chain is one shard's ledger as far as it was read.
type chain struct {
	head                    cost.Head
	held, settled, presumed cost.Pico
	attempts                map[attempt]*fate
	// open and unsure count the attempts that are held, and those that are presumed and not adjusted.
	open, unsure int
	// spent counts, by task and round, the attempts that used up a limit.
	spent map[[2]int]int
}

func newChain() chain { return chain{attempts: map[attempt]*fate{}, spent: map[[2]int]int{}} }

type resolution uint8

const (
	open resolution = iota
	settled
	voided
	presumed
	adjusted
)

func (r resolution) String() string {
	return [...]string{"open", "settled", "voided", "presumed", "adjusted"}[r]
}

type fate struct {
	hold     cost.Pico
	resolved resolution
}

// follow reads what was added to a shard's ledger.
func (b *Books) follow(j *jobBook, shard int) {
	ch := &j.shards[shard].chain
	part := fmt.Sprintf("job/%s/l%02d", j.id, shard)
	for {
		body, found := b.store.Read(blockKey(part, ch.head.Seq+1))
		if !found {
			return
		}
		next, block, err := ch.head.Follow(body)
		if err != nil {
			b.Fail("job %s shard %d: %v", j.id, shard, err)
			return
		}
		ch.head = next
		for i := range block.Entries {
			b.entry(j, ch, block.Round, &block.Entries[i])
			if block.Entries[i].Kind == cost.EntryHold && !b.opening {
				j.shards[shard].heldNow = true
				b.heldWhileOff(j, shard, block.At)
				if block.Round != j.header.Round {
					b.Fail("job %s shard %d: a hold of round %d while the job is in round %d", j.id, shard, block.Round, j.header.Round)
				}
			}
		}
	}
}

// entry adds one ledger entry up: one hold for each attempt, one resolution, one adjust of a presume at most.
func (b *Books) entry(j *jobBook, ch *chain, round int, e *cost.Entry) {
	if e.Attempt == 0 && e.Kind == cost.EntryAdjust {
		ch.settled += e.Amount
		b.pays(j, e, e.Amount)
		return
	}
	f := ch.attempts[attempt{e.Ordinal, e.Attempt}]
	m := &j.money[e.Ordinal]
	what := fmt.Sprintf("job %s task %d attempt %d: %s", j.id, e.Ordinal, e.Attempt, e.Kind)
	if e.Kind == cost.EntryHold {
		if f != nil {
			b.Fail("%s: the number was given before", what)
			return
		}
		if !b.opening {
			b.lane(j, what, e.Terms.Lane)
		}
		ch.attempts[attempt{e.Ordinal, e.Attempt}] = &fate{hold: e.Amount}
		ch.held += e.Amount
		m.covers += e.Amount
		ch.open++
		return
	}
	if f == nil || e.Kind == cost.EntryAdjust && f.resolved != presumed || e.Kind != cost.EntryAdjust && f.resolved != open {
		b.Fail("%s: its state in the ledger forbids it: %v", what, f)
		return
	}
	if e.Terms.Lane == cost.Batch && e.Kind != cost.EntryAdjust {
		b.unbatched(j, what, e)
	}
	b.resolve(j, ch, f, e)
	b.covered(j, e.Ordinal)
	if e.Kind == cost.EntryVoid || e.Kind == cost.EntryAdjust {
		return
	}
	at := [2]int{e.Ordinal, round}
	if ch.spent[at]++; ch.spent[at] > j.header.Limits.Attempts() {
		b.Fail("%s: more than %d attempts in round %d", what, j.header.Limits.Attempts(), round)
	}
}

func (b *Books) resolve(j *jobBook, ch *chain, f *fate, e *cost.Entry) {
	m := &j.money[e.Ordinal]
	switch e.Kind {
	case cost.EntrySettle:
		f.resolved = settled
		ch.held, ch.settled, m.covers = ch.held-f.hold, ch.settled+e.Amount, m.covers-f.hold
		ch.open--
		b.pays(j, e, e.Amount)
	case cost.EntryVoid:
		f.resolved = voided
		ch.held, m.covers = ch.held-f.hold, m.covers-f.hold
		ch.open--
	case cost.EntryPresume:
		f.resolved = presumed
		ch.held, ch.presumed = ch.held-f.hold, ch.presumed+f.hold
		ch.open--
		ch.unsure++
	case cost.EntryAdjust:
		f.resolved = adjusted
		ch.presumed, ch.settled, m.covers = ch.presumed-f.hold, ch.settled+f.hold+e.Amount, m.covers-f.hold
		ch.unsure--
		if f.hold+e.Amount != 0 {
			b.pays(j, e, f.hold+e.Amount)
		}
	}
}

// pays holds what was settled against the provider's own bill: an answer is paid once, at its price.
func (b *Books) pays(j *jobBook, e *cost.Entry, amount cost.Pico) {
	line := b.bill[e.MessageID]
	switch {
	case line == nil:
		b.Fail("job %s task %d attempt %d: paid for %q, which was never given", j.id, e.Ordinal, e.Attempt, e.MessageID)
		return
	case line.paid:
		b.Fail("job %s: answer %s is paid twice", j.id, e.MessageID)
	case line.Amount != amount:
		b.Drift += max(amount-line.Amount, line.Amount-amount)
		b.Fail("job %s: answer %s is booked for %s, billed for %s", j.id, e.MessageID, amount, line.Amount)
	}
	line.paid = true
	if !line.lost {
		j.money[e.Ordinal].owed -= line.Amount
	}
}
