package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// The exit codes.
const (
	exitDone = 0
	// exitFailed: the work failed or was cancelled, or problems were found.
	exitFailed = 1
	// exitUsage: bad usage or bad input; nothing was changed.
	exitUsage = 2
	// exitPartial: the job has ended and some of its pages failed.
	exitPartial = 3
	// exitPaused: the job waits to be resumed.
	exitPaused = 4
	// exitInterrupted: a signal stopped the program, the job is left as it was.
	exitInterrupted = 130
)

// outcome is how a command ended that has told everything already.
type outcome int

func (o outcome) Error() string { return fmt.Sprintf("exit code %d", int(o)) }

// exitWith is the end of a command with the code, nil for exitDone.
func exitWith(code int) error {
	if code == exitDone {
		return nil
	}
	return outcome(code)
}

// exitOf is the code of a command that leaves a job in the state.
func exitOf(state job.State) int {
	switch state {
	case job.StateCompleted:
		return exitDone
	case job.StatePartial:
		return exitPartial
	case job.StatePaused:
		return exitPaused
	case job.StatePending, job.StateRunning:
		return exitInterrupted
	}
	return exitFailed
}

// maxLine bounds an error's line in bytes: refusals list all that is wrong.
const maxLine = 2000

// report tells an error in one line and returns the exit code.
func report(stderr io.Writer, err error) int {
	var told outcome
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &told):
		return int(told)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "mb: interrupted")
		return exitInterrupted
	}
	fmt.Fprintf(stderr, "mb: %s\n", plain(err))
	var kind fault.Kind // what has none comes from the parsing of the command line
	if errors.As(err, &kind) && (kind == fault.Unavailable || kind == fault.Throttled || kind == fault.Internal) {
		return exitFailed
	}
	return exitUsage
}

// inner is where an error's text begins with the package that it comes from, which tells a person nothing.
var inner = regexp.MustCompile(`^(boltstore|memstore|cost|engine|submit|claudemodel|claudesim|idempotency|output|catalogfile): `)

// plain is an error's text in one line, without where in the program it came from.
func plain(err error) string { return outer(fault.OneLine(err, maxLine)) }

// outer is a line without where in the program it came from.
func outer(line string) string { return inner.ReplaceAllString(line, "") }

// invalid is an error of bad usage or input.
func invalid(format string, args ...any) error { return fault.New(fault.Invalid, format, args...) }
