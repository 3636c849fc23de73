package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/campaign"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/teeth"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/world"
)

// sim runs the program and returns its exit code and what it printed.
func sim(args ...string) (code int, out, trouble string) {
	var o, e bytes.Buffer
	code = run(args, &o, &e)
	return code, o.String(), e.String()
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	code, out, _ := sim("-seeds", "12", "-twice", "4")
	require.Zero(t, code)
	require.Contains(t, out, "sim: seeds=12 violations=0")
	require.Contains(t, out, "replay=4/4 illegal_histories=0")
}

func TestOneSeed(t *testing.T) {
	t.Parallel()
	code, brief, _ := sim("-seed", "5")
	require.Zero(t, code)
	require.Contains(t, brief, "sim: seed=5 ")
	code, long, _ := sim("-seed", "5", "-v")
	require.Zero(t, code)
	require.True(t, strings.HasSuffix(long, brief), "reading along changes nothing")
	require.Contains(t, long, "Store.Update")
	code, calm, _ := sim("-seed", "5", "-keep", "none", "-without", "killer,clocks", "-v")
	require.Zero(t, code)
	require.NotContains(t, calm, "[crash")
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"unknown":         {[]string{"-speed"}, "flag provided but not defined"},
		"word":            {[]string{"fast"}, `"fast" is no flag`},
		"no seeds":        {[]string{"-seeds", "0"}, "-seeds must be at least 1"},
		"keep alone":      {[]string{"-keep", "1"}, "need -seed"},
		"keep no numbers": {[]string{"-seed", "1", "-keep", "1,x"}, "-keep 1,x"},
		"no such bug":     {[]string{"-teeth", "nothing"}, "no bug is named nothing"},
		"plain build":     {[]string{"-bug", "no-hold"}, "this build has no planted bugs"},
		"bad progress":    {[]string{"-deep", "main_test.go"}, "invalid character"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, trouble := sim(test.args...)
			require.Equal(t, 2, code)
			require.Contains(t, trouble, test.want)
		})
	}
}

// TestAFailureIsExplained gives a failing run to the report: seed, options, what is left of it, and how to see it again.
func TestAFailureIsExplained(t *testing.T) {
	t.Parallel()
	s := &campaign.Seeds{Failed: []world.Result{{Config: world.Draw(7), Broken: "a rule was broken", Faults: 0}}}
	var out bytes.Buffer
	require.Equal(t, 1, explain(s, &out))
	require.Contains(t, out.String(), "seed 7 broke a rule: a rule was broken")
	require.Contains(t, out.String(), `"ParcelSize"`)
	require.Contains(t, out.String(), "replay: go run ./apps/sim -v -seed 7 -keep none")
	require.Equal(t, "go run ./apps/sim -v -seed 7 -keep 3,17 -without clocks", replay(campaign.Shrunk{
		Result: world.Result{Config: world.Config{Seed: 7}}, Keep: []int{3, 17}, Without: []string{"clocks"},
	}))
	require.Equal(t, 1, explain(&campaign.Seeds{Differing: 2}, &out))
	require.Contains(t, out.String(), "2 seeds had another trace")
	require.Zero(t, explain(&campaign.Seeds{}, &out))
	require.Equal(t, "the submissions are not linearizable", broken(world.Result{Illegal: true}))
	require.Len(t, firstLine(strings.Repeat("x", 300)+"\nmore"), 164)
}

func TestTheLastLine(t *testing.T) {
	t.Parallel()
	reach := chance.NewReach()
	total := outcome{
		seeds:  &campaign.Seeds{Runs: 10, Reach: reach, Replayed: 2},
		single: &campaign.Points{All: 4, Met: 3}, pairs: &campaign.Points{All: 5, Met: 5}, found: 1, bugs: 2,
	}
	var out bytes.Buffer
	require.Equal(t, 1, total.report(&out))
	require.Contains(t, out.String(), "never happened: Store.Get x crash before")
	require.Contains(t, out.String(), "sim: seeds=10 violations=0 points=75% (3 of 4) pairs=100% (5 of 5) mutants=1/2 reach=0% (min hits 0) replay=2/2 drift=$0.000000000000 illegal_histories=0 calls=0 probes=0 batches=0\n")
	for _, row := range chance.Table() {
		for _, kind := range row.Kinds {
			reach.Hit(row.Method, kind)
		}
	}
	total.single.Met, total.found = 4, 2
	out.Reset()
	require.Zero(t, total.report(&out))
	require.Contains(t, out.String(), "reach=100% (min hits 1)")
}

// TestEverythingInSmall runs all parts once, with one planted bug.
func TestEverythingInSmall(t *testing.T) {
	t.Parallel()
	story := world.Stories(1)[:1]
	var bugs []teeth.Bug
	for _, b := range teeth.Bugs() {
		if b.Name == "no-hold" {
			bugs = append(bugs, b)
		}
	}
	plan := campaignPlan{seeds: 10, twice: 2, single: story, pairs: nil, bugs: bugs, hunt: 20, root: "../.."}
	var out, trouble bytes.Buffer
	require.Equal(t, 1, plan.run(&out, &trouble), "ten seeds do not reach every fault")
	require.Empty(t, trouble.String())
	require.Regexp(t, `points in small worlds +\d`, out.String())
	require.Regexp(t, `no-hold +seed \d+: job .* owes`, out.String())
	require.Regexp(t, `sim: seeds=10 violations=0 points=100% .* mutants=1/1 reach=\d+%`, out.String())
	out.Reset()
	require.Zero(t, plan.bites(&out, &trouble))
	require.Contains(t, out.String(), "sim: mutants=1/1")
	plan.root = "/nowhere"
	require.Equal(t, 1, plan.run(&out, &trouble))
	require.Equal(t, 2, plan.bites(&out, &trouble))
	require.Contains(t, trouble.String(), "/nowhere")
}

func TestSearchFindsNothingWhereNothingIs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	search(5, world.Stories(1)[:1], &out)
	require.Empty(t, out.String())
}

// TestDeepGoesOn starts where a file says that the last run stopped, near the end.
func TestDeepGoesOn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "deep.json")
	var out bytes.Buffer
	plan := deepPlan{seeds: 30, batch: 10, stories: world.Stories(1)[:1], pairs: 50}
	require.NoError(t, progress{Next: 20, Calls: 7}.save(file))
	require.Zero(t, plan.run(file, &out, &out))
	require.Contains(t, out.String(), "sim: seeds=30 of 30 violations=0")
	require.NotContains(t, out.String(), "seeds=10 of")
	require.Contains(t, out.String(), "happy, 1 tasks, 1 workers, tight false: pairs=100% (50 of 50)")
	body, err := os.ReadFile(file)
	require.NoError(t, err)
	var at progress
	require.NoError(t, json.Unmarshal(body, &at))
	require.EqualValues(t, 30, at.Next)
	require.Greater(t, at.Calls, int64(7))
	require.True(t, at.Pairs)
	out.Reset()
	require.Zero(t, plan.run(file, &out, &out))
	require.Empty(t, out.String(), "nothing is left to do")
}
