package main

import (
	"regexp"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/remote"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// jobsRetry runs pages of an ended job again.
type jobsRetry struct {
	foreground
	failed   bool
	pages    string
	cap      amount
	business ofBusiness
}

func newJobsRetry(a *app) *cobra.Command {
	r := &jobsRetry{foreground: foreground{app: a}}
	cmd := &cobra.Command{
		Use:   "retry JOB",
		Short: "Run the failed pages of a job again, or pages that you name",
		Long: `Run pages of an ended job again in the foreground: all that failed, or those that you name by their number
in the manifest, completed ones too. Their attempts are counted afresh, the cap stays that of the whole
job: where it is used up, give a higher total. A page that fails again keeps the content that it had.`,
		Example: `  mb jobs retry 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11
  mb jobs retry 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11 --pages 3,7 --cap 20`,
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
	section(cmd, "Which pages", func(flags *pflag.FlagSet) {
		flags.BoolVar(&r.failed, "failed", false, "all that failed, as without --pages")
		flags.StringVar(&r.pages, "pages", "", "pages with these `NUMBERS` in the manifest, for example 3,7")
	})
	section(cmd, "Money", func(flags *pflag.FlagSet) {
		r.cap.define(flags, "cap", "new total cap of the job in `USD` (default: the one that it has)")
	})
	section(cmd, "A job of a server", r.business.define)
	r.define(cmd)
	return cmd
}

func (r *jobsRetry) run(flags *pflag.FlagSet, id job.ID) (err error) {
	numbers, limit, err := r.choice(flags)
	if err != nil {
		return err
	}
	c, err := r.begin(flags, id)
	if err != nil {
		return err
	}
	defer c.store.close(&err)
	if !c.job.State.Ended() {
		return fault.New(fault.Conflict, "job %s is %s and has not ended: continue it first, with %s", id, c.job.State, c.command("resume"))
	}
	if most := c.job.Layout.Tasks - 1; len(numbers) > 0 && slices.Max(numbers) > most {
		return invalid("--pages %d: the job has pages 0 to %d", slices.Max(numbers), most)
	}
	return c.run(flags, func(sys *system) error {
		c.job, err = sys.Engine.Retry(c.stop.hard, id, numbers, limit)
		return ofPages(err)
	}, limit)
}

// ofTasks are the engine's words for pages.
var ofTasks = regexp.MustCompile(`\btask(s?)\b`)

// ofPages is an error of the engine in this program's words.
func ofPages(err error) error {
	switch kind := fault.KindOf(err); kind {
	case fault.Invalid, fault.NotFound, fault.Conflict, fault.Incomplete:
		return fault.New(kind, "%s", ofTasks.ReplaceAllString(plain(err), "page$1"))
	default:
		return err
	}
}

// choice checks the flags by themselves.
func (r *jobsRetry) choice(flags *pflag.FlagSet) (numbers []int, limit cost.Pico, err error) {
	if r.failed && flags.Changed("pages") {
		return nil, 0, invalid("--failed and --pages exclude each other: give one")
	}
	if flags.Changed("pages") {
		if numbers, err = ordinals(r.pages); err != nil {
			return nil, 0, err
		}
	}
	if limit, err = r.cap.pico(flags); err != nil {
		return nil, 0, err
	}
	return numbers, limit, r.check(flags)
}
