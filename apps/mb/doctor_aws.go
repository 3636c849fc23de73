package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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
	c := &checkup{title: "deployment " + access.Stage + " in " + clients.Region, figures: report.Figures, problems: report.Problems, unseen: report.Unseen}
	c.look(d.limits(c, sys.Engine, &report.Deployed))
	c.look(d.spending(c, sys.Engine, &report.Deployed))
	if d.stop.hard.Err() != nil {
		return nil, d.stop.hard.Err()
	}
	if report.Whole {
		c.problems = append(c.problems, settings.Relations(report.Deployed, settings.Account)...)
	}
	return c, nil
}

// look notes what could not be read.
func (c *checkup) look(err error) {
	if err != nil {
		c.unseen = append(c.unseen, advised(err))
	}
}

// limits reads what the table knows of the account's limits, and says how many calls use them up.
func (d *doctor) limits(c *checkup, e *engine.Engine, set *settings.Deployed) error {
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
	c.useful(*set)
	if b := known.Breaker; b.State == quota.Open || b.State == quota.Probing {
		c.figure("provider", "%s", fails(b))
	}
	return nil
}

// useful says how many calls open at once use the account's limits up, at the short and the long end of what a page takes. The
// rule holds the deployment against the long end: what is too many at the short end waits.
func (c *checkup) useful(set settings.Deployed) {
	if set.QuotaRequests == 0 && set.QuotaOutput == 0 {
		return
	}
	short := set
	short.Latency = quickPage
	c.figure("calls", "%d at once; the limits are used up by %d of %s each, or %d of %s", set.MaxConcurrency*set.Calls,
		short.UsefulCalls(), short.Latency, set.UsefulCalls(), settings.UsualLatency)
}

// quickPage is the short end of what a page takes, 5 to 20 s.
const quickPage = 5 * time.Second

// spending reads the budgets: this month's, and next month's once it is near.
func (d *doctor) spending(c *checkup, e *engine.Engine, set *settings.Deployed) error {
	now := d.today()
	presumed := cost.Dollar
	set.Budget = &presumed // as long as nothing else is seen
	budget, err := e.Limit(d.stop.hard, "", now.Format(month))
	switch {
	case errors.Is(err, fault.NotFound):
		set.Budget = nil
	case err != nil:
		return err
	default:
		set.Budget = &budget
		c.figure("budget", "%s for all businesses in %s", dollars(budget), now.Format(month))
	}
	if now.Day() < warnFrom {
		return nil
	}
	return d.nextMonth(c, e, now, set.RequireBudget)
}

const (
	// month is how a month is written.
	month = "2006-01"
	// warnFrom is the day of the month from which on the next month's budgets are missed.
	warnFrom = 25
	// someJobs is how many of the newest jobs are looked at for whose business has a budget this month.
	someJobs = 100
)

// nextMonth notes budgets that end with this month: budgets are one month's each. A business without one has its jobs refused, where
// budgets are required; without that of all businesses nothing limits them together.
func (d *doctor) nextMonth(c *checkup, e *engine.Engine, now time.Time, required bool) error {
	next := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	jobs, err := e.Jobs(d.stop.hard, "", someJobs)
	if err != nil {
		return err
	}
	whose := []string{""}
	for _, j := range jobs {
		if !slices.Contains(whose, j.Tenant) {
			whose = append(whose, j.Tenant)
		}
	}
	for _, business := range whose {
		set, err := d.ends(e, business, now.Format(month), next.Format(month))
		if err != nil {
			return err
		}
		if set > 0 {
			flag, otherwise := missing(business, required)
			c.problem("next month's budget of "+cmp.Or(business, "all businesses"), "not set", "above zero",
				fmt.Sprintf("mb budget%s%s --month %s --set %s: from %s UTC on %s", d.store.aws.words(), flag, next.Format(month),
					strings.TrimRight(strings.TrimRight(set.String(), "0"), "."), next.Format(time.DateTime), otherwise))
		}
	}
	return nil
}

// missing is the flag that names a business, and what happens when its month has no budget.
func missing(business string, required bool) (flag, otherwise string) {
	switch {
	case business == "":
		return "", "nothing limits what they spend together"
	case required:
		return " --business " + business, "its jobs are refused"
	}
	return " --business " + business, "nothing limits what it spends"
}

// ends is this month's budget if next month has none; else 0.
func (d *doctor) ends(e *engine.Engine, business, now, next string) (cost.Pico, error) {
	after, err := e.Limit(d.stop.hard, business, next)
	if err != nil && !errors.Is(err, fault.NotFound) || after > 0 {
		return 0, err
	}
	set, err := e.Limit(d.stop.hard, business, now)
	if errors.Is(err, fault.NotFound) {
		return 0, nil
	}
	return set, err
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
	return screen.Dollars(p)
}
