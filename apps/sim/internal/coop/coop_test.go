package coop_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/coop"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// setup returns a scheduler in which the first that can move does.
func setup() (*coop.Scheduler, *coop.Host) {
	s := coop.New(noon)
	s.Pick = func(int) int { return 0 }
	return s, s.Host("a")
}

// drive moves everybody, and time, until nobody can move any more.
func drive(s *coop.Scheduler) {
	for {
		if s.Step() {
			continue
		}
		at, some := s.Wake()
		if !some {
			return
		}
		s.Advance(at.Sub(s.Now()))
	}
}

func TestStrandsTakeTurnsWhereTheyGiveWay(t *testing.T) {
	t.Parallel()
	s, a := setup()
	s.Pick = func(n int) int { return n - 1 }
	said := ""
	for _, word := range []string{"x", "y"} {
		s.Go(a, func() {
			said += word + "1 "
			s.GiveWay()
			said += word + "2 "
		})
	}
	drive(s)
	require.Equal(t, "y1 y2 x1 x2 ", said)
	require.Zero(t, s.Strands())
}

func TestStayLetsTheLastOneGoOn(t *testing.T) {
	t.Parallel()
	s, a := setup()
	s.Stay = func() bool { return true }
	s.Pick = func(n int) int { return n - 1 }
	said := ""
	s.Go(a, func() { said += "x1 "; s.GiveWay(); said += "x2 " })
	require.True(t, s.Step())
	s.Go(a, func() { said += "y " })
	drive(s)
	require.Equal(t, "x1 x2 y ", said)
}

func TestSleepWakesByItsOwnClock(t *testing.T) {
	t.Parallel()
	s, ahead := setup()
	ahead.Offset = time.Minute
	var woke time.Time
	s.Go(ahead, func() {
		require.NoError(t, ahead.Sleep(context.Background(), noon.Add(3*time.Minute)))
		woke = s.Now()
	})
	drive(s)
	require.Equal(t, noon.Add(2*time.Minute), woke)
	require.Equal(t, noon.Add(3*time.Minute), ahead.Now())
}

func TestSleepEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s, a := setup()
	var err error
	s.Go(a, func() {
		ctx, cancel := a.WithDeadline(context.Background(), noon.Add(time.Second))
		defer cancel()
		err = a.Sleep(ctx, noon.Add(time.Hour))
	})
	drive(s)
	require.Equal(t, context.DeadlineExceeded, err)
	require.Equal(t, noon.Add(time.Second), s.Now())
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	s, a := setup()
	outer, cancel := a.WithDeadline(context.Background(), noon.Add(time.Minute))
	inner, end := a.WithDeadline(outer, noon.Add(time.Hour))
	at, some := inner.Deadline()
	require.True(t, some)
	require.Equal(t, noon.Add(time.Minute), at, "the earlier one counts")
	require.NoError(t, inner.Err())
	end()
	require.Equal(t, context.Canceled, inner.Err())
	require.NoError(t, outer.Err())
	s.Advance(time.Minute)
	require.Equal(t, context.DeadlineExceeded, outer.Err())
	cancel()
	standard, stop := context.WithCancel(context.Background())
	child, done := a.WithDeadline(standard, noon.Add(time.Hour))
	defer done()
	stop()
	require.Equal(t, context.Canceled, child.Err())
}

func TestGroup(t *testing.T) {
	t.Parallel()
	s, a := setup()
	var err error
	order := ""
	s.Go(a, func() {
		s.Current().Tag = "work"
		err = a.Run(context.Background(), 3, func(_ context.Context, i int) error {
			require.Equal(t, "work", s.Current().Tag, "children work on the same")
			s.GiveWay()
			order += string(rune('a' + i))
			switch i {
			case 1:
				panic("a bug")
			case 2:
				return errors.New("two")
			}
			return nil
		})
	})
	drive(s)
	require.Equal(t, "abc", order)
	require.ErrorIs(t, err, fault.Internal)
	require.ErrorContains(t, err, "two")
	s.Go(a, func() { err = a.Run(context.Background(), 0, nil) })
	drive(s)
	require.NoError(t, err)
}

func TestBox(t *testing.T) {
	t.Parallel()
	s, a := setup()
	box := a.NewBox()
	var got []any
	take := func(until time.Time) {
		value, ok := box.Take(context.Background(), until)
		got = append(got, value, ok)
	}
	s.Go(a, func() {
		take(noon)                      // has passed: nothing
		take(noon.Add(time.Second))     // nothing comes
		take(noon.Add(2 * time.Second)) // one comes
		take(time.Time{})               // the other is there
	})
	s.Go(a, func() {
		_ = a.Sleep(context.Background(), noon.Add(1500*time.Millisecond))
		box.Put(1)
		box.Put(2)
	})
	drive(s)
	require.Equal(t, []any{nil, false, nil, false, 1, true, 2, true}, got)
}

func TestAFrozenMachineMovesOnLater(t *testing.T) {
	t.Parallel()
	s, a := setup()
	var moved time.Time
	s.Go(a, func() {
		a.Freeze(noon.Add(time.Hour))
		s.GiveWay()
		moved = s.Now()
	})
	drive(s)
	require.Equal(t, noon.Add(time.Hour), moved)
}

// A killed machine does nothing more: its strands are taken apart, and what they try on the way has no effect.
func TestKill(t *testing.T) {
	t.Parallel()
	s, a := setup()
	b := s.Host("b")
	unwound, after, other := 0, false, false
	for range 2 {
		s.Go(a, func() {
			defer func() { unwound++ }()
			defer func() {
				recover() // a program that catches every panic cannot hold on to a dead machine
				s.GiveWay()
				after = true
			}()
			_ = a.Sleep(context.Background(), noon.Add(time.Hour))
			after = true
		})
	}
	s.Go(b, func() {
		_ = b.Sleep(context.Background(), noon.Add(time.Minute))
		a.Kill()
		s.GiveWay()
		other = true
	})
	drive(s)
	require.True(t, a.Dead())
	require.Equal(t, 2, unwound)
	require.False(t, after)
	require.True(t, other)
	require.Equal(t, noon.Add(time.Minute), s.Now())
}

func TestPerishEndsTheCallerItself(t *testing.T) {
	t.Parallel()
	s, a := setup()
	s.Panicked = func(value any, _ []byte) { t.Errorf("told of %v", value) }
	after := false
	group := s.Go(a, func() {
		_ = a.Run(context.Background(), 2, func(context.Context, int) error {
			a.Perish()
			after = true
			return nil
		})
		after = true
	})
	drive(s)
	require.False(t, after)
	require.True(t, group.Done())
	require.Zero(t, s.Strands())
}

func TestPanicsAreTold(t *testing.T) {
	t.Parallel()
	s, a := setup()
	var told any
	s.Panicked = func(value any, stack []byte) { told = value; require.NotEmpty(t, stack) }
	s.Go(a, func() { panic("a bug") })
	drive(s)
	require.Equal(t, "a bug", told)
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s, a := setup()
	s.Go(a, func() { s.Wait(func() bool { return false }) })
	s.Go(a, func() {})
	require.True(t, s.Step())
	require.Contains(t, s.Waiting(), "a/")
	s.Close()
	require.Zero(t, s.Strands())
	require.Panics(t, func() { s.Wait(func() bool { return true }) }, "outside of strands nobody can wait")
}
