package porttest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/ports"
)

// Time is a clock under test and the power over it.
type Time struct {
	// Clock is the clock.
	Clock ports.Clock
	// Elapse lets this much time pass on the clock. For the real clock that is time.Sleep: the suites of Clock and Group
	// run in bubbles of testing/synctest, where it takes no time.
	Elapse func(time.Duration)
}

// Manual returns a Time whose clock stands at an arbitrary moment until it is elapsed.
func Manual() Time {
	clock := NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	return Time{Clock: clock, Elapse: clock.Advance}
}

// bubbled runs a parallel subtest in a bubble, which also fails if a goroutine is left behind.
func bubbled(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}

// Clock proves a ports.Clock. The factory is called once in each subtest's bubble.
func Clock(t *testing.T, factory func(t *testing.T) Time) {
	for name, test := range map[string]func(t *testing.T, tm Time){
		"Now/IsUTC":                        clockUTC,
		"Now/Moves":                        clockMoves,
		"Sleep/ReturnsAtTheTime":           sleepReturns,
		"Sleep/ReturnsAtOnceWhenPassed":    sleepPassed,
		"Sleep/EndsWithItsContext":         sleepContext,
		"Sleep/ManyWake":                   sleepMany,
		"WithDeadline/EndsAtTheTime":       deadlineEnds,
		"WithDeadline/PassedEndsAtOnce":    deadlinePassed,
		"WithDeadline/Cancelled":           deadlineCancelled,
		"WithDeadline/FollowsItsParent":    deadlineParent,
		"WithDeadline/KeepsTheEarlierTime": deadlineNested,
		"WithDeadline/EndsItsChildren":     deadlineChildren,
		"WithDeadline/EndsASleep":          deadlineSleep,
	} {
		bubbled(t, name, func(t *testing.T) { test(t, factory(t)) })
	}
}

func clockUTC(t *testing.T, tm Time) {
	require.Equal(t, time.UTC, tm.Clock.Now().Location())
}

func clockMoves(t *testing.T, tm Time) {
	before := tm.Clock.Now()
	tm.Elapse(time.Minute)
	require.False(t, tm.Clock.Now().Before(before.Add(time.Minute)))
}

// start runs fn and returns where its result will be.
func start[T any](fn func() T) <-chan T {
	result := make(chan T, 1)
	go func() { result <- fn() }()
	return result
}

// waits checks that a call is still going on once nothing else can move.
func waits[T any](t *testing.T, result <-chan T, why string) {
	t.Helper()
	synctest.Wait()
	select {
	case value := <-result:
		require.FailNow(t, "returned early", "%s: %v", why, value)
	default:
	}
}

func sleepReturns(t *testing.T, tm Time) {
	until := tm.Clock.Now().Add(5 * time.Second)
	slept := start(func() error { return tm.Clock.Sleep(t.Context(), until) })
	waits(t, slept, "no time has passed")
	tm.Elapse(5*time.Second - 1)
	waits(t, slept, "one nanosecond is missing")
	tm.Elapse(1)
	require.NoError(t, <-slept)
	require.False(t, tm.Clock.Now().Before(until))
}

func sleepPassed(t *testing.T, tm Time) {
	now := tm.Clock.Now()
	require.NoError(t, tm.Clock.Sleep(t.Context(), now))
	require.NoError(t, tm.Clock.Sleep(t.Context(), now.Add(-time.Hour)))
	require.NoError(t, tm.Clock.Sleep(t.Context(), time.Time{}))
}

func sleepContext(t *testing.T, tm Time) {
	ctx, cancel := context.WithCancel(t.Context())
	until := tm.Clock.Now().Add(time.Hour)
	slept := start(func() error { return tm.Clock.Sleep(ctx, until) })
	waits(t, slept, "nothing has happened")
	cancel()
	require.Equal(t, context.Canceled, <-slept)
	require.Equal(t, context.Canceled, tm.Clock.Sleep(ctx, until), "the context had ended before")
}

func sleepMany(t *testing.T, tm Time) {
	const sleepers = 500
	now := tm.Clock.Now()
	slept := make(chan error, sleepers)
	for i := range sleepers {
		go func() { slept <- tm.Clock.Sleep(t.Context(), now.Add(time.Duration(i%7+1)*time.Second)) }()
	}
	synctest.Wait()
	tm.Elapse(7 * time.Second)
	for range sleepers {
		require.NoError(t, <-slept)
	}
}

