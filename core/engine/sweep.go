package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Swept says what a sweep did.
type Swept struct {
	// Jobs is how many jobs were alive, Sent how many messages were sent, Notified how many notices were delivered.
	Jobs, Sent, Notified int
}

// Sweep finds what nobody is working on and sets it going again: lost messages, ended leases, due tasks, wishes and
// walks half done, jobs that do not follow the spending switch, idle budget, batches, undelivered notices. It is run each
// minute and on start, by any number of processes; what one sweep leaves undone the next one finds. One job's failure does not keep
// the others from being swept, and a sweep that runs out of time is gone on with by the next one of this engine: notices first, then
// the jobs that it has not come to.
func (e *Engine) Sweep(ctx context.Context) (Swept, error) {
	var swept Swept
	from := e.sweepsFrom()
	var first error
	if from != "" {
		first = e.deliver(ctx, &swept)
	}
	first = cmp.Or(first, e.sweepCollections(ctx))
	obeys, err := e.switched(ctx)
	first = cmp.Or(first, err)
	one := func(record ports.Record) error {
		if err := ctx.Err(); err != nil {
			e.sweepFrom(record.Key.Sort)
			return err
		}
		swept.Jobs++
		id := job.ID(record.Key.Sort)
		if err := e.sweepJob(ctx, id, obeys, &swept); err != nil {
			e.tellOf(ctx, id, err)
			first = cmp.Or(first, err)
		}
		return nil
	}
	err = e.each(ctx, ports.Range{Partition: partActive, From: from}, one)
	if err == nil && from != "" {
		err = e.each(ctx, ports.Range{Partition: partActive, To: from}, one)
	}
	if err != nil {
		return swept, err
	}
	e.sweepFrom("")
	return swept, cmp.Or(first, e.deliver(ctx, &swept))
}

// sweepsFrom is the first job of the next sweep: where the last one ran out of time, or empty for the oldest.
func (e *Engine) sweepsFrom() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.unswept
}

func (e *Engine) sweepFrom(sort string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unswept = sort
}

// Restart sends messages for everything that is open, as after a start with a new epoch or with an empty queue: leases
// of older epochs have ended, and whoever gets the message takes them over at once. One job's failure does not keep the
// others from it.
func (e *Engine) Restart(ctx context.Context) error {
	var first error
	err := e.each(ctx, ports.Range{Partition: partActive}, func(record ports.Record) error {
		first = cmp.Or(first, e.Dispatch(ctx, job.ID(record.Key.Sort)))
		return nil
	})
	return cmp.Or(err, first)
}

func (e *Engine) sweepJob(ctx context.Context, id job.ID, obeys func(*job.Job) bool, swept *Swept) error {
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return err
	}
	// A shard that cannot be read must not keep the others from their wishes and messages.
	first := cmp.Or(e.carry(ctx, id), e.walk(ctx, f))
	j, err := e.Job(ctx, id)
	if err != nil || j.State.Ended() {
		return cmp.Or(err, first)
	}
	if !obeys(j) {
		first = cmp.Or(first, e.follow(ctx, id))
	}
	shards := make([]job.Shard, f.layout.Shards)
	for n := range shards {
		if shards[n], err = e.shard(ctx, f, n); err != nil {
			shards[n].Done = true // nothing is collected from what could not be read
		} else if !shards[n].Done {
			err = e.sweepShard(ctx, f, shards[n], swept)
		}
		first = cmp.Or(first, err)
	}
	first = cmp.Or(first, e.collect(ctx, f, shards))
	if first != nil {
		return first
	}
	return e.sweepBudget(ctx, f, shards, swept)
}

// sweepShard acts only when a lease end or due time has passed, or nothing is leased and nothing has changed for a while
// that doubles. Time may have been set by a clock that was wrong: one further ahead than any that is ever set counts as
// passed.
func (e *Engine) sweepShard(ctx context.Context, f *facts, s job.Shard, swept *Swept) error {
	now := e.Clock.Now()
	passed := func(at time.Time) bool {
		return !at.IsZero() && (!at.Add(e.options.Margin).After(now) || at.After(now.Add(e.longestLease())))
	}
	unchanged := now.Sub(s.Changed).Abs() >= e.options.IdleAfter
	if !passed(s.LeaseEnd) && !passed(s.Due) && (!s.LeaseEnd.IsZero() || s.Nudges > 0 || !unchanged) {
		return nil
	}
	seen, err := e.look(ctx, f, s, now)
	if err != nil {
		return err
	}
	send := seen.due
	if f.laneAt(now) == cost.Batch {
		// What is due is collected; a worker is needed for what an ended lease has left.
		send, seen.queued = seen.left, nil
	}
	if seen.leaseEnd.IsZero() && (unchanged || passed(s.Due)) {
		send = append(send, seen.queued...)
	}
	few := send[:min(len(send), e.options.SweepParcels)]
	if err := e.send(ctx, f, 0, few...); err != nil {
		return err
	}
	swept.Sent += len(few)
	return e.nudged(ctx, f, s, seen, len(send) > len(few))
}

