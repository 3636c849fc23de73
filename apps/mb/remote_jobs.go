package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/remote"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// standingOf is a server's job as the commands show one. How many attempts there were a server does not say.
func standingOf(j remote.Job, now time.Time) standing {
	header := &job.Job{
		ID: j.ID, Tenant: j.Business, State: j.Status, Pauses: j.PauseReasons, Detail: j.Detail, CancelledAt: j.CancelAsked, Round: j.Round, Model: j.Model, Lane: j.Lane,
		Deadline: j.Deadline, Cap: j.Budget, CreatedAt: j.CreatedAt, CompletedAt: j.CompletedAt, Layout: job.Layout{Tasks: j.TotalPages},
		Labels: map[string]string{labelBusiness: j.Business, labelType: j.PageType, labelLanguages: strings.Join(j.Languages, ",")},
	}
	p := engine.Progress{Job: header, Settled: j.Settled, Presumed: j.Presumed, Held: j.Held, Waiting: map[job.Reason]int{}}
	for state := range job.TaskState(job.TaskStates) {
		p.Counts[state] = j.Counts[state.String()]
	}
	for reason := range job.Reason(job.Reasons) {
		if n := j.Waiting[reason.String()].Pages; n > 0 {
			p.Waiting[reason] = n
		}
	}
	s := standing{progress: p, remote: true, result: result{
		Job: j.ID, State: j.Status, Total: j.TotalPages, Completed: j.Counts["completed"], Failed: j.Counts["failed"], Cancelled: j.Counts["cancelled"],
		Settled: j.Settled, Presumed: j.Presumed, Held: j.Held, Cap: j.Budget, Elapsed: elapsed(header, now).Milliseconds(),
	}}
	if j.Status == job.StatePaused && len(j.PauseReasons) > 0 {
		s.Reason = j.PauseReasons[0]
	}
	return s
}

// far lists the jobs of a server.
func (l *jobsList) far(c *remote.Client) error {
	business, err := ofBusiness{l.business}.need()
	if err != nil {
		return err
	}
	jobs, err := c.Jobs(l.stop.hard, business, l.limit)
	if err != nil {
		return err
	}
	if l.json {
		raw := make([]json.RawMessage, len(jobs))
		for i, j := range jobs {
			raw[i] = j.Raw
		}
		return printJSON(l.stdout, raw)
	}
	found := make([]standing, len(jobs))
	for i, j := range jobs {
		found[i] = standingOf(j, l.today())
	}
	return l.shown(found)
}

// far shows a job of a server.
func (c *jobsShow) far(from *remote.Client, id job.ID) error {
	business, err := c.business.need()
	if err != nil {
		return err
	}
	j, err := from.Job(c.stop.hard, business, id)
	if err != nil {
		return err
	}
	if c.json {
		return printJSON(c.stdout, j.Raw)
	}
	failures, err := from.Failures(c.stop.hard, business, id)
	if err != nil {
		return err
	}
	events, err := from.Events(c.stop.hard, business, id)
	if err != nil {
		return err
	}
	s := standingOf(j, c.today())
	if name, err := from.Name(c.stop.hard, business); err == nil {
		s.progress.Job.Labels[labelBusiness] = name
	}
	for _, f := range failures {
		s.failures = append(s.failures, failure{code: f.Code, count: f.Count, some: f.Ordinals[:min(len(f.Ordinals), mostShown)]})
	}
	var b strings.Builder
	s.show(&b, true)
	fmt.Fprint(&b, "history\n")
	for _, event := range events {
		fmt.Fprintf(&b, "  %s  %-16s %s\n", event.At.Format(time.DateTime), event.Type, pairs(event.Data))
	}
	return printed(fmt.Fprint(c.stdout, b.String()))
}

// told says how a server's job stands after a wish.
func (a *app) told(j remote.Job, asJSON bool) error {
	if asJSON {
		return printJSON(a.stdout, j.Raw)
	}
	s := standingOf(j, a.today())
	return printed(fmt.Fprintf(a.stdout, "%s: %s; %s\n", s.State, counts(s.progress), s.money()))
}

// far asks a server to pause or cancel a job. What is in flight there still counts.
func (s *jobsStop) far(c *remote.Client, id job.ID) error {
	business, err := s.business.need()
	if err != nil {
		return err
	}
	wish := remote.Pause
	if s.cancels {
		wish = remote.Cancel
	}
	j, err := c.Ask(s.stop.hard, business, id, wish, s.reason)
	if err != nil {
		return err
	}
	return s.told(j, s.json)
}

// far has a server go on with a job, with a new cap if there is one. It is not followed.
func (r *jobsResume) far(c *remote.Client, flags *pflag.FlagSet, id job.ID) error {
	business, limit, err := r.wanted(flags)
	if err != nil {
		return err
	}
	if limit > 0 {
		if err := c.SetBudget(r.stop.hard, business, id, limit); err != nil {
			return err
		}
	}
	j, err := c.Ask(r.stop.hard, business, id, remote.Resume, "")
	if err != nil {
		return err
	}
	return r.told(j, r.json)
}

func (r *jobsResume) wanted(flags *pflag.FlagSet) (string, cost.Pico, error) {
	limit, err := r.cap.pico(flags)
	if err != nil {
		return "", 0, err
	}
	business, err := r.business.need()
	return business, limit, err
}

// far has a server make failed pages again. They are not followed.
func (r *jobsRetry) far(c *remote.Client, flags *pflag.FlagSet, id job.ID) error {
	numbers, limit, err := r.choice(flags)
	if err != nil {
		return err
	}
	business, err := r.business.need()
	if err != nil {
		return err
	}
	j, pages, err := c.Retry(r.stop.hard, business, id, numbers, limit)
	if err != nil {
		return err
	}
	r.note("%s made again by the server", counted(pages, "page"))
	return r.told(j, r.json)
}

// ofThisProcess are flags of commands that run a job in this process, or write its pages.
func ofThisProcess() []string {
	return append(ofCalls(), "out", "format", "verbose")
}