func deadlineEnds(t *testing.T, tm Time) {
	at := tm.Clock.Now().Add(time.Minute)
	ctx, cancel := tm.Clock.WithDeadline(t.Context(), at)
	defer cancel()
	told, ok := ctx.Deadline()
	require.True(t, ok)
	require.True(t, told.Equal(at), "told %v, want %v", told, at)
	tm.Elapse(time.Minute - 1)
	synctest.Wait()
	require.NoError(t, ctx.Err())
	tm.Elapse(1)
	<-ctx.Done()
	require.Equal(t, context.DeadlineExceeded, ctx.Err())
	cancel()
	require.Equal(t, context.DeadlineExceeded, ctx.Err(), "the first reason stays")
}

func deadlinePassed(t *testing.T, tm Time) {
	for _, at := range []time.Time{tm.Clock.Now(), tm.Clock.Now().Add(-time.Hour), {}} {
		ctx, cancel := tm.Clock.WithDeadline(t.Context(), at)
		<-ctx.Done()
		require.Equal(t, context.DeadlineExceeded, ctx.Err())
		cancel()
	}
}

func deadlineCancelled(t *testing.T, tm Time) {
	ctx, cancel := tm.Clock.WithDeadline(t.Context(), tm.Clock.Now().Add(time.Minute))
	require.NoError(t, ctx.Err())
	cancel()
	cancel()
	<-ctx.Done()
	require.Equal(t, context.Canceled, ctx.Err())
	tm.Elapse(time.Hour)
	require.Equal(t, context.Canceled, ctx.Err(), "the first reason stays")
}

// valueKey is a key that nobody else uses.
type valueKey struct{}

func deadlineParent(t *testing.T, tm Time) {
	parent, end := context.WithCancel(context.WithValue(t.Context(), valueKey{}, "value"))
	ctx, cancel := tm.Clock.WithDeadline(parent, tm.Clock.Now().Add(time.Minute))
	defer cancel()
	require.Equal(t, "value", ctx.Value(valueKey{}))
	end()
	require.Equal(t, context.Canceled, ctx.Err())
	<-ctx.Done()

	late, cancelLate := tm.Clock.WithDeadline(parent, tm.Clock.Now().Add(time.Minute))
	defer cancelLate()
	<-late.Done()
	require.Equal(t, context.Canceled, late.Err(), "the parent had ended before")
}

func deadlineNested(t *testing.T, tm Time) {
	soon := tm.Clock.Now().Add(time.Second)
	parent, end := tm.Clock.WithDeadline(t.Context(), soon)
	defer end()
	ctx, cancel := tm.Clock.WithDeadline(parent, soon.Add(time.Hour))
	defer cancel()
	told, ok := ctx.Deadline()
	require.True(t, ok)
	require.True(t, told.Equal(soon))
	tm.Elapse(time.Second)
	<-ctx.Done()
	require.Equal(t, context.DeadlineExceeded, ctx.Err())
}

func deadlineChildren(t *testing.T, tm Time) {
	ctx, cancel := tm.Clock.WithDeadline(t.Context(), tm.Clock.Now().Add(time.Second))
	defer cancel()
	child, endChild := context.WithCancel(context.WithValue(ctx, valueKey{}, "value"))
	defer endChild()
	left, endLeft := context.WithCancel(ctx)
	endLeft()
	require.Equal(t, context.Canceled, left.Err())
	require.NoError(t, ctx.Err(), "a child's end is its own")
	tm.Elapse(time.Second)
	<-child.Done()
	require.Equal(t, context.DeadlineExceeded, child.Err())
	late, endLate := context.WithCancel(ctx)
	defer endLate()
	<-late.Done()
	require.Equal(t, context.DeadlineExceeded, late.Err())
	require.Equal(t, context.Canceled, left.Err())
}

func deadlineSleep(t *testing.T, tm Time) {
	ctx, cancel := tm.Clock.WithDeadline(t.Context(), tm.Clock.Now().Add(time.Second))
	defer cancel()
	slept := start(func() error { return tm.Clock.Sleep(ctx, tm.Clock.Now().Add(time.Hour)) })
	waits(t, slept, "the deadline is ahead")
	tm.Elapse(time.Second)
	require.Equal(t, context.DeadlineExceeded, <-slept)
}
