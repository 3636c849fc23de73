package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Line is one ledger entry with what its block says.
type Line struct {
	Shard int
	Seq   int64
	At    time.Time
	Round int
	// Block is the number of the block's first entry, which is the block's name in its shard. Hash is the block's, Prev that of
	// the block before, all zero for the first.
	Block      int64
	Prev, Hash cost.Hash
	cost.Entry
}

// Ledger reads the job's ledger, shard by shard in order of sequence, following each chain. It is fault.Corrupt where a
// chain breaks.
func (e *Engine) Ledger(ctx context.Context, id job.ID, do func(Line) error) error {
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return err
	}
	for shard := range f.layout.Shards {
		if err := e.chain(ctx, f, shard, cost.Head{}, 0, do); err != nil {
			return err
		}
	}
	return nil
}

// Position names a line of a job's ledger. Its zero value is the beginning.
type Position struct {
	Shard int
	// Seq is the line's number in its shard; the first is 1, and 0 means the first.
	Seq int64
}

// MaxLines is how many lines LedgerFrom gives at most.
const MaxLines = 1000

// LedgerFrom reads at most limit lines, 1 to MaxLines, from a position on, in the order of Ledger. Next is the position of
// the line after them, nil at the end. The chain is followed from the block before: what is wrong further back only Ledger
// and Verify find. Errors: NotFound, Invalid, Corrupt, and the store's.
func (e *Engine) LedgerFrom(ctx context.Context, id job.ID, from Position, limit int) (lines []Line, next *Position, err error) {
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if from.Shard < 0 || from.Shard >= f.layout.Shards || from.Seq < 0 || from.Seq > maxSeq || limit < 1 || limit > MaxLines {
		return nil, nil, fault.New(fault.Invalid, "ledger of job %s: the position must be in shard 0 to %d, and the limit 1 to %d", id, f.layout.Shards-1, MaxLines)
	}
	for shard := from.Shard; shard < f.layout.Shards && next == nil; shard++ {
		head, err := e.headBefore(ctx, f, shard, from.Seq)
		if err != nil {
			return nil, nil, err
		}
		err = e.chain(ctx, f, shard, head, limit, func(l Line) error {
			if l.Seq < from.Seq {
				return nil
			}
			if len(lines) == limit {
				next = &Position{Shard: shard, Seq: l.Seq}
				return errNothing
			}
			lines = append(lines, l)
			return nil
		})
		if quiet(err) != nil {
			return nil, nil, err
		}
		from.Seq = 0
	}
	return lines, next, nil
}

// maxSeq is the largest number that a block's key has room for.
const maxSeq = 999_999_999_999

// headBefore is the head that the block with the entry must follow.
func (e *Engine) headBefore(ctx context.Context, f *facts, shard int, seq int64) (head cost.Head, err error) {
	if seq <= 1 {
		return head, nil
	}
	r := ports.Range{Partition: ledgerPart(f.id, shard), From: "b/", To: blockKey(f.id, shard, seq).Sort, Descending: true, Limit: 2}
	err = e.each(ctx, r, func(record ports.Record) error {
		block, hash, err := cost.ReadBlock(record.Body)
		if err != nil || block.Last() >= seq {
			return err // the entry is in this one: its head is the one before
		}
		head = cost.Head{Seq: block.Last(), Hash: hash}
		return errNothing
	})
	return head, quiet(err)
}

// chain follows a shard's ledger from a head on, in pages of so many blocks; 0 means as many as a page can have.
func (e *Engine) chain(ctx context.Context, f *facts, shard int, head cost.Head, blocks int, do func(Line) error) error {
	r := ports.Prefix(ledgerPart(f.id, shard), "b/")
	if r.Limit = blocks; head.Seq > 0 {
		r.From = blockKey(f.id, shard, head.Seq+1).Sort
	}
	return e.each(ctx, r, func(record ports.Record) error {
		next, block, err := head.Follow(record.Body)
		if err != nil {
			return fault.New(fault.KindOf(err), "ledger of job %s shard %d after entry %d: %w", f.id, shard, head.Seq, err)
		}
		line := Line{Shard: shard, At: block.At, Round: block.Round, Block: block.First, Prev: head.Hash, Hash: next.Hash}
		head = next
		for i, entry := range block.Entries {
			line.Seq, line.Entry = block.First+int64(i), entry
			if err := do(line); err != nil {
				return err
			}
		}
		return nil
	})
}
