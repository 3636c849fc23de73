package campaign

import (
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/world"
)

// Shrunk is the least that still breaks a rule: these faults of the seed, by their number, and without these actors.
type Shrunk struct {
	Result  world.Result
	Keep    []int
	Without []string
}

// tries is how many runs shrinking may take.
const tries = 600

// Shrink looks for the shortest failing run of a seed: it leaves out actors, then faults, in halves, quarters and single
// ones, as long as something still breaks.
func Shrink(failed world.Result) Shrunk { return shrink(failed, world.Run) }

func shrink(failed world.Result, run func(world.Config, *world.Options) world.Result) Shrunk {
	s := shrinker{run: run, config: failed.Config, left: tries, without: map[string]bool{}}
	s.best = failed
	for n := range failed.Faults {
		s.keep = append(s.keep, n)
	}
	for _, actor := range world.Actors() {
		s.without[actor] = true
		if !s.fails(s.keep) {
			delete(s.without, actor)
		}
	}
	for size := (len(s.keep) + 1) / 2; size >= 1 && s.left > 0; {
		if !s.drop(size) {
			size /= 2
		}
	}
	var without []string
	for actor := range s.without {
		without = append(without, actor)
	}
	slices.Sort(without)
	return Shrunk{Result: s.best, Keep: s.keep, Without: without}
}

type shrinker struct {
	run     func(world.Config, *world.Options) world.Result
	config  world.Config
	keep    []int
	without map[string]bool
	best    world.Result
	left    int
}

// drop leaves out runs of so many faults wherever that still fails, and reports whether it could.
func (s *shrinker) drop(size int) bool {
	dropped := false
	for at := 0; at < len(s.keep) && s.left > 0; {
		fewer := slices.Concat(s.keep[:at], s.keep[min(at+size, len(s.keep)):])
		if s.fails(fewer) {
			s.keep, dropped = fewer, true
			continue
		}
		at += size
	}
	return dropped
}

// shape is what kind of rule a run broke: its words without names and numbers.
func shape(r world.Result) string {
	if r.Broken == "" && r.Illegal {
		return "illegal"
	}
	words := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c == ' ' {
			return c
		}
		return -1
	}, r.Broken)
	return words[:min(len(words), 60)]
}

func (s *shrinker) fails(keep []int) bool {
	if s.left--; s.left < 0 {
		return false
	}
	kept := make(map[int]bool, len(keep))
	for _, n := range keep {
		kept[n] = true
	}
	r := s.run(s.config, &world.Options{Keep: func(n int) bool { return kept[n] }, Without: s.without})
	if shape(r) != shape(s.best) {
		return false // it holds, or something else broke, perhaps by what was left out
	}
	s.best = r
	return true
}
