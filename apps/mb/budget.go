package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// budget shows or sets what may be spent in a month.
type budget struct {
	*app
	store    storeFlags
	business string
	month    string
	limit    amount
	json     bool
}

func newBudget(a *app) *cobra.Command {
	b := &budget{app: a}
	cmd := &cobra.Command{
		Use:   "budget",
		Short: "Show or set what may be spent in a month",
		Long: `Show or set what the jobs of a business, or of all businesses together, may spend in a month (UTC). A job
draws its cap from its business's month when it is made, and that month draws from the month of all. A
deployment refuses jobs of a business without a budget; in a store on this machine no budget is no limit.

A budget is one month's: set the next one before the 1st, 00:00 UTC. It shows what is set, how much of it has
gone to jobs, and what is left. A job has its cap while it runs, and at its end what it has spent.`,
		Example: `  mb budget --aws --stage prod --set 500
  mb budget --aws --stage prod --business harbor-plumbing --set 100
  mb budget --business harbor-plumbing --month 2026-12`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd.Flags()) },
	}
	section(cmd, "Which budget", func(flags *pflag.FlagSet) {
		flags.StringVar(&b.business, "business", "", "the business with this `ID` (default all businesses together)")
		flags.StringVar(&b.month, "month", "", "the `MONTH`, such as 2026-12 (default this one)")
		b.limit.define(flags, "set", "set it to `USD`; it cannot be less than is granted already")
		b.store.define(flags)
	})
	outputJSON(cmd, &b.json, "print it as one JSON object on stdout")
	return cmd
}

func (b *budget) run(flags *pflag.FlagSet) error {
	limit, err := b.limit.pico(flags)
	if err != nil {
		return err
	}
	if _, err := time.Parse("2006-01", b.month); err != nil && flags.Changed("month") {
		return invalid("--month %q is no month: give one such as 2026-12", b.month)
	}
	return b.look(b.store, func(e *engine.Engine) error {
		month := cmp.Or(b.month, e.Clock.Now().UTC().Format("2006-01"))
		if limit > 0 {
			if err := e.SetLimit(b.stop.hard, b.business, month, limit); err != nil {
				return err
			}
		}
		set, account, err := e.Month(b.stop.hard, b.business, month)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		return b.tell(month, set, account)
	})
}

// whose is where a refusal says whose month has too little, or nothing.
var whose = regexp.MustCompile(`\btenant ([A-Za-z0-9_-]+) (?:has no budget )?for (\d{4}-\d{2})|\bglobal budget for (\d{4}-\d{2})`)

// budgeted is an error with the command that sets a budget, where it is about one.
func (s *store) budgeted(err error) error {
	if !errors.Is(err, fault.Budget) {
		return err
	}
	text := fault.OneLine(err, maxLine)
	found := whose.FindStringSubmatch(text)
	if found == nil {
		return err
	}
	business := ""
	if found[1] != "" {
		business = " --business " + found[1]
	}
	return fault.New(fault.Budget, "%s: mb budget%s%s --month %s --set USD", strings.TrimSuffix(text, ": set one"), s.flag(), business, found[2]+found[3])
}

// tell shows the limit, what has gone of it, and what is left.
func (b *budget) tell(month string, set cost.Pico, account cost.Account) error {
	used := account.Drawn + account.Settled
	left := max(0, set-used)
	if b.json {
		return printJSON(b.stdout, struct {
			Business string    `json:"business"`
			Month    string    `json:"month"`
			Limit    cost.Pico `json:"limit_usd"`
			Used     cost.Pico `json:"used_usd"`
			Left     cost.Pico `json:"left_usd"`
		}{b.business, month, set, used, left})
	}
	to := "granted to businesses"
	if b.business != "" {
		to = "given to its jobs, which return what they do not spend"
	}
	text := "no budget"
	if set > 0 {
		text = screen.Dollars(set)
	}
	if used > 0 || set > 0 {
		text += fmt.Sprintf(", %s %s", screen.Dollars(used), to)
	}
	if set > 0 {
		text += fmt.Sprintf(", %s left", screen.Dollars(left))
	}
	return printed(fmt.Fprintf(b.stdout, "%s in %s: %s\n", cmp.Or(b.business, "all businesses"), month, text))
}
