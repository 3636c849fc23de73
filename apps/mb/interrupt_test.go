package main

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// begun is a command that runs beside the test.
type begun struct {
	signals chan os.Signal
	// stopping is closed when the command says that it stops.
	stopping chan struct{}
	ended    chan ran
}

func (s *shop) begin(args ...string) begun {
	b := begun{signals: make(chan os.Signal, 2), stopping: make(chan struct{}), ended: make(chan ran, 1)}
	go func() { b.ended <- s.runWith(world{signals: b.signals, stderr: hearStop(b.stopping)}, args...) }()
	return b
}

// hearStop closes the channel when the program says that it stops.
func hearStop(stopping chan struct{}) hearing {
	told := sync.OnceFunc(func() { close(stopping) })
	return func(text string) {
		if strings.Contains(text, "stopping: calls in flight finish") {
			told()
		}
	}
}

// hearing is a writer that listens.
type hearing func(text string)

func (h hearing) Write(p []byte) (int, error) {
	h(string(p))
	return len(p), nil
}

func TestInterruptOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	held := s.door.hold(1) // the first call goes ahead of the others: it has the provider keep what they share
	b := s.begin(s.making("--concurrency", "2", "--json")...)
	<-held
	<-held
	b.signals <- os.Interrupt
	<-b.stopping
	s.door.open()
	end := (<-b.ended).want(exitInterrupted)
	how := end.result()
	require.Equal(t, job.StateRunning, how.State)
	require.Equal(t, 3, how.Completed, "the calls in flight were finished, and none begun after")
	require.Equal(t, 3, s.door.count())
	require.Zero(t, how.Held+how.Presumed)
	require.Equal(t, how.Completed, strings.Count(s.read("out/manifest.jsonl"), `"status":"completed"`))
	require.Contains(t, s.run(s.on("jobs", "show", s.job())...).want(exitDone).stdout, "no process works on it: mb jobs resume "+s.job())

	done := s.run(s.calling("jobs", "resume", s.job(), "--json")...).want(exitDone).result()
	require.Equal(t, 4, done.Completed)
	require.Equal(t, s.sim.Bill().Total.String(), done.Settled.String(), "no page is paid twice")
}

func TestInterruptTwice(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	held := s.door.hold(1)
	b := s.begin(s.making("--key", "k", "--json")...)
	<-held
	b.signals <- os.Interrupt
	b.signals <- os.Interrupt
	end := (<-b.ended).want(exitInterrupted)
	require.Empty(t, end.stdout)
	require.Contains(t, end.stderr, "stopped at once")
	require.Contains(t, end.stderr, "continue with: mb jobs resume "+s.job())
	s.door.open()

	done := s.run(s.making("--key", "k", "--json")...).want(exitDone)
	require.Contains(t, done.stderr, "stands for this key: it is continued")
	s.booked(done.result())
}

// booked demands that the simulator's bill lies between what is sure and what may be, below the cap, and that the books
// are in order.
func (s *shop) booked(how result) {
	s.Helper()
	billed := cost.Pico(s.sim.Bill().Total)
	require.LessOrEqual(s, how.Settled, billed)
	require.LessOrEqual(s, billed, how.Settled+how.Presumed)
	require.LessOrEqual(s, how.Settled+how.Presumed, how.Cap)
	require.Contains(s, s.run(s.on("ledger", "verify", "--all")...).want(exitDone).stdout, "all in order")
}

func TestInterruptBeforeAnythingIsPaid(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	signals := make(chan os.Signal, 2)
	signals <- os.Interrupt
	signals <- os.Interrupt
	s.runWith(world{signals: signals}, s.making()...).want(exitInterrupted)
	require.Zero(t, s.door.count())
}

func TestInterruptInMemory(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	held := s.door.hold(0)
	b := s.begin(s.making("--store", "mem")...)
	<-held
	b.signals <- os.Interrupt
	b.signals <- os.Interrupt
	require.Contains(t, (<-b.ended).want(exitInterrupted).stderr, "--store mem forgets it")
}

// deserted is an address at which nobody listens. A port that was free a moment ago may be that of another test by now; this one is never
// given to anybody who asks for any.
const deserted = "127.0.0.1:1"

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	signals := make(chan os.Signal, 1)
	told := sync.OnceFunc(func() { signals <- os.Interrupt })
	end := s.runWith(world{signals: signals, stderr: hearing(func(text string) {
		if strings.Contains(text, "no call succeeds, they are tried again: ") {
			told()
		}
	})}, s.making("--anthropic-base-url", "http://"+deserted, "--json")...).want(exitInterrupted)
	require.Contains(t, end.stderr, "connection refused")
	require.Zero(t, end.result().Attempts, "what never left is not paid")
}

// process starts mb as a process of its own, which says on stderr what it does.
func (s *shop) process(stderr io.Writer, args ...string) *exec.Cmd {
	s.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), runsMB+"=1", keyVariable+"=sk-secret")
	cmd.Stderr = stderr
	require.NoError(s, cmd.Start())
	return cmd
}

func TestKilled(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for range 3 {
		held := s.door.hold(1)
		cmd := s.process(io.Discard, s.making("--key", "k", "--concurrency", "2", "--max-attempts", "30")...)
		<-held
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())
		s.door.open()
	}
	// The last process has left its calls open, for whose answers nobody waits.
	before := s.run(s.on("jobs", "show", s.job(), "--json")...).want(exitDone).result()
	require.Equal(t, job.StateRunning, before.State)
	require.Positive(t, before.Held)

	done := s.run(s.calling("jobs", "resume", s.job(), "--json")...).want(exitDone).result()
	require.Equal(t, 4, done.Completed)
	require.Zero(t, done.Held)
	require.Positive(t, done.Presumed)
	s.booked(done)
}

func TestProcessIsInterrupted(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	held := s.door.hold(0)
	stopping := make(chan struct{})
	cmd := s.process(hearStop(stopping), s.making("--concurrency", "1")...)
	<-held
	locked := s.run(s.on("jobs", "list")...).want(exitUsage)
	locked.complains("is in use by process", "(job ")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	<-stopping // two that come at once are one
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, cmd.Wait())
	require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode())
	s.door.open()
	require.Contains(t, locked.stderr, s.job())
}
