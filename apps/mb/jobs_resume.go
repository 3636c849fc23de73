package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/remote"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// jobsResume continues a job.
type jobsResume struct {
	foreground
	cap      amount
	business ofBusiness
}

func newJobsResume(a *app) *cobra.Command {
	r := &jobsResume{foreground: foreground{app: a}}
	cmd := &cobra.Command{
		Use:   "resume JOB",
		Short: "Continue a job that is paused, was interrupted or killed",
		Long: `Continue a job in the foreground: one that is paused for whatever reason, was interrupted, or whose process
died. It begins at once. Finished pages are not paid again; calls that were in flight when a process
died are presumed paid. A job that has ended has its pages written again, and nothing is paid. With --aws
a job that a deployment works on is followed to its end.`,
		Example: `  mb jobs resume 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11
  mb jobs resume 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11 --cap 20 --json`,
		Args: takes("JOB"),
		RunE: func(cmd *cobra.Command, args []string) error {
			flags, id := cmd.Flags(), job.ID(args[0])
			is, err := r.remotely(flags, func(c *remote.Client) error { return r.far(c, flags, id) }, ofThisProcess()...)
			if is || err != nil {
				return err
			}
			if err := r.business.local(); err != nil {
				return err
			}
			return r.run(flags, id)
		},
	}
	section(cmd, "Money", func(flags *pflag.FlagSet) {
		r.cap.define(flags, "cap", "new total cap of the job in `USD` (default: the one that it has)")
	})
	section(cmd, "A job of a server", r.business.define)
	r.define(cmd)
	return cmd
}

func (r *jobsResume) run(flags *pflag.FlagSet, id job.ID) (err error) {
	limit, err := r.cap.pico(flags)
	if err != nil {
		return err
	}
	if err := r.check(flags); err != nil {
		return err
	}
	c, err := r.begin(flags, id)
	if err != nil {
		return err
	}
	defer c.store.close(&err)
	switch {
	case c.job.State.Ended():
		c.note("job %s is %s: its pages are written again, nothing is paid; %s runs pages again", id, c.job.State, "mb jobs retry")
		sys, err := assemble(c.store, silent(), c.watch, 1)
		if err != nil {
			return err
		}
		return c.finish(sys.Engine)
	case !c.job.CancelledAt.IsZero():
		return fault.New(fault.Conflict, "job %s is being cancelled and cannot be resumed: finish that with mb jobs cancel %s", id, id)
	}
	return c.run(flags, func(sys *system) error {
		if c.store.far != nil && c.job.Gate() == job.GateOpen && limit == 0 {
			return nil // it goes on already: it is only followed
		}
		c.job, err = sys.Engine.Resume(c.stop.hard, id, limit)
		return err
	}, limit)
}

// run has the job set going by start and runs it with whoever the flags name.
func (c *session) run(flags *pflag.FlagSet, start func(*system) error, limit cost.Pico) error {
	p, err := c.answerer(flags)
	if err != nil {
		return err
	}
	defer p.close()
	if err := c.answered(p); err != nil {
		return err
	}
	sys, err := assemble(c.store, p.voice, c.watch, c.concurrency)
	if err != nil {
		return err
	}
	if err := start(sys); err != nil {
		return c.store.budgeted(err)
	}
	if c.job.Walk != nil {
		if err := sys.Crew.wake(c.stop.hard, sys.Engine, c.job.ID); err != nil {
			return err
		}
	}
	c.note("provider  %s", p.about)
	if limit > 0 {
		c.note("cap       %s in total", screen.USD(c.job.Cap))
	}
	return c.work(sys)
}
