package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestFlush is about how long results wait to be settled together.
func TestFlush(t *testing.T) {
	t.Parallel()

	inBubble(t, "FlushAfterTheOldest", engine.Options{},
		taking(time.Second, 3*time.Second, 5999*time.Millisecond, 6001*time.Millisecond, time.Minute), 5,
		func(t *testing.T, b *bubble) {
			require.Equal(t, time.Minute, b.work(0))
			require.Equal(t, []string{
				"0s hold 0 1 2 3 4",
				"6s settle 0 1 2",
				"11.001s settle 3",
				"1m0s settle 4",
			}, b.books())
			b.finish()
		})

	inBubble(t, "AnotherFlushAfter", engine.Options{FlushAfter: 20 * time.Second},
		taking(time.Second, 20999*time.Millisecond, time.Minute), 3,
		func(t *testing.T, b *bubble) {
			require.Equal(t, time.Minute, b.work(0))
			require.Equal(t, []string{"0s hold 0 1 2", "21s settle 0 1", "1m0s settle 2"}, b.books())
		})

	inBubble(t, "AtOnceWithFlushResults", engine.Options{FlushResults: 3},
		taking(time.Second, 2*time.Second, 4*time.Second, 4500*time.Millisecond, time.Minute), 5,
		func(t *testing.T, b *bubble) {
			require.Equal(t, time.Minute, b.work(0))
			require.Equal(t, []string{
				"0s hold 0 1 2 3 4",
				"4s settle 0 1 2",
				"9.5s settle 3",
				"1m0s settle 4",
			}, b.books())
		})

	inBubble(t, "AtOnceWhenNoCallIsOpen", engine.Options{}, taking(2*time.Second, time.Second), 2,
		func(t *testing.T, b *bubble) {
			require.Equal(t, 2*time.Second, b.work(0))
			require.Equal(t, []string{"0s hold 0 1", "2s settle 1 0"}, b.books())
		})

	inBubble(t, "NothingIsWrittenWithoutAResult", engine.Options{}, taking(100*time.Second), 1,
		func(t *testing.T, b *bubble) {
			before := b.writes
			require.Equal(t, 100*time.Second, b.work(0))
			require.Equal(t, []string{"0s hold 0", "1m40s settle 0"}, b.books())
			require.Equal(t, 3, b.writes-before, "the lease, the answer and the settle")
		})

	inBubble(t, "TheNextAttemptBeginsWithTheSettle", engine.Options{},
		once(map[int]said{0: {text: "again X", took: time.Second}}, taking(time.Second, time.Minute)), 2,
		func(t *testing.T, b *bubble) {
			require.Equal(t, time.Minute, b.work(0))
			require.Equal(t, map[string][]int{"0s": {0, 1}, "6s": {0}}, b.calls())
			require.Equal(t, []string{"0s hold 0 1", "6s settle 0, hold 0", "12s settle 0", "1m0s settle 1"}, b.books())
		})

	inBubble(t, "AgainWhenAThrottledStoreSaid", engine.Options{}, taking(time.Second, time.Minute), 2,
		func(t *testing.T, b *bubble) {
			b.refuse = func(keys []ports.Key) error {
				if len(keys) > 0 && b.now() > 0 && b.now() < 12*time.Second {
					return fault.New(fault.Throttled, "store: slower").After(3 * time.Second)
				}
				return nil
			}
			require.Equal(t, time.Minute, b.work(0))
			require.Equal(t, []string{"0s hold 0 1", "12s settle 0", "1m0s settle 1"}, b.books(), "at 6, 9 and 12 s")
		})
}

