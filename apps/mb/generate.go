package main

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// generate makes the pages of a catalog.
type generate struct {
	foreground
	request requestFlags
}

func newGenerate(a *app) *cobra.Command {
	g := &generate{foreground: foreground{app: a}}
	cmd := &cobra.Command{
		Use:   "generate --catalog FILE --page-type TYPE",
		Short: "Make the pages of a catalog",
		Long: `Make one page for each keyword (or service) and each service area (or location) of a catalog, and write
them with a sitemap and a manifest. Everything is checked before anything is paid. The job stays in the
store: interrupted, or killed, it is continued with "mb jobs resume", or by the same command with --key.

Ctrl-C lets the calls in flight finish and leaves the job to be continued; a second one stops at once.

With --aws the job is made in a deployment, whose functions make the calls; here it is followed, and its
pages are written. Ctrl-C then ends the following alone.`,
		Example: `  mb generate --catalog bakery.yaml --page-type keyword-service-area
  mb generate --catalog bakery.yaml --page-type service-location --lang en --cap 12.50 --out site
  mb generate --catalog bakery.yaml --page-type blog-service-area --key spring-blog --json
  mb generate --catalog bakery.yaml --page-type keyword-service-area --aws --stage prod`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error { return g.run(cmd.Flags()) },
	}
	section(cmd, "What to make", g.request.define)
	g.define(cmd)
	return cmd
}

func (g *generate) run(flags *pflag.FlagSet) (err error) {
	if err := g.check(flags); err != nil {
		return err
	}
	tables, err := g.store.prices.tables()
	if err != nil {
		return err
	}
	r, err := g.request.read(flags, tables[0], sysclock.Clock{}.Now())
	if err != nil {
		return err
	}
	if err := g.out.check(r.plan); err != nil {
		return err
	}
	p, err := g.answerer(flags)
	if err != nil {
		return err
	}
	defer p.close()
	s, err := g.openStore(g.foreground.store)
	if err != nil {
		return err
	}
	defer s.close(&err)
	c := &session{foreground: &g.foreground, store: s, watch: newWatch(g.stderr, g.verbose), plan: r.plan}
	r.submission.Labels = labels(r, g.out, p)
	if s.far != nil {
		g.concurrency = cmp.Or(s.far.AtOnce, g.concurrency)
	}
	return g.submit(flags, c, r, p)
}

// submit makes the job, or finds the one that the key stands for, and runs it.
func (g *generate) submit(flags *pflag.FlagSet, c *session, r *request, p *provider) error {
	sys, err := assemble(c.store, p.voice, c.watch, g.concurrency)
	if err != nil {
		return err
	}
	forecast, err := sys.Engine.Forecast(g.stop.hard, r.submission, engine.Pace{Concurrency: g.concurrency, Source: g.source()})
	if err != nil {
		return err
	}
	if g.stop.wished() {
		return context.Canceled
	}
	r.submission.Forecast = forecast.Cost
	receipt, err := sys.Engine.Submit(g.stop.hard, r.submission)
	if err != nil {
		return c.store.budgeted(err)
	}
	c.job = receipt.Job
	c.store.hold(c.job.ID)
	c.out.recall(flags, c.job)
	if receipt.Repeated {
		return c.again(sys, p)
	}
	c.introduce(forecast, p, r.submission.Cap)
	c.note("job       %s", c.job.ID)
	return c.work(sys)
}

// again takes up the job that the key stands for, as it stands.
func (c *session) again(sys *system, p *provider) error {
	var err error
	if c.plan, err = planOf(c.stop.hard, sys.Engine, c.job); err != nil {
		return err
	}
	if err := c.sound(sys.Engine); err != nil {
		return err
	}
	switch {
	case c.job.State.Ended():
		c.note("job %s stands for this key and has ended: its pages are written again, nothing is paid", c.job.ID)
		return c.finish(sys.Engine)
	case c.job.Gate() != job.GateOpen:
		c.note("job %s stands for this key and is %s: only %q sets it going again", c.job.ID, stopped(c.job), c.command("resume"))
		if _, err := c.calm(sys, true); err != nil {
			return err
		}
		return c.finish(sys.Engine)
	}
	if err := c.answered(p); err != nil {
		return err
	}
	c.note("provider  %s", p.about)
	c.note("job       %s stands for this key: it is continued", c.job.ID)
	if err := sys.Crew.wake(c.stop.hard, sys.Engine, c.job.ID); err != nil {
		return err
	}
	return c.work(sys)
}

// stopped is how a job whose gate is not open reads.
func stopped(j *job.Job) string {
	if j.Gate() == job.GateCancelled {
		return "being cancelled"
	}
	return "paused (" + string(j.Pauses[0]) + ")"
}
