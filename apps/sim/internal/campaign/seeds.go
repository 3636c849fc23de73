// Package campaign runs many worlds: seeds side by side on all cores, each in a world of its own, small worlds at every
// point, and failing ones again and again until little is left of them.
package campaign

import (
	"runtime"
	"sync"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/world"
	"github.com/marketbrewer/marketbrewer/core/cost"
)

// each calls do for every number from 0 to n-1, on all cores, until one says stop. What was begun before is finished, so
// that the lowest number that stops is always among those that were tried.
func each(n int, do func(i int) (more bool)) {
	var mu sync.Mutex
	var running sync.WaitGroup
	next, stopped := 0, false
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if stopped || next >= n {
			return 0, false
		}
		next++
		return next - 1, true
	}
	for range runtime.GOMAXPROCS(0) {
		running.Go(func() {
			for {
				i, more := take()
				if !more {
					return
				}
				if !do(i) {
					mu.Lock()
					stopped = true
					mu.Unlock()
				}
			}
		})
	}
	running.Wait()
}

// Seeds is what a range of seeds came to.
type Seeds struct {
	Runs, Calls, Faults int64
	// Drift sums the differences between what ledgers and bills say of answers that were paid for.
	Drift cost.Pico
	// Illegal counts histories of submissions that are not linearizable.
	Illegal int
	// Failed are the seeds that broke a rule, ascending; at most a few.
	Failed []world.Result
	Reach  *chance.Reach
	// Tally sums what happened.
	Tally world.Tally
	// Replayed counts the seeds that were run twice, Differing those whose traces differ.
	Replayed, Differing int
}

// RunSeeds runs n seeds from the first, each of the first twice ones twice. It stops after the first failure.
func RunSeeds(first uint64, n, twice int) *Seeds {
	total := &Seeds{Reach: chance.NewReach()}
	var mu sync.Mutex
	each(n, func(i int) bool {
		config := world.Draw(first + uint64(i))
		r := world.Run(config, nil)
		again := r
		if i < twice {
			again = world.Run(config, nil)
		}
		mu.Lock()
		defer mu.Unlock()
		total.add(&r)
		if i < twice {
			total.Replayed++
			if again.Hash != r.Hash {
				total.Differing++
			}
		}
		return r.Broken == "" && !r.Illegal
	})
	return total
}

func (s *Seeds) add(r *world.Result) {
	s.Runs++
	s.Calls += int64(r.Calls)
	s.Faults += int64(r.Faults)
	s.Drift += r.Drift
	s.Reach.Add(r.Reach)
	s.Tally.Add(r.Tally)
	if r.Illegal {
		s.Illegal++
	}
	if r.Broken == "" && !r.Illegal {
		return
	}
	at := len(s.Failed)
	for at > 0 && s.Failed[at-1].Config.Seed > r.Config.Seed {
		at--
	}
	s.Failed = append(s.Failed[:at], append([]world.Result{*r}, s.Failed[at:]...)...)
}
