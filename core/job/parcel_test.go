package job_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

func TestNewParcel(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ number, size, tasks, first, want int }{
		"first":     {0, 25, 60, 0, 25},
		"last":      {2, 25, 60, 50, 10},
		"full last": {2, 20, 60, 40, 20},
		"only one":  {0, 25, 1, 0, 1},
		"small":     {7, 3, 60, 21, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := job.NewParcel(test.number, test.size, test.tasks)
			require.Equal(t, job.Parcel{Number: test.number, First: test.first, Tasks: make([]job.Task, test.want)}, p)
			require.False(t, p.Ended())
			require.False(t, p.Running())
			require.False(t, p.Leased(noon(), 0, 0, time.Hour))
		})
	}
}

func TestLease(t *testing.T) {
	t.Parallel()
	p := job.NewParcel(1, 25, 50)
	one, two := job.Owner{1}, job.Owner{2}
	require.False(t, p.Held(one, 1), "nobody has leased it")

	require.Equal(t, int64(1), p.Lease(one, 7, noon().Add(time.Hour)))
	require.Equal(t, int64(7), p.Epoch)
	require.True(t, p.Held(one, 1))
	require.False(t, p.Held(one, 0), "an older fence")
	require.False(t, p.Held(one, 2), "a fence of the future")
	require.False(t, p.Held(two, 1), "another owner")
	require.True(t, p.Leased(noon(), 7, 0, time.Hour))

	p.Release()
	require.False(t, p.Leased(noon(), 7, 0, time.Hour))
	require.True(t, p.Held(one, 1), "a late write is known for whose it is")

	require.Equal(t, int64(2), p.Lease(two, 8, noon()))
	require.False(t, p.Held(one, 1))
	require.False(t, p.Held(one, 2))
	require.True(t, p.Held(two, 2))
}

func TestLeased(t *testing.T) {
	t.Parallel()
	const margin, longest = 5 * time.Second, 27 * time.Hour
	leased := func(end time.Duration, epoch int64) job.Parcel {
		p := job.NewParcel(0, 25, 25)
		p.Lease(job.Owner{1}, epoch, noon().Add(end))
		return p
	}
	centuries := leased(0, 3)
	centuries.LeaseEnd = noon().AddDate(5000, 0, 0)
	for name, test := range map[string]struct {
		p    job.Parcel
		want bool
	}{
		"never leased":              {job.NewParcel(0, 25, 25), false},
		"ends later":                {leased(time.Minute, 3), true},
		"ends now":                  {leased(0, 3), true},
		"ended, within the margin":  {leased(-margin+1, 3), true},
		"ended, at the margin":      {leased(-margin, 3), true},
		"ended, beyond the margin":  {leased(-margin-1, 3), false},
		"older epoch":               {leased(time.Minute, 2), false},
		"newer epoch":               {leased(time.Minute, 4), true},
		"as far as allowed":         {leased(longest+margin, 3), true},
		"further than ever allowed": {leased(longest+margin+1, 3), false},
		"in five thousand years":    {centuries, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, test.p.Leased(noon(), 3, margin, longest))
		})
	}
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	attempt := func(task, number int) job.Attempt {
		return job.Attempt{Task: task, Number: number, Hold: 100, Terms: terms()}
	}
	p := job.NewParcel(0, 25, 25)
	for _, a := range []job.Attempt{attempt(0, 1), attempt(3, 1), attempt(3, 2), attempt(24, 9)} {
		p.Begin(a)
	}
	p.Presumed = []job.Attempt{attempt(0, 2), attempt(3, 3)}

	a, found := p.TakeOpen(3, 2)
	require.True(t, found)
	require.Equal(t, attempt(3, 2), a)
	require.Equal(t, []job.Attempt{attempt(0, 1), attempt(3, 1), attempt(24, 9)}, p.Open)
	for name, missing := range map[string][2]int{
		"taken before": {3, 2}, "presumed": {0, 2}, "another number": {24, 8}, "another task": {23, 9}, "swapped": {9, 24},
	} {
		a, found = p.TakeOpen(missing[0], missing[1])
		require.False(t, found, name)
		require.Zero(t, a, name)
	}
	require.Len(t, p.Open, 3)

	a, found = p.TakePresumed(3, 3)
	require.True(t, found)
	require.Equal(t, attempt(3, 3), a)
	_, found = p.TakePresumed(3, 3)
	require.False(t, found, "one presume has one adjust")
	_, found = p.TakePresumed(0, 1)
	require.False(t, found, "it is open, not presumed")
	require.Equal(t, []job.Attempt{attempt(0, 2)}, p.Presumed)
}

