package main

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/job"
)

// left makes a job that a process left behind with calls in flight.
func (s *shop) left(more ...string) string {
	s.Helper()
	held := s.door.hold(1)
	cmd := s.process(io.Discard, s.making(append(more, "--concurrency", "2")...)...)
	<-held
	require.NoError(s, cmd.Process.Kill())
	require.Error(s, cmd.Wait())
	s.door.open()
	return s.job()
}

func TestPauseAndCancelAJobLeftBehind(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.left("--key", "k")
	how := s.run(s.on("jobs", "pause", id, "--reason", "lunch", "--json")...).want(exitDone).result()
	require.Equal(t, job.StatePaused, how.State)
	require.Equal(t, job.PauseOperator, how.Reason)
	require.Zero(t, how.Held, "what was in flight is presumed")
	require.Positive(t, how.Presumed)
	require.Contains(t, s.run(s.on("jobs", "list")...).want(exitDone).stdout, "paused:operator")
	require.Contains(t, s.run(s.on("jobs", "show", id)...).want(exitDone).stdout, "paused (operator: lunch)")

	calls := s.door.count()
	again := s.run(s.making("--key", "k")...).want(exitPaused)
	require.Contains(t, again.stderr, "is paused (operator): only \"mb jobs resume "+id)
	require.Contains(t, again.stdout, "(operator: lunch)")
	require.Equal(t, calls, s.door.count())

	cancelled := s.run(s.on("jobs", "cancel", id)...).want(exitDone)
	require.Contains(t, cancelled.stdout, "cancelled: ")
	shown := s.run(s.on("jobs", "show", id)...).want(exitDone).stdout
	require.Contains(t, shown, "state     cancelled")
	require.Contains(t, shown, "cancel_requested")
	require.Contains(t, shown, "until its end")

	s.run(s.on("jobs", "cancel", id)...).want(exitUsage).complains("has ended as cancelled")
	s.run(s.on("jobs", "pause", id)...).want(exitUsage).complains("has ended as cancelled")
	s.run(s.calling("jobs", "retry", id)...).want(exitUsage).complains("has no failed page")
	require.Contains(t, s.run(s.calling("jobs", "resume", id)...).want(exitFailed).stderr, "is cancelled: its pages are written again")
	s.run(s.making("--key", "k", "--json")...).want(exitFailed)
	require.Equal(t, calls, s.door.count())
	s.booked(s.run(s.on("jobs", "show", id, "--json")...).want(exitDone).result())
}

func TestResumeAPausedJob(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.left()
	s.run(s.on("jobs", "pause", id)...).want(exitDone)
	require.Contains(t, s.run(s.on("jobs", "show", id)...).want(exitDone).stdout, "state     paused (operator)\n")
	done := s.run(s.calling("jobs", "resume", id, "--json")...).want(exitDone).result()
	require.Equal(t, 4, done.Completed)
	s.booked(done)
}

func TestOtherJobsOfTheStoreAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first := s.left()
	s.write("catalog.yaml", strings.Replace(smallCatalog, "corner-bakery", "other-bakery", 1))
	done := s.run(s.making("--json")...).want(exitDone).result()
	require.NotEqual(t, first, string(done.Job))
	require.Equal(t, job.StateRunning, s.run(s.on("jobs", "show", first, "--json")...).want(exitDone).result().State)
	list := s.run(s.on("jobs", "list")...).want(exitDone).stdout
	require.Less(t, strings.Index(list, string(done.Job)), strings.Index(list, first), "the newest first")
	list = s.run(s.on("jobs", "list", "--business", "corner-bakery")...).want(exitDone).stdout
	require.Contains(t, list, first)
	require.NotContains(t, list, string(done.Job))
	s.run(s.on("jobs", "list", "--business", "a b")...).want(exitUsage).complains("a b")
	require.Equal(t, "no jobs\n", s.run(s.on("jobs", "list", "--business", "nobody")...).want(exitDone).stdout)
}

func TestRetry(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.door.answer(refusing(t, "Cranston"))
	s.run(s.making("--cap", "0.5")...).want(exitPartial)
	id := s.job()
	shown := s.run(s.on("jobs", "show", id)...).want(exitDone).stdout
	require.Contains(t, shown, "failed    REFUSED on 2 pages: 0, 2")
	calls := s.door.count()

	require.Equal(t, 2, s.run(s.calling("jobs", "retry", id, "--failed", "--json")...).want(exitPartial).result().Failed, "declined again")
	require.Equal(t, calls+2, s.door.count(), "only the failed ones")
	s.door.answer(nil)
	done := s.run(s.calling("jobs", "retry", id, "--pages", "0", "--json")...).want(exitPartial).result()
	require.Equal(t, 3, done.Completed)
	done = s.run(s.calling("jobs", "retry", id, "--json")...).want(exitDone).result()
	require.Equal(t, 4, done.Completed)
	require.Equal(t, s.sim.Bill().Total.String(), done.Settled.String())
	require.FileExists(t, s.path("out/fresh-bread/cranston-ri/page.json"))

	// A completed page can be made anew; what was paid before stays paid.
	calls = s.door.count()
	anew := s.run(s.calling("jobs", "retry", id, "--pages", "1, 3", "--cap", "0.6", "--json")...).want(exitDone).result()
	require.Equal(t, calls+2, s.door.count())
	require.Equal(t, done.Attempts+2, anew.Attempts)
	require.Greater(t, anew.Settled, done.Settled)

	s.run(s.calling("jobs", "retry", id)...).want(exitUsage).complains("has no failed page")
	s.run(s.calling("jobs", "retry", id, "--pages", "4")...).want(exitUsage).complains("--pages 4: the job has pages 0 to 3")
	s.run(s.calling("jobs", "retry", id, "--pages", "1", "--cap", "0.000001")...).want(exitUsage).complains("give a higher one")
	require.Contains(t, s.run(s.on("ledger", "verify", id)...).want(exitDone).stdout, "all in order")
}

func TestHelp(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, words := range [][]string{
		{}, {"generate"}, {"forecast"}, {"jobs"}, {"jobs", "list"}, {"jobs", "show"}, {"jobs", "pause"}, {"jobs", "cancel"}, {"jobs", "resume"},
		{"jobs", "retry"}, {"ledger"}, {"ledger", "verify"}, {"ledger", "export"}, {"catalog"}, {"catalog", "check"}, {"catalog", "import"},
		{"catalog", "schema"}, {"version"}, {"serve"}, {"tokens"}, {"tokens", "create"}, {"tokens", "list"}, {"tokens", "revoke"}, {"budget"}, {"redrive"}, {"doctor"}, {"config"}, {"config", "check"},
	} {
		help := s.runWith(world{width: func() int { return 80 }}, append(words, "--help")...).want(exitDone)
		require.Empty(t, help.stderr)
		require.Contains(t, help.stdout, "Examples:\n  mb ", words)
		require.Contains(t, help.stdout, "Usage:\n  "+strings.Join(append([]string{"mb"}, words...), " "))
		about, _, _ := strings.Cut(help.stdout, "Usage:")
		for line := range strings.Lines(about) {
			require.LessOrEqual(t, len(line), 81, line)
		}
	}
	require.Equal(t, s.run("--help").stdout, s.run().want(exitDone).stdout, "alone it shows its help")
	require.Contains(t, s.run("jobs").want(exitDone).stdout, "Commands:")
	require.Regexp(t, `^mb dev \(go1\.\d+.* \w+/\w+\), prices of \d{4}-\d\d-\d\d\n$`, s.run("version").want(exitDone).stdout)
}
