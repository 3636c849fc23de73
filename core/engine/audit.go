package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// attemptKey names an attempt of a job.
type attemptKey struct{ ordinal, attempt int }

// story is what the ledger says of one attempt.
type story struct {
	hold, paid         cost.Pico
	resolved, adjusted cost.EntryKind
	content            [32]byte
	seq                int64
}

// audit is one shard's books as they are read.
type audit struct {
	e       *Engine
	f       *facts
	shard   job.Shard
	parcels []job.Parcel
	head    cost.Head
	// sums are the account that the entries add up to.
	sums     cost.Account
	attempts map[attemptKey]*story
	// added is what bills have added to tasks without an attempt, answers which entry has paid for each answer.
	added   map[int]addition
	answers map[string]payment
	// intact is false once the chain broke: what follows from the entries is then not compared.
	intact bool
}

// looks is how often a shard is read before a live one is taken as it is.
const looks = 10

// auditShard reads a shard that holds still, follows its chain and compares everything that follows from it. It returns
// nil when the header cannot be read.
func (e *Engine) auditShard(ctx context.Context, f *facts, number int, seals []Seal, r *Report) (*audit, error) {
	a := &audit{e: e, f: f, attempts: map[attemptKey]*story{}, added: map[int]addition{}, answers: map[string]payment{}, intact: true}
	readable, still, err := a.look(ctx, number, r)
	if err != nil || !readable {
		return nil, err
	}
	if err := a.follow(ctx, seals, r); err != nil {
		return nil, err
	}
	r.Entries += a.head.Seq
	r.Settled += a.sums.Settled
	r.Presumed += a.sums.Presumed
	a.account(r)
	if !still {
		return a, nil
	}
	a.counters(r)
	a.compareAttempts(r)
	return a, a.contents(ctx, r)
}

// look reads header and parcels until the header is the same before and after.
func (a *audit) look(ctx context.Context, number int, r *Report) (readable, still bool, err error) {
	for range looks {
		if a.shard, err = a.e.shard(ctx, a.f, number); broken(err) || absent(err) {
			r.add(ProblemRecord, number, 0, "shard header: %s", fault.OneLine(err, 300))
			return false, false, nil
		}
		if err != nil {
			return false, false, err
		}
		a.parcels = nil
		err = a.e.eachParcel(ctx, a.f, number, func(p *job.Parcel) error {
			a.parcels = append(a.parcels, p.Copy())
			return nil
		})
		if broken(err) {
			r.add(ProblemRecord, number, 0, "%s", fault.OneLine(err, 300))
			return true, false, nil
		}
		if err != nil {
			return false, false, err
		}
		again, err := a.e.shard(ctx, a.f, number)
		if err == nil && same(&again, &a.shard) {
			return true, true, nil
		}
	}
	return true, false, nil
}

// follow reads the chain up to the header's head.
func (a *audit) follow(ctx context.Context, seals []Seal, r *Report) error {
	passed := make([]bool, len(seals))
	mark := func() {
		for i, seal := range seals {
			passed[i] = passed[i] || seal.Heads[a.shard.Number] == a.head
		}
	}
	mark()
	err := a.e.each(ctx, ports.Prefix(ledgerPart(a.f.id, a.shard.Number), "b/"), func(record ports.Record) error {
		if a.intact && a.head.Seq >= a.shard.Head.Seq {
			// Blocks behind the header's head are those of Updates that came after the look.
			return a.behind(ctx, record, r)
		}
		next, block, err := a.head.Follow(record.Body)
		if err != nil {
			a.intact = false
			r.add(ProblemChain, a.shard.Number, a.head.Seq+1, "block %s: %s", record.Key.Sort, fault.OneLine(err, 200))
			return errNothing
		}
		if record.Key != blockKey(a.f.id, a.shard.Number, block.First) {
			a.intact = false
			r.add(ProblemChain, a.shard.Number, block.First, "block %s begins with entry %d", record.Key.Sort, block.First)
			return errNothing
		}
		a.head = next
		mark()
		for i := range block.Entries {
			a.entry(block.First+int64(i), &block.Entries[i], r)
		}
		return nil
	})
	if quiet(err) != nil {
		return err
	}
	a.answers = nil
	if a.intact && a.head != a.shard.Head {
		a.intact = false
		r.add(ProblemHead, a.shard.Number, a.head.Seq, "chain ends at entry %d (%s), the header says %d (%s)", a.head.Seq, short(a.head.Hash), a.shard.Head.Seq, short(a.shard.Head.Hash))
	}
	for i, seal := range seals {
		if a.intact && !passed[i] {
			r.add(ProblemHead, a.shard.Number, seal.Heads[a.shard.Number].Seq, "chain does not pass through the head sealed in round %d", seal.Round)
		}
	}
	return nil
}

