package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

func TestGenerate(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	done := s.run(s.making()...).want(exitDone)
	require.Contains(t, done.stdout, "completed: 4 of 4 pages")
	require.Contains(t, done.stdout, s.path("out")+" (4, sitemap.xml and manifest.jsonl)")
	require.NotContains(t, done.stdout, "presumed")
	require.Contains(t, done.stderr, "Corner Bakery: 4 keyword-service-area pages (en)")
	require.Contains(t, done.stderr, "the forecast's worst case")
	require.NotContains(t, done.stdout+done.stderr, "sk-secret")
	for _, page := range []string{"fresh-bread/warwick-ri", "fresh-bread/cranston-ri", "birthday-cakes/warwick-ri", "birthday-cakes/cranston-ri"} {
		require.Contains(t, s.read("out/"+page+"/page.json"), `"title"`)
		require.Contains(t, s.read("out/"+page+"/index.html"), "<h1")
	}
	require.Equal(t, 4, strings.Count(s.read("out/manifest.jsonl"), `"status":"completed"`))
	require.FileExists(t, s.path("out/sitemap.xml"))

	shown := s.run(s.on("jobs", "show", s.job(), "--json")...).want(exitDone).result()
	require.Equal(t, s.sim.Bill().Total.String(), shown.Settled.String())
	info, err := os.Stat(s.path("store.db"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestGenerateJSON(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	done := s.run(s.making("--json", "--cap", "0.5")...).want(exitDone)
	require.Regexp(t, `^\{"job":"[0-9a-f-]{36}","state":"completed","reason":"","total":4,"completed":4,"failed":0,"cancelled":0,`+
		`"settled_usd":"0\.\d{12}","presumed_usd":"0\.0{12}","held_usd":"0\.0{12}","cap_usd":"0\.50{11}","attempts":4,"elapsed_ms":\d+\}\n$`, done.stdout)
	require.Equal(t, done.stdout, s.run(s.on("jobs", "show", s.job(), "--json")...).want(exitDone).stdout, "jobs show prints the same")
	var list []json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(s.run(s.on("jobs", "list", "--json")...).want(exitDone).stdout), &list))
	require.Equal(t, strings.TrimSpace(done.stdout), string(list[0]))
}

func TestGenerateFormatsAndLanguages(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.write("catalog.yaml", strings.NewReplacer(
		"industry_type: Bakery", "industry_type: Bakery\n  enabled_languages: [en, es]",
		"{keyword: fresh bread}", "{keyword: fresh bread, keyword_es: pan fresco}",
	).Replace(smallCatalog))
	done := s.run(s.making("--format", "json", "--json")...).want(exitDone).result()
	require.Equal(t, 6, done.Completed)
	require.FileExists(t, s.path("out/es/fresh-bread/warwick-ri/page.json"))
	require.NoFileExists(t, s.path("out/es/fresh-bread/warwick-ri/index.html"))
	require.NoError(t, os.RemoveAll(s.path("out")))
	// The job remembers where its pages go, and in which form.
	s.run(s.calling("jobs", "resume", s.job())...).want(exitDone)
	require.FileExists(t, s.path("out/es/fresh-bread/warwick-ri/page.json"))
	require.NoFileExists(t, s.path("out/es/fresh-bread/warwick-ri/index.html"))
}

func TestGenerateInMemory(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.run(s.making("--store", "mem")...).want(exitDone)
	require.NoFileExists(t, s.path("store.db"))
}

func TestGenerateEnds(t *testing.T) {
	t.Parallel()
	t.Run("PartialWhenSomePagesFail", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.door.answer(refusing(t, "Cranston"))
		done := s.run(s.making()...).want(exitPartial)
		require.Contains(t, done.stdout, "partial: 2 of 4 pages")
		require.Contains(t, done.stdout, "REFUSED 2")
		require.Contains(t, done.stdout, "try the failed pages again: mb jobs retry "+s.job()+" --store")
		require.Equal(t, 2, strings.Count(s.read("out/manifest.jsonl"), `"error_code":"REFUSED"`))
	})
	t.Run("FailedWhenAllFail", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.door.answer(refusing(t, ""))
		require.Equal(t, job.StateFailed, s.run(s.making("--json")...).want(exitFailed).result().State)
	})
	t.Run("PausedWhenTheProviderRefusesTheKey", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.door.answer(func(w http.ResponseWriter, _ string) bool {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}`))
			return true
		})
		done := s.run(s.making()...).want(exitPaused)
		require.Contains(t, done.stdout, "paused: 0 of 4 pages (provider: ")
		require.Contains(t, done.stdout, "continue with: mb jobs resume "+s.job())
		require.NotContains(t, done.stdout+done.stderr, "sk-secret")
	})
	t.Run("WarnsOfUsageThatCannotBe", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.door.answer(func(w http.ResponseWriter, _ string) bool {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-5-5",` +
				`"content":[{"type":"text","text":"{}"}],"stop_reason":"end_turn","usage":{}}`))
			return true
		})
		done := s.run(s.making()...).want(exitFailed)
		require.Contains(t, done.stderr, "warning: 12 answers with a usage that cannot be")
		require.Contains(t, done.stdout, "presumed (outcome unknown)")
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const cap = "0.0025"
	paused := s.run(s.making("--cap", cap)...).want(exitPaused)
	require.Contains(t, paused.stderr, "less than is expected: the job will pause when it is used up")
	require.Contains(t, paused.stdout, "(budget: no call fits into what is left of the cap: raise the cap and resume)")
	require.Contains(t, paused.stdout, "raise the cap and continue: mb jobs resume "+s.job()+" --cap USD --store ")
	how := s.run(s.on("jobs", "show", s.job(), "--json")...).want(exitDone).result()
	require.Equal(t, job.PauseBudget, how.Reason)
	require.Positive(t, how.Completed)
	limit, err := cost.ParseUSD(cap)
	require.NoError(t, err)
	require.LessOrEqual(t, how.Settled+how.Presumed+how.Held, limit)
	require.LessOrEqual(t, int64(s.sim.Bill().Total), int64(limit))
	require.Equal(t, how.Completed, strings.Count(s.read("out/manifest.jsonl"), `"status":"completed"`), "what is completed is written")
	require.Contains(t, s.run(s.on("jobs", "show", s.job())...).want(exitDone).stdout, "waiting: paused")

	s.run(s.calling("jobs", "resume", s.job(), "--cap", "0.001")...).want(exitUsage).complains("is below the")
	s.run(s.calling("jobs", "resume", s.job())...).want(exitUsage).complains("no call fits into the", "give a higher one")
	done := s.run(s.calling("jobs", "resume", s.job(), "--cap", "0.5", "--json")...).want(exitDone).result()
	require.Equal(t, 4, done.Completed)
	require.Equal(t, cost.Dollar/2, done.Cap)
	require.Equal(t, s.sim.Bill().Total.String(), done.Settled.String())
	require.Equal(t, 4, strings.Count(s.read("out/manifest.jsonl"), `"status":"completed"`))
}

