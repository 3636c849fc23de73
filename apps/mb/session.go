package main

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/output"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

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
	s, err := f.openExisting(f.store)
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

// recall reads the job and makes sure that its books agree and its pages can be written.
func (c *session) recall(flags *pflag.FlagSet, id job.ID) error {
	sys, err := assemble(c.store, silent(), c.watch, 1)
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
	if err := c.sound(sys.Engine); err != nil {
		return err
	}
	c.out.recall(flags, c.job)
	return c.out.check(c.plan)
}

// sound makes sure that the books of the job agree, before anything is begun. Where others work on it they do so themselves.
func (c *session) sound(e *engine.Engine) error {
	if c.store.far != nil && !c.job.State.Ended() {
		return nil
	}
	return sound(c.stop.hard, e, c.store, c.job.ID)
}

// answered makes sure that who began the job goes on with it: pages of the simulator among Claude's would be published
// as real ones, and Claude's among the simulator's would be paid for a rehearsal.
func (c *session) answered(p *provider) error {
	switch before := c.job.Labels[labelProvider]; {
	case before == byClaude && p.simulated:
		return fault.New(fault.Conflict, "job %s was begun with Claude and would go on with the simulator: set %s, or give --anthropic-base-url URL, without --simulate",
			c.job.ID, keyVariable)
	case before == bySimulator && !p.simulated:
		return fault.New(fault.Conflict, "job %s was begun with the simulator and would go on with calls to a server: give --simulate, without --anthropic-base-url, or begin another job",
			c.job.ID)
	}
	return nil
}

// work runs the job until it has ended, is paused, or is interrupted, and then writes and tells what came of it.
func (c *session) work(sys *system) error {
	d := &drive{sys: sys, watch: c.watch, stop: c.stop, id: c.job.ID, until: settled, show: c.screen(), quiet: c.quiet, doctor: "mb doctor" + c.store.flag()}
	_, err := d.run()
	if c.stop.hard.Err() != nil {
		if c.store.far == nil {
			c.note("stopped at once: calls in flight count as paid until the truth is known")
		}
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
// made. A pause does not wait for what the provider does in batches.
func (c *session) calm(sys *system, pauses bool) (engine.Progress, error) {
	if err := sys.Crew.wake(c.stop.hard, sys.Engine, c.job.ID); err != nil {
		return engine.Progress{}, err
	}
	d := &drive{sys: sys, watch: c.watch, stop: c.stop, id: c.job.ID, until: func(p engine.Progress) bool {
		return settled(p) && (p.Counts[job.TaskRunning] == 0 || pauses && c.batched(sys))
	}}
	if sys.Crew.far() {
		// Calls in flight settle there, seen or not.
		d.until, d.within = settled, wishTime
	}
	return d.run()
}

// batched reports whether some of the job is in a batch.
func (c *session) batched(sys *system) bool {
	list, err := sys.Engine.Collections(c.stop.hard, c.job.ID)
	return err == nil && len(list) > 0
}

func (c *session) screen() *screen.Screen {
	return screen.New(c.stderr, screen.Options{Width: c.width, Colour: c.env("NO_COLOR") == "", Plain: c.verbose > 0})
}

// finish writes the completed pages and tells how the job stands.
func (c *session) finish(e *engine.Engine) error {
	c.note("writing   %s", c.out.dir)
	over := c.patience("the pages are being written; Ctrl-C again stops at once")
	var from output.Engine = e
	if c.store.far != nil {
		from = &ahead{Engine: e}
	}
	written, failed := c.out.write(c.stop.hard, from, c.job.ID, c.plan)
	over()
	if c.stop.hard.Err() != nil {
		c.goOn()
		return outcome(exitInterrupted)
	}
	how, err := stand(c.stop.hard, e, c.job.ID)
	if err != nil {
		return err
	}
	c.alerts()
	c.learn(e, how)
	if c.json {
		err = printJSON(c.stdout, how.result)
	} else {
		err = c.tell(how, written)
	}
	if err != nil {
		return err
	}
	if failed != nil {
		then := c.command("resume")
		if c.store.forgets() {
			then = "generate again: --store mem has forgotten the job"
		}
		return fault.New(fault.KindOf(failed), "job %s is %s, but its pages could not be written: %s: mend that, then %s",
			c.job.ID, how.State, plain(failed), then)
	}
	return exitWith(exitOf(how.State))
}

// learn has later forecasts rest on what this job has shown. They can do without, so that no job fails over it.
func (c *session) learn(e *engine.Engine, how standing) {
	if how.State.Ended() {
		_ = e.Calibrate(c.stop.hard, c.job.ID, c.job.Labels[labelProvider])
	}
}

// patience says the line if the first interrupt comes before it is over.
func (c *session) patience(line string) (over func()) {
	if c.stop.wished() {
		return func() {}
	}
	said := make(chan struct{})
	stop := context.AfterFunc(c.stop.soft, func() {
		defer close(said)
		if c.stop.hard.Err() == nil {
			c.note("%s", line)
		}
	})
	return func() {
		if !stop() {
			<-said
		}
	}
}
