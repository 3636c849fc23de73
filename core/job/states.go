package job

import "slices"

// State is where a job is in its life.
type State string

// The states of a job. The sentence that begins with If says what becomes of it when everything stops right then.
const (
	// StatePending: accepted, nothing leased yet. If every process dies, the sweeper starts it.
	StatePending State = "pending"
	// StateRunning: work has begun. If every process dies, leases end and the sweeper goes on.
	StateRunning State = "running"
	// StatePaused: no new lease or hold until the pause is lifted. Calls begun before still settle. If every process
	// dies, leases end, the sweeper has the open attempts resolved, and it stays paused.
	StatePaused State = "paused"
	// StateCompleted: every task completed. If every process dies, the sweeper still delivers its notice.
	StateCompleted State = "completed"
	// StatePartial: ended; some tasks completed, some failed. If every process dies, the sweeper still delivers its notice.
	StatePartial State = "partial"
	// StateFailed: ended; no task completed. If every process dies, the sweeper still delivers its notice.
	StateFailed State = "failed"
	// StateCancelled: ended by request; what was completed stays. If every process dies, nothing is left to do.
	StateCancelled State = "cancelled"
)

// Ended reports whether the state is an end, left only through Retry.
func (s State) Ended() bool {
	return s == StateCompleted || s == StatePartial || s == StateFailed || s == StateCancelled
}

func (s State) known() bool {
	return s == StatePending || s == StateRunning || s == StatePaused || s.Ended()
}

// TaskState is where a task is.
type TaskState uint8

// The states of a task. The sentence that begins with If says what becomes of it when everything stops right then.
const (
	// TaskQueued: nothing was tried in this round. If its message or the process is lost, the sweeper finds it.
	TaskQueued TaskState = iota
	// TaskRunning: an attempt is open under the parcel's lease. If the process dies, the lease ends and the next owner
	// settles the attempt by its stored answer, or presumes its hold spent.
	TaskRunning
	// TaskWaiting: it will run when its reason has passed. If its message or the process is lost, the sweeper finds it.
	TaskWaiting
	// TaskCompleted: its accepted answer is stored. If the process dies, nothing is lost: the answer was stored before.
	TaskCompleted
	// TaskFailed: it has a code that says why. If the process dies, nothing is lost: only a retry moves it.
	TaskFailed
	// TaskCancelled: the job was cancelled before it was ever completed. It is final for good. If the process dies, nothing is
	// lost.
	TaskCancelled
)

// TaskStates is the number of task states.
const TaskStates = 6

var taskStateNames = [TaskStates]string{"queued", "running", "waiting", "completed", "failed", "cancelled"}

// String is the state's name as written to people.
func (s TaskState) String() string {
	if int(s) < len(taskStateNames) {
		return taskStateNames[s]
	}
	return "unknown"
}

// Ended reports whether the state is an end.
func (s TaskState) Ended() bool { return s >= TaskCompleted }

// Reason says why a task waits.
type Reason uint8

// The waiting reasons. Paused is never stored: it is what an open task of a paused job shows.
const (
	// ReasonNone: the task does not wait.
	ReasonNone Reason = iota
	// ReasonRetry: the last attempt failed; the next one may start at a given time.
	ReasonRetry
	// ReasonQuota: the provider's rate limit.
	ReasonQuota
	// ReasonBreaker: the provider is down, and calls to it are held back.
	ReasonBreaker
	// ReasonBudget: its hold does not fit into the job's free money.
	ReasonBudget
	// ReasonBatch: it is part of a batch that has not been collected.
	ReasonBatch
	// ReasonPaused: its job is paused.
	ReasonPaused
)

// Reasons is the number of waiting reasons, ReasonNone included.
const Reasons = 7

var reasonNames = [Reasons]string{"", "retry", "quota", "breaker", "budget", "batch", "paused"}

// String is the reason's name as written to people; empty for ReasonNone.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

// Gate says whether a shard lets new leases in.
type Gate uint8

// The positions of a gate.
const (
	// GateOpen lets leases in.
	GateOpen Gate = iota
	// GatePaused lets none in until it is opened again.
	GatePaused
	// GateCancelled lets none in, and open tasks become cancelled, or completed as they were before.
	GateCancelled
)

// String is the gate's name as written to people.
func (g Gate) String() string {
	switch g {
	case GateOpen:
		return "open"
	case GatePaused:
		return "paused"
	case GateCancelled:
		return "cancelled"
	}
	return "unknown"
}

