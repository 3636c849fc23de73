package campaign

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/points"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/world"
)

func TestSeedsHoldAndReplay(t *testing.T) {
	t.Parallel()
	s := RunSeeds(0, 60, 20)
	for _, failed := range s.Failed {
		t.Errorf("seed %d: %s", failed.Config.Seed, failed.Broken)
	}
	require.EqualValues(t, 60, s.Runs)
	require.Equal(t, 20, s.Replayed)
	require.Zero(t, s.Differing)
	require.Zero(t, s.Illegal)
	require.Zero(t, s.Drift)
	require.Positive(t, s.Faults)
	reached, _, _ := s.Reach.Summary()
	require.Greater(t, reached, 30)
}

func TestFailuresComeInTheOrderOfTheirSeeds(t *testing.T) {
	t.Parallel()
	var s Seeds
	s.Reach = RunSeeds(0, 1, 0).Reach
	for _, seed := range []uint64{5, 2, 9} {
		r := world.Result{Config: world.Config{Seed: seed}, Broken: "x", Illegal: seed == 2, Reach: s.Reach}
		s.add(&r)
	}
	require.Len(t, s.Failed, 3)
	require.EqualValues(t, 2, s.Failed[0].Config.Seed)
	require.EqualValues(t, 9, s.Failed[2].Config.Seed)
	require.Equal(t, 1, s.Illegal)
}

// TestAPointThatIsLeftOutShows runs all points of one small world, and then all but one.
func TestAPointThatIsLeftOutShows(t *testing.T) {
	t.Parallel()
	list := points.Singles(world.Stories(1)[0])
	require.Greater(t, len(list), 100)
	all := RunPoints(list, nil)
	require.Empty(t, all.Broken)
	require.Equal(t, 100, all.Percent())
	require.Equal(t, len(list), all.Met)
	missing := list[len(list)/2].String()
	but := RunPoints(list, func(p points.Point) bool { return p.String() == missing })
	require.Less(t, but.Percent(), 100)
	require.Equal(t, len(list)-1, but.Met)
	// A point whose call never comes is not met either.
	never := list[0]
	never.At = map[int]chance.Kind{100_000: chance.CrashBefore}
	require.False(t, points.Run(never).Hit)
	require.Zero(t, (&Points{}).Percent())
}

func TestPairs(t *testing.T) {
	t.Parallel()
	pairs := Pairs(Happy(1)[:1], false)
	require.Greater(t, len(pairs), 1000)
	for _, p := range pairs {
		require.Len(t, p.At, 2)
	}
	some := RunPoints(pairs[:200], nil)
	require.Empty(t, some.Broken)
	require.Equal(t, 100, some.Percent())
	more := Pairs(Happy(1)[:1], true)
	require.Greater(t, len(more), len(pairs))
}

// TestShrinkFindsTheFaultsThatMatter shrinks a run that fails while faults 3 and 17 happen and the killer is there.
func TestShrinkFindsTheFaultsThatMatter(t *testing.T) {
	t.Parallel()
	runs := 0
	run := func(c world.Config, o *world.Options) world.Result {
		runs++
		r := world.Result{Config: c}
		if o.Keep(3) && o.Keep(17) && !o.Without["killer"] {
			r.Broken = "a rule"
		}
		return r
	}
	s := shrink(world.Result{Faults: 40, Broken: "a rule"}, run)
	require.Equal(t, []int{3, 17}, s.Keep)
	require.NotContains(t, s.Without, "killer")
	require.Len(t, s.Without, len(world.Actors())-1)
	require.Equal(t, "a rule", s.Result.Broken)
	require.Less(t, runs, 100)
	// What fails only as a whole stays as it was.
	whole := shrink(world.Result{Faults: 5, Broken: "x"}, func(world.Config, *world.Options) world.Result { return world.Result{} })
	require.Len(t, whole.Keep, 5)
	require.Empty(t, whole.Without)
	require.Equal(t, "x", whole.Result.Broken)
}
