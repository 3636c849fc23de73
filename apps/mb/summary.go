package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/output"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// tell writes the summary for people to stdout.
func (c *session) tell(s standing, written output.Summary) error {
	var b strings.Builder
	state := string(s.State)
	if c.store.far == nil && (s.State == job.StateRunning || s.State == job.StatePending) {
		state = "interrupted"
	}
	fmt.Fprintf(&b, "%s: %s of %s pages", state, screen.Number(s.Completed), screen.Number(s.Total))
	if s.Reason != "" {
		b.WriteString(" " + paused(string(s.Reason), s.progress.Job.Detail))
	}
	fmt.Fprintf(&b, "\n  money     %s\n", s.money())
	if line := c.compared(s); line != "" {
		fmt.Fprintf(&b, "  forecast  %s\n", line)
	}
	fmt.Fprintf(&b, "  attempts  %s\n", screen.Number(s.Attempts))
	fmt.Fprintf(&b, "  elapsed   %s\n", screen.Time(time.Duration(s.Elapsed)*time.Millisecond))
	if len(s.failures) > 0 {
		fmt.Fprintf(&b, "  failed    %s\n", s.codes())
	}
	fmt.Fprintf(&b, "  pages     %s\n", c.where(written))
	fmt.Fprintf(&b, "  job       %s\n", s.Job)
	if next := c.next(s); next != "" {
		fmt.Fprintf(&b, "%s\n", next)
	}
	return printed(fmt.Fprint(c.stdout, b.String()))
}

// money is what was spent and how sure that is.
func (s standing) money() string {
	text := screen.USD(s.Settled) + " settled"
	if s.Presumed > 0 {
		text += ", " + screen.USD(s.Presumed) + " presumed (outcome unknown)"
	}
	if s.Held > 0 {
		text += ", " + screen.USD(s.Held) + " held"
	}
	return text + ", cap " + screen.USD(s.Cap)
}

// compared says how far the forecast was off, when all of the job was done.
func (c *session) compared(s standing) string {
	spent := s.Settled + s.Presumed
	f := c.job.Forecast
	if f == nil || !s.State.Ended() || s.Cancelled > 0 || spent <= 0 {
		return ""
	}
	expected := f.Expected
	off := int64(expected-spent) * 100 / int64(spent)
	switch {
	case off > 0:
		return fmt.Sprintf("%s expected, %d %% above what it was", screen.USD(expected), off)
	case off < 0:
		return fmt.Sprintf("%s expected, %d %% below what it was", screen.USD(expected), -off)
	}
	return screen.USD(expected) + " expected, as it was"
}

// codes lists how many pages failed with which code.
func (s standing) codes() string {
	parts := make([]string, len(s.failures))
	for i, f := range s.failures {
		parts[i] = fmt.Sprintf("%s %s", f.code, screen.Number(f.count))
	}
	return strings.Join(parts, ", ")
}

func (c *session) where(written output.Summary) string {
	also := "manifest.jsonl"
	if written.Sitemap {
		also = "sitemap.xml and manifest.jsonl"
	}
	return fmt.Sprintf("%s (%s, %s)", c.out.dir, screen.Number(written.Pages), also)
}

// next says what can be done now.
func (c *session) next(s standing) string {
	switch {
	case c.store.forgets():
		return ""
	case s.State == job.StatePaused && s.Reason == job.PauseBudget:
		return "raise the cap and continue: " + c.command("resume", "--cap USD")
	case !s.State.Ended():
		return c.onward(s.State)
	case s.Failed > 0:
		return "try the failed pages again: " + c.command("retry")
	}
	return ""
}

// alerts tells once what a person has to know about the run.
func (c *session) alerts() {
	for _, about := range []struct {
		name ports.EventName
		what string
		text string
	}{
		{ports.EventUsageAbsurd, "answer", "with a usage that cannot be: what was held is presumed spent"},
		{ports.EventOverrun, "call", "at more than was held and free: compare the price table with the provider's bill"},
	} {
		if a := c.watch.of(about.name); a.count > 0 {
			c.note("warning: %s %s", counted(a.count, about.what), about.text)
		}
	}
}

// quoted makes a word safe to be pasted into a shell.
func quoted(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@+%") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
