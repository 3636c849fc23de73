package lambdasim_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func TestKill(t *testing.T) {
	t.Parallel()
	w := setup(t, "flush")
	outcome := w.hang(t)
	id := w.Environments()[0].ID
	require.NoError(t, w.Kill(id))
	require.Contains(t, (<-outcome).Error.Message, "Runtime exited with error: signal: killed")
	require.ErrorIs(t, w.Kill(id), fault.NotFound)
	require.ErrorIs(t, w.Terminate(id), fault.NotFound)
	_, next := w.do(t, request{Do: "next"})
	require.True(t, next.Cold)
	require.NoError(t, w.Kill(next.Environment), "an idle one dies too")
	_, last := w.do(t, request{Do: "last"})
	require.True(t, last.Cold)
	require.NotContains(t, w.log.String(), "flushed", "SIGKILL leaves no time for anything")
}

func TestTerminate(t *testing.T) {
	t.Parallel()
	t.Run("FlushesOnSIGTERM", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "flush")
		_, result := w.do(t, request{Do: "one"})
		w.Recycle()
		require.Empty(t, w.Environments())
		require.Contains(t, w.log.String(), "flushed at the end\n")
		_, next := w.do(t, request{Do: "two"})
		require.NotEqual(t, result.Environment, next.Environment)
	})
	t.Run("BusyToo", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "flush")
		outcome := w.hang(t)
		w.Recycle()
		live := w.Environments()
		require.Len(t, live, 1, "it is not idle")
		require.NoError(t, w.Terminate(live[0].ID))
		require.Equal(t, lambdasim.ErrorExit, (<-outcome).Error.Type)
		require.Contains(t, w.log.String(), "flushed at the end\n")
	})
	t.Run("KillsWhoDoesNotGo", func(t *testing.T) {
		t.Parallel()
		const enough = 2 * time.Second // to be heard on a busy machine
		w := setup(t, "stubborn", func(c *lambdasim.Config) { c.Shutdown = enough })
		w.do(t, request{Do: "one"})
		begin := time.Now()
		w.Close()
		require.GreaterOrEqual(t, time.Since(begin), enough)
		require.Contains(t, w.log.String(), "heard and ignored\n")
		require.Empty(t, w.Environments())
	})
}

// state returns the kernel's letter for what a process does: S sleeps, T is stopped.
func state(pid int) string {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return ""
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return after[:1]
}

func TestFreeze(t *testing.T) {
	t.Parallel()
	w := setup(t, "flush", func(c *lambdasim.Config) { c.Freeze = true })
	for range 3 {
		_, result := w.do(t, request{Do: "one"})
		pid := w.Environments()[0].PID
		require.Equal(t, w.Environments()[0].ID, result.Environment, "a frozen one is used again")
		require.Eventually(t, func() bool { return state(pid) == "T" }, time.Minute, time.Millisecond)
	}
	require.Equal(t, 1, w.Stats().ColdStarts)
	w.Close()
	require.Contains(t, w.log.String(), "flushed at the end\n", "it is thawed for its end")
}

func TestNotFrozen(t *testing.T) {
	t.Parallel()
	w := setup(t, "echo")
	w.do(t, request{Do: "one"})
	require.NotEqual(t, "T", state(w.Environments()[0].PID))
}

// A test that is killed runs no clean-up; its functions die all the same.
func TestProcessesDieWithTheTest(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), "LAMBDASIM_TEST=parent")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	var child answer
	for child.PID == 0 && lines.Scan() {
		if text, found := strings.CutPrefix(lines.Text(), "child "); found {
			require.NoError(t, json.NewDecoder(strings.NewReader(text)).Decode(&child), text)
		}
	}
	require.NoError(t, syscall.Kill(child.PID, 0), "it lives")
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.Eventually(t, func() bool {
		s := state(child.PID)
		return s == "" || s == "Z" || s == "X"
	}, time.Minute, time.Millisecond)
}

// Whenever a process is killed, its invocation has one outcome, and the next one works.
func TestKillsAtAnyInstant(t *testing.T) {
	t.Parallel()
	const callers, calls, kills = 3, 20, 15
	w := setup(t, "flush", func(c *lambdasim.Config) { c.Concurrency, c.Freeze = callers, true })
	event := encode(t, request{Do: "one"})
	var all sync.WaitGroup
	outcomes := make(chan lambdasim.Result, callers*calls)
	for range callers {
		all.Go(func() {
			for range calls {
				result, err := w.Invoke(context.Background(), event)
				if err != nil {
					result.Error = &lambdasim.FunctionError{Type: err.Error()}
				}
				outcomes <- result
			}
		})
	}
	for killed := 0; killed < kills && len(outcomes) < callers*calls; {
		for _, e := range w.Environments() {
			if w.Kill(e.ID) == nil {
				killed++
			}
		}
	}
	all.Wait()
	close(outcomes)
	for result := range outcomes {
		if result.Error != nil {
			require.Equal(t, lambdasim.ErrorExit, result.Error.Type, result.Error.Message)
		}
	}
	require.Equal(t, callers*calls, w.Stats().Invocations)
	require.LessOrEqual(t, len(w.Environments()), callers)
	_, last := w.do(t, request{Do: "last"})
	require.Nil(t, last.Error)
}
