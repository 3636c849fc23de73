package job

import (
	"encoding/hex"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Owner is the token of whoever holds a lease, fresh for every delivery.
type Owner [16]byte

// String is the token in hexadecimal digits.
func (o Owner) String() string { return hex.EncodeToString(o[:]) }

// Attempt is one try at a task with the money that was put aside for it.
type Attempt struct {
	// Task is the task's index in its parcel, Number the attempt's number.
	Task, Number int
	// Hold is what was held, or is presumed spent.
	Hold cost.Pico
	// Terms are the model, lane and price version that the hold was made at; the attempt is settled at the same.
	Terms cost.Terms
}

// Parcel is up to ParcelSize neighbouring tasks of a job: the unit of work. One lease covers it.
type Parcel struct {
	// Number is 0-based within the job; First the ordinal of its first task.
	Number, First int
	// Fence is the number of the lease, raised by each owner; 0 before the first.
	Fence int64
	// Owner holds the lease until LeaseEnd; LeaseEnd is zero when nobody does. Epoch is the store's epoch at the lease.
	Owner    Owner
	LeaseEnd time.Time
	Epoch    int64
	// DeadLetters counts the messages of this parcel that a queue gave up in this round.
	DeadLetters int
	// Tasks are in order of their ordinals.
	Tasks []Task
	// Open lists the attempts that are held and unresolved, Presumed those that were presumed spent and not adjusted.
	Open, Presumed []Attempt
}

// NewParcel returns the parcel as it is before its record is written: all tasks queued.
func NewParcel(number, size, tasks int) Parcel {
	first := number * size
	return Parcel{Number: number, First: first, Tasks: make([]Task, min(size, tasks-first))}
}

// Leased reports whether somebody may be working under the lease: it has an end, made at this epoch, that has not
// passed by more than the margin. A lease end further ahead than longest counts as passed: no clock set it honestly. A
// batch is done whatever becomes of the process that sent it, and its lease outlives the epoch.
func (p *Parcel) Leased(now time.Time, epoch int64, margin, longest time.Duration) bool {
	if p.LeaseEnd.IsZero() || p.Epoch < epoch && !p.InBatch() || p.LeaseEnd.After(now.Add(longest+margin)) {
		return false
	}
	return !now.After(p.LeaseEnd.Add(margin))
}

// InBatch reports whether the parcel's open attempts are lines of a batch.
func (p *Parcel) InBatch() bool {
	return slices.ContainsFunc(p.Open, func(a Attempt) bool { return a.Terms.Lane == cost.Batch })
}

// Held reports whether owner and fence are still those of the lease.
func (p *Parcel) Held(owner Owner, fence int64) bool {
	return p.Fence == fence && p.Owner == owner
}

// Lease gives the parcel to a new owner and returns the new fence.
func (p *Parcel) Lease(owner Owner, epoch int64, end time.Time) int64 {
	p.Fence++
	p.Owner, p.Epoch, p.LeaseEnd = owner, epoch, end
	return p.Fence
}

// Release ends the lease. The fence and the owner stay, so that a late write is known for what it is.
func (p *Parcel) Release() { p.LeaseEnd = time.Time{} }

// Begin records an attempt as open.
func (p *Parcel) Begin(a Attempt) { p.Open = append(p.Open, a) }

// TakeOpen removes and returns the open attempt of that number at the task.
func (p *Parcel) TakeOpen(task, number int) (Attempt, bool) {
	return take(&p.Open, task, number)
}

// TakePresumed removes and returns the presumed attempt of that number at the task.
func (p *Parcel) TakePresumed(task, number int) (Attempt, bool) {
	return take(&p.Presumed, task, number)
}

func take(list *[]Attempt, task, number int) (Attempt, bool) {
	at := slices.IndexFunc(*list, func(a Attempt) bool { return a.Task == task && a.Number == number })
	if at < 0 {
		return Attempt{}, false
	}
	a := (*list)[at]
	*list = slices.Delete(*list, at, at+1)
	return a, true
}

// Ended reports whether every task has ended.
func (p *Parcel) Ended() bool {
	return !slices.ContainsFunc(p.Tasks, func(t Task) bool { return !t.State.Ended() })
}

// Running reports whether any task is running.
func (p *Parcel) Running() bool {
	return slices.ContainsFunc(p.Tasks, func(t Task) bool { return t.State == TaskRunning })
}

// NextDue is the earliest time at which a task can start, and whether there is one that can start by time alone.
// Queued tasks are due since ever.
func (p *Parcel) NextDue() (time.Time, bool) {
	var due time.Time
	found := false
	for i := range p.Tasks {
		t := &p.Tasks[i]
		if t.State != TaskQueued && (t.State != TaskWaiting || t.Reason == ReasonBudget) {
			continue
		}
		if !found || t.Until.Before(due) {
			due, found = t.Until, true
		}
	}
	return due, found
}

// Copy returns a parcel that shares nothing with p.
func (p Parcel) Copy() Parcel {
	p.Tasks, p.Open, p.Presumed = slices.Clone(p.Tasks), slices.Clone(p.Open), slices.Clone(p.Presumed)
	return p
}

// index checks that an ordinal is one of the parcel's and returns the task's place.
func (p *Parcel) index(ordinal int) (int, error) {
	i := ordinal - p.First
	if i < 0 || i >= len(p.Tasks) {
		return 0, fault.New(fault.Invalid, "parcel %d: ordinal %d is not in it", p.Number, ordinal)
	}
	return i, nil
}

// Task returns the task with the ordinal.
func (p *Parcel) Task(ordinal int) (*Task, error) {
	i, err := p.index(ordinal)
	if err != nil {
		return nil, err
	}
	return &p.Tasks[i], nil
}
