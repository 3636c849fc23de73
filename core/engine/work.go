package engine

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// MaxDelay is the longest that a message is sent ahead; what is due later is sent again then.
const MaxDelay = 15 * time.Minute

// handBack is how long a message rests that came when no call could be begun any more: without it a worker that is about
// to end would get it back at once, again and again.
const handBack = time.Second

// Work does what one message names: a shard's message is answered with messages for its parcels; a parcel's is leased,
// its calls made, judged and settled. When it returns nil the message can be acknowledged: the store alone shows what
// must happen next and when. Any error means that the message should come again, but Corrupt: a record of the job is damaged,
// of which the observer was alerted, and the message would meet it again. A message that makes no sense, or names a job that is
// gone, is reported and done with.
func (e *Engine) Work(ctx context.Context, body []byte) error {
	note, err := job.ReadNote(body)
	if fault.KindOf(err) == fault.Invalid {
		e.tellForeign(ctx, note, err)
		return nil
	}
	if err != nil {
		return err
	}
	return e.alertOf(ctx, note, e.workOn(ctx, note))
}

func (e *Engine) workOn(ctx context.Context, note job.Note) error {
	f, err := e.factsFor(ctx, note.Job)
	if fault.KindOf(err) == fault.NotFound {
		e.tellForeign(ctx, note, err)
		return nil
	}
	if err != nil {
		return err
	}
	if note.Shard != nil {
		return e.spread(ctx, f, &note)
	}
	if *note.Parcel < 0 || *note.Parcel >= f.layout.Parcels() {
		e.observe(ctx, ports.Event{Name: ports.EventFault, Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID, Parcel: *note.Parcel, Fault: string(fault.Invalid), Detail: "the job has no such parcel"})
		return nil
	}
	return e.workParcel(ctx, f, *note.Parcel)
}

func (e *Engine) shard(ctx context.Context, f *facts, number int) (job.Shard, error) {
	record, err := e.Store.Get(ctx, shardKey(f.id, number))
	if err != nil {
		return job.Shard{}, err
	}
	return unpackShard(f, number, record.Body)
}

// unpackShard reads a shard's header and checks that it is one of this job's layout.
func unpackShard(f *facts, number int, body []byte) (job.Shard, error) {
	s, err := job.UnpackShard(body)
	if err == nil && (s.Number != number || len(s.Ended) != (f.layout.ParcelsOf(number)+7)/8) {
		err = fault.New(fault.Corrupt, "header is another shard's")
	}
	if err != nil {
		return job.Shard{}, fault.New(fault.KindOf(err), "engine: job %s shard %d: %w", f.id, number, err)
	}
	return s, nil
}

// unwritten makes sure that a parcel without a record never had one: the shard's header counts the tasks of unwritten
// parcels, and marks those that have ended.
func (f *facts) unwritten(s *job.Shard, parcel int) error {
	if s.Untouched < f.layout.TasksOf(parcel) || s.HasEnded(f.layout.Slot(parcel)) {
		return fault.New(fault.Corrupt, "engine: job %s parcel %d: its record is missing", f.id, parcel)
	}
	return nil
}

// send sends messages for parcels, to be delivered after the delay.
func (e *Engine) send(ctx context.Context, f *facts, delay time.Duration, parcels ...int) error {
	messages := make([]ports.Message, 0, min(len(parcels), ports.MaxSend))
	for i, parcel := range parcels {
		note := job.Note{Schema: job.Schema, Job: f.id, Tenant: f.tenant, Parcel: &parcel, RequestID: f.requestID}
		messages = append(messages, ports.Message{Body: note.Pack(), Group: f.tenant, Delay: min(max(delay, 0), MaxDelay)})
		if len(messages) == ports.MaxSend || i == len(parcels)-1 {
			if err := e.Queue.Send(ctx, messages...); err != nil {
				return err
			}
			messages = messages[:0]
		}
	}
	return nil
}

// workParcel waits for free call slots, leases the parcel and works on it until nothing of it can be done now.
func (e *Engine) workParcel(ctx context.Context, f *facts, parcel int) error {
	plan, err := e.planOf(ctx, f)
	if err != nil || plan == nil {
		return err
	}
	w := e.newParcelWork(f, plan, parcel, f.laneAt(e.Clock.Now()))
	defer w.releaseSlots(0)
	if err := w.firstSlots(ctx); err != nil {
		return err
	}
	defer w.returnStarts(ctx)
	if w.spare == 0 || e.drain.Load() || e.late(ctx, e.Clock.Now()) {
		return e.send(ctx, f, handBack, parcel)
	}
	if err := w.lease(ctx); err != nil {
		return err
	}
	if len(w.begin) > 0 {
		if err := w.run(ctx); err != nil {
			return err
		}
	}
	w.carry(ctx)
	return w.followUp(ctx)
}

// gatherFor is how long a parcel that has a call slot waits for more of them.
const gatherFor = 2 * time.Second

// firstSlots waits for a free call slot, and then a moment for a third of all, or half a parcel's worth: slots get free one by
// one while others are at work, and a parcel that begins with one asks, leases and settles for one task at a time. One parcel of
// this process waits at a time, so that they do not take the few from each other. It returns without one when it is too late to begin.
func (w *parcelWork) firstSlots(ctx context.Context) error {
	e := w.e
	if _, first := e.line.Take(ctx, e.lastBegin(ctx)); !first {
		return ctx.Err()
	}
	defer e.line.Put(nil)
	if _, ok := e.slots.Take(ctx, e.lastBegin(ctx)); !ok {
		return ctx.Err()
	}
	w.spare = 1
	enough := min(e.options.Calls/3, (job.ParcelSize+1)/2, w.f.layout.TasksOf(w.number))
	for until := e.Clock.Now().Add(gatherFor); w.spare < enough && !e.drain.Load(); w.spare++ {
		if _, ok := e.slots.Take(ctx, until); !ok {
			return ctx.Err()
		}
	}
	return nil
}

// newParcelWork is the work of a new owner on one parcel, in a lane.
func (e *Engine) newParcelWork(f *facts, plan job.Plan, number int, lane cost.Lane) *parcelWork {
	w := &parcelWork{
		e: e, f: f, plan: plan, number: number, shard: f.layout.ShardOf(number), lane: lane, term: e.options.Lease,
		owner: job.Owner(e.IDs.NewToken()), flying: map[flight]bool{}, verdicts: map[flight]job.Verdict{},
	}
	if lane == cost.Batch {
		w.term, w.allow.unlimited = batchLease, true
	}
	return w
}

// carry brings a wish that this work has made to the other shards.
func (w *parcelWork) carry(ctx context.Context) {
	if !w.wished {
		return
	}
	w.wished = false
	w.e.tryCarry(ctx, w.f)
}

// tryCarry carries a wish that was made on the way. What it cannot carry the sweeper does.
func (e *Engine) tryCarry(ctx context.Context, f *facts) {
	if err := e.carry(ctx, f.id); err != nil {
		e.observe(ctx, ports.Event{Name: ports.EventFault, Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID, Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
	}
}

// followUp sends the next message of the parcel where time alone will make a task of it runnable.
func (w *parcelWork) followUp(ctx context.Context) error {
	if !w.again {
		return nil
	}
	now, least := w.e.Clock.Now(), time.Duration(0)
	if w.e.late(ctx, now) {
		least = handBack
	}
	return w.e.send(ctx, w.f, max(w.due.Sub(now), least), w.number)
}