func TestKey(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first := s.run(s.making("--key", "spring", "--json")...).want(exitDone)
	calls := s.door.count()
	require.NoError(t, os.RemoveAll(s.path("out")))

	again := s.run(s.making("--key", "spring", "--json", "--cap", "3")...).want(exitDone)
	require.Equal(t, first.stdout, again.stdout, "the same summary")
	require.Equal(t, calls, s.door.count(), "nothing is called")
	require.FileExists(t, s.path("out/fresh-bread/warwick-ri/page.json"), "the same output")
	require.Contains(t, again.stderr, "stands for this key and has ended")

	for name, other := range map[string][]string{
		"PageType": {"--page-type", "service-service-area"}, "Model": {"--model", "claude-sonnet-5-5"}, "Attempts": {"--max-attempts", "7"},
	} {
		s.run(s.making(append(other, "--key", "spring")...)...).want(exitUsage).
			complains(`key "spring" stands for another submission, job `+s.job(), "use another key")
		require.NotEmpty(t, name)
	}
	s.write("catalog.yaml", strings.Replace(smallCatalog, "Bread before dawn", "Bread at dawn", 1))
	s.run(s.making("--key", "spring")...).want(exitUsage).complains("stands for another submission")
	s.write("catalog.yaml", "# a comment changes nothing\n"+smallCatalog)
	s.run(s.making("--key", "spring")...).want(exitDone)
	require.Equal(t, calls, s.door.count())
}

