package porttest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/ports"
)

// forEver is the time of a Take that waits until something comes.
var forEver time.Time

// boxes proves the boxes of a group.
func boxes(t *testing.T, factory func(t *testing.T) (ports.Group, Time)) {
	for name, test := range map[string]func(t *testing.T, box ports.Box, tm Time){
		"Box/FirstInFirstOut":                boxOrder,
		"Box/EmptyPollSaysFalse":             boxPoll,
		"Box/TakesAnyValue":                  boxValues,
		"Box/PutWakesATaker":                 boxWakes,
		"Box/EveryTakerGetsOne":              boxWakesAll,
		"Box/TakersAreServedInOrder":         boxTakers,
		"Box/TimeEndsATake":                  boxTimeout,
		"Box/ContextEndsATake":               boxContext,
		"Box/AValueBeatsAnEndedContext":      boxValueFirst,
		"Box/AnEndedTakeLosesNothing":        boxLosesNothing,
		"Box/ManyPuttersAndTakersLoseNone":   boxMany,
		"Box/KeepsOrderWhileBothSidesMove":   boxInterleaved,
		"Box/AnEndedContextOnAnEmptyBoxEnds": boxEndedEmpty,
	} {
		bubbled(t, name, func(t *testing.T) {
			group, tm := factory(t)
			test(t, group.NewBox(), tm)
		})
	}
}

// taken is what a Take returned.
type taken struct {
	value any
	ok    bool
}

func take(ctx context.Context, box ports.Box, until time.Time) <-chan taken {
	return start(func() taken {
		value, ok := box.Take(ctx, until)
		return taken{value, ok}
	})
}

func boxOrder(t *testing.T, box ports.Box, tm Time) {
	const n = 1000
	for i := range n {
		box.Put(i)
	}
	for i := range n {
		value, ok := box.Take(t.Context(), tm.Clock.Now())
		require.True(t, ok)
		require.Equal(t, i, value)
	}
}

func boxPoll(t *testing.T, box ports.Box, tm Time) {
	for _, until := range []time.Time{tm.Clock.Now(), tm.Clock.Now().Add(-time.Hour)} {
		value, ok := box.Take(t.Context(), until)
		require.False(t, ok)
		require.Nil(t, value)
	}
}

func boxValues(t *testing.T, box ports.Box, _ Time) {
	for _, value := range []any{nil, "", 0, struct{}{}, error(nil)} {
		box.Put(value)
		got, ok := box.Take(t.Context(), forEver)
		require.True(t, ok)
		require.Equal(t, value, got)
	}
}

func boxWakes(t *testing.T, box ports.Box, tm Time) {
	waiting := take(t.Context(), box, forEver)
	tm.Elapse(24 * time.Hour)
	waits(t, waiting, "the zero time is for ever")
	box.Put("value")
	require.Equal(t, taken{"value", true}, <-waiting)
	timed := take(t.Context(), box, tm.Clock.Now().Add(time.Minute))
	waits(t, timed, "a minute is left")
	box.Put("in time")
	require.Equal(t, taken{"in time", true}, <-timed)
}

func boxWakesAll(t *testing.T, box ports.Box, _ Time) {
	const n = 300
	results := make(chan taken, n)
	for range n {
		go func() {
			value, ok := box.Take(t.Context(), forEver)
			results <- taken{value, ok}
		}()
	}
	synctest.Wait()
	for i := range n {
		box.Put(i)
	}
	seen := map[any]bool{}
	for range n {
		got := <-results
		require.True(t, got.ok)
		require.False(t, seen[got.value], "%v came twice", got.value)
		seen[got.value] = true
	}
}

func boxTakers(t *testing.T, box ports.Box, _ Time) {
	var waiting []<-chan taken
	for range 5 {
		waiting = append(waiting, take(t.Context(), box, forEver))
		synctest.Wait()
	}
	for i := range waiting {
		box.Put(i)
		synctest.Wait()
	}
	for i := range waiting {
		require.Equal(t, taken{i, true}, <-waiting[i])
	}
}

func boxTimeout(t *testing.T, box ports.Box, tm Time) {
	waiting := take(t.Context(), box, tm.Clock.Now().Add(time.Second))
	longer := take(t.Context(), box, tm.Clock.Now().Add(time.Minute))
	waits(t, waiting, "no time has passed")
	tm.Elapse(time.Second - 1)
	waits(t, waiting, "one nanosecond is missing")
	tm.Elapse(1)
	require.Equal(t, taken{nil, false}, <-waiting)
	waits(t, longer, "its own time is ahead")
	box.Put("value")
	require.Equal(t, taken{"value", true}, <-longer)
}

func boxContext(t *testing.T, box ports.Box, tm Time) {
	for _, until := range []time.Time{forEver, tm.Clock.Now().Add(time.Hour)} {
		ctx, cancel := context.WithCancel(t.Context())
		waiting := take(ctx, box, until)
		waits(t, waiting, "nothing has happened")
		cancel()
		require.Equal(t, taken{nil, false}, <-waiting)
	}
}

func boxValueFirst(t *testing.T, box ports.Box, tm Time) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, until := range []time.Time{forEver, tm.Clock.Now().Add(-time.Hour), tm.Clock.Now().Add(time.Hour)} {
		box.Put("value")
		value, ok := box.Take(ctx, until)
		require.True(t, ok)
		require.Equal(t, "value", value)
	}
}

func boxEndedEmpty(t *testing.T, box ports.Box, tm Time) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, until := range []time.Time{forEver, tm.Clock.Now().Add(time.Hour)} {
		_, ok := box.Take(ctx, until)
		require.False(t, ok)
	}
}

// boxLosesNothing puts a value in the moment in which a Take ends: either that Take or the next one has it.
func boxLosesNothing(t *testing.T, box ports.Box, tm Time) {
	for i := range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		waiting := take(ctx, box, forEver)
		synctest.Wait()
		go box.Put(i)
		go cancel()
		synctest.Wait()
		first := <-waiting
		second, ok := box.Take(t.Context(), tm.Clock.Now())
		require.NotEqual(t, first.ok, ok, "round %d: exactly one of the two has the value", i)
		if ok {
			first.value = second
		}
		require.Equal(t, i, first.value)
	}
}

func boxMany(t *testing.T, box ports.Box, _ Time) {
	const putters, each = 8, 250
	var sum atomic.Int64
	done := make(chan struct{}, 2*putters)
	for p := range putters {
		go func() {
			for i := range each {
				box.Put(p*each + i)
			}
			done <- struct{}{}
		}()
		go func() {
			for range each {
				value, _ := box.Take(t.Context(), forEver)
				sum.Add(int64(value.(int)))
			}
			done <- struct{}{}
		}()
	}
	for range 2 * putters {
		<-done
	}
	const n = putters * each
	require.EqualValues(t, n*(n-1)/2, sum.Load())
}

func boxInterleaved(t *testing.T, box ports.Box, tm Time) {
	next, put := 0, 0
	for round := range 100 {
		for range round % 13 {
			box.Put(fmt.Sprint(put))
			put++
		}
		for range round % 11 {
			value, ok := box.Take(t.Context(), tm.Clock.Now())
			require.Equal(t, next < put, ok)
			if ok {
				require.Equal(t, fmt.Sprint(next), value)
				next++
			}
		}
	}
}
