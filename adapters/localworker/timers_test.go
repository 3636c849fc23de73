package localworker_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// millis makes a list of times.
func millis(list ...int) []time.Duration {
	times := make([]time.Duration, len(list))
	for i, ms := range list {
		times[i] = time.Duration(ms) * time.Millisecond
	}
	return times
}

// timed tells a story in a bubble of fake time.
func timed(t *testing.T, name string, story func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, story)
	})
}

// TestWhenStopIsOver is about how long a worker that is stopped goes on.
func TestWhenStopIsOver(t *testing.T) {
	t.Parallel()

	timed(t, "CallsInFlightEndAndSettle", func(t *testing.T) {
		w := newWorld(t, nil)
		time.AfterFunc(500*time.Millisecond, w.worker.Stop)
		w.run(t)
		require.Equal(t, time.Second, w.now())
		p := w.progress(t)
		require.Equal(t, job.Counts{job.TaskQueued: 10, job.TaskCompleted: 50}, p.Counts, "50 had a slot")
		require.Zero(t, p.Held+p.Presumed)
		w.balanced(t, 50)

		w.start(t, nil, 0)
		require.NoError(t, w.engine.Restart(t.Context()))
		w.run(t)
		require.Equal(t, 2*time.Second, w.now(), "nothing had to be waited for")
		w.balanced(t, 60)
	})

	timed(t, "ACallThatHangsIsCutOffAtItsTimeout", func(t *testing.T) {
		w := emptyWorld(t, nil)
		w.submit(t, make([]byte, 3))
		w.asked = func(ctx context.Context, nth int) error {
			if nth == 1 {
				<-ctx.Done()
			}
			return ctx.Err()
		}
		time.AfterFunc(10*time.Second, w.worker.Stop)
		w.run(t)
		require.Equal(t, 2*time.Minute, w.now())
		p := w.progress(t)
		require.Equal(t, job.Counts{job.TaskWaiting: 1, job.TaskCompleted: 2}, p.Counts)
		require.Zero(t, p.Held)
		require.Positive(t, p.Presumed)
		w.balanced(t, 2)
	})

	timed(t, "NeitherTheWaitForAMessageNorForTheNextSweepIsWaitedFor", func(t *testing.T) {
		w := emptyWorld(t, nil)
		time.AfterFunc(90*time.Second, w.worker.Stop)
		w.run(t)
		require.Equal(t, 90*time.Second, w.now())
	})

	timed(t, "NorIsThePauseAfterAFailure", func(t *testing.T) {
		w := emptyWorld(t, nil, faultport.Rule{Method: "Queue.Receive", Effect: faultport.Fail})
		time.AfterFunc(15*time.Second, w.worker.Stop)
		w.run(t)
		require.Equal(t, 15*time.Second, w.now())
	})
}

// TestCutOffCalls is about what a worker leaves whose context ends while calls are in flight, and who finds it.
func TestCutOffCalls(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		epoch   int64
		restart bool
		over    time.Duration
	}{
		"AHigherEpochTakesThemOverAtOnce": {1, true, 1500 * time.Millisecond},
		// The lease of 260 seconds and the margin of 5 end before the sixth sweep.
		"TheSameEpochWaitsForTheLeasesEnd": {0, false, 301500 * time.Millisecond},
	} {
		timed(t, name, func(t *testing.T) {
			w := emptyWorld(t, nil)
			w.submit(t, make([]byte, 40))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			time.AfterFunc(500*time.Millisecond, cancel)
			require.ErrorIs(t, w.worker.Run(ctx), context.Canceled)
			require.Equal(t, 500*time.Millisecond, w.now())
			cut := w.progress(t)
			require.Equal(t, job.Counts{job.TaskRunning: 40}, cut.Counts)
			w.balanced(t, 0)

			w.start(t, nil, test.epoch)
			if test.restart {
				require.NoError(t, w.engine.Restart(t.Context()))
			}
			w.run(t)
			require.Equal(t, test.over, w.now())
			p := w.progress(t)
			require.Equal(t, job.StateCompleted, p.Job.State)
			require.Equal(t, cut.Held, p.Presumed, "what was cut off may have been billed")
			require.Zero(t, p.Held)
			w.balanced(t, 40)
		})
	}
}