// behind looks at a block behind the head that was read: an honest one is there because the header has moved on.
func (a *audit) behind(ctx context.Context, record ports.Record, r *Report) error {
	now, err := a.e.shard(ctx, a.f, a.shard.Number)
	if err != nil {
		return err
	}
	if now.Head.Seq == a.shard.Head.Seq {
		r.add(ProblemChain, a.shard.Number, a.head.Seq+1, "block %s stands behind the end of the chain", record.Key.Sort)
	}
	return errNothing
}

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

// counters compares the header's counters with the tasks.
func (a *audit) counters(r *Report) {
	var counts job.Counts
	var waiting [job.Reasons]int
	ended := make([]byte, len(a.shard.Ended))
	untouched := a.shard.Tasks
	for _, p := range a.parcels {
		untouched -= len(p.Tasks)
		for _, t := range p.Tasks {
			counts[t.State]++
			if t.State == job.TaskWaiting {
				waiting[t.Reason]++
			}
		}
		if slot := a.f.layout.Slot(p.Number); p.Ended() && slot/8 < len(ended) {
			ended[slot/8] |= 1 << (slot % 8)
		}
	}
	if a.shard.Dropped {
		counts[job.TaskCancelled] += untouched
	} else {
		counts[job.TaskQueued] += untouched
	}
	for state := range counts {
		if counts[state] != a.shard.Counts[state] {
			r.add(ProblemCounter, a.shard.Number, 0, "%s is %d in the header, %d tasks are", job.TaskState(state), a.shard.Counts[state], counts[state])
		}
	}
	if untouched != a.shard.Untouched {
		r.add(ProblemCounter, a.shard.Number, 0, "untouched is %d in the header, %d tasks are", a.shard.Untouched, untouched)
	}
	if waiting != a.shard.Waiting {
		r.add(ProblemCounter, a.shard.Number, 0, "waiting by reason is %v in the header, tasks are %v", a.shard.Waiting, waiting)
	}
	if !slices.Equal(ended, a.shard.Ended) {
		r.add(ProblemCounter, a.shard.Number, 0, "the parcels that have ended are not those that the header marks")
	}
}

// compareAttempts compares the parcels' open and presumed attempts, and what their tasks cost, with the ledger.
func (a *audit) compareAttempts(r *Report) {
	if !a.intact {
		return
	}
	open, presumed := map[attemptKey]cost.Pico{}, map[attemptKey]cost.Pico{}
	costs, billed := map[int]cost.Pico{}, map[int]int{}
	last, accepted := map[int]int{}, map[int]int{}
	for ordinal, added := range a.added {
		costs[ordinal], billed[ordinal] = added.paid, added.lines
	}
	for key, s := range a.attempts {
		last[key.ordinal] = max(last[key.ordinal], key.attempt)
		if s.content != ([32]byte{}) {
			accepted[key.ordinal] = max(accepted[key.ordinal], key.attempt)
		}
		switch {
		case s.resolved == 0:
			open[key] = s.hold
		case s.resolved == cost.EntryPresume && s.adjusted == 0:
			presumed[key] = s.hold
		}
		costs[key.ordinal] += s.paid
		if s.paid > 0 {
			billed[key.ordinal]++
		}
	}
	for i := range a.parcels {
		p := &a.parcels[i]
		a.match(p, p.Open, open, "open", r)
		a.match(p, p.Presumed, presumed, "presumed", r)
		for n, t := range p.Tasks {
			if o := p.First + n; t.Cost != costs[o] || t.Billed != billed[o] {
				r.add(ProblemAttempt, a.shard.Number, 0, "task %d counts %d attempts for %s USD, the ledger %d for %s", o, t.Billed, t.Cost, billed[o], costs[o])
			} else if t.Last != last[o] || t.Accepted != accepted[o] {
				r.add(ProblemAttempt, a.shard.Number, 0, "task %d has made %d attempts and accepted number %d, in the ledger %d and %d", o, t.Last, t.Accepted, last[o], accepted[o])
			}
			delete(a.added, p.First+n)
		}
	}
	a.left(open, "is held in the ledger and no parcel has it open", r)
	a.left(presumed, "is presumed in the ledger and not in its parcel", r)
	a.leftAdded(r)
}

