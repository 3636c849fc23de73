package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// collector adds the parcels of one job to collections.
type collector struct {
	e    *Engine
	f    *facts
	plan job.Plan
	// known are the job's collections as they were when this began.
	known []*Collection
	// now is the collection that is being filled; filled are those that can be sent.
	now    *Collection
	filled []*Collection
	// next is the number of the next one.
	next int
}

// collect takes what is due of a job in the batch lane into collections and sends them.
func (e *Engine) collect(ctx context.Context, f *facts, shards []job.Shard) error {
	if f.laneAt(e.Clock.Now()) != cost.Batch || e.drain.Load() {
		return nil
	}
	if e.Batch == nil {
		return fault.New(fault.Conflict, "engine: job %s is in the batch lane, which this program does not have", f.id)
	}
	plan, err := e.planOf(ctx, f)
	if err != nil || plan == nil {
		return err
	}
	c := &collector{e: e, f: f, plan: plan}
	if err := c.resume(ctx); err != nil {
		return err
	}
	var first error
	for i := range shards {
		if s := &shards[i]; !s.Done && s.Gate == job.GateOpen && c.mayBeDue(s) {
			first = cmp.Or(first, c.shard(ctx, s))
		}
	}
	// What was taken is sent whatever became of the rest.
	if c.now != nil && c.now.Lines > 0 {
		c.filled = append(c.filled, c.now)
	}
	for _, filled := range c.filled {
		first = cmp.Or(first, e.sendCollection(ctx, f, plan, filled))
	}
	return first
}

// resume goes on with a collection that nobody has sent yet.
func (c *collector) resume(ctx context.Context) error {
	list, err := c.e.Collections(ctx, c.f.id)
	if err != nil {
		return err
	}
	c.known = list
	for _, known := range list {
		c.next = max(c.next, known.Number+1)
		if known.State == CollectionOpen && !known.full() && !known.RetryAt.After(c.e.Clock.Now()) {
			c.now = known
		}
	}
	return nil
}

// mayBeDue reports whether the parcels of a shard are worth reading: while all of it is in batches they are not.
func (c *collector) mayBeDue(s *job.Shard) bool {
	ended := !s.LeaseEnd.IsZero() && c.e.Clock.Now().After(s.LeaseEnd)
	return s.Counts[job.TaskQueued]+s.Counts[job.TaskWaiting] > 0 || ended
}

// shard takes the shard's parcels one after the other.
func (c *collector) shard(ctx context.Context, s *job.Shard) error {
	now := c.e.Clock.Now()
	due := make([]bool, c.f.layout.ParcelsOf(s.Number))
	for slot := range due {
		due[slot] = !s.HasEnded(slot) && !s.Dropped
	}
	err := c.e.eachParcel(ctx, c.f, s.Number, func(p *job.Parcel) error {
		// What a batch has open stays its own beyond the lease's end, for as long as its collection is there.
		some := len(p.Open) > 0
		for i := range p.Tasks {
			some = some || c.e.due(&p.Tasks[i], now)
		}
		some = some && (len(p.Open) == 0 || !collected(c.known, p.Number))
		due[c.f.layout.Slot(p.Number)] = some && !p.Leased(now, c.e.options.Epoch, c.e.options.Margin, c.e.longestLease())
		return nil
	})
	if err != nil {
		return err
	}
	for slot, is := range due {
		for is {
			if is, err = c.parcel(ctx, c.f.layout.Parcel(s.Number, slot)); err != nil {
				return err
			}
		}
	}
	return nil
}

// parcel takes what is due of a parcel; again is true when the collection was closed meanwhile.
func (c *collector) parcel(ctx context.Context, number int) (again bool, err error) {
	if c.now == nil || c.now.full() {
		if c.now != nil {
			c.filled = append(c.filled, c.now)
		}
		c.now = &Collection{
			Schema: job.Schema, Job: c.f.id, Number: c.next, State: CollectionOpen, Epoch: c.e.options.Epoch,
			Owner: job.Owner(c.e.IDs.NewToken()).String(), Opened: c.e.Clock.Now(),
		}
		c.next++
	}
	w := c.e.newParcelWork(c.f, c.plan, number, cost.Batch)
	w.collector = c
	_, more, err := w.peek(ctx)
	if err != nil {
		return false, err
	}
	err = c.take(ctx, w, append(more, c.now.key()))
	switch {
	case errors.Is(err, errTaken):
		// Somebody else has sent it meanwhile: the next collection takes the parcel.
		c.now = nil
		return true, nil
	case err != nil:
		return false, quiet(err)
	}
	w.carry(ctx)
	if len(w.begin) > 0 {
		c.e.observe(ctx, ports.Event{Name: ports.EventLeased, Tenant: c.f.tenant, Job: string(c.f.id), RequestID: c.f.requestID, Parcel: number, Count: len(w.begin)})
	}
	return false, nil
}

// collected reports whether a parcel belongs to one of the collections.
func collected(list []*Collection, parcel int) bool {
	return slices.ContainsFunc(list, func(c *Collection) bool { return c.has(parcel) })
}

// errTaken ends an Update that found the collection closed.
var errTaken = fault.New(fault.Conflict, "engine: the collection is closed")

// take leases one parcel to the collection and opens its attempts, in one Update of shard, parcel and collection.
func (c *collector) take(ctx context.Context, w *parcelWork, keys []ports.Key) error {
	jitters := w.jitters(job.ParcelSize)
	var after *Collection
	err := c.e.update(ctx, c.f, w.shard, w.number, keys, func(change *change) error {
		w.begin = nil
		if c.f.laneAt(change.now) != cost.Batch {
			return errNothing // the time for batches has ended while parcels were taken
		}
		now, err := c.stored(change.tx)
		if err != nil {
			return err
		}
		after = now
		if now.has(w.number) {
			// An earlier run of this Update has taken it.
			return errNothing
		}
		w.owner = now.owner()
		if held, err := w.acquire(change, jitters); err != nil || !held {
			return err
		}
		if err := change.collect(w, now); err != nil {
			return err
		}
		if len(w.begin) > 0 {
			now.Members = append(now.Members, Member{Parcel: w.number, Fence: change.parcel.Fence})
			now.Lines += len(w.begin)
			change.tx.Put(now.record())
		}
		return w.stop(change)
	})
	if after != nil && (err == nil || errors.Is(err, errNothing)) {
		c.now = after
	}
	return err
}

// stored is the collection as the store has it, or as it will be made.
func (c *collector) stored(tx ports.Tx) (*Collection, error) {
	fresh := *c.now
	record, found := tx.Get(fresh.key())
	if !found {
		if fresh.Lines > 0 {
			// It was there: somebody has sent and settled it since.
			return nil, errTaken
		}
		return &fresh, nil
	}
	now, err := unpackCollection(record.Body)
	if err != nil {
		return nil, err
	}
	if now.State != CollectionOpen || now.full() {
		return nil, errTaken
	}
	return now, nil
}

// collect opens as many attempts of the parcel as fit into the collection.
func (c *change) collect(w *parcelWork, into *Collection) error {
	c.opening, c.retries = true, 0
	short := false
	for i := range c.parcel.Tasks {
		if c.shard.Gate != job.GateOpen {
			break
		}
		if !c.e.due(&c.parcel.Tasks[i], c.now) {
			continue
		}
		opened := len(w.begin)
		fits, err := c.start(w, i)
		if err != nil {
			return err
		}
		if short = short || !fits; len(w.begin) > opened {
			r := &w.begin[opened].request
			into.Bytes += int64(promptBytes(*r)) + 1024
		}
	}
	if short {
		return c.giveBack()
	}
	return nil
}
