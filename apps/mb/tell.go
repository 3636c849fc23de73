package main

import (
	"fmt"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// introduce tells what is about to be made, by whom and for how much.
func (c *session) introduce(f engine.Forecast, p *provider, limit cost.Pico) {
	c.note("catalog   %s: %s %s pages (%s)", c.plan.Business().Name, screen.Number(c.plan.Size()), c.plan.PageType(), joined(c.plan.Languages()))
	c.note("provider  %s", p.about)
	c.note("forecast  %s expected, %s rarely exceeded, %s with Claude (%s)",
		screen.USD(f.Cost.Expected), screen.USD(f.Cost.P95), screen.Time(f.Duration.Expected), basis(f))
	if c.job != nil && c.job.Lane != cost.Realtime {
		c.note("lane      %s", way(c.job))
	}
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
	c.note("%s", c.onward(c.job.State))
}

// onward says how to go on with a job that has not ended.
func (c *session) onward(state job.State) string {
	if c.store.far != nil && state != job.StatePaused {
		return "it goes on in the deployment, follow it with: " + c.command("resume")
	}
	return "continue with: " + c.command("resume")
}

// command is the line that does something with this job, with the flags that it needs besides.
func (c *session) command(verb string, more ...string) string {
	line := fmt.Sprintf("mb jobs %s %s", verb, c.job.ID)
	for _, word := range more {
		line += " " + word
	}
	line += c.store.flag()
	if c.foreground.provider.simulate {
		line += " --simulate"
	}
	if base := c.foreground.provider.baseURL; base != "" {
		line += " --anthropic-base-url " + quoted(base)
	}
	return line
}
