package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/job"
)

const source = "../../../core/job"

func TestTheCommittedPageIsTheGeneratedOne(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run([]string{"-source", source}, &stdout, &stderr))
	require.Empty(t, stderr.String())
	committed, err := os.ReadFile("../../../docs/states.md")
	require.NoError(t, err)
	require.Equal(t, string(committed), stdout.String(), "run go generate ./core/job")
}

func TestThePageHasEverything(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "states.md")
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run([]string{"-source", source, "-out", out}, &stdout, &stderr))
	require.Empty(t, stdout.String())
	body, err := os.ReadFile(out)
	require.NoError(t, err)
	page := string(body)

	require.Equal(t, 2, strings.Count(page, "```mermaid\nstateDiagram-v2\n"))
	for _, m := range job.JobMoves() {
		require.Contains(t, page, "\n| "+string(m.From)+" | "+string(m.To)+" | "+m.Why+" |\n")
		require.Contains(t, page, "\n    "+string(m.From)+" --> "+string(m.To)+": ")
	}
	for _, m := range job.TaskMoves() {
		require.Contains(t, page, "\n| "+m.From.String()+" | "+m.To.String()+" | "+m.Why+" |\n")
		require.Contains(t, page, "\n    "+m.From.String()+" --> "+m.To.String()+": ")
	}
	for reason := job.ReasonRetry; reason < job.Reasons; reason++ {
		require.Contains(t, page, "\n| `"+reason.String()+"` | ")
	}
	for _, pause := range []job.PauseReason{job.PauseOperator, job.PauseBudget, job.PauseProvider, job.PauseFailureRate, job.PauseSpendingOff} {
		require.Contains(t, page, "\n| `"+string(pause)+"` | ")
	}
	for _, code := range []job.Code{
		job.CodeProviderUnavailable, job.CodeProviderRejected, job.CodeRefused, job.CodeOutputTruncated,
		job.CodeOutputInvalid, job.CodeAttemptsExhausted, job.CodeDeadLetter, job.CodeInternal,
	} {
		require.Contains(t, page, "\n| `"+string(code)+"` | ")
	}
	for _, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, "    ") && strings.Contains(line, "-->") {
			require.LessOrEqual(t, strings.Count(line, ":"), 1, "a second colon ends the label: %s", line)
		}
	}
}

// consts is a source with all lists that the page is made of, in the least form that is accepted.
const consts = `package job
const (
	// StatePending: a. If all die, b.
	StatePending State = "pending"
	// StateRunning: a. If all die, b.
	StateRunning State = "running"
	// StatePaused: a. If all die, b.
	StatePaused State = "paused"
	// StateCompleted: a. If all die, b.
	StateCompleted State = "completed"
	// StatePartial: a. If all die, b.
	StatePartial State = "partial"
	// StateFailed: a. If all die, b.
	StateFailed State = "failed"
	// StateCancelled: a. If all die, b.
	StateCancelled State = "cancelled"
)
const (
	// TaskQueued: a. If all die, b.
	TaskQueued TaskState = iota
	// TaskRunning: a. If all die, b.
	TaskRunning
	// TaskWaiting: a. If all die, b.
	TaskWaiting
	// TaskCompleted: a. If all die, b.
	TaskCompleted
	// TaskFailed: a. If all die, b.
	TaskFailed
	// TaskCancelled: a. If all die, b.
	TaskCancelled
)
const (
	// GateOpen lets in.
	GateOpen Gate = iota
)
const (
	// R0: a.
	R0 Reason = iota
	// R1: a.
	R1
	// R2: a.
	R2
	// R3: a.
	R3
	// R4: a.
	R4
	// R5: a.
	R5
	// R6: a.
	R6
)
const (
	// P: a.
	P PauseReason = "p"
)
const (
	// C: a.
	C Code = "c"
)
const other = 1
`

func TestRefusals(t *testing.T) {
	t.Parallel()
	change := func(old, with string) string {
		require.Contains(t, consts, old)
		return strings.Replace(consts, old, with, 1)
	}
	for name, test := range map[string]struct{ source, want string }{
		"as it is":             {consts, ""},
		"no Go":                {"package", "expected"},
		"state without death":  {change("StatePaused: a. If all die, b.", "StatePaused: a."), "state paused does not say"},
		"task without death":   {change("TaskFailed: a. If all die, b.", "TaskFailed: a."), "state failed does not say"},
		"state without name":   {change(`= "paused"`, `= "halted"`), "no constant"},
		"value no text":        {change(`= "paused"`, `= paused`), "StatePaused is no text"},
		"no comment":           {change("	// R3: a.\n", ""), "R3 needs a comment"},
		"comment of another":   {change("// R3: a.", "// R4: a."), "R3 needs a comment"},
		"comment without text": {change("// R3: a.", "// R3:"), "R3 needs a comment"},
		"a reason too few":     {change("	// R6: a.\n	R6\n", ""), "was built with"},
		"no codes":             {change(`C Code = "c"`, `C = "c"`), "type Code"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(folder, "states.go"), []byte(test.source), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(folder, "states_test.go"), []byte("not read"), 0o600))
			var stdout, stderr bytes.Buffer
			code := run([]string{"-source", folder}, &stdout, &stderr)
			if test.want == "" {
				require.Equal(t, 0, code, stderr.String())
				return
			}
			require.Equal(t, 1, code)
			require.Contains(t, stderr.String(), test.want)
			require.Empty(t, stdout.String())
		})
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"unknown flag":     {[]string{"-to", "x"}, 2, "-to"},
		"argument":         {[]string{"core/job"}, 2, "unexpected argument"},
		"no source":        {[]string{"-source", t.TempDir()}, 1, "no Go file"},
		"bad pattern":      {[]string{"-source", "["}, 1, "syntax error"},
		"folder as a file": {[]string{"-source", source, "-out", t.TempDir()}, 1, "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			require.Equal(t, test.code, run(test.args, &stdout, &stderr))
			require.Contains(t, stderr.String(), test.want)
		})
	}
}