// TestMessages is about when messages are worked on.
func TestMessages(t *testing.T) {
	t.Parallel()

	for name, wait := range map[string]time.Duration{
		"ADelayedOneAtItsTime":                        30 * time.Second,
		"OneThatIsDueAfterTheLongestDelayIsSentAgain": 20 * time.Minute,
	} {
		timed(t, name, func(t *testing.T) {
			w := emptyWorld(t, nil)
			w.submit(t, make([]byte, 1))
			w.asked = func(_ context.Context, nth int) error {
				if nth == 1 {
					return fault.New(fault.Throttled, "model: later").After(wait)
				}
				return nil
			}
			w.run(t)
			require.Equal(t, []time.Duration{0, wait + time.Second}, w.times["call"])
			require.Equal(t, wait+2*time.Second, w.ended)
			w.balanced(t, 1)
		})
	}

	timed(t, "OneWhoseWorkFailsComesAgainAfterDoublingPauses", func(t *testing.T) {
		w := emptyWorld(t, nil)
		w.submit(t, make([]byte, 1))
		w.down = true
		time.AfterFunc(10*time.Second, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.down = false
		})
		w.run(t)
		require.Equal(t, millis(0, 100, 300, 700, 1500, 120_000), w.times["delivery"], "the last was sent by a sweep")
		require.Equal(t, 1, w.queue.DeadLetters().Len())
		require.Equal(t, 121*time.Second, w.ended)
	})

	timed(t, "AreAskedForEachHourWhenNoneComes", func(t *testing.T) {
		w := emptyWorld(t, &localworker.Options{Parcels: 1})
		time.AfterFunc(150*time.Minute, w.worker.Stop)
		w.run(t)
		require.Equal(t, millis(0, 3_600_000, 7_200_000), w.times["receive"])
	})
}

// TestAFailingQueue is about the pauses between two questions to a queue that fails.
func TestAFailingQueue(t *testing.T) {
	t.Parallel()

	timed(t, "IsAskedAgainAfterDoublingPausesUpToTenSeconds", func(t *testing.T) {
		w := emptyWorld(t, &localworker.Options{Parcels: 1}, faultport.Rule{Method: "Queue.Receive", Effect: faultport.Fail})
		time.AfterFunc(40*time.Second, w.worker.Stop)
		w.run(t)
		require.Equal(t, millis(0, 100, 300, 700, 1500, 3100, 6300, 12700, 22700, 32700), w.times["receive"])
		require.Len(t, w.faults, 10)
	})

	timed(t, "IsAskedSoonAgainOnceItHasWorked", func(t *testing.T) {
		var rules []faultport.Rule
		for _, nth := range []int{1, 2, 3, 5, 6} {
			rules = append(rules, faultport.Rule{Method: "Queue.Receive", Nth: nth, Effect: faultport.Fail})
		}
		w := emptyWorld(t, &localworker.Options{Parcels: 1}, rules...)
		w.submit(t, make([]byte, 26)) // two parcels
		w.run(t)
		require.Equal(t, millis(0, 100, 300, 700, 1700, 1800, 2000), w.times["receive"])
		require.Len(t, w.times["call"], 26)
		require.Equal(t, millis(700), w.times["call"][:1])
		require.Equal(t, millis(2000), w.times["call"][25:])
	})
}

// TestSweeps is about when a worker sweeps.
func TestSweeps(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options *localworker.Options
		rules   []faultport.Rule
		times   []time.Duration
		faults  int
	}{
		"EachMinute":     {nil, nil, millis(0, 60_000, 120_000, 180_000), 0},
		"EachSweepEvery": {&localworker.Options{SweepEvery: 45 * time.Second}, nil, millis(0, 45_000, 90_000, 135_000, 180_000), 0},
		"AFailureChangesNothing": {
			nil, []faultport.Rule{{Method: "Store.List", Nth: 2, Effect: faultport.Fail}}, millis(0, 60_000, 120_000, 180_000), 1,
		},
		"ASlowOneIsGivenItsTime": {
			nil, []faultport.Rule{{Method: "Store.List", Nth: 2, Effect: faultport.Delay, Delay: 90 * time.Second}}, millis(0, 60_000, 210_000), 0,
		},
	} {
		timed(t, name, func(t *testing.T) {
			w := emptyWorld(t, test.options, test.rules...)
			time.AfterFunc(219*time.Second, w.worker.Stop)
			w.run(t)
			require.Equal(t, test.times, w.times["sweep"])
			require.Len(t, w.faults, test.faults)
		})
	}
}
