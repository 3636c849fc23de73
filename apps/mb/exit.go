package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/cost"
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
	// exitProblems: a check found settings that do not fit.
	exitProblems = 5
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
	fmt.Fprintf(stderr, "mb: %s\n", advised(err))
	var kind fault.Kind // what has none comes from the parsing of the command line
	if errors.As(err, &kind) && (kind == fault.Unavailable || kind == fault.Throttled || kind == fault.Internal) {
		return exitFailed
	}
	return exitUsage
}

// inner is where an error's text begins with the package that it comes from, which tells a person nothing.
var inner = regexp.MustCompile(`^(boltstore|memstore|cost|engine|submit|claudemodel|claudesim|idempotency|output|catalogfile|dynamostore|sqsqueue|deploy|backoffice|office|httpapi|googleauth|remote): `)

// plain is an error's text in one line, without where in the program it came from.
func plain(err error) string {
	return people(strings.Replace(outer(fault.OneLine(err, maxLine)), "see the list of jobs", "mb jobs list shows those that do", 1))
}

var (
	// exactly is an amount as the books write it, ofTenant a business as the engine calls it where its budget is meant.
	exactly  = regexp.MustCompile(`\b(\d+\.\d{12})( USD)?\b`)
	ofTenant = regexp.MustCompile(`\b(budget of |budget: |^)tenant ("?[A-Za-z0-9_-]+"?)`)
)

// people is a text with its amounts and names as the commands have them.
func people(text string) string {
	text = ofTenant.ReplaceAllString(text, "${1}business $2")
	return exactly.ReplaceAllStringFunc(text, func(found string) string {
		amount, err := cost.ParseUSD(strings.TrimSuffix(found, " USD"))
		if err != nil {
			return found
		}
		return screen.Dollars(amount)
	})
}

// ofJob is where a text names a job.
var ofJob = regexp.MustCompile(`\bjob ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b`)

// advised is plain with what to do about a damaged store, or a refusal of AWS, where the text does not say it.
func advised(err error) string {
	text := plain(err)
	if errors.Is(err, fault.Unauthorized) {
		return text + signIn(text)
	}
	if errors.Is(err, fault.Locked) {
		return text + overAPI(text)
	}
	if !errors.Is(err, fault.Corrupt) || strings.Contains(text, "restore") || strings.Contains(text, "mb ledger verify") {
		return text
	}
	which := "--all"
	if found := ofJob.FindStringSubmatch(text); found != nil {
		which = found[1]
	}
	return text + ": restore the store file from a backup, or see what is left with mb ledger verify " + which
}

// ofServer is where a text says which address the process that holds a store serves.
var ofServer = regexp.MustCompile(`\(` + servedAs + `(http://[^ )]+)\)`)

// overAPI is what to do about a store that mb serve has open.
func overAPI(text string) string {
	found := ofServer.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	return fmt.Sprintf(", or go by its API: mb --server %s jobs list (ledger, forecast) with a token; POST %s/api/principals makes tokens", found[1], found[1])
}

// signIn is what to do about a refusal of AWS in the middle of the work, where the text does not say it.
func signIn(text string) string {
	switch {
	case strings.Contains(text, "--profile"):
		return ""
	case strings.Contains(text, "AccessDenied"):
		return ": name a --profile that may, or have the right granted"
	case strings.Contains(text, "ExpiredToken"), strings.Contains(text, "UnrecognizedClient"):
		return ": sign in again (aws sso login), or name another --profile"
	}
	return ""
}

// outer is a line without where in the program it came from.
func outer(line string) string { return inner.ReplaceAllString(line, "") }

// invalid is an error of bad usage or input.
func invalid(format string, args ...any) error { return fault.New(fault.Invalid, format, args...) }
