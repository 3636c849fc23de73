package sysclock_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestClock(t *testing.T) {
	porttest.Clock(t, func(*testing.T) porttest.Time { return machine() })
}

func TestGroup(t *testing.T) {
	porttest.Group(t, func(*testing.T) (ports.Group, porttest.Time) { return sysclock.Group{}, machine() })
}

func TestIDs(t *testing.T) {
	porttest.IDs(t, func(*testing.T) ports.IDs { return sysclock.NewIDs() })
}

// machine is the machine's time, which stands still in a bubble unless all of it sleeps.
func machine() porttest.Time { return porttest.Time{Clock: sysclock.Clock{}, Elapse: time.Sleep} }

func TestNowHasNoMonotonicReading(t *testing.T) {
	t.Parallel()
	now := sysclock.Clock{}.Now()
	require.Equal(t, now.Round(0), now, "a stored and reread time must be the same value")
}

func TestPanicKeepsItsStack(t *testing.T) {
	t.Parallel()
	err := sysclock.Group{}.Run(t.Context(), 1, func(context.Context, int) error {
		throwing()
		return nil
	})
	var cause *sysclock.PanicError
	require.ErrorAs(t, err, &cause)
	require.Contains(t, cause.Stack, "throwing")
	require.Contains(t, cause.Stack, "sysclock_test.go")
	require.NotContains(t, cause.Stack, "debug.Stack")
	require.LessOrEqual(t, len(cause.Stack), 2048)
	require.Equal(t, "one two", cause.Value)
	require.Equal(t, "panic: one two", cause.Error())
	require.EqualError(t, err, "sysclock: call 0 panicked: one two")
}

func throwing() { panic("one\n\ttwo") }

// hostile is a value whose text cannot be had.
type hostile struct{}

func (hostile) Error() string { panic("no text either") }

func TestPanicOfAnything(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{
		"a nil error":      error(nil),
		"a hostile error":  hostile{},
		"a very long text": fmt.Sprintf("%10000d", 1),
		"a joined error":   errors.Join(errors.New("one"), errors.New("two")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := sysclock.Group{}.Run(t.Context(), 2, func(_ context.Context, i int) error {
				if i == 0 {
					panic(value)
				}
				return nil
			})
			require.ErrorContains(t, err, "call 0 panicked")
			require.NotContains(t, err.Error(), "\n")
			require.Less(t, len(err.Error()), 600)
		})
	}
}

func TestRunSurvivesTheEndOfAGoroutine(t *testing.T) {
	t.Parallel()
	err := sysclock.Group{}.Run(t.Context(), 2, func(_ context.Context, i int) error {
		if i == 1 {
			runtime.Goexit()
		}
		return nil
	})
	require.EqualError(t, err, "sysclock: call 1 ended its goroutine without returning")
}

func TestPollAllocatesNothing(t *testing.T) {
	box := sysclock.Group{}.NewBox()
	ctx := t.Context()
	past := time.Now().Add(-time.Hour)
	value := any("value")
	require.Zero(t, testing.AllocsPerRun(100, func() { box.Take(ctx, past) }))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		box.Put(value)
		box.Take(ctx, past)
	}))
}

// TestTakersAreReused checks that a taker which is used again brings nothing along from its last wait.
func TestTakersAreReused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := sysclock.Group{}.NewBox()
		for i := range 50 {
			_, ok := box.Take(t.Context(), time.Now().Add(time.Second))
			require.False(t, ok)
			go box.Put(i)
			value, ok := box.Take(t.Context(), time.Now().Add(time.Second))
			require.True(t, ok)
			require.Equal(t, i, value)
		}
	})
}

func BenchmarkNewToken(b *testing.B) {
	ids := sysclock.NewIDs()
	for b.Loop() {
		ids.NewToken()
	}
}

func BenchmarkNewID(b *testing.B) {
	ids := sysclock.NewIDs()
	for b.Loop() {
		ids.NewID()
	}
}

func BenchmarkBoxPutTake(b *testing.B) {
	box := sysclock.Group{}.NewBox()
	value := any("value")
	ctx := b.Context()
	for b.Loop() {
		box.Put(value)
		box.Take(ctx, time.Time{})
	}
}

func BenchmarkRun(b *testing.B) {
	ctx := b.Context()
	for b.Loop() {
		_ = sysclock.Group{}.Run(ctx, 25, func(context.Context, int) error { return nil })
	}
}
