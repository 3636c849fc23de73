package main

import (
	"github.com/spf13/cobra"

	"github.com/marketbrewer/marketbrewer/core/engine"
)

// newJobs holds the commands that look after jobs.
func newJobs(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "jobs",
		Short: "List, show, pause, cancel, resume and retry jobs",
		Long: `Look after the jobs of a store. One process at a time has a store file open: while a job runs in one
terminal, commands in another say which process that is; stop it with Ctrl-C, its job can be continued.`,
		Example: `  mb jobs list
  mb jobs show 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11
  mb jobs resume 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11 --cap 20
  mb jobs retry 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11 --failed`,
	}
	group(cmd)
	cmd.AddCommand(newJobsList(a), newJobsShow(a), newJobsPause(a), newJobsCancel(a), newJobsResume(a), newJobsRetry(a))
	return cmd
}

// look runs a command that reads the store and makes no calls.
func (a *app) look(name storeFlags, do func(*engine.Engine) error) (err error) {
	s, err := a.openExisting(name)
	if err != nil {
		return err
	}
	defer s.close(&err)
	sys, err := assemble(s, silent(), newWatch(a.stderr, 0), 1)
	if err != nil {
		return err
	}
	return do(sys.Engine)
}
