package job_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// fullTask has every field set, so that a test sees what a step leaves alone.
func fullTask(state job.TaskState) job.Task {
	return job.Task{
		State: state, Reason: job.ReasonQuota, Until: noon(), Last: 4, Judged: 1, Unknown: 2, Refusals: 3,
		RefusedSince: noon(), LastJudged: 2, Code: job.CodeRefused, Accepted: 1, Billed: 3, Cost: cost.Dollar,
	}
}

// cancelEmpty cancels a task that has no content yet.
func cancelEmpty(task *job.Task) error {
	bare := *task
	bare.Accepted = 0
	if err := bare.Cancel(); err != nil {
		return err
	}
	*task = bare
	return nil
}

// TestTaskSteps takes each step from each state: the task is then as it should be, or the very one that it was.
func TestTaskSteps(t *testing.T) {
	t.Parallel()
	later := noon().Add(time.Minute)
	steps := map[string]struct {
		from []job.TaskState
		do   func(*job.Task) error
		want func(*job.Task)
	}{
		"Start": {
			[]job.TaskState{job.TaskQueued, job.TaskWaiting},
			func(task *job.Task) error { _, err := task.Start(); return err },
			func(task *job.Task) { task.State, task.Last = job.TaskRunning, 5 },
		},
		"Wait": {
			[]job.TaskState{job.TaskQueued, job.TaskRunning, job.TaskWaiting},
			func(task *job.Task) error { return task.Wait(job.ReasonRetry, later) },
			func(task *job.Task) { task.State, task.Reason, task.Until = job.TaskWaiting, job.ReasonRetry, later },
		},
		"Complete": {
			[]job.TaskState{job.TaskRunning},
			func(task *job.Task) error { return task.Complete(4) },
			func(task *job.Task) { task.State, task.Accepted, task.Code = job.TaskCompleted, 4, "" },
		},
		"Fail": {
			[]job.TaskState{job.TaskQueued, job.TaskRunning, job.TaskWaiting},
			func(task *job.Task) error { return task.Fail(job.CodeDeadLetter) },
			func(task *job.Task) { task.State, task.Code = job.TaskFailed, job.CodeDeadLetter },
		},
		"Cancel": {
			[]job.TaskState{job.TaskQueued, job.TaskRunning, job.TaskWaiting},
			cancelEmpty,
			func(task *job.Task) { task.State, task.Accepted = job.TaskCancelled, 0 },
		},
		"Cancel with a content from before": {
			[]job.TaskState{job.TaskQueued, job.TaskRunning, job.TaskWaiting},
			(*job.Task).Cancel,
			func(task *job.Task) { task.State = job.TaskCompleted },
		},
		"Requeue": {
			[]job.TaskState{job.TaskCompleted, job.TaskFailed},
			(*job.Task).Requeue,
			func(task *job.Task) {
				task.State, task.Judged, task.Unknown, task.Refusals, task.LastJudged = job.TaskQueued, 0, 0, 0, 0
				task.RefusedSince, task.Code = time.Time{}, ""
			},
		},
	}
	for name, step := range steps {
		for _, from := range taskStates {
			t.Run(name+" from "+from.String(), func(t *testing.T) {
				t.Parallel()
				got, want := fullTask(from), fullTask(from)
				err := step.do(&got)
				if !contains(step.from, from) {
					requireKind(t, fault.Internal, err)
					require.Equal(t, want, got, "a refused step changes nothing")
					return
				}
				require.NoError(t, err)
				want.Reason, want.Until = job.ReasonNone, time.Time{}
				step.want(&want)
				require.Equal(t, want, got)
			})
		}
	}
}

// TestAttemptNumbers: a number is given once, whatever becomes of the attempt and in whatever round.
func TestAttemptNumbers(t *testing.T) {
	t.Parallel()
	var task job.Task
	for want := 1; want <= 6; want++ {
		number, err := task.Start()
		require.NoError(t, err)
		require.Equal(t, want, number)
		_, err = task.Start()
		requireKind(t, fault.Internal, err)
		require.Equal(t, want, task.Last, "a second start gives no number")
		if want%3 != 0 {
			require.NoError(t, task.Wait(job.ReasonRetry, noon()))
			continue
		}
		require.NoError(t, task.Complete(number))
		require.NoError(t, task.Requeue())
		require.Equal(t, want, task.Accepted, "the content stays until a better one is accepted")
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		task job.Task
		due  bool
	}{
		"queued":               {job.Task{State: job.TaskQueued}, true},
		"running":              {job.Task{State: job.TaskRunning}, false},
		"completed":            {job.Task{State: job.TaskCompleted}, false},
		"failed":               {job.Task{State: job.TaskFailed}, false},
		"cancelled":            {job.Task{State: job.TaskCancelled}, false},
		"waiting for the past": {job.Task{State: job.TaskWaiting, Reason: job.ReasonRetry, Until: noon().Add(-1)}, true},
		"waiting for now":      {job.Task{State: job.TaskWaiting, Reason: job.ReasonQuota, Until: noon()}, true},
		"waiting for later":    {job.Task{State: job.TaskWaiting, Reason: job.ReasonBreaker, Until: noon().Add(1)}, false},
		"waiting, not known":   {job.Task{State: job.TaskWaiting, Reason: job.ReasonRetry}, true},
		"waiting for money":    {job.Task{State: job.TaskWaiting, Reason: job.ReasonBudget, Until: noon().Add(1)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.due, test.task.Due(noon()))
		})
	}
}