// left reports the attempts of the ledger that no parcel knows, in order.
func (a *audit) left(book map[attemptKey]cost.Pico, what string, r *Report) {
	keys := slices.SortedFunc(maps.Keys(book), func(x, y attemptKey) int {
		return cmp.Or(cmp.Compare(x.ordinal, y.ordinal), cmp.Compare(x.attempt, y.attempt))
	})
	for _, key := range keys {
		r.add(ProblemAttempt, a.shard.Number, a.attempts[key].seq, "task %d attempt %d %s", key.ordinal, key.attempt, what)
	}
}

func (a *audit) match(p *job.Parcel, list []job.Attempt, book map[attemptKey]cost.Pico, what string, r *Report) {
	for _, attempt := range list {
		key := attemptKey{p.First + attempt.Task, attempt.Number}
		if hold, found := book[key]; !found || hold != attempt.Hold {
			r.add(ProblemAttempt, a.shard.Number, 0, "task %d attempt %d is %s in its parcel for %s USD, in the ledger for %s", key.ordinal, key.attempt, what, attempt.Hold, hold)
		}
		delete(book, key)
	}
}

// overdue looks for presumed attempts whose answers are stored and can be priced: they should have been adjusted. Whoever
// stored one may be about to do so, and may have done it since the parcel was read.
func (a *audit) overdue(ctx context.Context, p *job.Parcel, r *Report) error {
	for _, attempt := range p.Presumed {
		stored, err := a.e.stored(ctx, a.f, a.shard.Number, p.First+attempt.Task, attempt.Number)
		if absent(err) || broken(err) {
			continue
		}
		if err != nil {
			return err
		}
		if _, known := a.e.priced(attempt.Terms, stored); !known || a.e.Clock.Now().Sub(stored.At) < a.e.options.Lease {
			continue
		}
		now, err := a.e.parcel(ctx, a.f, p.Number)
		if err != nil && !broken(err) {
			return err
		}
		if _, still := now.TakePresumed(attempt.Task, attempt.Number); still {
			r.add(ProblemAttempt, a.shard.Number, 0, "task %d attempt %d is presumed, and its answer is stored: retry the task to settle it", p.First+attempt.Task, attempt.Number)
		}
	}
	return nil
}

// contents checks that the accepted answer of every task that has one is the one that was paid for.
func (a *audit) contents(ctx context.Context, r *Report) error {
	for i := range a.parcels {
		p := &a.parcels[i]
		if err := a.overdue(ctx, p, r); err != nil {
			return err
		}
		for n, t := range p.Tasks {
			if t.State != job.TaskCompleted && t.Accepted == 0 {
				continue
			}
			ordinal := p.First + n
			stored, err := a.e.stored(ctx, a.f, a.shard.Number, ordinal, t.Accepted)
			if broken(err) || absent(err) {
				r.add(ProblemContent, a.shard.Number, 0, "task %d: answer of attempt %d: %s", ordinal, t.Accepted, fault.OneLine(err, 200))
				continue
			}
			if err != nil {
				return err
			}
			if s := a.attempts[attemptKey{ordinal, t.Accepted}]; a.intact && (s == nil || s.content != stored.Content()) {
				r.add(ProblemContent, a.shard.Number, 0, "task %d: content of attempt %d is not the one in the ledger", ordinal, t.Accepted)
			}
		}
	}
	return nil
}

// end compares what the job noted at the shard's end with the shard.
func (a *audit) end(j *job.Job, r *Report) {
	end := j.Ends[a.shard.Number]
	if (end != nil) != a.shard.Done {
		r.add(ProblemCounter, a.shard.Number, 0, "the job says that the shard has ended: %t, the header: %t", end != nil, a.shard.Done)
		return
	}
	if end != nil && (end.Counts != a.shard.Counts || end.Account != a.shard.Account || end.Head != a.shard.Head) {
		r.add(ProblemCounter, a.shard.Number, a.shard.Head.Seq, "what the job noted at the shard's end is not what its header says")
	}
}
