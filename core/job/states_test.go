package job_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// jobStates and taskStates are all of them, in the order of a life.
var (
	jobStates = []job.State{
		job.StatePending, job.StateRunning, job.StatePaused,
		job.StateCompleted, job.StatePartial, job.StateFailed, job.StateCancelled,
	}
	taskStates = []job.TaskState{
		job.TaskQueued, job.TaskRunning, job.TaskWaiting, job.TaskCompleted, job.TaskFailed, job.TaskCancelled,
	}
)

// TestJobStates holds the table against the life of a job as it is promised to callers, over all pairs.
func TestJobStates(t *testing.T) {
	t.Parallel()
	allowed := map[job.State][]job.State{
		job.StatePending:   {job.StateRunning, job.StatePaused, job.StateFailed, job.StateCancelled},
		job.StateRunning:   {job.StatePaused, job.StateCompleted, job.StatePartial, job.StateFailed, job.StateCancelled},
		job.StatePaused:    {job.StatePending, job.StateRunning, job.StateCompleted, job.StatePartial, job.StateFailed, job.StateCancelled},
		job.StateCompleted: {job.StateRunning},
		job.StatePartial:   {job.StateRunning},
		job.StateFailed:    {job.StateRunning},
		job.StateCancelled: {job.StateRunning},
	}
	listed := 0
	for _, from := range jobStates {
		for _, to := range jobStates {
			want := from == to || contains(allowed[from], to)
			require.Equal(t, want, from.CanMove(to), "%s to %s", from, to)

			j := &job.Job{ID: jobID, State: from}
			err := j.Move(to)
			if want {
				require.NoError(t, err)
				require.Equal(t, to, j.State)
				continue
			}
			requireKind(t, fault.Internal, err)
			require.EqualError(t, err, "job "+string(jobID)+": "+string(from)+" to "+string(to)+" is not an allowed step")
			require.Equal(t, from, j.State)
		}
		listed += len(allowed[from])
		require.Equal(t, len(allowed[from]) == 1, from.Ended(), "only an ended job has retry as its one way out: %s", from)
	}
	require.Len(t, job.JobMoves(), listed, "no step stands there twice")
	require.False(t, job.StatePending.CanMove("halted"))
	require.False(t, job.State("halted").CanMove(job.StateRunning))
}

// TestTaskStates does the same for tasks.
func TestTaskStates(t *testing.T) {
	t.Parallel()
	allowed := map[job.TaskState][]job.TaskState{
		job.TaskQueued:    {job.TaskRunning, job.TaskWaiting, job.TaskCancelled, job.TaskCompleted, job.TaskFailed},
		job.TaskRunning:   {job.TaskCompleted, job.TaskFailed, job.TaskCancelled, job.TaskWaiting},
		job.TaskWaiting:   {job.TaskRunning, job.TaskCancelled, job.TaskCompleted, job.TaskFailed},
		job.TaskCompleted: {job.TaskQueued},
		job.TaskFailed:    {job.TaskQueued},
		job.TaskCancelled: {},
	}
	require.Len(t, taskStates, job.TaskStates)
	listed := 0
	for _, from := range taskStates {
		for _, to := range taskStates {
			require.Equal(t, from == to || contains(allowed[from], to), from.CanMove(to), "%s to %s", from, to)
		}
		require.Equal(t, len(allowed[from]) < 2, from.Ended(), "%s", from)
		listed += len(allowed[from])
	}
	require.Len(t, job.TaskMoves(), listed, "no step stands there twice")
}

// TestMovesSayWhy: the tables are also what people read; and whoever changes the copy that he was given changes no rule.
func TestMovesSayWhy(t *testing.T) {
	t.Parallel()
	jobs, tasks := job.JobMoves(), job.TaskMoves()
	for i, m := range jobs {
		require.NotEmpty(t, m.Why, "%s to %s", m.From, m.To)
		jobs[i] = job.JobMove{}
	}
	for i, m := range tasks {
		require.NotEmpty(t, m.Why, "%s to %s", m.From, m.To)
		tasks[i] = job.TaskMove{}
	}
	require.True(t, job.StatePending.CanMove(job.StateRunning))
	require.True(t, job.TaskQueued.CanMove(job.TaskRunning))
}

func TestNames(t *testing.T) {
	t.Parallel()
	var states, reasons, gates []string
	for s := range job.TaskState(job.TaskStates + 1) {
		states = append(states, s.String())
	}
	for r := range job.Reason(job.Reasons + 1) {
		reasons = append(reasons, r.String())
	}
	for g := range job.GateCancelled + 2 {
		gates = append(gates, g.String())
	}
	require.Equal(t, []string{"queued", "running", "waiting", "completed", "failed", "cancelled", "unknown"}, states)
	require.Equal(t, []string{"", "retry", "quota", "breaker", "budget", "batch", "paused", "unknown"}, reasons)
	require.Equal(t, []string{"open", "paused", "cancelled", "unknown"}, gates)
}

func contains[T comparable](list []T, v T) bool {
	for _, have := range list {
		if have == v {
			return true
		}
	}
	return false
}