// view is what a look at all parcels of a shard found.
type view struct {
	// due are the parcels with an ended lease, or a task whose time has come. Queued ones have tasks that nobody has tried;
	// while others of the shard are worked on, their messages are likely to be on their way.
	// left are those of the due ones that an ended lease has left attempts open in.
	due, queued, left []int
	// leaseEnd and next are the earliest lease end and due time to come.
	leaseEnd, next time.Time
}

// look reads the shard's parcels.
func (e *Engine) look(ctx context.Context, f *facts, s job.Shard, now time.Time) (view, error) {
	var v view
	written := make([]bool, f.layout.ParcelsOf(s.Number))
	open := s.Gate == job.GateOpen
	err := e.eachParcel(ctx, f, s.Number, func(p *job.Parcel) error {
		written[f.layout.Slot(p.Number)] = true
		due, some := p.NextDue()
		switch {
		case p.Leased(now, e.options.Epoch, e.options.Margin, e.longestLease()):
			v.leaseEnd = earlier(v.leaseEnd, p.LeaseEnd)
		case len(p.Open) > 0:
			v.due, v.left = append(v.due, p.Number), append(v.left, p.Number)
		case !some || !open:
		case due.IsZero():
			v.queued = append(v.queued, p.Number)
		case !due.After(now) || due.After(now.Add(e.longestLease())):
			v.due = append(v.due, p.Number)
		default:
			v.next = earlier(v.next, due)
		}
		return nil
	})
	if err != nil || !open || s.Dropped {
		return v, err
	}
	for slot, is := range written {
		if !is {
			v.queued = append(v.queued, f.layout.Parcel(s.Number, slot))
		}
	}
	return v, nil
}

// maxDoubling bounds the wait between two looks at a shard that does not change: 32 times the first, an hour or so.
const maxDoubling = 5

// nudged writes the bounds that the look found, unless the shard has changed meanwhile. What had to be left is sent for by
// the next sweep; any other time, the shard is looked at again after a while that doubles.
func (e *Engine) nudged(ctx context.Context, f *facts, seen job.Shard, v view, more bool) error {
	now := e.Clock.Now()
	err := e.Store.Update(ctx, []ports.Key{shardKey(f.id, seen.Number)}, func(tx ports.Tx) error {
		record, found := tx.Get(shardKey(f.id, seen.Number))
		if !found {
			return errNothing
		}
		s, err := job.UnpackShard(record.Body)
		if err != nil {
			return err
		}
		if !same(&s, &seen) {
			return errNothing
		}
		s.LeaseEnd, s.Due = v.leaseEnd, earlier(v.next, now.Add(e.options.IdleAfter<<min(s.Nudges, maxDoubling)))
		if more {
			s.Due = now
		}
		s.Nudges = min(s.Nudges+1, 100)
		tx.Put(ports.Record{Key: record.Key, Kind: kindShard, Body: s.Pack()})
		return nil
	})
	return quiet(err)
}

// deliver offers the notices of the outbox; what is taken is removed.
func (e *Engine) deliver(ctx context.Context, swept *Swept) error {
	if e.Notifier == nil {
		return nil
	}
	return e.each(ctx, ports.Range{Partition: partOutbox}, func(record ports.Record) error {
		if e.deliverOne(ctx, record) {
			swept.Notified++
		}
		return nil
	})
}

func (e *Engine) deliverOne(ctx context.Context, record ports.Record) bool {
	var notice ports.Notice
	err := json.Unmarshal(record.Body, &notice)
	if err == nil {
		err = e.Notifier.Notify(ctx, notice)
	}
	if err == nil {
		err = e.Store.Update(ctx, []ports.Key{record.Key}, func(tx ports.Tx) error {
			tx.Get(record.Key)
			tx.Delete(record.Key)
			return nil
		})
	}
	if err != nil {
		e.observe(ctx, ports.Event{Name: ports.EventFault, Tenant: notice.Tenant, Job: notice.Job, Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
	}
	return err == nil
}
