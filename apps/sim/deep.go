package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/campaign"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/world"
)

// The deep run: so many seeds, saved after each batch.
const (
	deepSeeds = 1_000_000
	deepBatch = 5_000
)

// progress is how far a deep run has come.
type progress struct {
	Next   uint64 `json:"next"`
	Calls  int64  `json:"calls"`
	Faults int64  `json:"faults"`
	Pairs  bool   `json:"pairs"`
}

// deepPlan is how much a deep run does.
type deepPlan struct {
	seeds, batch uint64
	stories      []world.Story
	// pairs is the most that are run of one story; 0 for all.
	pairs int
}

// deep runs a million seeds, then all pairs of faults in the small worlds of two tasks; stopped at any time it goes on from
// its file.
func deep(f flags, out, trouble io.Writer) int {
	return deepPlan{deepSeeds, deepBatch, world.Stories(2), 0}.run(f.deep, out, trouble)
}

func (p deepPlan) run(file string, out, trouble io.Writer) int {
	at, err := resume(file)
	if err != nil {
		fmt.Fprintln(trouble, "sim:", err)
		return 2
	}
	for at.Next < p.seeds {
		start := time.Now()
		s := campaign.RunSeeds(at.Next, int(p.batch), 0)
		if code := explain(s, out); code != 0 {
			return code
		}
		at.Next, at.Calls, at.Faults = at.Next+p.batch, at.Calls+s.Calls, at.Faults+s.Faults
		if err := at.save(file); err != nil {
			fmt.Fprintln(trouble, "sim:", err)
			return 2
		}
		fmt.Fprintf(out, "sim: seeds=%d of %d violations=0 calls=%d faults=%d (%.0f seeds/s)\n", at.Next, p.seeds, at.Calls, at.Faults, float64(p.batch)/time.Since(start).Seconds())
	}
	if at.Pairs {
		return 0
	}
	for _, story := range p.stories {
		if !p.story(story, out) {
			return 1
		}
	}
	at.Pairs = true
	if err := at.save(file); err != nil {
		fmt.Fprintln(trouble, "sim:", err)
		return 2
	}
	return 0
}

// story runs the pairs of one small world.
func (p deepPlan) story(story world.Story, out io.Writer) bool {
	list := campaign.Pairs([]world.Story{story}, true)
	if p.pairs > 0 {
		list = list[:min(len(list), p.pairs)]
	}
	result := campaign.RunPoints(list, nil)
	fmt.Fprintf(out, "sim: %s, %d tasks, %d workers, tight %t: pairs=%s\n", story.Name, story.Tasks, story.Machines, story.Tight, result)
	for _, b := range result.Broken {
		fmt.Fprintf(out, "broken: %s\n  %s\n", b.Point, b.Broken)
	}
	return result.Percent() == 100
}

func resume(file string) (at progress, err error) {
	body, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return at, nil
	}
	if err == nil {
		err = json.Unmarshal(body, &at)
	}
	return at, err
}

// save writes the file in one step, so that a run that is stopped in it loses nothing.
func (p progress) save(file string) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", append(body, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}
