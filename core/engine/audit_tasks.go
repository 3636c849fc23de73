package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// counters compares the header's counters with the tasks.
func (a *audit) counters(r *Report) {
	var counts job.Counts
	var waiting [job.Reasons]int
	ended := make([]byte, len(a.shard.Ended))
	untouched := a.shard.Tasks
	for _, p := range a.parcels {
		untouched -= len(p.Tasks)
		for _, t := range p.Tasks {
			counts[t.State]++
			if t.State == job.TaskWaiting {
				waiting[t.Reason]++
			}
		}
		if slot := a.f.layout.Slot(p.Number); p.Ended() && slot/8 < len(ended) {
			ended[slot/8] |= 1 << (slot % 8)
		}
	}
	if a.shard.Dropped {
		counts[job.TaskCancelled] += untouched
	} else {
		counts[job.TaskQueued] += untouched
	}
	for state := range counts {
		if counts[state] != a.shard.Counts[state] {
			r.add(ProblemCounter, a.shard.Number, 0, "%s is %d in the header, %d tasks are", job.TaskState(state), a.shard.Counts[state], counts[state])
		}
	}
	if untouched != a.shard.Untouched {
		r.add(ProblemCounter, a.shard.Number, 0, "untouched is %d in the header, %d tasks are", a.shard.Untouched, untouched)
	}
	if waiting != a.shard.Waiting {
		r.add(ProblemCounter, a.shard.Number, 0, "waiting by reason is %v in the header, tasks are %v", a.shard.Waiting, waiting)
	}
	if !slices.Equal(ended, a.shard.Ended) {
		r.add(ProblemCounter, a.shard.Number, 0, "the parcels that have ended are not those that the header marks")
	}
}

// compareAttempts compares the parcels' open and presumed attempts, and what their tasks cost, with the ledger.
func (a *audit) compareAttempts(r *Report) {
	if !a.intact {
		return
	}
	open, presumed := map[attemptKey]cost.Pico{}, map[attemptKey]cost.Pico{}
	costs, billed := map[int]cost.Pico{}, map[int]int{}
	last, accepted := map[int]int{}, map[int]int{}
	for ordinal, added := range a.added {
		costs[ordinal], billed[ordinal] = added.paid, added.lines
	}
	for key, s := range a.attempts {
		last[key.ordinal] = max(last[key.ordinal], key.attempt)
		if s.content != ([32]byte{}) {
			accepted[key.ordinal] = max(accepted[key.ordinal], key.attempt)
		}
		switch {
		case s.resolved == 0:
			open[key] = s.hold
		case s.resolved == cost.EntryPresume && s.adjusted == 0:
			presumed[key] = s.hold
		}
		costs[key.ordinal] += s.paid
		if s.paid > 0 {
			billed[key.ordinal]++
		}
	}
	for i := range a.parcels {
		p := &a.parcels[i]
		a.match(p, p.Open, open, "open", r)
		a.match(p, p.Presumed, presumed, "presumed", r)
		for n, t := range p.Tasks {
			if o := p.First + n; t.Cost != costs[o] || t.Billed != billed[o] {
				r.add(ProblemAttempt, a.shard.Number, 0, "task %d counts %d attempts for %s USD, the ledger %d for %s", o, t.Billed, t.Cost, billed[o], costs[o])
			} else if t.Last != last[o] || t.Accepted != accepted[o] {
				r.add(ProblemAttempt, a.shard.Number, 0, "task %d has made %d attempts and accepted number %d, in the ledger %d and %d", o, t.Last, t.Accepted, last[o], accepted[o])
			}
			delete(a.added, p.First+n)
		}
	}
	a.left(open, "is held in the ledger and no parcel has it open", r)
	a.left(presumed, "is presumed in the ledger and not in its parcel", r)
	a.leftAdded(r)
}

