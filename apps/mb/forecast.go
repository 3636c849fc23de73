package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/catalogfile"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// forecast says what generate would use. It takes generate's flags, so that a command line can be tried out.
type forecast struct {
	foreground
	request requestFlags
	pace    struct{ rpm, itpm, otpm int64 }
}

func newForecast(a *app) *cobra.Command {
	f := &forecast{foreground: foreground{app: a}}
	cmd := &cobra.Command{
		Use:   "forecast --catalog FILE --page-type TYPE",
		Short: "Say what the pages of a catalog would cost and how long they would take",
		Long: `Say how many pages a catalog gives, how many tokens they take, what they cost (expected; rarely exceeded;
worst: every allowed attempt at the most that it can cost) and how long they take with Claude. It reads
the catalog alone: no store is opened, nothing is called, nothing is paid. What generate would refuse for
want of data is forecast all the same, with a note.

The limits per minute of your account make the time right: --rpm requests, --itpm and --otpm tokens. All
of generate's flags are taken, so that a command line can be tried out first.`,
		Example: `  mb forecast --catalog bakery.yaml --page-type keyword-service-area
  mb forecast --catalog bakery.yaml --page-type keyword-service-area --lang all --rpm 1000 --otpm 400000
  mb forecast --catalog bakery.yaml --page-type service-location --json`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Flags()) },
	}
	section(cmd, "What to make", f.request.define)
	section(cmd, "Limits of the account", func(flags *pflag.FlagSet) {
		flags.Int64Var(&f.pace.rpm, "rpm", 0, "`N` requests per minute (default no limit)")
		flags.Int64Var(&f.pace.itpm, "itpm", 0, "`N` input tokens per minute (default no limit)")
		flags.Int64Var(&f.pace.otpm, "otpm", 0, "`N` output tokens per minute (default no limit)")
	})
	f.define(cmd)
	for _, unused := range []string{
		"simulate", "simulate-speed", "simulate-seed", "anthropic-base-url", "store", "out", "format", "verbose", "key",
	} {
		cmd.Flags().Lookup(unused).Hidden = true
	}
	return cmd
}

func (f *forecast) run(flags *pflag.FlagSet) error {
	if err := f.check(flags); err != nil {
		return err
	}
	for name, limit := range map[string]int64{"rpm": f.pace.rpm, "itpm": f.pace.itpm, "otpm": f.pace.otpm} {
		if flags.Changed(name) && limit < 1 {
			return invalid("--%s %d is no limit: give a number above 0, or leave it out", name, limit)
		}
	}
	options, limits, limit, err := f.request.choice(flags, sysclock.Clock{}.Now())
	if err != nil {
		return err
	}
	c, _, err := catalogfile.Load(f.request.catalog)
	if err != nil {
		return err
	}
	plan, err := pages.Preview(c, options)
	if err != nil {
		return fault.New(fault.KindOf(err), "%s: %w", f.request.catalog, err)
	}
	if _, err := pages.Build(c, options); err != nil {
		f.note("note: generate would refuse this: %s", plain(err))
	}
	made, err := f.ask(plan, engine.Submission{Tenant: c.Business.ID, Kind: preview{}.Name(), Cap: limit, Limits: limits})
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(f.stdout, forecastOf(made))
	}
	return printed(fmt.Fprint(f.stdout, table(made, limit)))
}

// ask has an engine of its own for the plan, which stores nothing and calls nobody.
func (f *forecast) ask(plan *pages.Plan, s engine.Submission) (engine.Forecast, error) {
	sys, err := newSystem(memstore.New(sysclock.Clock{}, nil), mute{}, newWatch(f.stderr, 0), []job.Kind{preview{plan: plan}},
		&engine.Options{}, &localworker.Options{})
	if err != nil {
		return engine.Forecast{}, err
	}
	return sys.Engine.Forecast(context.Background(), s, engine.Pace{
		RPM: f.pace.rpm, ITPM: f.pace.itpm, OTPM: f.pace.otpm, Concurrency: f.concurrency,
	})
}

// preview is a kind with one plan, which was opened without the checks that a job has to pass.
type preview struct {
	pages.Kind
	plan job.Plan
}

// Open returns the plan.
func (p preview) Open([]byte) (job.Plan, error) { return p.plan, nil }

// forecastJSON is what --json prints.
type forecastJSON struct {
	Pages        int    `json:"pages"`
	Model        string `json:"model"`
	PriceVersion string `json:"price_version"`
	Tokens       struct {
		Input  int64 `json:"input"`
		Output int64 `json:"output"`
	} `json:"tokens"`
	Cost struct {
		Expected cost.Pico `json:"expected"`
		P95      cost.Pico `json:"p95"`
		Worst    cost.Pico `json:"worst"`
	} `json:"cost_usd"`
	Duration struct {
		Expected float64 `json:"expected"`
		P95      float64 `json:"p95"`
	} `json:"duration_s"`
}

func forecastOf(f engine.Forecast) (v forecastJSON) {
	v.Pages, v.Model, v.PriceVersion = f.Tasks, f.Model, f.PriceVersion
	v.Tokens.Input, v.Tokens.Output = f.Tokens.Input, f.Tokens.Output
	v.Cost.Expected, v.Cost.P95, v.Cost.Worst = f.Cost.Expected, f.Cost.P95, f.Cost.Worst
	v.Duration.Expected = f.Duration.Expected.Round(time.Millisecond).Seconds()
	v.Duration.P95 = f.Duration.P95.Round(time.Millisecond).Seconds()
	return v
}

// table is the forecast for people.
func table(f engine.Forecast, limit cost.Pico) string {
	var b strings.Builder
	fmt.Fprintf(&b, "pages   %s by %s (prices of %s)\n", screen.Number(f.Tasks), f.Model, f.PriceVersion)
	fmt.Fprintf(&b, "tokens  %s in, %s out\n\n", screen.Number(int(f.Tokens.Input)), screen.Number(int(f.Tokens.Output)))
	fmt.Fprintf(&b, "        %14s  %14s  %14s\n", "expected", "95 %", "worst")
	fmt.Fprintf(&b, "cost    %14s  %14s  %14s\n", screen.USD(f.Cost.Expected), screen.USD(f.Cost.P95), screen.USD(f.Cost.Worst))
	fmt.Fprintf(&b, "time    %14s  %14s\n", screen.Time(f.Duration.Expected), screen.Time(f.Duration.P95))
	if limit > 0 && limit < f.Cost.Expected {
		fmt.Fprintf(&b, "\nA cap of %s is less than is expected: the job would pause when it is used up.\n", screen.USD(limit))
	}
	return b.String()
}
