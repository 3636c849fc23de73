package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestForecast(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	asking := func(more ...string) []string {
		return append([]string{"forecast", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area"}, more...)
	}
	text := s.run(asking()...).want(exitDone)
	require.Contains(t, text.stdout, "pages     4 by claude-haiku-5-5 (prices of ")
	require.Empty(t, text.stderr)
	require.Contains(t, s.run(asking("--cap", "0.001")...).want(exitDone).stdout, "less than is expected")

	said := s.run(asking("--json", "--cap", "1", "--key", "k", "--out", "x", "--store", "mem", "--simulate")...).want(exitDone).stdout
	const money = `\{"expected":"0\.\d{12}","p95":"0\.\d{12}","worst":"0\.\d{12}"\}`
	const took = `\{"expected":[0-9.]+,"p95":[0-9.]+,"worst":[0-9.]+\}`
	const one = `"cost_usd":` + money + `,"uncached_usd":"0\.\d{12}","duration_s":` + took + `\}`
	require.Regexp(t, `^\{"pages":4,"model":"claude-haiku-5-5","price_version":"[^"]+","earlier_answers":0,"tokens":\{"input":\d+,"output":\d+\},`+
		`"cost_usd":`+money+`,"duration_s":`+took+`,"lanes":\[\{"lane":"realtime","cache":"5m","cache_read_tokens":\d+,`+one+
		`,\{"lane":"batch","cache":"5m","cache_read_tokens":\d+,`+one+`\]\}\n$`, said)
	var slow forecastJSON
	require.NoError(t, json.Unmarshal([]byte(s.run(asking("--json", "--rpm", "2", "--itpm", "1000000", "--otpm", "1000000")...).want(exitDone).stdout), &slow))
	require.InDelta(t, 120, slow.Duration.Expected, 0.001, "4 requests at 2 a minute")

	// What generate would refuse for want of data is forecast all the same.
	s.write("catalog.yaml", "business: {id: b, name: Poor, industry_type: Bakery}\nkeywords: [{keyword: bread}]\nservice_areas: [{city: Warwick, state: RI}]\n")
	poor := s.run(asking()...).want(exitDone)
	require.Contains(t, poor.stdout, "pages     1 by")
	require.Contains(t, poor.stderr, "note: generate would refuse this: the profile scores")
	s.write("catalog.yaml", "business: {id: b, name: Poor, industry_type: Bakery}\n")
	s.run(asking()...).want(exitUsage).complains("no pages")
	s.run(asking("--model", "x")...).want(exitUsage).complains("no price for model")
}

func TestForecastTable(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	asking := []string{"forecast", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area"}
	lines := strings.Split(s.run(asking...).want(exitDone).stdout, "\n")
	require.Regexp(t, `^tokens    [0-9,]+ in, [0-9,]+ out, by the length of the prompts and pages$`, lines[1])
	require.Regexp(t, `^ +expected +rarely above +at worst$`, lines[3])
	require.Regexp(t, `^realtime  cost( +\$[0-9.]+){3}$`, lines[4])
	require.Regexp(t, `^          time( +[0-9hmins. ]+){3}$`, lines[5])
	require.Regexp(t, `^batch     cost( +\$[0-9.]+){3}$`, lines[6])
	require.Regexp(t, `^          time +1 h 0 min +24 h 0 min +72 h 0 min$`, lines[7])
	require.Regexp(t, `^caching   saves \$[0-9.]+ \(\d+ %\) of \$[0-9.]+: \d+ % of what is sent is the same for all pages of a language, and kept$`, lines[9])
	require.Regexp(t, `^batch     saves \$[0-9.]+ \(\d+ %\) of \$[0-9.]+, if half of its calls find what is kept; most are done within the hour`, lines[10])
	for _, line := range lines[3:8] {
		require.Equal(t, 62, len(line), "the columns stand under each other: %q", line)
	}
	require.NoFileExists(t, s.path(".marketbrewer/store.db"), "a forecast makes no store")
}

// TestForecastLearns: what a job has shown is what the next one is forecast by.
func TestForecastLearns(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	done := s.run(s.making("--catalog", s.path("catalog.yaml"))...).want(exitDone)
	require.Contains(t, done.stderr, "(by the length of the prompts and pages)")
	require.Regexp(t, `\n  forecast  \$[0-9.]+ expected, (\d+ % (above|below) what|as) it was\n`, done.stdout)
	var learned forecastJSON
	asking := []string{"forecast", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area", "--json", "--store", s.store()}
	require.NoError(t, json.Unmarshal([]byte(s.run(asking...).want(exitDone).stdout), &learned))
	require.GreaterOrEqual(t, learned.Answers, int64(4))
}

func TestPricesFile(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	builtin, err := os.ReadFile("../../core/cost/prices.json")
	require.NoError(t, err)
	dearer := strings.Replace(string(builtin), `"output": 500000`, `"output": 900000`, 1)
	named := strings.Replace(dearer, `"version": "2026-10-10"`, `"version": "2027-01-15"`, 1)
	asking := func(file string) []string {
		return []string{"forecast", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area", "--prices", file}
	}
	require.Contains(t, s.run(asking(s.write("same.json", string(builtin)))...).want(exitDone).stdout, "(prices of 2026-10-10)")
	require.Contains(t, s.run(asking(s.write("newer.json", named))...).want(exitDone).stdout, "(prices of 2027-01-15)")
	s.run(asking(s.write("forged.json", dearer))...).want(exitUsage).complains("version 2026-10-10 is the built-in table's")
	s.run(asking(s.write("broken.json", named[1:]))...).want(exitUsage).complains("--prices", "broken.json")
	s.run(asking(s.path("none.json"))...).want(exitUsage).complains("--prices", "none.json")
	s.run(asking(s.write("huge.json", named+strings.Repeat(" ", maxPrices)))...).want(exitUsage).complains("is larger than a price table can be")

	// What was held by the file's prices is settled and verified by them.
	done := s.run(s.making("--catalog", s.path("catalog.yaml"), "--prices", s.path("newer.json"), "--json")...).want(exitDone)
	var made struct {
		Job string `json:"job"`
	}
	require.NoError(t, json.Unmarshal([]byte(done.stdout), &made))
	require.Contains(t, s.run("ledger", "export", made.Job, "--store", s.store()).want(exitDone).stdout, "2027-01-15")
	s.run("ledger", "verify", made.Job, "--store", s.store(), "--prices", s.path("newer.json")).want(exitDone)
}

// TestForecastCounts has the provider count the tokens of some prompts, and shows the lane that is asked for.
func TestForecastCounts(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var plain, counted, batch forecastJSON
	ask := func(into *forecastJSON, flags ...string) {
		out := s.run(append([]string{"forecast", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area", "--json"}, flags...)...).want(exitDone).stdout
		require.NoError(t, json.Unmarshal([]byte(out), into))
	}
	ask(&plain)
	ask(&counted, "--count-tokens", "--simulate")
	require.NotEqual(t, plain.Tokens.Input, counted.Tokens.Input)
	require.Zero(t, s.sim.Bill().Requests, "counting is free")
	ask(&batch, "--lane", "batch")
	require.Equal(t, plain.Lanes[1].Cost, batch.Cost)
}

// TestForecastOfAuto says for how long batches are used.
func TestForecastOfAuto(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ask := func(deadline string) string {
		return s.run("forecast", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area", "--lane", "auto", "--deadline", deadline).want(exitDone).stdout
	}
	require.Contains(t, ask("10m"), "the deadline leaves no time for a batch")
	require.Regexp(t, `auto      in batches for 2 h \d+ min, and what is left then in realtime`, ask("3h"))
}
