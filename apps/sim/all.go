package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/campaign"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/teeth"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/world"
)

// campaignPlan is how much is run.
type campaignPlan struct {
	seeds, twice int
	// single and pairs are the small worlds that are run at every point, and with pairs of faults.
	single, pairs []world.Story
	bugs          []teeth.Bug
	// hunt is how many seeds look for each planted bug.
	hunt int
	root string
}

// hunted is how many seeds look for a planted bug before every point does.
const hunted = 5000

// everything is what CI runs: seeds, every point, pairs of crashes, planted bugs and reach.
func everything(f flags, out, trouble io.Writer) int {
	return campaignPlan{f.seeds, min(f.twice, f.seeds), world.Stories(3), campaign.Happy(2), teeth.Bugs(), hunted, f.root}.run(out, trouble)
}

func (p campaignPlan) run(out, trouble io.Writer) int {
	lap := stopwatch(out)
	s := campaign.RunSeeds(0, p.seeds, p.twice)
	lap("%d seeds, %d port calls, %d faults", s.Runs, s.Calls, s.Faults)
	if code := explain(s, out); code != 0 {
		return code
	}
	single := campaign.RunPoints(campaign.Singles(p.single), nil)
	lap("%d points in small worlds", single.All)
	pairs := campaign.RunPoints(campaign.Pairs(p.pairs, false), nil)
	lap("%d pairs in small worlds", pairs.All)
	found, err := p.bite(out)
	if err != nil {
		fmt.Fprintln(trouble, "sim:", err)
		return 1
	}
	lap("%d planted bugs", len(p.bugs))
	return outcome{s, single, pairs, found, len(p.bugs)}.report(out)
}

// outcome is what all came to.
type outcome struct {
	seeds         *campaign.Seeds
	single, pairs *campaign.Points
	found, bugs   int
}

// report says what is missing, and sums up in one line. The code is 0 only if nothing is.
func (o outcome) report(out io.Writer) int {
	s := o.seeds
	s.Reach.Each(func(p chance.Pair, hits int) {
		if hits == 0 {
			fmt.Fprintf(out, "never happened: %s x %s\n", p.Method, p.Kind)
		}
	})
	for _, p := range append(o.single.Broken, o.pairs.Broken...) {
		fmt.Fprintf(out, "broken: %s\n  %s\n", p.Point, p.Broken)
	}
	reached, rows, least := s.Reach.Summary()
	fmt.Fprintf(out, "sim: seeds=%d violations=%d points=%s pairs=%s mutants=%d/%d reach=%d%% (min hits %d) replay=%d/%d drift=$%s illegal_histories=%d calls=%d probes=%d batches=%d\n",
		s.Runs, len(s.Failed), o.single, o.pairs, o.found, o.bugs, 100*reached/rows, least, s.Replayed-s.Differing, s.Replayed, s.Drift, s.Illegal,
		s.Tally.Calls, s.Tally.Probes, s.Tally.Batches)
	if o.single.Percent() < 100 || o.pairs.Percent() < 100 || o.found < o.bugs || reached < rows || len(s.Failed) > 0 || s.Differing > 0 {
		return 1
	}
	return 0
}

// bites looks for planted bugs alone.
func bites(f flags, out, trouble io.Writer) int {
	p := campaignPlan{hunt: hunted, root: f.root}
	names := strings.Split(f.teeth, ",")
	for _, b := range teeth.Bugs() {
		if f.teeth == "all" || slices.Contains(names, b.Name) {
			p.bugs = append(p.bugs, b)
		}
	}
	if len(p.bugs) == 0 {
		fmt.Fprintf(trouble, "sim: no bug is named %s: see apps/sim/internal/teeth\n", f.teeth)
		return 2
	}
	return p.bites(out, trouble)
}

func (p campaignPlan) bites(out, trouble io.Writer) int {
	lap := stopwatch(out)
	found, err := p.bite(out)
	if err != nil {
		fmt.Fprintln(trouble, "sim:", err)
		return 2
	}
	lap("sim: mutants=%d/%d", found, len(p.bugs))
	if found < len(p.bugs) {
		return 1
	}
	return 0
}

// bite plants the bugs and counts those that are found.
func (p campaignPlan) bite(out io.Writer) (found int, err error) {
	err = teeth.Hunt(p.root, p.bugs, p.hunt, func(b teeth.Found) {
		if b.Where == "" {
			fmt.Fprintf(out, "  %-28s NOT FOUND: %s\n", b.Bug.Name, b.Bug.Why)
			return
		}
		found++
		fmt.Fprintf(out, "  %-28s %s: %s\n", b.Bug.Name, b.Where, b.Rule)
	})
	return found, err
}

// stopwatch prints what was done since the last lap, and how long it took.
func stopwatch(out io.Writer) func(format string, args ...any) {
	last := time.Now()
	return func(format string, args ...any) {
		fmt.Fprintf(out, "%-70s %6.1f s\n", fmt.Sprintf(format, args...), time.Since(last).Seconds())
		last = time.Now()
	}
}
