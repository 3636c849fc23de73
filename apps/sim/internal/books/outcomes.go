package books

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// refusal is what the provider last said to a call that it did not begin: wait until then, or that all calls stop.
type refusal struct {
	until time.Time
	stops bool
}

// Refused is told when the provider refuses to begin a call; after is how long it asked to wait, 0 for nothing said.
func (b *Books) Refused(id job.ID, ordinal int, after time.Duration, stops bool) {
	if j := b.jobs[id]; j != nil {
		j.refused[ordinal] = refusal{b.now().Add(after), stops}
	}
}

// resolved checks what became of the tasks whose attempts a commit has resolved: an answer is judged as it was stored, a
// presume counts as unknown, a void counts as neither.
func (b *Books) resolved(j *jobBook, shard int, was, next *job.Parcel) {
	for _, a := range was.Open {
		if slices.ContainsFunc(next.Open, func(o job.Attempt) bool { return o.Task == a.Task && o.Number == a.Number }) {
			continue
		}
		at := attempt{was.First + a.Task, a.Number}
		from, to := &was.Tasks[a.Task], &next.Tasks[a.Task]
		who := fmt.Sprintf("job %s task %d attempt %d", j.id, at.ordinal, at.number)
		fate := j.shards[shard].chain.attempts[at]
		if fate == nil || to.Last > from.Last && to.State == job.TaskRunning && fate.resolved == open {
			continue // the rules on attempts say so
		}
		b.judged(who, j, at, fate, from, to)
		if r, known := j.refused[at.ordinal]; known && fate.resolved == voided {
			b.afterRefusal(who, j, r, to)
		}
		delete(j.refused, at.ordinal)
	}
}

// judged compares the counts of a task with what its attempt came to.
func (b *Books) judged(who string, j *jobBook, at attempt, fate *fate, from, to *job.Task) {
	stored, answered := j.answers[at]
	judged, unknown := from.Judged, from.Unknown
	switch {
	case answered && stored.accepted:
		if to.State != job.TaskCompleted || to.Accepted != at.number {
			b.Fail("%s: its answer was accepted, and the task is %s with attempt %d", who, to.State, to.Accepted)
		}
	case answered && stored.again:
		judged++
	case !answered && fate.resolved == presumed:
		unknown++
	}
	// An attempt that a dead letter resolves fails its task whatever the counts are.
	if (to.Judged != judged || to.Unknown != unknown) && to.Code != job.CodeDeadLetter && !b.strange {
		b.Fail("%s is %s: the task counts %d judged and %d unknown, it should be %d and %d", who, fate.resolved, to.Judged, to.Unknown, judged, unknown)
	}
}

// afterRefusal checks that what the provider said is heeded.
func (b *Books) afterRefusal(who string, j *jobBook, r refusal, to *job.Task) {
	if r.stops {
		j.stopped = who // the header, which is read last, must say that it does not go on
	}
	least := r.until.Add(-3 * b.Margin)
	if d := j.header.Deadline; !d.IsZero() && d.Before(r.until) {
		least = d.Add(-3 * b.Margin) // at the deadline it is looked at again
	}
	if to.State == job.TaskWaiting && to.Reason == job.ReasonQuota && to.Until.Before(least) && !b.Wild {
		b.Fail("%s: the provider asked to wait until %s, the task waits until %s", who, r.until, to.Until)
	}
}

// stops checks that a job does not go on when the provider has stopped all calls.
func (b *Books) stops(j *jobBook) {
	if j.stopped != "" && j.header.Gate() == job.GateOpen && !j.header.State.Ended() {
		b.Fail("%s: the provider stops all calls, and the job goes on", j.stopped)
	}
	j.stopped = ""
}

