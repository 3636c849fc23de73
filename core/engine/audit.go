package engine

import (
	"context"

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
