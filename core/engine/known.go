package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// known is what a shard's ledger says, as far as it has been read: which answers are paid for, and since when attempts
// are held.
type known struct {
	f     *facts
	shard int
	head  cost.Head
	paid  map[string]bool
	held  map[attemptKey]time.Time
	// before is what had been read when a decision began to read on; nil outside of one.
	before *known
}

func newKnown(f *facts, shard int) *known {
	return &known{f: f, shard: shard, paid: map[string]bool{}, held: map[attemptKey]time.Time{}}
}

// read reads what was added to the ledger.
func (k *known) read(ctx context.Context, e *Engine) error {
	blocks := ports.Prefix(ledgerPart(k.f.id, k.shard), "b/")
	blocks.From = blockKey(k.f.id, k.shard, k.head.Seq+1).Sort
	return e.each(ctx, blocks, k.follow)
}

// maxNews is how many blocks a decision reads on by itself.
const maxNews = 10

// upTo reads on to the head that the shard has in a decision, so that what others have booked meanwhile is seen. What it
// reads belongs to this run of the decision.
func (k *known) upTo(c *change) (*known, error) {
	on := newKnown(k.f, k.shard)
	on.head, on.before = k.head, k
	for n := 0; on.head != c.shard.Head; n++ {
		if n == maxNews {
			return nil, fault.New(fault.Throttled, "reconcile: shard %d of job %s is written to faster than it can be read: run it again", k.shard, k.f.id)
		}
		record, found := c.tx.Get(blockKey(k.f.id, k.shard, on.head.Seq+1))
		if !found {
			return nil, fault.New(fault.Corrupt, "reconcile: ledger of job %s shard %d ends at entry %d, its header says %d", k.f.id, k.shard, on.head.Seq, c.shard.Head.Seq)
		}
		if err := on.follow(record); err != nil {
			return nil, err
		}
	}
	return on, nil
}

// follow takes in the next block.
func (k *known) follow(record ports.Record) error {
	head, block, err := k.head.Follow(record.Body)
	if err != nil {
		return fault.New(fault.KindOf(err), "reconcile: ledger of job %s shard %d: %w", k.f.id, k.shard, err)
	}
	k.head = head
	for i := range block.Entries {
		entry := &block.Entries[i]
		switch entry.Kind {
		case cost.EntryHold:
			k.held[attemptKey{entry.Ordinal, entry.Attempt}] = block.At
		case cost.EntrySettle, cost.EntryAdjust:
			k.paid[entry.MessageID] = true
		}
	}
	return nil
}

func (k *known) isPaid(message string) bool {
	return k.paid[message] || k.before != nil && k.before.isPaid(message)
}

// heldAt is when the attempt was held.
func (k *known) heldAt(key attemptKey) time.Time {
	if at, is := k.held[key]; is || k.before == nil {
		return at
	}
	return k.before.heldAt(key)
}
