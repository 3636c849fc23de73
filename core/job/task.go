package job

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// ParcelSize is how many neighbouring tasks one parcel holds at most. At 25 a parcel's record stays below 1 KB and one
// Update resolves a whole parcel within the store's limit of records.
const ParcelSize = 25

// Task is the state of one unit of a job inside its parcel. Its ordinal is the parcel's first ordinal plus its index.
type Task struct {
	State TaskState
	// Reason and Until say why a waiting task waits, and the earliest time it may start (zero: nobody knows).
	Reason Reason
	Until  time.Time
	// Last is the number of the last attempt given out; 0 before the first. It goes on through rounds.
	Last int
	// Judged and Unknown count this round's attempts with a judged answer and with an unknown outcome; Refusals the
	// refusals to start in a row, the first of them at RefusedSince.
	Judged, Unknown, Refusals int
	RefusedSince              time.Time
	// LastJudged is the attempt that was judged last in this round; 0 for none. Its stored answer holds the verdict.
	LastJudged int
	// Code is why the task failed; empty unless it did.
	Code Code
	// Accepted is the attempt whose answer is the task's current content; 0 for none. A failed regeneration keeps it.
	Accepted int
	// Billed counts the attempts that were or may have been billed, and Cost what they came to, over all rounds.
	Billed int
	Cost   cost.Pico
}

// move takes the step or reports it as a bug: the table in states.go is the only way to change a state. Staying is left to
// waiting alone, for another reason or time: a second start would lose an attempt, a second end another one's outcome.
func (t *Task) move(to TaskState) error {
	if !t.State.CanMove(to) || t.State == to && to != TaskWaiting {
		return t.refused(to)
	}
	t.State, t.Reason, t.Until = to, ReasonNone, time.Time{}
	return nil
}

func (t *Task) refused(to TaskState) error {
	return fault.New(fault.Internal, "task: %s to %s is not an allowed step", t.State, to)
}

// Start gives out the next attempt and returns its number.
func (t *Task) Start() (int, error) {
	if err := t.move(TaskRunning); err != nil {
		return 0, err
	}
	t.Last++
	return t.Last, nil
}

// Wait sends the task back until a time, for a reason.
func (t *Task) Wait(reason Reason, until time.Time) error {
	if err := t.move(TaskWaiting); err != nil {
		return err
	}
	t.Reason, t.Until = reason, until
	return nil
}

// Complete ends the task with the attempt's answer as its content.
func (t *Task) Complete(attempt int) error {
	if t.State != TaskRunning {
		return t.refused(TaskCompleted)
	}
	if err := t.move(TaskCompleted); err != nil {
		return err
	}
	t.Accepted, t.Code = attempt, ""
	return nil
}

// Fail ends the task with the code.
func (t *Task) Fail(code Code) error {
	if err := t.move(TaskFailed); err != nil {
		return err
	}
	t.Code = code
	return nil
}

// Cancel ends the task: for good, unless it has a content from before. Then it is completed with that, as if nobody had
// asked for another.
func (t *Task) Cancel() error {
	if t.Accepted > 0 && !t.State.Ended() {
		return t.move(TaskCompleted)
	}
	return t.move(TaskCancelled)
}

// Requeue begins a new round for the task: its limits start afresh, its attempt numbers and its money go on.
func (t *Task) Requeue() error {
	if err := t.move(TaskQueued); err != nil {
		return err
	}
	t.Judged, t.Unknown, t.Refusals, t.LastJudged, t.RefusedSince, t.Code = 0, 0, 0, 0, time.Time{}, ""
	return nil
}

// Retries reports whether the next attempt repeats one whose call was made and whose outcome is unknown. An attempt that
// went with its worker is not among them: the provider had no part in that, and it waits until no time at all.
func (t *Task) Retries() bool {
	return t.State == TaskWaiting && t.Reason == ReasonRetry && !t.Until.IsZero() && t.Unknown > 0 && t.Refusals == 0 && t.Last != t.LastJudged
}

// Due reports whether the task could start now, but for money and gate.
func (t *Task) Due(now time.Time) bool {
	switch t.State {
	case TaskQueued:
		return true
	case TaskWaiting:
		return t.Reason == ReasonBudget || !t.Until.After(now)
	}
	return false
}
