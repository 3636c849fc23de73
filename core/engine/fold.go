package engine

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// fold ends every change: counters from the moved tasks, the ledger block, the end of the shard and of the job. Run
// again on what it wrote it changes nothing.
func (c *change) fold() error {
	c.count()
	if err := c.book(); err != nil {
		return err
	}
	if err := c.endShard(); err != nil {
		return err
	}
	if err := c.shard.Account.Check(); err != nil {
		return err
	}
	return c.write()
}

// count brings the shard's counters in line with the parcel.
func (c *change) count() {
	c.shard.Changed, c.shard.Nudges = c.now, 0
	if c.parcel == nil {
		return
	}
	if !c.touched {
		c.shard.Untouched -= len(c.parcel.Tasks)
	}
	for i := range c.parcel.Tasks {
		was, is := &c.before.Tasks[i], &c.parcel.Tasks[i]
		c.shard.Counts[was.State]--
		c.shard.Counts[is.State]++
		if was.State == job.TaskWaiting {
			c.shard.Waiting[was.Reason]--
		}
		if is.State == job.TaskWaiting {
			c.shard.Waiting[is.Reason]++
		}
		if is.State.Ended() && is.State != was.State {
			c.tell(ports.Event{Name: ports.EventTaskEnded, Ordinal: c.ordinal(i), Attempt: is.Last, Amount: is.Cost, Fault: string(is.Code), Detail: is.State.String()})
		}
	}
	c.shard.SetEnded(c.f.layout.Slot(c.parcel.Number), c.parcel.Ended())
	if c.shard.Waiting[job.ReasonBudget] == 0 {
		c.shard.Short = 0
	}
	c.bounds()
}

// bounds lowers the shard's earliest lease end and due time to the parcel's. They only ever go up in a sweep, which has
// looked at every parcel.
func (c *change) bounds() {
	if !c.parcel.LeaseEnd.IsZero() {
		c.shard.LeaseEnd = earlier(c.shard.LeaseEnd, c.parcel.LeaseEnd)
		return
	}
	if due, some := c.parcel.NextDue(); some {
		if due.IsZero() {
			due = c.now
		}
		c.shard.Due = earlier(c.shard.Due, due)
	}
}

// earlier is the earlier of two times of which zero means none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// book writes the entries of this change as one block of the shard's ledger.
func (c *change) book() error {
	if len(c.entries) == 0 {
		return nil
	}
	block := cost.Block{First: c.shard.Head.Seq + 1, At: c.now, Round: c.shard.Round, Entries: c.entries}
	head, body, err := c.shard.Head.Append(block)
	if err != nil {
		return err
	}
	c.shard.Head = head
	c.tx.Create(ports.Record{Key: blockKey(c.f.id, c.shard.Number, block.First), Kind: kindBlock, Body: body})
	c.tellMoney()
	return nil
}

// tellMoney tells what the block has moved. What was settled and presumed is the account's to say: an adjust has only the
// difference.
func (c *change) tellMoney() {
	event := ports.Event{Name: ports.EventMoney, Count: len(c.entries)}
	for i := range c.entries {
		switch entry := &c.entries[i]; entry.Kind {
		case cost.EntryHold:
			event.Held += entry.Amount
		case cost.EntryVoid:
			event.Voided += entry.Amount
		}
	}
	event.Settled = c.shard.Account.Settled - c.account.Settled
	event.Presumed = c.shard.Account.Presumed - c.account.Presumed
	c.tell(event)
}

// endShard ends the shard when no task of it is open: its free money goes back, the job learns of it, and with the last
// shard the job ends.
func (c *change) endShard() error {
	if c.shard.Counts.Open() > 0 {
		return nil
	}
	if c.shard.Done && c.header == nil && c.shard.Account.Free() == 0 && len(c.entries) == 0 {
		return nil
	}
	header, err := c.job()
	if err != nil {
		return err
	}
	if err := c.giveBack(); err != nil {
		return err
	}
	c.shard.Done = true
	c.shard.LeaseEnd, c.shard.Due, c.shard.Short = time.Time{}, time.Time{}, 0
	header.Ends[c.shard.Number] = &job.End{Head: c.shard.Head, Counts: c.shard.Counts, Account: c.shard.Account, Round: header.Round}
	return c.endJob(header)
}

// endJob ends the job when every shard has ended and no walk is under way; money freed in an ended job goes to its month.
func (c *change) endJob(header *job.Job) error {
	if !header.AllEnded() || header.Walk != nil {
		return nil
	}
	if err := c.returnGrants(header); err != nil {
		return err
	}
	if header.State.Ended() {
		return nil
	}
	return endJob(c.tx, c.now, header, c.tell)
}

func (c *change) write() error {
	c.tx.Put(ports.Record{Key: shardKey(c.f.id, c.shard.Number), Kind: kindShard, Body: c.shard.Pack()})
	if c.parcel != nil {
		c.tx.Put(ports.Record{Key: parcelKey(c.f.id, c.shard.Number, c.parcel.Number), Kind: kindParcel, Body: c.parcel.Pack()})
	}
	writeMonths(c.tx, c.months)
	if c.header == nil {
		return nil
	}
	c.header.UpdatedAt = c.now
	if err := putJob(c.tx, c.header); err != nil {
		return err
	}
	if c.header.State.Ended() {
		putRow(c.tx, c.header)
	}
	return nil
}
