package guardmodel_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
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

// bubbled runs a test where the breaker's clock is the bubble's.
func bubbled(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}

// trip makes calls until the breaker is open.
func trip(t *testing.T, guard *guardmodel.Model, model *inner) {
	t.Helper()
	for {
		reply, err := guard.Call(t.Context(), request)
		require.Error(t, err)
		if reply.Tripped {
			return
		}
		require.Less(t, model.calls.Load(), int32(100), "it does not trip")
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	bubbled(t, "TheFifthFailureOpensIt", func(t *testing.T) {
		model := says(fault.New(fault.Overloaded, "test: 529").After(17 * time.Second))
		guard := guardmodel.New(model, sysclock.Clock{}, nil)
		for n := 1; n <= guardmodel.DefaultFailures; n++ {
			reply, err := guard.Call(t.Context(), request)
			require.EqualError(t, err, "test: 529", "the model's own error is handed on")
			require.Equal(t, 17*time.Second, fault.RetryAfter(err))
			require.Equal(t, n == guardmodel.DefaultFailures, reply.Tripped, n)
		}
		reply, err := guard.Call(t.Context(), request)
		isRefusal(t, reply, err, guardmodel.DefaultOpenFor)
		require.EqualValues(t, guardmodel.DefaultFailures, model.calls.Load(), "the model is not called")
	})
	bubbled(t, "ASuccessBetweenStartsAnew", func(t *testing.T) {
		fails := true
		model := &inner{does: func(context.Context, job.Request) (ports.Reply, error) {
			if fails {
				return ports.Reply{}, overloaded
			}
			return ports.Reply{}, nil
		}}
		guard := guardmodel.New(model, sysclock.Clock{}, &guardmodel.Options{Failures: 2})
		for range 10 {
			for _, fails = range []bool{true, false} {
				reply, _ := guard.Call(t.Context(), request)
				require.False(t, reply.Tripped)
			}
		}
	})
	bubbled(t, "ReopensWhenTheProbeFails", func(t *testing.T) {
		model := says(overloaded)
		guard := guardmodel.New(model, sysclock.Clock{}, &guardmodel.Options{Failures: 1, OpenFor: 4 * time.Second})
		trip(t, guard, model)
		time.Sleep(3 * time.Second)
		reply, err := guard.Call(t.Context(), request)
		isRefusal(t, reply, err, time.Second)
		for calls := int32(2); calls < 5; calls++ {
			time.Sleep(4*time.Second + 1)
			reply, err = guard.Call(t.Context(), request)
			require.EqualError(t, err, "test: 529", "one call tries")
			require.True(t, reply.Tripped)
			require.Equal(t, calls, model.calls.Load())
			reply, err = guard.Call(t.Context(), request)
			isRefusal(t, reply, err, 4*time.Second)
		}
	})
	bubbled(t, "ClosesWhenTheProbeIsAnswered", func(t *testing.T) {
		var err error = overloaded
		model := &inner{does: func(context.Context, job.Request) (ports.Reply, error) { return ports.Reply{}, err }}
		guard := guardmodel.New(model, sysclock.Clock{}, &guardmodel.Options{Failures: 2})
		trip(t, guard, model)
		time.Sleep(guardmodel.DefaultOpenFor + 1)
		err = nil
		for range 3 {
			reply, err := guard.Call(t.Context(), request)
			require.NoError(t, err)
			require.False(t, reply.Tripped)
		}
		err = overloaded
		reply, _ := guard.Call(t.Context(), request)
		require.False(t, reply.Tripped, "it counts from the beginning")
	})
	bubbled(t, "ExactlyOneCallProbes", func(t *testing.T) {
		answer := make(chan error)
		failing := true
		model := &inner{does: func(context.Context, job.Request) (ports.Reply, error) {
			if failing {
				return ports.Reply{}, overloaded
			}
			return ports.Reply{}, <-answer
		}}
		guard := guardmodel.New(model, sysclock.Clock{}, &guardmodel.Options{Failures: 1})
		trip(t, guard, model)
		failing = false
		time.Sleep(guardmodel.DefaultOpenFor + 1)
		const callers = 20
		results := make(chan error, callers)
		for range callers {
			go func() {
				_, err := guard.Call(t.Context(), request)
				results <- err
			}()
		}
		synctest.Wait()
		require.EqualValues(t, 2, model.calls.Load(), "the one that tripped it, and one more")
		for range callers - 1 {
			err := <-results
			require.ErrorContains(t, err, "the breaker is open")
			require.Zero(t, fault.RetryAfter(err), "nobody knows how long the other one takes")
		}
		answer <- nil
		require.NoError(t, <-results)
	})
	bubbled(t, "EachModelHasItsOwn", func(t *testing.T) {
		model := says(overloaded)
		guard := guardmodel.New(model, sysclock.Clock{}, nil)
		trip(t, guard, model)
		other := request
		other.Model = "claude-sonnet-5-5"
		reply, err := guard.Call(t.Context(), other)
		require.EqualError(t, err, "test: 529")
		require.False(t, reply.Tripped)
	})
	bubbled(t, "CallsUnderWayWhenItOpensAreTold", func(t *testing.T) {
		release := make(chan struct{})
		model := &inner{does: func(context.Context, job.Request) (ports.Reply, error) {
			<-release
			return ports.Reply{}, overloaded
		}}
		guard := guardmodel.New(model, sysclock.Clock{}, nil)
		const callers = 2 * guardmodel.DefaultFailures
		tripped := make(chan bool, callers)
		for range callers {
			go func() {
				reply, _ := guard.Call(t.Context(), request)
				tripped <- reply.Tripped
			}()
		}
		synctest.Wait()
		for n := 1; n <= callers; n++ {
			release <- struct{}{}
			require.Equal(t, n >= guardmodel.DefaultFailures, <-tripped, n)
		}
	})
	bubbled(t, "IsOfTheMachinesClock", func(t *testing.T) {
		model := says(overloaded)
		manual := porttest.Manual()
		guard := guardmodel.New(model, manual.Clock, &guardmodel.Options{Failures: 1})
		trip(t, guard, model)
		manual.Elapse(time.Hour)
		reply, err := guard.Call(t.Context(), request)
		isRefusal(t, reply, err, guardmodel.DefaultOpenFor)
	})
}

// TestWhatCountsAsAFailure has a breaker that opens at the second failure in a row, and asks with a failure before and
// after.
func TestWhatCountsAsAFailure(t *testing.T) {
	t.Parallel()
	const (
		fails   = "fails"   // counts
		works   = "works"   // begins the count anew
		nothing = "nothing" // neither
	)
	lost := fault.New(fault.Unavailable, "test: reset").MaybeDone()
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"Answer":               {nil, works},
		"Throttled":            {fault.New(fault.Throttled, "x"), works},
		"Rejected":             {fault.New(fault.Rejected, "x"), works},
		"SpendCap":             {fault.New(fault.SpendCap, "x"), works},
		"Unauthorized":         {fault.New(fault.Unauthorized, "x"), works},
		"Overloaded":           {overloaded, fails},
		"UnavailableUnknown":   {lost, fails},
		"Unreachable":          {fault.New(fault.Unavailable, "x"), fails},
		"Wrapped":              {fmt.Errorf("more: %w", lost), fails},
		"OutOfTime":            {context.DeadlineExceeded, fails},
		"OutOfTimeOnTheWay":    {fault.New(fault.Unavailable, "x: %w", context.DeadlineExceeded).MaybeDone(), fails},
		"Cancelled":            {context.Canceled, nothing},
		"CancelledOnTheWay":    {fault.New(fault.Unavailable, "x: %w", context.Canceled).MaybeDone(), nothing},
		"CancelledAndTooLate":  {errors.Join(context.Canceled, context.DeadlineExceeded), fails},
		"Invalid":              {fault.New(fault.Invalid, "x"), nothing},
		"Internal":             {fault.New(fault.Internal, "x"), nothing},
		"AnErrorOfNobody":      {errors.New("x"), nothing},
		"ConflictOfSomeOthers": {fault.New(fault.Conflict, "x"), nothing},
	} {
		bubbled(t, name, func(t *testing.T) {
			script := []error{overloaded, test.err, overloaded}
			model := &inner{}
			model.does = func(context.Context, job.Request) (ports.Reply, error) {
				return ports.Reply{}, script[model.calls.Load()-1]
			}
			guard := guardmodel.New(model, sysclock.Clock{}, &guardmodel.Options{Failures: 2})
			var tripped []bool
			for range script {
				reply, _ := guard.Call(t.Context(), request)
				tripped = append(tripped, reply.Tripped)
			}
			require.Equal(t, map[string][]bool{
				fails: {false, true, true}, works: {false, false, false}, nothing: {false, false, true},
			}[test.want], tripped)
			require.Equal(t, map[string]int32{fails: 2, works: 3, nothing: 3}[test.want], model.calls.Load())
		})
	}
}

