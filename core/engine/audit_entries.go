package engine

import (
	"fmt"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func short(h cost.Hash) string { return h.String()[:12] }

// entry checks one entry against those before it, and adds it up.
func (a *audit) entry(seq int64, entry *cost.Entry, r *Report) {
	key := attemptKey{entry.Ordinal, entry.Attempt}
	s := a.attempts[key]
	if err := a.fits(s, entry); err != "" {
		r.add(ProblemEntry, a.shard.Number, seq, "%s of task %d attempt %d: %s", entry.Kind, entry.Ordinal, entry.Attempt, err)
		return
	}
	a.once(seq, entry, r)
	if entry.Attempt == 0 {
		a.add(entry)
		return
	}
	if s == nil {
		s = &story{seq: seq, hold: entry.Amount}
		a.attempts[key] = s
		a.sums.Held += entry.Amount
		return
	}
	s.seq = seq
	switch entry.Kind {
	case cost.EntrySettle:
		a.sums.Held -= s.hold
		a.sums.Settled += entry.Amount
		s.paid, s.content = entry.Amount, entry.Content
	case cost.EntryVoid:
		a.sums.Held -= s.hold
		s.content = entry.Content
	case cost.EntryPresume:
		a.sums.Held -= s.hold
		a.sums.Presumed += s.hold
		s.paid, s.content = s.hold, entry.Content
	case cost.EntryAdjust:
		a.sums.Presumed -= s.hold
		a.sums.Settled += s.hold + entry.Amount
		s.paid = s.hold + entry.Amount
		s.adjusted = entry.Kind
		return
	}
	s.resolved = entry.Kind
}

// fits says what is wrong with an entry, given what came before it of the same attempt.
func (a *audit) fits(s *story, entry *cost.Entry) string {
	if a.f.layout.ShardOf(a.f.layout.ParcelOf(entry.Ordinal)) != a.shard.Number || entry.Ordinal >= a.f.layout.Tasks {
		return "the task is not of this shard"
	}
	switch {
	case entry.Attempt == 0 && (entry.Kind != cost.EntryAdjust || entry.Amount <= 0):
		return "is no attempt, and nothing that a bill adds"
	case entry.Attempt == 0:
		return a.priced(0, entry)
	case s == nil && entry.Kind != cost.EntryHold:
		return "nothing was held before"
	case s == nil && entry.Amount <= 0:
		return "holds nothing"
	case s == nil:
		return ""
	case entry.Kind == cost.EntryHold:
		return "was held before"
	case entry.Kind == cost.EntryAdjust && (s.resolved != cost.EntryPresume || s.adjusted != 0):
		return "is not a presumed attempt that waits for its adjust"
	case entry.Kind != cost.EntryAdjust && s.resolved != 0:
		return "was resolved before"
	case (entry.Kind == cost.EntryVoid || entry.Kind == cost.EntryPresume) && entry.Amount != s.hold:
		return fmt.Sprintf("amount is %s, held were %s", entry.Amount, s.hold)
	}
	return a.priced(s.hold, entry)
}

// priced checks that the usage gives the amount, where the price table of the hold is known.
func (a *audit) priced(hold cost.Pico, entry *cost.Entry) string {
	paid := entry.Amount
	if entry.Kind == cost.EntryAdjust {
		paid += hold
	}
	if entry.Kind != cost.EntrySettle && (entry.Kind != cost.EntryAdjust || paid == 0) {
		return ""
	}
	for _, table := range a.e.options.Prices {
		if table.Version() != entry.Terms.PriceVersion {
			continue
		}
		if price, err := table.Cost(entry.Terms.Model, entry.Terms.Lane, entry.Usage); err != nil || price != paid {
			return fmt.Sprintf("amount is %s, its usage costs %s", paid, price)
		}
	}
	return ""
}

// account compares the header's account with what the entries add up to.
func (a *audit) account(r *Report) {
	if err := a.shard.Account.Check(); err != nil {
		r.add(ProblemAccount, a.shard.Number, 0, "%s", fault.OneLine(err, 300))
	}
	if !a.intact {
		return
	}
	for _, sum := range []struct {
		name         string
		header, book cost.Pico
	}{
		{"held", a.shard.Account.Held, a.sums.Held},
		{"settled", a.shard.Account.Settled, a.sums.Settled},
		{"presumed", a.shard.Account.Presumed, a.sums.Presumed},
	} {
		if sum.header != sum.book {
			r.add(ProblemAccount, a.shard.Number, 0, "%s is %s USD in the header, the ledger adds up to %s", sum.name, sum.header, sum.book)
		}
	}
}