func TestSimulated(t *testing.T) {
	t.Parallel()
	t.Run("WithoutAKey", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.env = nil
		args := []string{
			"generate", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area", "--out", s.path("out"),
			"--store", s.store(), "--simulate-speed", "1000000", "--simulate-seed", "7", "--cap", "0.0025",
		}
		done := s.run(args...).want(exitPaused)
		require.Contains(t, done.stderr, "simulated: no key, no money spent")
		require.Contains(t, done.stdout, "mb jobs resume "+s.job()+" --cap USD --store ")
		require.Zero(t, s.door.count())

		s.run(s.calling("jobs", "resume", s.job())...).want(exitUsage).
			complains("was begun with the simulator and would go on with calls to a server: give --simulate", "--simulate")
		s.run(s.on("jobs", "resume", s.job(), "--cap", "1", "--simulate", "--simulate-speed", "1000000")...).want(exitDone)
	})
	t.Run("AlthoughThereIsAKey", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.env[urlVariable] = s.url
		done := s.run("generate", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area", "--out", s.path("out"),
			"--store", s.store(), "--simulate", "--simulate-speed", "1000000").want(exitDone)
		require.Contains(t, done.stderr, "simulated: the key is not used, no money spent")
		require.Zero(t, s.door.count())
	})
}

func TestProvider(t *testing.T) {
	t.Parallel()
	t.Run("TheAddressMayComeFromTheEnvironment", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.env = map[string]string{urlVariable: s.url}
		done := s.run("generate", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area", "--out", s.path("out"),
			"--store", s.store()).want(exitDone)
		require.Contains(t, done.stderr, "calls go to "+s.url)
		require.Equal(t, 4, s.door.count())
	})
	t.Run("AClaudeJobIsNotContinuedByTheSimulator", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.run(s.making("--cap", "0.0025")...).want(exitPaused)
		s.env = nil
		s.run(s.on("jobs", "resume", s.job(), "--cap", "1")...).want(exitUsage).
			complains("was begun with Claude and would go on with the simulator", "set ANTHROPIC_API_KEY")
	})
	tests := map[string]struct {
		env  map[string]string
		args []string
		want []string
	}{
		"NoKeyForAnotherHost": {nil, []string{"--anthropic-base-url", "https://proxy.example"}, []string{"ANTHROPIC_API_KEY is not set", "--simulate"}},
		"NoURL":               {nil, []string{"--anthropic-base-url", "://"}, []string{`"://" is no address to call`}},
		"SecretInAnotherURL":  {map[string]string{urlVariable: "https://sk-secret:sk-secret@proxy.example"}, nil, []string{"ANTHROPIC_API_KEY is not set and https://proxy.example is not on this machine"}},
		"SecretInTheFlag":     {map[string]string{keyVariable: "k"}, []string{"--anthropic-base-url", "https://ann:sk-secret@proxy.example"}, []string{"--anthropic-base-url has a name or a password", "give such a URL in ANTHROPIC_BASE_URL"}},
		"SecretInNoURL":       {map[string]string{urlVariable: "ftp://ann:sk-secret@proxy.example"}, nil, []string{"ANTHROPIC_BASE_URL (33 bytes, not shown: they may be a secret) is no address to call"}},
		"URLWithoutScheme":    {map[string]string{keyVariable: "k"}, []string{"--anthropic-base-url", "localhost:1"}, []string{"give a URL like http://127.0.0.1:9090", "--anthropic-base-url"}},
		"KeyWithLineBreak":    {map[string]string{keyVariable: "sk-secret\nx"}, nil, []string{"the API key has a space, line break", "ANTHROPIC_API_KEY"}},
		"SimulateAndURL":      {nil, []string{"--simulate", "--anthropic-base-url", "http://localhost:1"}, []string{"exclude each other"}},
		"SpeedWithoutIt":      {map[string]string{keyVariable: "k"}, []string{"--simulate-speed", "5"}, []string{"--simulate-speed is for the simulator", "https://api.anthropic.com", "add --simulate"}},
		"SpeedZero":           {nil, []string{"--simulate-speed", "0"}, []string{"--simulate-speed 0 is out of range"}},
		"SpeedTooHigh":        {nil, []string{"--simulate-speed", "1e9"}, []string{"--simulate-speed: speed 1e+09 is out of range"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.env = test.env
			args := append([]string{
				"generate", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area", "--out", s.path("out"), "--store", s.store(),
			}, test.args...)
			failed := s.run(args...).want(exitUsage)
			failed.complains(test.want...)
			require.NotContains(t, failed.stderr, "sk-secret")
			require.NoFileExists(t, s.path("store.db"))
		})
	}
}

