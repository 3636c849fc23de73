package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/remote"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// jobsStop pauses or cancels a job that no process is running.
type jobsStop struct {
	*app
	store    storeFlags
	provider providerFlags
	business ofBusiness
	reason   string
	json     bool
	// wish is what the engine is asked for; cancels says that it ends the job, and with it what the provider does in batches.
	wish    func(*engine.Engine, context.Context, job.ID, string) (*job.Job, error)
	cancels bool
	// close ends what reach has opened.
	close func()
}

func newJobsPause(a *app) *cobra.Command {
	s := &jobsStop{app: a, wish: (*engine.Engine).Pause}
	cmd := &cobra.Command{
		Use:   "pause JOB",
		Short: "Pause a job: only jobs resume sets it going again",
		Long: `Pause a job that was interrupted or whose process died. Neither generate with its key nor anything else
but "mb jobs resume" sets it going again. Calls that a dead process had in flight are presumed paid. What
was sent as a batch goes on at the provider. With --aws the job of a deployment is paused, at work or not:
what is in flight there still counts.`,
		Example: `  mb jobs pause 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11
  mb jobs pause 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11 --reason "waiting for the new prices"`,
	}
	s.define(cmd)
	return cmd
}

func newJobsCancel(a *app) *cobra.Command {
	s := &jobsStop{app: a, wish: (*engine.Engine).Cancel, cancels: true}
	cmd := &cobra.Command{
		Use:   "cancel JOB",
		Short: "Cancel a job: what is not completed never will be",
		Long: `Cancel a job that was interrupted, is paused, or whose process died. Completed pages stay; pages that were
not completed are cancelled for good. Calls that a dead process had in flight are presumed paid. A job in
the batch lane has its batches cancelled at the provider, and what they have done by then is kept. With --aws
the job of a deployment is cancelled, at work or not.`,
		Example: `  mb jobs cancel 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11
  mb jobs cancel 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11 --reason "wrong catalog"`,
	}
	s.define(cmd)
	return cmd
}

func (s *jobsStop) define(cmd *cobra.Command) {
	cmd.Args = takes("JOB")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(s.reason) > maxReason {
			return invalid("--reason has %d bytes: give at most %d", len(s.reason), maxReason)
		}
		is, err := s.remotely(cmd.Flags(), func(c *remote.Client) error { return s.far(c, job.ID(args[0])) }, ofThisProcess()...)
		if is || err != nil {
			return err
		}
		if err := s.business.local(); err != nil {
			return err
		}
		return s.run(cmd.Flags(), job.ID(args[0]))
	}
	section(cmd, "The wish", func(flags *pflag.FlagSet) {
		flags.StringVar(&s.reason, "reason", "", "keep `TEXT` with the job, to say why")
	})
	section(cmd, "Where things are kept", func(flags *pflag.FlagSet) {
		s.store.define(flags)
		s.business.define(flags)
	})
	if s.cancels {
		section(cmd, "Who answers, for a job in batches", s.provider.define)
	}
	outputJSON(cmd, &s.json, "print how the job stands then as one JSON object on stdout")
}

// maxReason is the longest reason in bytes.
const maxReason = 200

func (s *jobsStop) run(flags *pflag.FlagSet, id job.ID) (err error) {
	if err := s.store.aws.checkCalls(flags); err != nil {
		return err
	}
	st, err := s.openExisting(s.store)
	if err != nil {
		return err
	}
	defer st.close(&err)
	seen := newWatch(s.stderr, 0)
	sys, err := assemble(st, silent(), seen, 1)
	if err != nil {
		return err
	}
	if sys, err = s.reach(flags, st, seen, sys, id); err != nil {
		return err
	}
	defer s.close()
	if err := readable(s.stop.hard, sys.Engine, id); err != nil {
		return err
	}
	j, err := s.wish(sys.Engine, s.stop.hard, id, fault.OneLine(errors.New(s.reason), maxReason))
	if err != nil {
		return err
	}
	c := &session{foreground: &foreground{app: s.app, provider: s.provider}, store: st, watch: seen, job: j}
	if _, err := c.calm(sys, !s.cancels); err != nil {
		return err
	}
	how, err := stand(s.stop.hard, sys.Engine, id)
	if err != nil {
		return err
	}
	if s.json {
		return printJSON(s.stdout, how.result)
	}
	return printed(fmt.Fprintf(s.stdout, "%s: %s; %s\n", how.State, counts(how.progress), how.money()))
}

// reach returns the system that can carry the wish out: a job whose batches are to be cancelled needs whoever has them.
func (s *jobsStop) reach(flags *pflag.FlagSet, st *store, seen *watch, sys *system, id job.ID) (*system, error) {
	s.close = func() {}
	j, err := sys.Engine.Job(s.stop.hard, id)
	if err != nil || !s.cancels || st.far != nil {
		return sys, err
	}
	list, err := sys.Engine.Collections(s.stop.hard, id)
	if err != nil || len(list) == 0 {
		return sys, err
	}
	p, err := s.provider.choose(flags, s.env)
	if err != nil {
		return nil, err
	}
	s.close = p.close
	c := &session{foreground: &foreground{app: s.app, provider: s.provider}, store: st, watch: seen, job: j}
	if err := c.answered(p); err != nil {
		p.close()
		return nil, err
	}
	return assemble(st, p.voice, seen, 1)
}
