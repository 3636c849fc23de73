package campaign

import (
	"fmt"
	"slices"
	"sync"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/points"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/world"
)

// Points is how many points there are, how many were run and met, and those that broke a rule.
type Points struct {
	All, Met int
	Broken   []points.Outcome
}

// Percent is the share of the points that were met and broke nothing, rounded down, so that 100 means all.
func (p *Points) Percent() int {
	if p.All == 0 {
		return 0
	}
	return 100 * (p.Met - len(p.Broken)) / p.All
}

// String is the share, and the numbers behind it.
func (p *Points) String() string {
	return fmt.Sprintf("%d%% (%d of %d)", p.Percent(), p.Met-len(p.Broken), p.All)
}

// RunPoints runs a list of points; a point that skip names counts and is not run.
func RunPoints(list []points.Point, skip func(points.Point) bool) *Points {
	total := &Points{All: len(list)}
	var mu sync.Mutex
	each(len(list), func(i int) bool {
		if skip != nil && skip(list[i]) {
			return true
		}
		o := points.Run(list[i])
		mu.Lock()
		defer mu.Unlock()
		if o.Hit {
			total.Met++
		}
		if o.Broken != "" {
			total.Broken = append(total.Broken, o)
		}
		return len(total.Broken) < 20
	})
	return total
}

// Singles are all points of these small worlds.
func Singles(stories []world.Story) []points.Point {
	lists := make([][]points.Point, len(stories))
	each(len(stories), func(i int) bool {
		lists[i] = points.Singles(stories[i])
		return true
	})
	return join(lists)
}

// Pairs are all pairs of a crash and a crash, duplicate delivery or clock jump after it, in these small worlds; with all
// they begin with every fault and not with crashes alone.
func Pairs(stories []world.Story, all bool) []points.Point {
	first := []chance.Kind{chance.CrashBefore, chance.CrashAfter}
	second := []chance.Kind{chance.CrashBefore, chance.CrashAfter, chance.Redeliver, chance.Jump}
	var firsts []points.Point
	for _, s := range stories {
		if all {
			firsts = append(firsts, points.Singles(s)...)
			continue
		}
		firsts = append(firsts, points.Firsts(s, first...)...)
	}
	lists := make([][]points.Point, len(firsts))
	each(len(firsts), func(i int) bool {
		lists[i] = points.Seconds(firsts[i], second...)
		return true
	})
	return join(lists)
}

// Happy are the small worlds in which all goes well and money is plenty.
func Happy(tasks int) []world.Story {
	return slices.DeleteFunc(world.Stories(tasks), func(s world.Story) bool { return s.Name != "happy" || s.Tight })
}

func join(lists [][]points.Point) []points.Point {
	var all []points.Point
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}
