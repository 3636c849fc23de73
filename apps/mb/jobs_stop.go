package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// jobsStop pauses or cancels a job that no process is running.
type jobsStop struct {
	*app
	store  storeFlags
	reason string
	json   bool
	// wish is what the engine is asked for.
	wish func(*engine.Engine, context.Context, job.ID, string) (*job.Job, error)
}

func newJobsPause(a *app) *cobra.Command {
	s := &jobsStop{app: a, wish: (*engine.Engine).Pause}
	cmd := &cobra.Command{
		Use:   "pause JOB",
		Short: "Pause a job: only jobs resume sets it going again",
		Long: `Pause a job that was interrupted or whose process died. Neither generate with its key nor anything else
but "mb jobs resume" sets it going again. Calls that a dead process had in flight are presumed paid.`,
		Example: `  mb jobs pause 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11
  mb jobs pause 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11 --reason "waiting for the new prices"`,
	}
	s.define(cmd)
	return cmd
}

func newJobsCancel(a *app) *cobra.Command {
	s := &jobsStop{app: a, wish: (*engine.Engine).Cancel}
	cmd := &cobra.Command{
		Use:   "cancel JOB",
		Short: "Cancel a job: what is not completed never will be",
		Long: `Cancel a job that was interrupted, is paused, or whose process died. Completed pages stay; pages that were
not completed are cancelled for good. Calls that a dead process had in flight are presumed paid.`,
		Example: `  mb jobs cancel 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11
  mb jobs cancel 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11 --reason "wrong catalog"`,
	}
	s.define(cmd)
	return cmd
}

func (s *jobsStop) define(cmd *cobra.Command) {
	cmd.Args = takes("JOB")
	cmd.RunE = func(_ *cobra.Command, args []string) error { return s.run(job.ID(args[0])) }
	section(cmd, "The wish", func(flags *pflag.FlagSet) {
		flags.StringVar(&s.reason, "reason", "", "keep `TEXT` with the job, to say why")
	})
	section(cmd, "Where things are kept", func(flags *pflag.FlagSet) { s.store.define(flags) })
	outputJSON(cmd, &s.json, "print how the job stands then as one JSON object on stdout")
}

// maxReason is the longest reason in bytes.
const maxReason = 200

func (s *jobsStop) run(id job.ID) (err error) {
	if len(s.reason) > maxReason {
		return invalid("--reason has %d bytes: give at most %d", len(s.reason), maxReason)
	}
	st, err := s.store.openExisting()
	if err != nil {
		return err
	}
	defer st.close(&err)
	seen := newWatch(s.stderr, 0)
	sys, err := assemble(st, mute{}, seen, 1)
	if err != nil {
		return err
	}
	if _, err := sys.Engine.Job(s.stop.hard, id); err != nil {
		return err
	}
	if err := readable(s.stop.hard, sys.Engine, id); err != nil {
		return err
	}
	j, err := s.wish(sys.Engine, s.stop.hard, id, fault.OneLine(errors.New(s.reason), maxReason))
	if err != nil {
		return err
	}
	c := &session{foreground: &foreground{app: s.app}, store: st, watch: seen, job: j}
	if _, err := c.calm(sys); err != nil {
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
