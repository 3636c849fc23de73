package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/campaign"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/world"
)

// one runs a single seed, and says what broke.
func one(f flags, out io.Writer) int {
	options := &world.Options{Without: map[string]bool{}}
	if f.verbose {
		options.Trace = out
	}
	if kept, _ := f.kept(); kept != nil {
		options.Keep = func(n int) bool { return kept[n] }
	}
	for _, actor := range strings.Split(f.without, ",") {
		options.Without[actor] = true
	}
	r := world.Run(world.Draw(uint64(f.seed)), options)
	fmt.Fprintf(out, "sim: seed=%d calls=%d faults=%d trace=%016x\n", f.seed, r.Calls, r.Faults, r.Hash)
	if broken := broken(r); broken != "" {
		fmt.Fprintf(out, "sim: broken: %s\n", broken)
		return 1
	}
	return 0
}

func broken(r world.Result) string {
	if r.Broken == "" && r.Illegal {
		return "the submissions are not linearizable"
	}
	return r.Broken
}

// seeds runs a range of seeds.
func seeds(f flags, out io.Writer) int {
	start := time.Now()
	s := campaign.RunSeeds(0, f.seeds, min(f.twice, f.seeds))
	fmt.Fprintf(out, "sim: seeds=%d violations=%d calls=%d faults=%d replay=%d/%d illegal_histories=%d (%.0f seeds/s)\n",
		s.Runs, len(s.Failed), s.Calls, s.Faults, s.Replayed-s.Differing, s.Replayed, s.Illegal, float64(s.Runs)/time.Since(start).Seconds())
	return explain(s, out)
}

// explain shrinks the first failure and says how to see it again.
func explain(s *campaign.Seeds, out io.Writer) int {
	if s.Differing > 0 {
		fmt.Fprintf(out, "sim: %d seeds had another trace the second time\n", s.Differing)
		return 1
	}
	if len(s.Failed) == 0 {
		return 0
	}
	failed := s.Failed[0]
	config, _ := json.Marshal(failed.Config)
	fmt.Fprintf(out, "\nsim: seed %d broke a rule: %s\noptions: %s\n", failed.Config.Seed, broken(failed), config)
	least := campaign.Shrink(failed)
	fmt.Fprintf(out, "\nThe shortest failing run has %d of %d faults: %s\n\n%s\nreplay: %s\n", len(least.Keep), failed.Faults, broken(least.Result), tail(least), replay(least))
	return 1
}

// traceLines is how much of a trace is printed; its beginning is seldom where it went wrong, and the replay has all of it.
const traceLines = 60

// tail is the end of the trace of a shrunk run.
func tail(s campaign.Shrunk) string {
	var trace bytes.Buffer
	kept, without := map[int]bool{}, map[string]bool{}
	for _, n := range s.Keep {
		kept[n] = true
	}
	for _, actor := range s.Without {
		without[actor] = true
	}
	world.Run(s.Result.Config, &world.Options{Trace: &trace, Keep: func(n int) bool { return kept[n] }, Without: without})
	lines := strings.SplitAfter(trace.String(), "\n")
	if len(lines) <= traceLines {
		return trace.String()
	}
	return fmt.Sprintf("(%d lines before)\n%s", len(lines)-traceLines, strings.Join(lines[len(lines)-traceLines:], ""))
}

// replay is the command that shows a shrunk failure.
func replay(s campaign.Shrunk) string {
	var numbers []string
	for _, n := range s.Keep {
		numbers = append(numbers, strconv.Itoa(n))
	}
	keep := strings.Join(numbers, ",")
	if keep == "" {
		keep = "none"
	}
	command := fmt.Sprintf("go run ./apps/sim -v -seed %d -keep %s", s.Result.Config.Seed, keep)
	if len(s.Without) > 0 {
		command += " -without " + strings.Join(s.Without, ",")
	}
	return command
}

// hunt looks for one planted bug and prints where it was found first: in a seed, else at a point. Nothing printed means
// that it was not found.
func hunt(f flags, out, trouble io.Writer) int {
	if !plant(f.bug) {
		fmt.Fprintln(trouble, "sim: this build has no planted bugs: make sim builds and runs them")
		return 2
	}
	search(f.seeds, world.Stories(3), out)
	return 0
}

// search prints the first seed that breaks a rule, or else the first point of the stories that does.
func search(seeds int, stories []world.Story, out io.Writer) {
	s := campaign.RunSeeds(0, seeds, 0)
	if len(s.Failed) > 0 {
		fmt.Fprintf(out, "seed %d\t%s\n", s.Failed[0].Config.Seed, firstLine(broken(s.Failed[0])))
		return
	}
	p := campaign.RunPoints(campaign.Singles(stories), nil)
	if len(p.Broken) > 0 {
		fmt.Fprintf(out, "%s\t%s\n", p.Broken[0].Point, firstLine(p.Broken[0].Broken))
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	if len(line) > 160 {
		line = line[:160] + " ..."
	}
	return line
}