func TestEndedAndRunning(t *testing.T) {
	t.Parallel()
	for _, state := range taskStates {
		p := job.NewParcel(0, 25, 3)
		for i := range p.Tasks {
			p.Tasks[i].State = job.TaskCompleted
		}
		require.True(t, p.Ended())
		p.Tasks[2].State = state
		require.Equal(t, state.Ended(), p.Ended(), "%s", state)
		require.Equal(t, state == job.TaskRunning, p.Running(), "%s", state)
	}
}

func TestNextDue(t *testing.T) {
	t.Parallel()
	waits := func(reason job.Reason, in time.Duration) job.Task {
		return job.Task{State: job.TaskWaiting, Reason: reason, Until: noon().Add(in)}
	}
	is := func(state job.TaskState) job.Task { return job.Task{State: state} }
	for name, test := range map[string]struct {
		tasks []job.Task
		due   time.Time
		some  bool
	}{
		"all ended":        {[]job.Task{is(job.TaskCompleted), is(job.TaskFailed), is(job.TaskCancelled)}, time.Time{}, false},
		"running":          {[]job.Task{is(job.TaskRunning), is(job.TaskCompleted)}, time.Time{}, false},
		"waits for money":  {[]job.Task{waits(job.ReasonBudget, time.Second)}, time.Time{}, false},
		"queued":           {[]job.Task{waits(job.ReasonRetry, time.Hour), is(job.TaskQueued)}, time.Time{}, true},
		"queued first":     {[]job.Task{is(job.TaskQueued), waits(job.ReasonRetry, -time.Hour)}, time.Time{}, true},
		"earliest":         {[]job.Task{waits(job.ReasonRetry, 3), waits(job.ReasonQuota, 1), waits(job.ReasonBreaker, 2)}, noon().Add(1), true},
		"money aside":      {[]job.Task{waits(job.ReasonBudget, -1), waits(job.ReasonBatch, 2), is(job.TaskRunning)}, noon().Add(2), true},
		"nobody knows":     {[]job.Task{waits(job.ReasonRetry, 3), {State: job.TaskWaiting, Reason: job.ReasonRetry}}, time.Time{}, true},
		"already due":      {[]job.Task{waits(job.ReasonRetry, -time.Hour)}, noon().Add(-time.Hour), true},
		"no task, no time": {nil, time.Time{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := job.Parcel{Tasks: test.tasks}
			due, some := p.NextDue()
			require.Equal(t, test.some, some)
			require.Equal(t, test.due, due)
		})
	}
}

func TestCopySharesNothing(t *testing.T) {
	t.Parallel()
	original, untouched := worstParcel(), worstParcel()
	original.Presumed, untouched.Presumed = original.Open[:3:3], untouched.Open[:3:3]
	c := original.Copy()
	require.Equal(t, original, c)
	for i := range c.Tasks {
		c.Tasks[i] = job.Task{}
	}
	c.Lease(job.Owner{9}, 99, time.Time{})
	c.TakeOpen(0, 11)
	c.TakePresumed(0, 11)
	c.Begin(job.Attempt{Task: 7})
	require.Equal(t, untouched, original)
}

func TestTaskByOrdinal(t *testing.T) {
	t.Parallel()
	p := job.NewParcel(2, 25, 60)
	for ordinal := range 80 {
		task, err := p.Task(ordinal)
		if ordinal < 50 || ordinal >= 60 {
			requireKind(t, fault.Invalid, err)
			require.Nil(t, task)
			continue
		}
		require.NoError(t, err)
		require.Same(t, &p.Tasks[ordinal-50], task)
	}
	_, err := p.Task(-1)
	requireKind(t, fault.Invalid, err)
}
