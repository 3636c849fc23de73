package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// change is one Update of a shard and, mostly, one of its parcels. A step mutates the values; fold then brings counters,
// money, ledger and the ends of shard and job in line, and everything is written together. A change is made afresh in
// every run of the decision, so that nothing of a lost run survives.
type change struct {
	e   *Engine
	f   *facts
	tx  ports.Tx
	now time.Time

	shard  job.Shard
	parcel *job.Parcel
	before job.Parcel
	// touched is false while the parcel's record is not written yet.
	touched bool
	// account is the shard's as it was read.
	account cost.Account

	header  *job.Job
	entries []cost.Entry
	months  map[ports.Key]*month
	// events are told to the observer once the Update is committed.
	events []ports.Event
	// retries counts the repeated attempts that were to be opened.
	retries int
	// wished is set when the step made a wish that every shard has to take, opening while it opens attempts.
	wished, opening bool
}

// update runs step on shard and parcel (parcel -1: the shard alone) in one Update. Keys named in more are fetched along.
func (e *Engine) update(ctx context.Context, f *facts, shard, parcel int, more []ports.Key, step func(c *change) error) error {
	var c *change
	keys := append(make([]ports.Key, 0, 3+len(more)), shardKey(f.id, shard))
	if parcel >= 0 {
		keys = append(keys, parcelKey(f.id, shard, parcel))
	}
	now := e.Clock.Now()
	err := e.Store.Update(ctx, append(keys, more...), func(tx ports.Tx) error {
		c = &change{e: e, f: f, tx: tx, now: now}
		if err := c.read(shard, parcel); err != nil {
			return err
		}
		if err := step(c); err != nil {
			return err
		}
		return c.fold()
	})
	if err != nil {
		if fault.KindOf(err) == fault.Corrupt {
			e.observe(ctx, ports.Event{Name: ports.EventCorrupt, Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID, Parcel: parcel, Detail: fault.OneLine(err, 300)})
			return alerted{err}
		}
		return err
	}
	e.announce(ctx, f, c.events)
	return nil
}

// announce tells the observer of what a change did.
func (e *Engine) announce(ctx context.Context, f *facts, events []ports.Event) {
	for _, event := range events {
		event.Tenant, event.Job, event.RequestID = f.tenant, string(f.id), requestOf(ctx, f.requestID)
		e.observe(ctx, event)
	}
}

func (c *change) read(shard, parcel int) error {
	record, found := c.tx.Get(shardKey(c.f.id, shard))
	if !found {
		return fault.New(fault.NotFound, "engine: job %s has no shard %d", c.f.id, shard)
	}
	var err error
	if c.shard, err = unpackShard(c.f, shard, record.Body); err != nil {
		return err
	}
	c.account = c.shard.Account
	if parcel < 0 {
		return nil
	}
	p := unwritten(c.f.layout, parcel, c.shard.Dropped)
	if record, c.touched = c.tx.Get(parcelKey(c.f.id, shard, parcel)); c.touched {
		if p, err = job.UnpackParcel(record.Body); err != nil {
			return fault.New(fault.KindOf(err), "engine: job %s parcel %d: %w", c.f.id, parcel, err)
		}
	} else if err := c.f.unwritten(&c.shard, parcel); err != nil {
		return err
	}
	if p.Epoch > c.e.options.Epoch {
		// After a rewind of the store attempt numbers are given out again: what this process knows under a number is another
		// attempt now.
		return fault.New(fault.Locked, "engine: job %s parcel %d was taken in epoch %d of the store, this process is of epoch %d: the store was opened anew or restored, start again",
			c.f.id, parcel, p.Epoch, c.e.options.Epoch)
	}
	c.before = p.Copy()
	c.parcel = &p
	return nil
}

// job reads the job's header into the change; the Update then depends on it.
func (c *change) job() (*job.Job, error) {
	if c.header != nil {
		return c.header, nil
	}
	record, found := c.tx.Get(jobKey(c.f.id))
	if !found {
		return nil, fault.New(fault.NotFound, "engine: job %s does not exist", c.f.id)
	}
	header, err := job.UnpackJob(record.Body)
	if err != nil {
		return nil, err
	}
	c.header = header
	return header, nil
}

func (c *change) ordinal(i int) int { return c.parcel.First + i }

func (c *change) tell(event ports.Event) {
	event.At = c.now
	if c.parcel != nil {
		event.Parcel = c.parcel.Number
	}
	c.events = append(c.events, event)
}
