package guardmodel_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/guardmodel"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// allows is a model that answers and tells how many requests a minute it takes, beside the error too if there is one.
func allows(rpm *int64, err error) *inner {
	return &inner{does: func(context.Context, job.Request) (ports.Reply, error) {
		limit := ports.Limit{Known: *rpm != 0, Max: *rpm, Remaining: *rpm}
		return ports.Reply{Limits: ports.Limits{Requests: limit, Input: ports.Limit{Known: true, Max: 7}}}, err
	}}
}

// atOnce makes calls at one moment and counts those that were let through before one was not.
func atOnce(t *testing.T, guard *guardmodel.Model) (int, error) {
	t.Helper()
	for n := range 1000 {
		if _, err := guard.Call(t.Context(), request); err != nil {
			return n, err
		}
	}
	return 1000, nil
}

// brief is a wait so short that no call waits for it: what cannot be made at once is refused.
var brief = guardmodel.Options{RPM: 600, MaxWait: time.Nanosecond}

func TestPace(t *testing.T) {
	t.Parallel()
	t.Run("ABurstOfTwoSeconds", func(t *testing.T) {
		t.Parallel()
		for rpm, want := range map[int]int{1: 1, 30: 1, 50: 2, 600: 20, 1000: 34} {
			options := brief
			options.RPM = rpm
			got, err := atOnce(t, guardmodel.New(says(nil), porttest.Manual().Clock, &options))
			require.Equal(t, want, got, "%d per minute", rpm)
			require.ErrorIs(t, err, fault.Throttled)
		}
	})
	t.Run("TooFarAwayIsThrottled", func(t *testing.T) {
		t.Parallel()
		model, options, manual := says(nil), brief, porttest.Manual()
		guard := guardmodel.New(model, manual.Clock, &options)
		_, _ = atOnce(t, guard)
		for range 50 {
			reply, err := guard.Call(t.Context(), request)
			require.ErrorIs(t, err, fault.Throttled)
			require.False(t, fault.Unknown(err))
			require.Equal(t, 100*time.Millisecond, fault.RetryAfter(err), "a refused call takes no turn")
			require.Equal(t, ports.Reply{}, reply)
			require.EqualError(t, err, "guardmodel: call claude-haiku-5-5: not made: this process is at its 600 calls per minute, "+
				"and the next turn is further away than 1ns")
		}
		require.EqualValues(t, 20, model.calls.Load())
		manual.Elapse(100 * time.Millisecond)
		got, _ := atOnce(t, guard)
		require.Equal(t, 1, got)
	})
	t.Run("NothingKnownIsNoLimit", func(t *testing.T) {
		t.Parallel()
		for _, rpm := range []int64{0, -5} {
			_, err := atOnce(t, guardmodel.New(allows(&rpm, nil), porttest.Manual().Clock, nil))
			require.NoError(t, err)
		}
	})
	t.Run("LearnedFromAnswers", func(t *testing.T) {
		t.Parallel()
		rpm := int64(600)
		got, err := atOnce(t, guardmodel.New(allows(&rpm, nil), porttest.Manual().Clock, &guardmodel.Options{MaxWait: 1}))
		require.Equal(t, 21, got, "the first one, of which it learns, and a burst")
		require.ErrorIs(t, err, fault.Throttled)
	})
	t.Run("LearnedFromRefusals", func(t *testing.T) {
		t.Parallel()
		rpm := int64(60)
		guard := guardmodel.New(allows(&rpm, fault.New(fault.Throttled, "test: 429")), porttest.Manual().Clock, &guardmodel.Options{MaxWait: 1})
		for range 3 {
			_, err := guard.Call(t.Context(), request)
			require.EqualError(t, err, "test: 429")
		}
		_, err := guard.Call(t.Context(), request)
		require.ErrorContains(t, err, "guardmodel:")
	})
	t.Run("ChangesWithTheProvider", func(t *testing.T) {
		t.Parallel()
		rpm, manual := int64(600), porttest.Manual()
		guard := guardmodel.New(allows(&rpm, nil), manual.Clock, &guardmodel.Options{MaxWait: 1})
		_, _ = atOnce(t, guard)
		rpm = 60
		manual.Elapse(time.Minute)
		_, _ = guard.Call(t.Context(), request)
		got, _ := atOnce(t, guard)
		require.Equal(t, 2, got)
		rpm = 6000
		manual.Elapse(time.Second)
		_, err := guard.Call(t.Context(), request)
		require.NoError(t, err)
		manual.Elapse(time.Second)
		got, _ = atOnce(t, guard)
		require.Equal(t, 100, got)
	})
	t.Run("ASetRateIsKept", func(t *testing.T) {
		t.Parallel()
		rpm, options := int64(60_000), brief
		got, _ := atOnce(t, guardmodel.New(allows(&rpm, nil), porttest.Manual().Clock, &options))
		require.Equal(t, 20, got)
	})
	t.Run("AClockSetBackGrantsNothingTwice", func(t *testing.T) {
		t.Parallel()
		options, manual := brief, porttest.Manual()
		guard := guardmodel.New(says(nil), manual.Clock, &options)
		_, _ = atOnce(t, guard)
		manual.Elapse(-time.Hour)
		_, err := guard.Call(t.Context(), request)
		require.Equal(t, 100*time.Millisecond, fault.RetryAfter(err), "nor does it hold calls for an hour")
		manual.Elapse(time.Second)
		got, _ := atOnce(t, guard)
		require.Equal(t, 10, got)
		manual.Elapse(1000 * time.Hour)
		got, _ = atOnce(t, guard)
		require.Equal(t, 20, got, "one burst, however far ahead it was set")
	})
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	bubbled(t, "CallsWaitForTheirTurns", func(t *testing.T) {
		model := says(nil)
		guard := guardmodel.New(model, sysclock.Clock{}, &guardmodel.Options{RPM: 600})
		begun := time.Now()
		results := make(chan error, 40)
		for range cap(results) {
			go func() {
				_, err := guard.Call(t.Context(), request)
				results <- err
			}()
		}
		var refused int
		for range cap(results) {
			if err := <-results; err != nil {
				require.ErrorIs(t, err, fault.Throttled)
				refused++
			}
		}
		require.Equal(t, time.Second, time.Since(begun))
		require.EqualValues(t, 20+10, model.calls.Load(), "a burst, and a second's worth that waited")
		require.Equal(t, 10, refused)
	})
	bubbled(t, "EndsWithItsContextAndGivesTheTurnBack", func(t *testing.T) {
		model := says(nil)
		guard := guardmodel.New(model, sysclock.Clock{}, &guardmodel.Options{RPM: 60})
		for range 2 {
			_, err := guard.Call(t.Context(), request)
			require.NoError(t, err)
		}
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			called := make(chan error)
			go func() {
				_, err := guard.Call(ctx, request)
				called <- err
			}()
			synctest.Wait()
			cancel()
			err := <-called
			require.ErrorIs(t, err, fault.Unavailable)
			require.ErrorIs(t, err, context.Canceled)
			require.False(t, fault.Unknown(err))
		}
		require.EqualValues(t, 2, model.calls.Load())
		begun := time.Now()
		_, err := guard.Call(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(begun))
	})
	bubbled(t, "ABreakerThatOpensMeanwhileStopsIt", func(t *testing.T) {
		release := make(chan struct{})
		model := &inner{does: func(context.Context, job.Request) (ports.Reply, error) {
			<-release
			return ports.Reply{}, overloaded
		}}
		guard := guardmodel.New(model, sysclock.Clock{}, &guardmodel.Options{RPM: 60, Failures: 2})
		results := make(chan error, 3)
		for range cap(results) {
			go func() {
				_, err := guard.Call(t.Context(), request)
				results <- err
			}()
		}
		synctest.Wait()
		require.EqualValues(t, 2, model.calls.Load(), "the third waits for its turn")
		close(release)
		for range 2 {
			require.EqualError(t, <-results, "test: 529")
		}
		require.ErrorContains(t, <-results, "the breaker is open")
		require.EqualValues(t, 2, model.calls.Load())
	})
}

// TestNormalOperationIsNotDelayed: at the engine's pace, 98 % of the limit, with calls up to a second early or late, no
// call waits and none is refused.
func TestNormalOperationIsNotDelayed(t *testing.T) {
	t.Parallel()
	for _, rpm := range []int64{50, 1000, 10_000} {
		for seed := range uint64(5) {
			t.Run(fmt.Sprintf("%d/%d", rpm, seed), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(seed, 1))
				start := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
				clock := porttest.NewClock(start)
				model := allows(&rpm, nil)
				guard := guardmodel.New(model, clock, &guardmodel.Options{MaxWait: time.Nanosecond})
				step := time.Duration(float64(time.Minute) / (0.98 * float64(rpm)))
				for n := range 2000 {
					jitter := time.Duration((random.Float64() - 0.5) * float64(min(step, time.Second)))
					clock.Set(start.Add(time.Duration(n)*step + jitter))
					_, err := guard.Call(t.Context(), request)
					require.NoError(t, err, "call %d", n)
				}
			})
		}
	}
}