// left reports the attempts of the ledger that no parcel knows, in order.
func (a *audit) left(book map[attemptKey]cost.Pico, what string, r *Report) {
	keys := slices.SortedFunc(maps.Keys(book), func(x, y attemptKey) int {
		return cmp.Or(cmp.Compare(x.ordinal, y.ordinal), cmp.Compare(x.attempt, y.attempt))
	})
	for _, key := range keys {
		r.add(ProblemAttempt, a.shard.Number, a.attempts[key].seq, "task %d attempt %d %s", key.ordinal, key.attempt, what)
	}
}

func (a *audit) match(p *job.Parcel, list []job.Attempt, book map[attemptKey]cost.Pico, what string, r *Report) {
	for _, attempt := range list {
		key := attemptKey{p.First + attempt.Task, attempt.Number}
		if hold, found := book[key]; !found || hold != attempt.Hold {
			r.add(ProblemAttempt, a.shard.Number, 0, "task %d attempt %d is %s in its parcel for %s USD, in the ledger for %s", key.ordinal, key.attempt, what, attempt.Hold, hold)
		}
		delete(book, key)
	}
}

// overdue looks for presumed attempts whose answers are stored and can be priced: they should have been adjusted. Whoever
// stored one may be about to do so, and may have done it since the parcel was read.
func (a *audit) overdue(ctx context.Context, p *job.Parcel, r *Report) error {
	for _, attempt := range p.Presumed {
		stored, err := a.e.stored(ctx, a.f, a.shard.Number, p.First+attempt.Task, attempt.Number)
		if absent(err) || broken(err) {
			continue
		}
		if err != nil {
			return err
		}
		if _, known := a.e.priced(attempt.Terms, stored); !known || a.e.Clock.Now().Sub(stored.At) < a.e.options.Lease {
			continue
		}
		now, err := a.e.parcel(ctx, a.f, p.Number)
		if err != nil && !broken(err) {
			return err
		}
		if _, still := now.TakePresumed(attempt.Task, attempt.Number); still {
			r.add(ProblemAttempt, a.shard.Number, 0, "task %d attempt %d is presumed, and its answer is stored: retry the task to settle it", p.First+attempt.Task, attempt.Number)
		}
	}
	return nil
}

// contents checks that the accepted answer of every task that has one is the one that was paid for.
func (a *audit) contents(ctx context.Context, r *Report) error {
	for i := range a.parcels {
		p := &a.parcels[i]
		if err := a.overdue(ctx, p, r); err != nil {
			return err
		}
		for n, t := range p.Tasks {
			if t.State != job.TaskCompleted && t.Accepted == 0 {
				continue
			}
			ordinal := p.First + n
			stored, err := a.e.stored(ctx, a.f, a.shard.Number, ordinal, t.Accepted)
			if broken(err) || absent(err) {
				r.add(ProblemContent, a.shard.Number, 0, "task %d: answer of attempt %d: %s", ordinal, t.Accepted, fault.OneLine(err, 200))
				continue
			}
			if err != nil {
				return err
			}
			if s := a.attempts[attemptKey{ordinal, t.Accepted}]; a.intact && (s == nil || s.content != stored.Content()) {
				r.add(ProblemContent, a.shard.Number, 0, "task %d: content of attempt %d is not the one in the ledger", ordinal, t.Accepted)
			}
		}
	}
	return nil
}

// end compares what the job noted at the shard's end with the shard.
func (a *audit) end(j *job.Job, r *Report) {
	end := j.Ends[a.shard.Number]
	if (end != nil) != a.shard.Done {
		r.add(ProblemCounter, a.shard.Number, 0, "the job says that the shard has ended: %t, the header: %t", end != nil, a.shard.Done)
		return
	}
	if end != nil && (end.Counts != a.shard.Counts || end.Account != a.shard.Account || end.Head != a.shard.Head) {
		r.add(ProblemCounter, a.shard.Number, a.shard.Head.Seq, "what the job noted at the shard's end is not what its header says")
	}
}
