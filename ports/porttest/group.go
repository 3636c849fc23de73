package porttest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Group proves a ports.Group and its boxes. The factory is called once in each subtest's bubble; the Time is the one
// that the boxes wait by.
func Group(t *testing.T, factory func(t *testing.T) (ports.Group, Time)) {
	for name, test := range map[string]func(t *testing.T, g ports.Group){
		"Run/CallsEachNumberOnce":          runAll,
		"Run/RunsSideBySide":               runTogether,
		"Run/NoneBelowOne":                 runNone,
		"Run/GivesTheContextItself":        runContext,
		"Run/AFailureEndsNoOther":          runFailure,
		"Run/JoinsErrorsInOrder":           runJoins,
		"Run/APanicIsAFailure":             runPanic,
		"Run/APanicOfAKindStaysInternal":   runPanicKind,
		"Run/CallsWhenTheContextHasEnded":  runEnded,
		"Run/MayBeNested":                  runNested,
		"Run/MayBeCalledFromManyPlaces":    runConcurrent,
		"Run/ManyCallsAtOnce":              runMany,
		"Run/ReturnsTheErrorsOfTheirKinds": runKinds,
	} {
		bubbled(t, name, func(t *testing.T) {
			group, _ := factory(t)
			test(t, group)
		})
	}
	boxes(t, factory)
}

func runAll(t *testing.T, g ports.Group) {
	const n = 100
	var calls [n]atomic.Int32
	require.NoError(t, g.Run(t.Context(), n, func(_ context.Context, i int) error {
		calls[i].Add(1)
		return nil
	}))
	for i := range calls {
		require.EqualValues(t, 1, calls[i].Load(), "calls with number %d", i)
	}
}

// runTogether would never end if one call had to end before another begins.
func runTogether(t *testing.T, g ports.Group) {
	box, back := g.NewBox(), g.NewBox()
	require.NoError(t, g.Run(t.Context(), 2, func(ctx context.Context, i int) error {
		mine, other := box, back
		if i == 1 {
			mine, other = back, box
		}
		other.Put(i)
		value, ok := mine.Take(ctx, forEver)
		if !ok || value != 1-i {
			return fmt.Errorf("call %d took %v, %v", i, value, ok)
		}
		return nil
	}))
}

func runNone(t *testing.T, g ports.Group) {
	for _, n := range []int{0, -1} {
		require.NoError(t, g.Run(t.Context(), n, func(context.Context, int) error {
			panic("called")
		}))
	}
}

func runContext(t *testing.T, g ports.Group) {
	ctx := context.WithValue(t.Context(), valueKey{}, "value")
	require.NoError(t, g.Run(ctx, 3, func(got context.Context, _ int) error {
		if got != ctx {
			return errors.New("another context")
		}
		return nil
	}))
}

func runFailure(t *testing.T, g ports.Group) {
	box := g.NewBox()
	failure := errors.New("first")
	err := g.Run(t.Context(), 2, func(ctx context.Context, i int) error {
		if i == 0 {
			box.Put("go on")
			return failure
		}
		_, _ = box.Take(ctx, forEver)
		return ctx.Err()
	})
	require.ErrorIs(t, err, failure)
	require.NotErrorIs(t, err, context.Canceled)
}

func runJoins(t *testing.T, g ports.Group) {
	const n = 5
	turn := make([]ports.Box, n+1)
	for i := range turn {
		turn[i] = g.NewBox()
	}
	turn[n].Put("the last call ends first")
	err := g.Run(t.Context(), n, func(ctx context.Context, i int) error {
		_, _ = turn[i+1].Take(ctx, forEver)
		turn[i].Put("your turn")
		if i == 2 {
			return nil
		}
		return fmt.Errorf("error %d", i)
	})
	require.EqualError(t, err, "error 0\nerror 1\nerror 3\nerror 4")
}

func runPanic(t *testing.T, g ports.Group) {
	other := errors.New("an error")
	var done atomic.Int32
	err := g.Run(t.Context(), 4, func(_ context.Context, i int) error {
		switch i {
		case 0:
			panic("a text that was thrown\nin two lines")
		case 1:
			_ = make([]int, i-1)[i-1] // the runtime's own panic
		case 2:
			return other
		}
		done.Add(1)
		return nil
	})
	require.Equal(t, fault.Internal, fault.KindOf(err))
	require.ErrorIs(t, err, other)
	require.ErrorContains(t, err, "a text that was thrown")
	require.ErrorContains(t, err, "index out of range")
	require.EqualValues(t, 1, done.Load())
}

// runPanicKind throws a kind: that must not pass for an orderly failure of that kind.
func runPanicKind(t *testing.T, g ports.Group) {
	for _, thrown := range []error{fault.NotFound, fault.New(fault.Throttled, "thrown").MaybeDone(), context.Canceled} {
		err := g.Run(t.Context(), 1, func(context.Context, int) error { panic(thrown) })
		require.ErrorIs(t, err, fault.Internal)
		require.Equal(t, fault.Internal, fault.KindOf(err))
		require.NotErrorIs(t, err, thrown)
		require.False(t, fault.Unknown(err))
	}
}

func runEnded(t *testing.T, g ports.Group) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var calls atomic.Int32
	err := g.Run(ctx, 3, func(ctx context.Context, _ int) error {
		calls.Add(1)
		return ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 3, calls.Load())
}

func runNested(t *testing.T, g ports.Group) {
	var calls atomic.Int32
	inner := func(ctx context.Context, _ int) error {
		return g.Run(ctx, 3, func(context.Context, int) error {
			calls.Add(1)
			return nil
		})
	}
	require.NoError(t, g.Run(t.Context(), 3, inner))
	require.EqualValues(t, 9, calls.Load())
}

func runConcurrent(t *testing.T, g ports.Group) {
	var calls atomic.Int32
	var runs []<-chan error
	for range 8 {
		runs = append(runs, start(func() error {
			return g.Run(t.Context(), 8, func(context.Context, int) error {
				calls.Add(1)
				return nil
			})
		}))
	}
	for _, run := range runs {
		require.NoError(t, <-run)
	}
	require.EqualValues(t, 64, calls.Load())
}

func runMany(t *testing.T, g ports.Group) {
	const n = 2000
	arrived, gate := g.NewBox(), g.NewBox()
	run := start(func() error {
		return g.Run(t.Context(), n, func(ctx context.Context, i int) error {
			arrived.Put(i)
			_, _ = gate.Take(ctx, forEver)
			return nil
		})
	})
	synctest.Wait()
	for range n {
		_, ok := arrived.Take(t.Context(), forEver)
		require.True(t, ok, "all calls go on at the same time")
		gate.Put("pass")
	}
	require.NoError(t, <-run)
}

func runKinds(t *testing.T, g ports.Group) {
	err := g.Run(t.Context(), 2, func(_ context.Context, i int) error {
		if i == 0 {
			return fault.New(fault.Conflict, "one")
		}
		return fault.New(fault.Throttled, "two")
	})
	require.ErrorIs(t, err, fault.Conflict)
	require.ErrorIs(t, err, fault.Throttled)
}
