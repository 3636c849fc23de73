package main

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/remote"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// ledgerVerify checks the books of jobs.
type ledgerVerify struct {
	*app
	store    storeFlags
	business ofBusiness
	all      bool
	json     bool
}

func newLedgerVerify(a *app) *cobra.Command {
	v := &ledgerVerify{app: a}
	cmd := &cobra.Command{
		Use:   "verify [JOB]",
		Short: "Check a job's ledger, counters and money, and say where they differ",
		Long: `Follow the chains of a job's ledger, and derive every total, counter and account again from its entries and
pages. Nothing is changed. Each problem is one line that says where: the shard, and the number of the
entry in it. Exit code 1 means that there are problems.`,
		Example: `  mb ledger verify 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11
  mb ledger verify --all --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case v.all && len(args) > 0:
				return invalid("--all and a JOB exclude each other: give one")
			case !v.all && len(args) == 0:
				return invalid("JOB is missing: name one, or give --all")
			case v.all:
				return nil
			}
			return takes("JOB")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			is, err := v.remotely(cmd.Flags(), func(c *remote.Client) error { return v.far(c, args) })
			if is || err != nil {
				return err
			}
			if err := v.business.local(); err != nil {
				return err
			}
			return v.look(v.store, func(e *engine.Engine) error { return v.run(cmd.Context(), e, args) })
		},
	}
	section(cmd, "Which jobs", func(flags *pflag.FlagSet) {
		flags.BoolVar(&v.all, "all", false, "every job of the store")
		v.store.define(flags)
		v.business.define(flags)
	})
	outputJSON(cmd, &v.json, "print the report as one JSON object on stdout; with --all an array of them")
	return cmd
}

func (v *ledgerVerify) run(ctx context.Context, e *engine.Engine, args []string) error {
	ids, err := v.jobs(ctx, e, args)
	if err != nil {
		return err
	}
	reports, ok := make([]engine.Report, len(ids)), true
	for i, id := range ids {
		if reports[i], err = e.Verify(ctx, id); err != nil {
			return err
		}
		ok = ok && reports[i].OK()
	}
	switch {
	case v.json && v.all:
		err = printJSON(v.stdout, reports)
	case v.json:
		err = printJSON(v.stdout, reports[0])
	default:
		err = v.tell(reports)
	}
	if err == nil && !ok {
		return outcome(exitFailed)
	}
	return err
}

func (v *ledgerVerify) jobs(ctx context.Context, e *engine.Engine, args []string) ([]job.ID, error) {
	if !v.all {
		return []job.ID{job.ID(args[0])}, nil
	}
	jobs, err := e.Jobs(ctx, "", math.MaxInt)
	ids := make([]job.ID, len(jobs))
	for i, j := range jobs {
		ids[i] = j.ID
	}
	return ids, err
}

func (v *ledgerVerify) tell(reports []engine.Report) error {
	var b strings.Builder
	for _, r := range reports {
		fmt.Fprintf(&b, "%s: %s in %s, %s settled, %s presumed: ", r.Job, entries(int(r.Entries)), counted(r.Shards, "shard"),
			screen.USD(r.Settled), screen.USD(r.Presumed))
		if r.OK() {
			fmt.Fprint(&b, "all in order\n")
			continue
		}
		fmt.Fprintf(&b, "%s\n", counted(len(r.Problems), "problem"))
		for _, p := range r.Problems {
			fmt.Fprintf(&b, "  %-8s %s  %s\n", p.Kind, place(p), p.Detail)
		}
	}
	if len(reports) == 0 {
		fmt.Fprint(&b, "no jobs\n")
	}
	return printed(fmt.Fprint(v.stdout, b.String()))
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return screen.Number(n) + " entries"
}

// place says where a problem is.
func place(p engine.Problem) string {
	switch {
	case p.Shard < 0:
		return "job"
	case p.Seq == 0:
		return fmt.Sprintf("shard %d", p.Shard)
	}
	return fmt.Sprintf("shard %d entry %d", p.Shard, p.Seq)
}
