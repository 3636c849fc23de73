package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/remote"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
)

// jobsShow shows one job.
type jobsShow struct {
	*app
	store    storeFlags
	business ofBusiness
	json     bool
}

func newJobsShow(a *app) *cobra.Command {
	s := &jobsShow{app: a}
	cmd := &cobra.Command{
		Use:   "show JOB",
		Short: "Show how a job stands, what failed and what happened",
		Example: `  mb jobs show 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11
  mb jobs show 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11 --json`,
		Args: takes("JOB"),
		RunE: func(cmd *cobra.Command, args []string) error {
			is, err := s.remotely(cmd.Flags(), func(c *remote.Client) error { return s.far(c, job.ID(args[0])) })
			if is || err != nil {
				return err
			}
			if err := s.business.local(); err != nil {
				return err
			}
			return s.look(s.store, func(e *engine.Engine) error { return s.run(cmd.Context(), e, job.ID(args[0])) })
		},
	}
	section(cmd, "Where things are kept", func(flags *pflag.FlagSet) {
		s.store.define(flags)
		s.business.define(flags)
	})
	outputJSON(cmd, &s.json, "print one JSON object on stdout, as generate does")
	return cmd
}

func (c *jobsShow) run(ctx context.Context, e *engine.Engine, id job.ID) error {
	s, err := stand(ctx, e, id)
	if err != nil {
		return err
	}
	if c.json {
		return printJSON(c.stdout, s.result)
	}
	events, err := e.Events(ctx, id)
	if err != nil {
		return err
	}
	var b strings.Builder
	s.show(&b, c.store.aws.on)
	if !s.State.Ended() {
		if err := outside(ctx, &b, e, s.progress.Job); err != nil {
			return err
		}
	}
	fmt.Fprint(&b, "history\n")
	for _, event := range events {
		fmt.Fprintf(&b, "  %s  %-16s %s\n", event.At.Format(time.DateTime), event.Type, pairs(event.Data))
	}
	return printed(fmt.Fprint(c.stdout, b.String()))
}

// show writes everything but the history.
// A job of a deployment is worked on whether anybody looks or not.
func (s standing) show(w io.Writer, far bool) {
	j, p := s.progress.Job, s.progress
	state := string(s.State)
	if !j.CancelledAt.IsZero() && !s.State.Ended() {
		state += ", being cancelled"
	}
	if j.Gate() == job.GateOpen && !s.State.Ended() && !far {
		// Who runs it would hold the store.
		state += fmt.Sprintf(", but no process works on it: mb jobs resume %s continues it", s.Job)
	}
	if j.Paused() {
		state += " " + paused(listed(j.Pauses), j.Detail)
	}
	fmt.Fprintf(w, "job       %s\nstate     %s\n", s.Job, state)
	fmt.Fprintf(w, "business  %s (%s)\n", j.Labels[labelBusiness], j.Tenant)
	fmt.Fprintf(w, "pages     %s %s (%s) by %s\n", screen.Number(s.Total), j.Labels[labelType], j.Labels[labelLanguages], j.Model)
	fmt.Fprintf(w, "          %s\n", counts(p))
	if j.Lane != cost.Realtime || !j.Deadline.IsZero() {
		fmt.Fprintf(w, "lane      %s\n", way(j))
	}
	fmt.Fprintf(w, "money     %s\n", s.money())
	if !s.remote {
		fmt.Fprintf(w, "attempts  %s\n", screen.Number(s.Attempts))
	}
	fmt.Fprintf(w, "created   %s UTC, %s", j.CreatedAt.Format(time.DateTime), screen.Time(time.Duration(s.Elapsed)*time.Millisecond))
	if s.State.Ended() {
		fmt.Fprint(w, " until its end\n")
	} else {
		fmt.Fprint(w, " ago\n")
	}
	for i, f := range s.failures {
		label := "failed"
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(w, "%-8s  %s on %s: %s\n", label, f.code, counted(f.count, "page"), f.ordinals())
	}
}

// outside writes what of an open job is with the provider, and whether that answers.
func outside(ctx context.Context, w io.Writer, e *engine.Engine, j *job.Job) error {
	list, err := e.Collections(ctx, j.ID)
	if err != nil {
		return err
	}
	for i, c := range list {
		label := "batches"
		if i > 0 {
			label = ""
		}
		name := c.Batch
		if name == "" {
			name = "since " + c.Opened.UTC().Format(time.DateTime) + " UTC"
		}
		fmt.Fprintf(w, "%-8s  %s of %s, %s\n", label, c.State, counted(c.Lines, "page"), name)
	}
	p, err := e.Provider(ctx, j.Model)
	if err != nil {
		return err
	}
	if p.Breaker.State == quota.Open || p.Breaker.State == quota.Probing {
		fmt.Fprintf(w, "provider  %s\n", fails(p.Breaker))
	}
	return nil
}

// way says how the calls of a job are made.
func way(j *job.Job) string {
	text := string(j.Lane)
	switch {
	case j.Lane == cost.Auto && j.BatchUntil.IsZero():
		text += ", one by one: the deadline leaves no time for a batch"
	case j.Lane == cost.Auto:
		text += ", in batches until " + j.BatchUntil.UTC().Format(time.DateTime) + " UTC"
	}
	if !j.Deadline.IsZero() {
		text += ", to be done by " + j.Deadline.UTC().Format(time.DateTime) + " UTC"
	}
	return text
}

// paused says why a job is paused.
func paused(reason, detail string) string {
	if detail == "" {
		return "(" + reason + ")"
	}
	return "(" + reason + ": " + outer(detail) + ")"
}

// counts lists how many pages are in which state.
func counts(p engine.Progress) string {
	var parts []string
	for state := range job.TaskState(job.TaskStates) {
		n := p.Counts[state]
		// The open pages of a paused job are all shown as waiting for that.
		if n == 0 || state == job.TaskWaiting || state == job.TaskQueued && p.Waiting[job.ReasonPaused] > 0 {
			continue
		}
		parts = append(parts, screen.Number(n)+" "+state.String())
	}
	if waiting := waits(p); len(waiting) > 0 {
		parts = append(parts, "waiting: "+screen.Waits(waiting))
	}
	return strings.Join(parts, ", ")
}

// ordinals lists the first pages that failed.
func (f failure) ordinals() string {
	text := strings.Trim(strings.ReplaceAll(fmt.Sprint(f.some), " ", ", "), "[]")
	if f.count > len(f.some) {
		text += ", ..."
	}
	return text
}

// pairs writes an event's data in the order of its names.
func pairs(data map[string]string) string {
	parts := make([]string, 0, len(data))
	for name, value := range data {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "  ")
}
