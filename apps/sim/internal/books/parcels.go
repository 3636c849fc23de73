package books

import (
	"fmt"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// parcelRecord takes a written parcel in: the sums of its shard move with it, and every task has moved as it may.
func (b *Books) parcelRecord(j *jobBook, shard, n int) {
	s := &j.shards[shard]
	body, _ := b.store.Read(ports.Key{Partition: fmt.Sprintf("job/%s/s%02d", j.id, shard), Sort: fmt.Sprintf("p/%08d", n)})
	next, err := job.UnpackParcel(body)
	if err != nil {
		b.Fail("job %s parcel %d: %v", j.id, n, err)
		return
	}
	was, written := s.parcels[n]
	if !written {
		first := job.NewParcel(n, j.header.Layout.ParcelSize, j.header.Layout.Tasks)
		if s.header.Dropped {
			for i := range first.Tasks {
				first.Tasks[i].State = job.TaskCancelled
			}
		}
		was = &first
		s.untouched -= len(first.Tasks)
	}
	for i := range was.Tasks {
		s.add(&was.Tasks[i], -1)
		s.add(&next.Tasks[i], 1)
	}
	s.parcels[n], s.dirty = &next, true
	if !b.opening {
		b.moves(j, shard, was, &next)
	}
	b.attempts(j, shard, &next)
}

func (s *shardBook) add(t *job.Task, n int) {
	s.counts[t.State] += n
	if t.State == job.TaskWaiting {
		s.waiting[t.Reason] += n
	}
}

// moves checks what changed in a parcel against what may.
func (b *Books) moves(j *jobBook, shard int, was, next *job.Parcel) {
	gate := j.gateAfter(b, shard)
	for i := range next.Tasks {
		from, to := &was.Tasks[i], &next.Tasks[i]
		who := fmt.Sprintf("job %s task %d", j.id, next.First+i)
		started := to.Last > from.Last
		if at := (attempt{next.First + i, to.Last}); started {
			j.opened[at], j.repeats[at] = b.now(), from.Retries()
		}
		if !from.State.CanMove(to.State) && !(from.State == job.TaskQueued && started) && !b.strange {
			b.Fail("%s went from %s to %s", who, from.State, to.State)
		}
		switch {
		case to.Last < from.Last:
			b.Fail("%s: attempt %d after attempt %d", who, to.Last, from.Last)
		case started && gate != job.GateOpen:
			b.Fail("%s began attempt %d in a shard that is %s", who, to.Last, gate)
		case from.State.Ended() && !to.State.Ended() && (j.header.Walk == nil && (j.before == nil || j.before.Walk == nil)):
			b.Fail("%s came back to life without a retry", who)
		case from.State.Ended() && from.State == to.State && (from.Accepted != to.Accepted || from.Code != to.Code):
			b.Fail("%s has ended and changed: accepted %d then %d, code %q then %q", who, from.Accepted, to.Accepted, from.Code, to.Code)
		case to.State == job.TaskCompleted && !j.answers[attempt{next.First + i, to.Accepted}].accepted:
			b.Fail("%s is completed with attempt %d, of which no accepted answer is stored", who, to.Accepted)
		case to.State == job.TaskCancelled && to.Accepted > 0 && !from.State.Ended():
			b.Fail("%s was cancelled, and had the content of attempt %d", who, to.Accepted)
		case to.State == job.TaskCompleted && !from.State.Ended() && to.Accepted == from.Accepted && gate != job.GateCancelled && !b.strange:
			b.Fail("%s was given back with its attempt %d, in a shard that is %s", who, to.Accepted, gate)
		case to.State == job.TaskCompleted && (from.State == job.TaskQueued || from.State == job.TaskWaiting) && !started && to.Accepted != from.Accepted && !b.strange:
			b.Fail("%s was completed with attempt %d, and did not run", who, to.Accepted)
		case (to.State == job.TaskFailed) != (to.Code != ""):
			b.Fail("%s is %s with code %q", who, to.State, to.Code)
		case to.Judged > j.header.Limits.Judged || to.Unknown > j.header.Limits.Unknown:
			b.Fail("%s: %d judged and %d unknown attempts in one round", who, to.Judged, to.Unknown)
		case from.State.Ended() && !to.State.Ended():
			b.requeued(who, j, next.First+i, to)
		}
		b.waits(who, j, from, to)
	}
	b.resolved(j, shard, was, next)
	if next.DeadLetters > was.DeadLetters && was.LeaseEnd.After(b.now().Add(b.Margin)) && was.Epoch == b.Epoch() && !b.Wild {
		b.Fail("job %s parcel %d: a dead letter was counted while it is leased", j.id, next.Number)
	}
	if next.Fence < was.Fence || next.Fence == was.Fence && next.Owner != was.Owner {
		b.Fail("job %s parcel %d: fence %d after fence %d", j.id, next.Number, next.Fence, was.Fence)
	}
	if next.Fence > was.Fence {
		b.leased(j, shard, was, next, gate)
	}
}

// leased checks a lease that was just taken.
func (b *Books) leased(j *jobBook, shard int, was, next *job.Parcel, gate job.Gate) {
	who := fmt.Sprintf("job %s parcel %d", j.id, next.Number)
	if gate != job.GateOpen {
		b.Fail("%s was leased in a shard that is %s", who, gate)
	}
	if !was.LeaseEnd.IsZero() && was.Epoch == next.Epoch && b.now().Before(was.LeaseEnd) && !b.Wild {
		b.Fail("%s was leased at %s, before the lease of another ended at %s", who, b.now(), was.LeaseEnd)
	}
}

// gateAfter is the shard's gate as this commit leaves it.
func (j *jobBook) gateAfter(b *Books, shard int) job.Gate {
	body, _ := b.store.Read(ports.Key{Partition: fmt.Sprintf("job/%s/s%02d", j.id, shard), Sort: "header"})
	s, err := job.UnpackShard(body)
	if err != nil {
		return job.GateOpen
	}
	return s.Gate
}

// attempts checks that a task runs exactly while one attempt at it is open, under a lease, and that the parcel's attempts
// are those of the ledger.
func (b *Books) attempts(j *jobBook, shard int, p *job.Parcel) {
	who := fmt.Sprintf("job %s parcel %d", j.id, p.Number)
	ch := &j.shards[shard].chain
	var running [job.ParcelSize]int
	for _, a := range p.Open {
		running[a.Task]++
		if f := ch.attempts[attempt{p.First + a.Task, a.Number}]; f == nil || f.resolved != open || f.hold != a.Hold {
			b.Fail("%s: task %d attempt %d is open and not held in the ledger", who, p.First+a.Task, a.Number)
		}
	}
	for _, a := range p.Presumed {
		if f := ch.attempts[attempt{p.First + a.Task, a.Number}]; f == nil || f.resolved != presumed || f.hold != a.Hold {
			b.Fail("%s: task %d attempt %d is presumed and not in the ledger", who, p.First+a.Task, a.Number)
		}
	}
	for i := range p.Tasks {
		if want := p.Tasks[i].State == job.TaskRunning; running[i] > 1 || want != (running[i] == 1) {
			b.Fail("%s: task %d is %s with %d open attempts", who, p.First+i, p.Tasks[i].State, running[i])
		}
	}
	if len(p.Open) > 0 && p.LeaseEnd.IsZero() {
		b.Fail("%s: has open attempts and no lease", who)
	}
}
