package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/deployment"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/quota"
)

// account checks a deployment: what runs, and what its table says of money and limits.
func (d *doctor) account(*pflag.FlagSet) (*checkup, error) {
	access := d.store.aws.access
	clients, err := deployment.Connect(d.stop.hard, access)
	if err != nil {
		return nil, err
	}
	report, err := clients.Inspect(d.stop.hard, access)
	if err != nil {
		return nil, err
	}
	records, err := clients.Records(report.Table)
	if err != nil {
		return nil, err
	}
	sys, err := newSystem(records, mute{}, mute{}, newWatch(d.stderr, 0), wiring.Kinds(), &engine.Options{}, &localworker.Options{})
	if err != nil {
		return nil, err
	}
	c := &checkup{title: "deployment " + access.Stage + " in " + clients.Region, figures: report.Figures, problems: report.Problems}
	if err := d.spending(c, sys.Engine, &report.Deployed); err != nil {
		return nil, err
	}
	if report.Whole {
		c.problems = append(c.problems, settings.Relations(report.Deployed, settings.Account)...)
	}
	return c, nil
}

// spending reads what the table knows of the account's limits and this month's budget.
func (d *doctor) spending(c *checkup, e *engine.Engine, set *settings.Deployed) error {
	known, err := e.Provider(d.stop.hard, set.Model)
	if err != nil {
		return err
	}
	told := "as the worker is told"
	if n := int(known.Requests.Rate.PerMinute); n > 0 {
		set.QuotaRequests, told = n, "as Claude says"
	}
	if n := int(known.Output.Rate.PerMinute); n > 0 {
		set.QuotaOutput, told = n, "as Claude says"
	}
	c.figure("model", "%s, %s requests and %s output tokens per minute, %s", set.Model, limit(set.QuotaRequests), limit(set.QuotaOutput), told)
	if b := known.Breaker; b.State == quota.Open || b.State == quota.Probing {
		c.figure("provider", "%s", fails(b))
	}
	month := e.Clock.Now().UTC().Format("2006-01")
	budget, err := e.Limit(d.stop.hard, "", month)
	switch {
	case errors.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return err
	}
	set.Budget = &budget
	c.figure("budget", "%s for all businesses in %s", dollars(budget), month)
	return nil
}

func limit(n int) string {
	if n == 0 {
		return "unknown"
	}
	return screen.Number(n)
}

func dollars(p cost.Pico) string {
	if p == 0 {
		return "none"
	}
	return fmt.Sprint(screen.USD(p))
}
