package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// idle begins a job of a deployment without workers, follows it until nobody has taken anything for a while, and returns it.
func (f *far) idle() string {
	f.Helper()
	f.Store = memstore.New(sysclock.Clock{}, nil) // the worker's is another
	f.run("budget", "--business", "corner-bakery", "--set", "100").want(exitDone)
	w := f.world()
	signals := make(chan os.Signal, 1)
	w.signals, w.quiet = signals, time.Millisecond
	w.stderr = hearing(func(text string) {
		if strings.Contains(text, "no worker has taken anything for ") {
			select {
			case signals <- os.Interrupt:
			default:
			}
		}
	})
	end := f.runWith(w, append(f.making(), "--aws", "--stage", "prod")...).want(exitInterrupted)
	require.Regexp(f, `no worker has taken anything for [0-9ms]+: mb doctor --aws --stage prod shows what is wrong\n`, end.stderr)
	return f.only()
}

// lostQueue takes messages that nobody gets.
type lostQueue struct{}

func (*lostQueue) Send(context.Context, ...ports.Message) error { return nil }

func TestADeadDeploymentIsToldFromASlowOne(t *testing.T) {
	t.Parallel()
	f := newShop(t).deploy()
	f.Queue = &lostQueue{}
	f.idle()
}

func TestLullsAreToldNowAndThen(t *testing.T) {
	t.Parallel()
	begun := time.Date(2031, 1, 25, 0, 0, 0, 0, time.UTC)
	var l lull
	var told []time.Duration
	for second := range 600 {
		still, tell := l.grows(begun.Add(time.Duration(second)*time.Second), second == 0, time.Minute)
		if tell {
			told = append(told, still)
		}
	}
	require.Equal(t, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute}, told)
	_, tell := l.grows(begun.Add(time.Hour), true, time.Minute)
	require.False(t, tell, "it has moved")
	_, tell = l.grows(begun.Add(time.Hour+59*time.Second), false, time.Minute)
	require.False(t, tell)
	still, tell := l.grows(begun.Add(time.Hour+time.Minute), false, time.Minute)
	require.True(t, tell)
	require.Equal(t, time.Minute, still)
}

func TestLullsThatHaveAReason(t *testing.T) {
	t.Parallel()
	shop := newShop(t)
	f := shop.deploy()
	for name, test := range map[string]struct {
		counts  job.Counts
		waiting map[job.Reason]int
		least   time.Duration
	}{
		"queued":       {job.Counts{job.TaskQueued: 4}, nil, time.Minute},
		"one for long": {job.Counts{job.TaskQueued: 3, job.TaskWaiting: 1}, map[job.Reason]int{job.ReasonBudget: 1}, time.Minute},
		"calls open":   {job.Counts{job.TaskQueued: 3, job.TaskRunning: 1}, nil, 5 * time.Minute},
		"retries":      {job.Counts{job.TaskWaiting: 4}, map[job.Reason]int{job.ReasonRetry: 4}, 5 * time.Minute},
		"no money":     {job.Counts{job.TaskWaiting: 4}, map[job.Reason]int{job.ReasonBudget: 4}, 0},
		"a batch":      {job.Counts{job.TaskWaiting: 4}, map[job.Reason]int{job.ReasonBatch: 3, job.ReasonBreaker: 1}, 0},
	} {
		sys, err := assemble(&store{Store: f.Store, far: &f.Deployment}, silent(), newWatch(os.Stderr, 0), 1)
		require.NoError(t, err)
		clock := &atTime{now: doctorsDay}
		sys.Engine.Clock = clock
		d := &drive{sys: sys, last: engine.Progress{Job: &job.Job{}, Counts: test.counts, Waiting: test.waiting}}
		d.hush()
		clock.now = clock.now.Add(max(test.least, time.Hour) - 1)
		if test.least > 0 {
			clock.now = doctorsDay.Add(test.least - 1)
		}
		d.hush()
		require.Zero(t, d.lull.next, name)
		if test.least > 0 {
			clock.now = clock.now.Add(1)
			d.hush()
			require.Equal(t, 2*test.least, d.lull.next, name)
		}
	}
}

// atTime is a clock that a test sets.
type atTime struct {
	sysclock.Clock
	now time.Time
}

func (a *atTime) Now() time.Time { return a.now }

// TestBudgetsEndWithTheMonth is about the 25th, for all businesses that have a budget now.
func TestBudgetsEndWithTheMonth(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	f.run(f.making()...).want(exitDone)
	now := sysclock.Clock{}.Now().UTC()
	next := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Format(month)
	f.run("budget", "--set", "12.5").want(exitDone)
	required := true
	missed := func() []string {
		cmd := &doctor{app: &app{stop: interrupts{hard: t.Context()}}}
		cmd.store.define(pflag.NewFlagSet("doctor", pflag.ContinueOnError))
		sys, err := assemble(&store{Store: f.Store, far: &f.Deployment}, silent(), newWatch(os.Stderr, 0), 1)
		require.NoError(t, err)
		c := &checkup{}
		require.NoError(t, cmd.nextMonth(c, sys.Engine, now, required))
		var list []string
		for _, p := range c.problems {
			list = append(list, sentence(p))
		}
		return list
	}
	from := next + "-01 00:00:00 UTC on "
	require.Equal(t, []string{
		"next month's budget of all businesses is not set, wanted is above zero: mb budget --aws --month " + next + " --set 12.5: from " + from + "nothing limits what they spend together",
		"next month's budget of corner-bakery is not set, wanted is above zero: mb budget --aws --business corner-bakery --month " + next + " --set 100: from " + from + "its jobs are refused",
	}, missed())
	required = false
	require.Contains(t, missed()[1], "UTC on nothing limits what it spends")
	f.run("budget", "--set", "1", "--month", next).want(exitDone)
	require.Len(t, missed(), 1)
	f.run("budget", "--business", "corner-bakery", "--set", cost.Dollar.String(), "--month", next).want(exitDone)
	require.Empty(t, missed())
}
