package porttest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestManualClock(t *testing.T) {
	porttest.Clock(t, func(*testing.T) porttest.Time { return porttest.Manual() })
}

func TestSeededIDs(t *testing.T) {
	porttest.IDs(t, func(*testing.T) ports.IDs { return porttest.NewIDs(7) })
}

func TestSeededIDsRepeat(t *testing.T) {
	t.Parallel()
	one, same, other := porttest.NewIDs(1), porttest.NewIDs(1), porttest.NewIDs(2)
	for range 100 {
		id, token, jitter := one.NewID(), one.NewToken(), one.Jitter()
		require.Equal(t, id, same.NewID())
		require.Equal(t, token, same.NewToken())
		require.Equal(t, jitter, same.Jitter())
		require.NotEqual(t, id, other.NewID())
		require.NotEqual(t, token, other.NewToken())
		require.NotEqual(t, jitter, other.Jitter())
	}
}

func TestManualClockSet(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, time.May, 1, 0, 0, 0, 0, time.FixedZone("east", 3600))
	clock := porttest.NewClock(begin)
	require.True(t, clock.Now().Equal(begin))
	clock.Set(begin.Add(-time.Hour))
	require.True(t, clock.Now().Equal(begin.Add(-time.Hour)))
	require.Equal(t, time.UTC, clock.Now().Location())
	clock.Advance(-time.Hour)
	require.True(t, clock.Now().Equal(begin.Add(-2*time.Hour)))
}

func TestManualClockAwaitSleepers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := porttest.NewClock(time.Unix(0, 0))
		ctx, cancel := context.WithCancel(t.Context())
		_, cancelDeadline := clock.WithDeadline(ctx, clock.Now().Add(time.Hour))
		defer cancelDeadline()
		slept := make(chan error, 2)
		for range 2 {
			require.NoError(t, clock.AwaitSleepers(ctx, len(slept)))
			go func() { slept <- clock.Sleep(ctx, clock.Now().Add(time.Minute)) }()
		}
		require.NoError(t, clock.AwaitSleepers(ctx, 2))
		clock.Advance(time.Minute)
		require.NoError(t, <-slept)
		require.NoError(t, <-slept)
		cancel()
		require.ErrorIs(t, clock.AwaitSleepers(ctx, 1), context.Canceled)
	})
}

func TestRecorder(t *testing.T) {
	porttest.Observer(t, func(*testing.T) (ports.Observer, func() int) {
		recorder := &porttest.Recorder{}
		return recorder, func() int { return len(recorder.Events()) }
	})
	porttest.Notifier(t, func(*testing.T) porttest.NotifierUnderTest {
		recorder := &porttest.Recorder{}
		return porttest.NotifierUnderTest{Notifier: recorder, Received: recorder.Notices, Refuse: recorder.Refuse}
	})
}

func TestRecorderChoosesEvents(t *testing.T) {
	t.Parallel()
	recorder := &porttest.Recorder{}
	for _, name := range porttest.Events() {
		recorder.Observe(t.Context(), porttest.FullEvent(name))
	}
	chosen := recorder.Events(ports.EventCall, ports.EventJobEnded)
	require.Len(t, chosen, 2)
	require.Equal(t, ports.EventJobEnded, chosen[0].Name)
	require.Equal(t, ports.EventCall, chosen[1].Name)
	require.Empty(t, recorder.Events("no.such.event"))
}