// TestDeadline is about Work whose context ends at a time that is known: a function in a cloud, a process that is to be
// replaced. What it leaves another process finishes.
func TestDeadline(t *testing.T) {
	t.Parallel()

	inBubble(t, "EverythingIsSettledFlushBeforeIt", engine.Options{FlushAfter: time.Hour},
		once(map[int]said{3: {hang: true}}, taking(time.Second, 61*time.Second, 118*time.Second, time.Second)), 4,
		func(t *testing.T, b *bubble) {
			require.Equal(t, 2*time.Minute, b.work(126*time.Second), "when the last call is cut off")
			require.Equal(t, []string{
				"0s hold 0 1 2 3",
				"1m56s settle 0 1",
				"1m58s settle 2",
				"2m0s presume 3",
			}, b.books())
			b.handedBack(2*time.Minute + time.Second)
			p := b.finish()
			require.Equal(t, hold, p.Presumed)
			require.Equal(t, 4*spent, p.Settled)
		})

	inBubble(t, "NoCallBeginsThatWouldNotEndBeforeIt", engine.Options{Calls: 2},
		func(plea) said { return slow(30 * time.Second) }, 10,
		func(t *testing.T, b *bubble) {
			require.Equal(t, 90*time.Second, b.work(200*time.Second))
			require.Equal(t, map[string][]int{"0s": {0, 1}, "30s": {2, 3}, "1m0s": {4, 5}}, b.calls())
			b.handedBack(91 * time.Second)
			require.Equal(t, 10*spent, b.finish().Settled)
			require.Equal(t, map[string][]int{
				"0s": {0, 1}, "30s": {2, 3}, "1m0s": {4, 5},
				"1m31s": {6, 7}, "2m1s": {8, 9},
			}, b.calls(), "each once")
		})

	inBubble(t, "AWaitForASlotIsGivenUpBeforeIt", engine.Options{Calls: 1},
		once(map[int]said{0: {hang: true}}, taking(time.Second)), 1,
		func(t *testing.T, b *bubble) {
			body := b.receive()
			go func() { _ = b.Work(t.Context(), body) }() // has the only slot for two minutes
			synctest.Wait()
			ctx, cancel := context.WithDeadline(t.Context(), b.began.Add(126*time.Second))
			defer cancel()
			require.NoError(t, b.Work(ctx, body))
			require.Equal(t, time.Second, b.now(), "a call that begins later would not end before it")
			b.handedBack(2 * time.Second)
		})

	inBubble(t, "AThrottledStoreIsNotWaitedForBeyondIt", engine.Options{},
		taking(100*time.Second), 1,
		func(t *testing.T, b *bubble) {
			b.refuse = func(keys []ports.Key) error {
				if b.now() == 0 || len(keys) == 0 {
					return nil
				}
				return fault.New(fault.Throttled, "busy").After(40 * time.Second)
			}
			body := b.receive()
			ctx, cancel := context.WithDeadline(t.Context(), b.began.Add(130*time.Second))
			defer cancel()
			err := b.Work(ctx, body)
			require.ErrorIs(t, err, fault.Throttled)
			require.Equal(t, 100*time.Second, b.now())
		})

	// A call has two minutes, and clocks may differ by five seconds.
	for name, test := range map[string]struct {
		deadline time.Duration
		calls    map[string][]int
		returns  time.Duration
	}{
		"TheFirstFitsExactly":  {125 * time.Second, map[string][]int{"0s": {0}}, 30 * time.Second},
		"TheFirstDoesNot":      {125*time.Second - 1, map[string][]int{}, 0},
		"TheSecondFitsExactly": {155 * time.Second, map[string][]int{"0s": {0}, "30s": {1}}, time.Minute},
		"TheSecondDoesNot":     {155*time.Second - 1, map[string][]int{"0s": {0}}, 30 * time.Second},
	} {
		inBubble(t, name, engine.Options{Calls: 1}, func(plea) said { return slow(30 * time.Second) }, 3,
			func(t *testing.T, b *bubble) {
				require.Equal(t, test.returns, b.work(test.deadline))
				require.Equal(t, test.calls, b.calls())
				b.handedBack(test.returns + time.Second)
				require.Equal(t, 3*spent, b.finish().Settled)
			})
	}

	inBubble(t, "ASweepFindsWhatItHandedBackInVain", engine.Options{}, once(map[int]said{0: {hang: true}}, taking(time.Second)), 1,
		func(t *testing.T, b *bubble) {
			require.Equal(t, 2*time.Minute, b.work(126*time.Second))
			b.receive() // and it is lost
			require.Equal(t, 121*time.Second, b.now())
			require.Equal(t, hold, b.finish().Presumed)
			require.Equal(t, map[string][]int{"0s": {0}, "3m1s": {0}}, b.calls(), "at the first sweep a margin after it is due")
		})
}

// TestCutOff is about calls that are ended from outside.
func TestCutOff(t *testing.T) {
	t.Parallel()

	inBubble(t, "AtItsTimeout", engine.Options{CallTimeout: 30 * time.Second},
		once(map[int]said{1: {hang: true}}, taking(time.Second, time.Second)), 2,
		func(t *testing.T, b *bubble) {
			require.Equal(t, 30*time.Second, b.work(0))
			require.Equal(t, []string{"0s hold 0 1", "6s settle 0", "30s presume 1"}, b.books())
			p := b.finish()
			require.Equal(t, hold, p.Presumed)
			require.Equal(t, 2*spent, p.Settled)
		})

	inBubble(t, "OneThatEndsJustInTimeIsNot", engine.Options{CallTimeout: 30 * time.Second}, taking(30*time.Second-1), 1,
		func(t *testing.T, b *bubble) {
			require.Equal(t, 30*time.Second-1, b.work(0))
			require.Equal(t, spent, b.finish().Settled)
		})

	inBubble(t, "WithItsContext", engine.Options{}, once(map[int]said{1: {hang: true}}, taking(time.Second, time.Second)), 2,
		func(t *testing.T, b *bubble) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			time.AfterFunc(3*time.Second, cancel)
			require.ErrorIs(t, b.Work(ctx, b.receive()), context.Canceled)
			require.Equal(t, 3*time.Second, b.now())
			require.Equal(t, []string{"0s hold 0 1"}, b.books(), "an answer waited to be settled with others")
			p := b.finish()
			require.Equal(t, []string{
				"0s hold 0 1",
				"5m3s settle 0, presume 1, hold 1", // the first sweep a margin after the lease's end
				"5m4s settle 1",
			}, b.books())
			require.Equal(t, hold, p.Presumed)
			require.Equal(t, 2*spent, p.Settled, "the answer that was stored is paid once and used")
		})
}
