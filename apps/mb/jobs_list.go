package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// jobsList lists the newest jobs.
type jobsList struct {
	*app
	store    storeFlags
	business string
	limit    int
	json     bool
}

func newJobsList(a *app) *cobra.Command {
	l := &jobsList{app: a}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List jobs, the newest first",
		Example: `  mb jobs list
  mb jobs list --business harbor-plumbing --limit 5
  mb jobs list --json`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := between("limit", l.limit, 1, 1000); err != nil {
				return err
			}
			if is, err := l.remotely(cmd.Flags(), l.far); is {
				return err
			}
			return l.look(l.store, func(e *engine.Engine) error { return l.run(cmd.Context(), e) })
		},
	}
	section(cmd, "Which jobs", func(flags *pflag.FlagSet) {
		flags.StringVar(&l.business, "business", "", "list the jobs of the business with this `ID` alone; a server needs it")
		flags.IntVar(&l.limit, "limit", 20, "list at most `N` jobs")
		l.store.define(flags)
	})
	outputJSON(cmd, &l.json, "print a JSON array on stdout, one object for each job as jobs show prints it; of a server, its API's own")
	return cmd
}

func (l *jobsList) run(ctx context.Context, e *engine.Engine) error {
	jobs, err := e.Jobs(ctx, l.business, l.limit)
	if err != nil {
		return err
	}
	found, err := l.stand(ctx, e, jobs)
	if err != nil {
		return err
	}
	if l.json {
		results := make([]result, len(found))
		for i := range found {
			results[i] = found[i].result
		}
		return printJSON(l.stdout, results)
	}
	return l.shown(found)
}

// shown is the list for people.
func (l *jobsList) shown(found []standing) error {
	if len(found) == 0 {
		return printed(fmt.Fprintln(l.stdout, "no jobs"))
	}
	return l.table(found)
}

// lanes is how many jobs are read side by side: a store that is reached over a network takes its time for each record.
const lanes = 8

// stand reads how the jobs stand. Only what --json prints needs every page.
func (l *jobsList) stand(ctx context.Context, e *engine.Engine, jobs []*job.Job) ([]standing, error) {
	read := glance
	if l.json {
		read = stand
	}
	found := make([]standing, len(jobs))
	err := e.Group.Run(ctx, lanes, func(ctx context.Context, lane int) (err error) {
		for i := lane; i < len(jobs) && err == nil; i += lanes {
			found[i], err = read(ctx, e, jobs[i].ID)
		}
		return err
	})
	return found, err
}

func (l *jobsList) table(found []standing) error {
	t := tabwriter.NewWriter(l.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "JOB\tCREATED (UTC)\tSTATE\tPAGES\tFAILED\tSPENT\tCAP\tBUSINESS")
	for _, s := range found {
		j := s.progress.Job
		state := string(s.State)
		if s.Reason != "" {
			state += ":" + string(s.Reason)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s/%s\t%s\t%s\t%s\t%s\n", s.Job, j.CreatedAt.Format("2006-01-02 15:04"), state,
			screen.Number(s.Completed), screen.Number(s.Total), screen.Number(s.Failed),
			screen.USD(s.Settled+s.Presumed), screen.USD(s.Cap), j.Tenant)
	}
	return printed(0, t.Flush())
}