// TestAProbeThatSaysNothing: the next call may try at once.
func TestAProbeThatSaysNothing(t *testing.T) {
	t.Parallel()
	ways := map[string]func(){"Cancelled": nil, "Panics": func() { panic("a bug") }, "EndsItsGoroutine": runtime.Goexit}
	for name, way := range ways {
		bubbled(t, name, func(t *testing.T) {
			model := says(overloaded)
			guard := guardmodel.New(model, sysclock.Clock{}, nil)
			trip(t, guard, model)
			time.Sleep(guardmodel.DefaultOpenFor + 1)
			model.does = func(context.Context, job.Request) (ports.Reply, error) {
				if way != nil {
					way()
				}
				return ports.Reply{}, context.Canceled
			}
			passed := make(chan any, 1)
			go func() {
				defer func() { passed <- recover() }()
				_, _ = guard.Call(t.Context(), request)
			}()
			require.Equal(t, map[string]any{"Panics": "a bug"}[name], <-passed, "a panic passes through")
			model.does = func(context.Context, job.Request) (ports.Reply, error) { return ports.Reply{}, overloaded }
			reply, err := guard.Call(t.Context(), request)
			require.EqualError(t, err, "test: 529")
			require.True(t, reply.Tripped, "and a failure opens it again at once")
			time.Sleep(guardmodel.DefaultOpenFor + 1)
			model.does = func(context.Context, job.Request) (ports.Reply, error) { return ports.Reply{}, nil }
			for range 2 {
				_, err := guard.Call(t.Context(), request)
				require.NoError(t, err)
			}
		})
	}
}

func TestObserverIsTold(t *testing.T) {
	t.Parallel()
	bubbled(t, "OpenedAndClosed", func(t *testing.T) {
		model := says(overloaded)
		recorder := &porttest.Recorder{}
		clock := sysclock.Clock{}
		guard := guardmodel.New(model, clock, &guardmodel.Options{Failures: 1, Observer: recorder})
		trip(t, guard, model)
		opened := clock.Now()
		time.Sleep(guardmodel.DefaultOpenFor + 1)
		model.does = func(context.Context, job.Request) (ports.Reply, error) { return ports.Reply{}, nil }
		_, err := guard.Call(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, []ports.Event{
			{Name: ports.EventFault, At: opened, Fault: "overloaded", Detail: "breaker opened for claude-haiku-5-5"},
			{Name: ports.EventFault, At: clock.Now(), Detail: "breaker closed for claude-haiku-5-5"},
		}, recorder.Events())
	})
}
