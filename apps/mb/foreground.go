package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const (
	defaultConcurrency = 50
	mostConcurrency    = 1000
)

// foreground is what the commands have in common that run a job in the terminal: generate, jobs resume and jobs retry.
type foreground struct {
	*app
	store       storeFlags
	provider    providerFlags
	out         outFlags
	concurrency int
	json        bool
	verbose     int
}

// define adds the flags that are no part of the job.
func (f *foreground) define(cmd *cobra.Command) {
	section(cmd, "Who answers", func(flags *pflag.FlagSet) {
		f.provider.define(flags)
		flags.IntVar(&f.concurrency, "concurrency", defaultConcurrency, "`N` model calls under way at once")
	})
	section(cmd, "Where things are kept", func(flags *pflag.FlagSet) {
		f.store.define(flags)
		f.out.define(flags)
	})
	section(cmd, "Output", func(flags *pflag.FlagSet) {
		flags.BoolVar(&f.json, "json", false, "print one JSON object on stdout at the end, and nothing else there")
		verbosity(flags, &f.verbose)
	})
}

// check looks at the flags by themselves.
func (f *foreground) check() error {
	if err := between("concurrency", f.concurrency, 1, mostConcurrency); err != nil {
		return err
	}
	_, _, err := f.store.path()
	return err
}

// session is a job in the foreground: what it runs on and is written by.
type session struct {
	*foreground
	store *store
	watch *watch
	job   *job.Job
	plan  *pages.Plan
}

// begin opens a session on a job that exists. The store is for the caller to close.
func (f *foreground) begin(flags *pflag.FlagSet, id job.ID) (*session, error) {
	s, err := f.store.openExisting()
	if err != nil {
		return nil, err
	}
	c := &session{foreground: f, store: s, watch: newWatch(f.stderr, f.verbose)}
	if err = c.recall(flags, id); err != nil {
		s.close(&err)
		return nil, err
	}
	return c, nil
}

// recall reads the job and makes sure that its records can be read and its pages be written.
func (c *session) recall(flags *pflag.FlagSet, id job.ID) error {
	sys, err := assemble(c.store, mute{}, c.watch, 1)
	if err != nil {
		return err
	}
	if c.job, err = sys.Engine.Job(c.stop.hard, id); err != nil {
		return err
	}
	c.store.hold(id)
	if c.plan, err = planOf(c.stop.hard, sys.Engine, c.job); err != nil {
		return err
	}
	if err := readable(c.stop.hard, sys.Engine, id); err != nil {
		return err
	}
	c.out.recall(flags, c.job)
	return c.out.check(c.plan)
}

// answered makes sure that who began the job goes on with it: pages of the simulator among Claude's would be published
// as real ones, and Claude's among the simulator's would be paid for a rehearsal.
func (c *session) answered(p *provider) error {
	switch before := c.job.Labels[labelProvider]; {
	case before == byClaude && p.simulated:
		return fault.New(fault.Conflict, "job %s was begun with Claude and would go on with the simulator: set %s", c.job.ID, keyVariable)
	case before == bySimulator && !p.simulated:
		return fault.New(fault.Conflict, "job %s was begun with the simulator and would go on with Claude: add --simulate, or begin another job", c.job.ID)
	}
	return nil
}

// work runs the job until it has ended, is paused, or is interrupted, and then writes and tells what came of it.
func (c *session) work(sys *system) error {
	d := &drive{sys: sys, watch: c.watch, stop: c.stop, id: c.job.ID, until: settled, show: c.screen()}
	_, err := d.run()
	if c.stop.hard.Err() != nil {
		c.note("stopped at once: calls in flight count as paid until the truth is known")
		c.goOn()
		return outcome(exitInterrupted)
	}
	if err != nil {
		c.goOn()
		return err
	}
	return c.finish(sys.Engine)
}

// calm carries a pause or cancel of the job to its end: what a dead process has left open is resolved, and no call is
// made.
func (c *session) calm(sys *system) (engine.Progress, error) {
	sys.Queue.on(c.job.ID)
	// First, so that no gate is open any more when the messages arrive.
	if _, err := sys.Engine.Sweep(c.stop.hard); err != nil {
		return engine.Progress{}, err
	}
	if err := sys.Engine.Dispatch(c.stop.hard, c.job.ID); err != nil {
		return engine.Progress{}, err
	}
	d := &drive{sys: sys, watch: c.watch, stop: c.stop, id: c.job.ID, until: func(p engine.Progress) bool {
		return settled(p) && p.Counts[job.TaskRunning] == 0
	}}
	return d.run()
}

func (c *session) screen() *screen.Screen {
	return screen.New(c.stderr, screen.Options{Width: c.width, Colour: c.env("NO_COLOR") == "", Plain: c.verbose > 0})
}

// finish writes the completed pages and tells how the job stands.
func (c *session) finish(e *engine.Engine) error {
	if !c.stop.wished() {
		defer context.AfterFunc(c.stop.soft, func() { c.note("the pages are being written; Ctrl-C again stops at once") })()
	}
	c.note("writing   %s", c.out.dir)
	written, failed := c.out.write(c.stop.hard, e, c.job.ID, c.plan)
	if c.stop.hard.Err() != nil {
		c.goOn()
		return outcome(exitInterrupted)
	}
	how, err := stand(c.stop.hard, e, c.job.ID)
	if err != nil {
		return err
	}
	c.alerts()
	if c.json {
		err = printJSON(c.stdout, how.result)
	} else {
		err = c.tell(how, written)
	}
	if err != nil {
		return err
	}
	if failed != nil {
		return fault.New(fault.KindOf(failed), "job %s is %s, but its pages could not be written: %s: mend that, then %s",
			c.job.ID, how.State, plain(failed), c.command("resume"))
	}
	return exitWith(exitOf(how.State))
}

// introduce tells what is about to be made, by whom and for how much.
func (c *session) introduce(f engine.Forecast, p *provider, limit cost.Pico) {
	c.note("catalog   %s: %s %s pages (%s)", c.plan.Business().Name, screen.Number(c.plan.Size()), c.plan.PageType(), joined(c.plan.Languages()))
	c.note("provider  %s", p.about)
	c.note("forecast  %s expected, %s rarely exceeded, %s with Claude",
		screen.USD(f.Cost.Expected), screen.USD(f.Cost.P95), screen.Time(f.Duration.Expected))
	switch {
	case limit == 0:
		c.note("cap       %s, the forecast's worst case", screen.USD(f.Cost.Worst))
	case limit < f.Cost.Expected:
		c.note("cap       %s, less than is expected: the job will pause when it is used up", screen.USD(limit))
	default:
		c.note("cap       %s", screen.USD(limit))
	}
}

// goOn says how the job is continued.
func (c *session) goOn() {
	if c.store.forgets() {
		c.note("the job ends here: --store mem forgets it")
		return
	}
	c.note("continue with: %s", c.command("resume"))
}

// command is the line that does something with this job, with the flags that it needs besides.
func (c *session) command(verb string, more ...string) string {
	line := fmt.Sprintf("mb jobs %s %s", verb, c.job.ID)
	for _, word := range more {
		line += " " + word
	}
	if c.store.name != defaultStore {
		line += " --store " + quoted(c.store.name)
	}
	if c.foreground.provider.simulate {
		line += " --simulate"
	}
	if base := c.foreground.provider.baseURL; base != "" {
		line += " --anthropic-base-url " + quoted(base)
	}
	return line
}
