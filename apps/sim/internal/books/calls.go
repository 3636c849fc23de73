package books

import (
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Begin is a model call that is about to be made.
type Begin struct {
	Job     job.ID
	Ordinal int
	// Mine reports whether an owner token was drawn by the machine that calls; Clock is that machine's time.
	Mine  func(job.Owner) bool
	Clock time.Time
	// ReadClosed is true when whoever calls has read the shard closed since it last read it open.
	ReadClosed bool
	// Slack is how far the caller's clock may have been wrong about how long ago it read the shard.
	Slack time.Duration
}

// Begins checks that a call may be made: under a lease of the caller's that it fits into, with a hold taken before, not
// long after its shard was closed, and not for a task that has ended.
func (b *Books) Begins(c Begin) {
	j := b.jobs[c.Job]
	if j == nil {
		if !b.strange {
			b.Fail("a call is made for job %s, which does not exist", c.Job)
		}
		return
	}
	n := j.header.Layout.ParcelOf(c.Ordinal)
	s := &j.shards[j.header.Layout.ShardOf(n)]
	p := s.parcels[n]
	if p == nil {
		b.Fail("job %s: a call for task %d is begun, and its parcel was never leased", j.id, c.Ordinal)
		return
	}
	var mine *job.Attempt
	for i := range p.Open {
		if p.First+p.Open[i].Task == c.Ordinal {
			mine = &p.Open[i]
		}
	}
	if mine != nil && mine.Terms.Lane == cost.Batch && !b.Wild {
		b.Fail("job %s: a call for task %d is begun, and its attempt is a line of a batch", j.id, c.Ordinal)
	}
	if mine != nil && !b.Wild {
		at := attempt{c.Ordinal, mine.Number}
		if j.begun[at] {
			b.Fail("job %s: a second call is made for attempt %d at task %d", j.id, mine.Number, c.Ordinal)
		}
		j.begun[at] = true
		b.paced(fmt.Sprintf("job %s: a call for task %d is begun", j.id, c.Ordinal), p.Owner.String(), j.opened[at], j.repeats[at])
	}
	switch {
	case c.ReadClosed:
		b.Fail("job %s: a call for task %d is begun by a worker that has read its shard closed", j.id, c.Ordinal)
	case s.header.Gate != job.GateOpen && b.now().Sub(s.closedAt) > b.Fresh+c.Slack:
		b.Fail("job %s: a call for task %d is begun %s after its shard was closed", j.id, c.Ordinal, b.now().Sub(s.closedAt))
	case b.Wild:
		if j.money[c.Ordinal].covers == 0 {
			b.Fail("job %s: a call for task %d is begun without a hold or presume", j.id, c.Ordinal)
		}
	case mine == nil:
		b.Fail("job %s: a call for task %d is begun without a hold", j.id, c.Ordinal)
	case !c.Mine(p.Owner) || p.LeaseEnd.IsZero():
		b.Fail("job %s: a call for task %d is begun under a lease of another", j.id, c.Ordinal)
	case c.Clock.Add(b.CallTimeout + b.Margin).After(p.LeaseEnd.Add(c.Slack + time.Millisecond)):
		b.Fail("job %s: a call for task %d is begun at %s and may last longer than its lease, until %s", j.id, c.Ordinal, c.Clock, p.LeaseEnd)
	}
}

// Message is what a parcel's message says to whoever looks at the store.
type Message struct {
	Job    job.ID
	Parcel int
}

// Runnable reports whether the parcel has a task that could start now and nobody has leased: then a message of it may be
// acknowledged only when another one was sent.
func (b *Books) Runnable(m Message) bool {
	j := b.jobs[m.Job]
	if j == nil || m.Parcel >= j.header.Layout.Parcels() {
		return false
	}
	s := &j.shards[j.header.Layout.ShardOf(m.Parcel)]
	if s.header.Gate != job.GateOpen {
		return false
	}
	if h := j.header; h.Lane == cost.Batch || h.Lane == cost.Auto && (b.Wild || b.now().Before(h.BatchUntil.Add(b.lease()))) {
		return false // the sweeper collects it, and from a while after the last batch on it sends for what is left
	}
	p := s.parcels[m.Parcel]
	if p == nil {
		return !s.header.Dropped
	}
	if !p.LeaseEnd.IsZero() {
		return false
	}
	for i := range p.Tasks {
		if t := &p.Tasks[i]; t.State == job.TaskQueued {
			return true
		}
	}
	return false
}

// AtRest checks what must be true once nothing is under way and no fault has happened for long enough: every task and job
// has ended, no hold is open, every stored answer is settled, and every round has had its event delivered.
func (b *Books) AtRest(delivered map[string]bool) {
	for id := range b.outbox {
		if !delivered[id] {
			b.Fail("notice %s was never delivered", id)
		}
	}
	for _, j := range b.order {
		if !j.header.State.Ended() {
			b.Fail("job %s: is at rest and %s", j.id, j.header.State)
			continue
		}
		if j.header.Carried < j.header.Wish {
			b.Fail("job %s: wish %d was carried, %d was made", j.id, j.header.Carried, j.header.Wish)
		}
		for n := range j.shards {
			if s := &j.shards[n]; s.chain.open > 0 || s.chain.held != 0 || s.counts.Open() > 0 {
				b.Fail("job %s shard %d: at rest with %d open attempts, %s held, %d open tasks", j.id, n, s.chain.open, s.chain.held, s.counts.Open())
			}
		}
		b.answersSettled(j)
	}
	b.collected()
	for _, line := range b.Lines() {
		if line.lost && !line.paid && b.jobs[line.Job] != nil {
			b.Fail("job %s: %s was billed before the restore and is in no ledger at rest", line.Job, line.Message)
		}
	}
}

func (b *Books) answersSettled(j *jobBook) {
	for at, a := range j.answers {
		fate := j.shards[j.header.Layout.ShardOf(j.header.Layout.ParcelOf(at.ordinal))].chain.attempts[at]
		if b.Wild && fate != nil && fate.resolved == presumed {
			// Taken over by a clock that was an hour ahead, stored by one that was not, and then the worker died: the hold
			// covers it, and the next retry settles it.
			continue
		}
		if line := b.bill[a.message]; a.due && (line == nil || !line.paid) {
			b.Fail("job %s: the answer of task %d attempt %d was stored and is not settled", j.id, at.ordinal, at.number)
		}
	}
}

// ReadClosed reports whether the partition of the task's shard is one of those given.
func (b *Books) ReadClosed(id job.ID, ordinal int, partitions map[string]bool) bool {
	j := b.jobs[id]
	if j == nil {
		return false
	}
	return partitions[fmt.Sprintf("job/%s/s%02d", j.id, j.header.Layout.ShardOf(j.header.Layout.ParcelOf(ordinal)))]
}

// Repeatable are the job's tasks that a retry may name.
func (b *Books) Repeatable(id job.ID) []int {
	j := b.jobs[id]
	var ordinals []int
	for n := range j.header.Layout.Parcels() {
		p := j.shards[j.header.Layout.ShardOf(n)].parcels[n]
		if p == nil {
			continue
		}
		for i := range p.Tasks {
			if s := p.Tasks[i].State; s == job.TaskCompleted || s == job.TaskFailed {
				ordinals = append(ordinals, p.First+i)
			}
		}
	}
	return ordinals
}

// Wish is the number of the job's last wish.
func (b *Books) Wish(id job.ID) int64 {
	if j := b.jobs[id]; j != nil {
		return j.header.Wish
	}
	return 0
}