func TestVerbose(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	done := s.run(s.making("-v")...).want(exitDone)
	require.Contains(t, done.stderr, "level=INFO msg=job.submitted")
	require.NotContains(t, done.stderr, "level=DEBUG")
	s = newShop(t)
	require.Contains(t, s.run(s.making("-vv")...).want(exitDone).stderr, "level=DEBUG msg=call")
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	done := s.runWith(world{width: func() int { return 80 }}, s.making()...).want(exitDone)
	require.Contains(t, done.stderr, "\x1b[32m================================\x1b[0m")
	require.Contains(t, done.stderr, "100 %  4/4 done")
	s = newShop(t)
	s.env["NO_COLOR"] = "1"
	done = s.runWith(world{width: func() int { return 80 }}, s.making()...).want(exitDone)
	require.Contains(t, done.stderr, "[================================] 100 %  4/4 done")
}

func TestStandardOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	require.Equal(t, exitDone, s.run(s.making()...).code)
	for _, args := range [][]string{
		s.making("--key", "x"), s.making("--key", "x", "--json"), s.on("jobs", "list"), s.on("jobs", "list", "--json"), {"version"},
		s.on("ledger", "verify", "--all"), {"catalog", "check", s.path("catalog.yaml")}, {"catalog", "schema"},
		{"forecast", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area"},
	} {
		failed := s.runWith(world{stdout: broken{}}, args...).want(exitFailed)
		require.Contains(t, failed.stderr, "mb: standard output cannot be written to: broken pipe", args)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// TestLanes runs a job in batches: nothing is called one by one, and the bill of the batches is what is settled.
func TestLanes(t *testing.T) {
	t.Parallel()
	t.Run("Batch", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		how := s.run(s.making("--lane", "batch", "--json")...).want(exitDone).result()
		require.Equal(t, 4, how.Completed)
		bill := s.sim.Bill()
		require.Equal(t, bill.Total.String(), how.Settled.String())
		require.Equal(t, bill.BatchedTotal, bill.Total, "every page came from a batch")
		again := s.run(s.on("ledger", "verify", "--all")...).want(exitDone).stdout
		require.Contains(t, again, "all in order")
	})
	t.Run("ABatchThatIsLeftBehind", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		asked := s.door.hold(0)
		b := s.begin(s.making("--lane", "auto", "--deadline", "3h", "--json")...)
		<-asked
		b.signals <- os.Interrupt
		<-b.stopping
		s.door.open()
		(<-b.ended).want(exitInterrupted)
		shown := s.run(s.on("jobs", "show", s.job())...).want(exitDone).stdout
		require.Regexp(t, `lane      auto, in batches until .* UTC, to be done by .* UTC`, shown)
		require.Regexp(t, `batches   sent of 4 pages, msgbatch_`, shown)
		require.Equal(t, 4, s.run(s.calling("jobs", "resume", s.job(), "--json")...).want(exitDone).result().Completed)
		require.Equal(t, s.sim.Bill().BatchedTotal, s.sim.Bill().Total)
	})
	t.Run("AutoWithoutTimeForABatch", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		how := s.run(s.making("--lane", "auto", "--deadline", "10m", "--json")...).want(exitDone).result()
		require.Equal(t, 4, how.Completed)
		require.Zero(t, s.sim.Bill().Batched)
	})
	t.Run("BadFlags", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		for _, flags := range [][]string{{"--lane", "express"}, {"--lane", "auto"}, {"--deadline", "-2h"}, {"--lane", ""}} {
			require.Contains(t, s.run(s.making(flags...)...).want(exitUsage).stderr, "mb: --")
		}
	})
}