// waits checks how long a task was told to wait, and that it is not refused for ever.
func (b *Books) waits(who string, j *jobBook, from, to *job.Task) {
	const longest = time.Hour + 10*time.Minute // retry.MaxRetryAfter, and clocks
	if to.State == job.TaskWaiting && to.Until.Sub(b.now()) > longest && !b.Wild {
		b.Fail("%s waits until %s", who, to.Until)
	}
	if to.State == job.TaskWaiting && to.Refusals > from.Refusals && !from.RefusedSince.IsZero() && b.now().Sub(from.RefusedSince) > j.header.Limits.GiveUpAfter+3*b.lease() && !b.Wild {
		b.Fail("%s has been refused since %s and is not given up", who, from.RefusedSince)
	}
}

func (b *Books) lease() time.Duration { return 2*b.CallTimeout + 4*b.Margin }

// wished checks that nothing but its opposite undoes a wish.
func (b *Books) wished(j *jobBook) {
	h, was := j.header, j.before
	if !was.CancelledAt.IsZero() && h.CancelledAt.IsZero() && h.Round == was.Round {
		b.Fail("job %s: its cancel was undone", j.id)
	}
	if slices.Contains(was.Pauses, job.PauseOperator) && len(h.Pauses) > 0 && !slices.Contains(h.Pauses, job.PauseOperator) {
		b.Fail("job %s: the operator's pause was lifted, and it is paused for %v", j.id, h.Pauses)
	}
	if h.Carried > was.Carried && !h.State.Ended() {
		for n := range j.shards {
			if j.shards[n].header.Wish < h.Carried {
				b.Fail("job %s: wish %d reads as carried, shard %d has wish %d", j.id, h.Carried, n, j.shards[n].header.Wish)
			}
		}
	}
	if !h.State.Ended() && !b.Loose && h.Account.Granted != h.Cap && b.lost[j.id] == 0 {
		b.Fail("job %s: granted %s of a cap of %s while it runs", j.id, h.Account.Granted, h.Cap)
	}
}

// ended checks that an ended job reads as its tasks say, or as its cancel does.
func (b *Books) ended(j *jobBook) {
	var counts job.Counts
	for n := range j.shards {
		counts = counts.Plus(j.shards[n].counts)
	}
	want := job.StatePartial
	switch {
	case counts[job.TaskCancelled] > 0, !j.header.CancelledAt.IsZero():
		want = job.StateCancelled
	case counts[job.TaskFailed] == 0:
		want = job.StateCompleted
	case counts[job.TaskCompleted] == 0:
		want = job.StateFailed
	}
	if j.header.State != want {
		b.Fail("job %s: ended as %s, its tasks %v make it %s", j.id, j.header.State, counts, want)
	}
}

// failing checks that a job most of whose last tasks failed is paused.
func (b *Books) failing(j *jobBook, n int) {
	s := &j.shards[n].header
	failed := bits.OnesCount64(s.Window.Bits[0]) + bits.OnesCount64(s.Window.Bits[1])
	if s.Window.Seen >= 20 && 2*failed > s.Window.Seen && s.Gate == job.GateOpen && s.Wish >= j.header.Wish && !j.header.State.Ended() && s.Counts.Open() > 0 {
		b.Fail("job %s shard %d: %d of the last %d tasks failed, and it goes on", j.id, n, failed, s.Window.Seen)
	}
}

// Stale checks, in a time without faults, that an ended lease does not stand for long before somebody takes it over.
func (b *Books) Stale(longest time.Duration) {
	for _, j := range b.order {
		for n := range j.shards {
			for _, p := range j.shards[n].parcels {
				if !p.LeaseEnd.IsZero() && b.now().Sub(p.LeaseEnd) > longest && !b.Wild {
					b.Fail("job %s parcel %d: its lease ended at %s, and nobody has taken it over", j.id, p.Number, p.LeaseEnd)
				}
			}
		}
	}
}

// Settled is what the ledger of a job's shards adds up to.
func (b *Books) Settled(id job.ID) (sum cost.Pico) {
	for n := range b.jobs[id].shards {
		sum += b.jobs[id].shards[n].chain.settled
	}
	return sum
}