// PauseReason is why a job is paused. A job may have several.
type PauseReason string

// The pause reasons. Only the operator's is lifted by nobody but an operator.
const (
	// PauseOperator: somebody asked for it.
	PauseOperator PauseReason = "operator"
	// PauseBudget: no call fits into what is left of the cap, or a call cost more than there was.
	PauseBudget PauseReason = "budget"
	// PauseProvider: the provider refuses the key, or its spending cap is reached.
	PauseProvider PauseReason = "provider"
	// PauseFailureRate: more than half of the tasks judged lately failed for good.
	PauseFailureRate PauseReason = "failure_rate"
	// PauseSpendingOff: spending is switched off for all jobs.
	PauseSpendingOff PauseReason = "spending_off"
)

// JobMove and TaskMove are one allowed step each.
type (
	// JobMove is an allowed step of a job.
	JobMove struct {
		From, To State
		// Why says what makes the step.
		Why string
	}
	// TaskMove is an allowed step of a task.
	TaskMove struct {
		From, To TaskState
		// Why says what makes the step.
		Why string
	}
)

// JobMoves is the table of all steps that a job may make.
func JobMoves() []JobMove {
	return []JobMove{
		{StatePending, StateRunning, "the first lease draws money"},
		{StatePending, StatePaused, "every shard has taken a pause"},
		{StateRunning, StatePaused, "every shard has taken a pause"},
		{StatePaused, StatePending, "resumed before the first lease"},
		{StatePaused, StateRunning, "resumed"},
		{StateRunning, StateCompleted, "the last shard ended, every task completed"},
		{StateRunning, StatePartial, "the last shard ended, some tasks failed"},
		{StateRunning, StateFailed, "the last shard ended, no task completed"},
		{StatePending, StateFailed, "every task was given up before the first lease"},
		{StatePaused, StateCompleted, "calls in flight ended it"},
		{StatePaused, StatePartial, "calls in flight ended it"},
		{StatePaused, StateFailed, "calls in flight ended it"},
		{StatePending, StateCancelled, "cancelled"},
		{StateRunning, StateCancelled, "cancelled"},
		{StatePaused, StateCancelled, "cancelled"},
		{StateCompleted, StateRunning, "regenerate"},
		{StatePartial, StateRunning, "retry"},
		{StateFailed, StateRunning, "retry"},
		{StateCancelled, StateRunning, "retry"},
	}
}

// TaskMoves is the table of all steps that a task may make.
func TaskMoves() []TaskMove {
	return []TaskMove{
		{TaskQueued, TaskRunning, "leased, with a hold"},
		{TaskQueued, TaskWaiting, "its hold does not fit the budget"},
		{TaskQueued, TaskCancelled, "the shard took a cancel"},
		{TaskQueued, TaskCompleted, "the shard took a cancel, and it has a content from before"},
		{TaskQueued, TaskFailed, "given up: dead letter"},
		{TaskRunning, TaskCompleted, "its answer was accepted, or it gave nothing, the shard has taken a cancel and there is a content from before"},
		{TaskRunning, TaskFailed, "no attempt left, or none can help"},
		{TaskRunning, TaskCancelled, "its attempt gave nothing and the shard has taken a cancel"},
		{TaskRunning, TaskWaiting, "its attempt gave nothing and another is due later"},
		{TaskWaiting, TaskRunning, "leased, with a hold"},
		{TaskWaiting, TaskCancelled, "the shard took a cancel"},
		{TaskWaiting, TaskCompleted, "the shard took a cancel, and it has a content from before"},
		{TaskWaiting, TaskFailed, "given up: refused for too long, or dead letter"},
		{TaskCompleted, TaskQueued, "regenerate"},
		{TaskFailed, TaskQueued, "retry"},
	}
}

// CanMove reports whether the table has the step. Staying is no step and always allowed.
func (s State) CanMove(to State) bool {
	return s == to || slices.ContainsFunc(JobMoves(), func(m JobMove) bool { return m.From == s && m.To == to })
}

// CanMove reports whether the table has the step. Staying is no step and always allowed.
func (s TaskState) CanMove(to TaskState) bool {
	if s == to {
		return true
	}
	for _, m := range taskMoveTable {
		if m.From == s && m.To == to {
			return true
		}
	}
	return false
}

// taskMoveTable is read on every step of every task; it never changes.
var taskMoveTable = TaskMoves()
