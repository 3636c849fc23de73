package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/catalogfile"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/remote"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// forecast says what generate would use. It takes generate's flags, so that a command line can be tried out.
type forecast struct {
	foreground
	request  requestFlags
	business ofBusiness
	pace     struct{ rpm, itpm, otpm int64 }
	count    bool
}

func newForecast(a *app) *cobra.Command {
	f := &forecast{foreground: foreground{app: a}}
	cmd := &cobra.Command{
		Use:   "forecast --catalog FILE --page-type TYPE",
		Short: "Say what the pages of a catalog would cost and how long they would take",
		Long: `Say how many pages a catalog gives, how many tokens they take, what they cost with Claude and how long they
take, one by one or in a batch at half the price: expected; rarely above (once in twenty times); and at
worst, which is every allowed attempt at the most that it can cost. Nothing is paid, and unless
--count-tokens is given nothing is called.
What earlier jobs of the store have shown of the same templates is used, if there is a store. What
generate would refuse for want of data is forecast all the same, with a note.

The limits per minute of your account make the time right: --rpm requests, --itpm and --otpm tokens. All
of generate's flags are taken, so that a command line can be tried out first.`,
		Example: `  mb forecast --catalog bakery.yaml --page-type keyword-service-area
  mb forecast --catalog bakery.yaml --page-type keyword-service-area --lang es --rpm 1000 --otpm 400000
  mb forecast --catalog bakery.yaml --page-type service-location --json`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags := cmd.Flags()
			is, err := f.remotely(flags, func(c *remote.Client) error { return f.far(c, flags) },
				append(ofThisProcess(), "catalog", "model", "max-attempts", "rpm", "itpm", "otpm", "count-tokens")...)
			if is || err != nil {
				return err
			}
			if f.business.id != "" {
				return invalid("--business is for --server: leave it out, and name a file with --catalog")
			}
			return f.run(flags)
		},
	}
	section(cmd, "What to make", f.request.define)
	section(cmd, "A business of a server", f.business.define)
	section(cmd, "Limits of the account", func(flags *pflag.FlagSet) {
		flags.Int64Var(&f.pace.rpm, "rpm", 0, "`N` requests per minute (default no limit)")
		flags.Int64Var(&f.pace.itpm, "itpm", 0, "`N` input tokens per minute (default no limit)")
		flags.Int64Var(&f.pace.otpm, "otpm", 0, "`N` output tokens per minute (default no limit)")
	})
	section(cmd, "Who counts", func(flags *pflag.FlagSet) {
		flags.BoolVar(&f.count, "count-tokens", false, "have Claude count the tokens of up to 8 prompts of templates that nothing is known of: free, "+
			"with the key or simulator that generate would use")
	})
	f.define(cmd)
	for _, unused := range []string{
		"simulate", "simulate-speed", "simulate-seed", "anthropic-base-url", "out", "format", "verbose", "key",
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
	tables, err := f.store.prices.tables()
	if err != nil {
		return err
	}
	options, limits, limit, err := f.request.choice(flags, tables[0], sysclock.Clock{}.Now())
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
	counter, done, err := f.counter(flags)
	if err != nil {
		return err
	}
	defer done()
	made, err := f.ask(plan, engine.Submission{
		Tenant: c.Business.ID, Kind: preview{}.Name(), Cap: limit, Limits: limits, Lane: cost.Lane(f.request.lane), Deadline: f.request.deadline,
	}, tables, counter)
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(f.stdout, forecastOf(made))
	}
	return printed(fmt.Fprint(f.stdout, table(made, cost.Lane(f.request.lane), limit)))
}

// counter is who counts tokens, nil for nobody.
func (f *forecast) counter(flags *pflag.FlagSet) (engine.TokenCounter, func(), error) {
	if !f.count {
		return nil, func() {}, nil
	}
	p, err := f.provider.choose(flags, f.env)
	if err != nil {
		return nil, nil, err
	}
	return p.count, p.close, nil
}

// ask has an engine of its own for the plan, which stores nothing and makes no calls.
func (f *forecast) ask(plan *pages.Plan, s engine.Submission, tables []*cost.Table, counter engine.TokenCounter) (made engine.Forecast, err error) {
	st, err := f.earlier()
	if err != nil {
		return engine.Forecast{}, err
	}
	defer st.close(&err)
	if st.far != nil {
		tables, f.concurrency = st.prices, cmp.Or(st.far.AtOnce, f.concurrency)
	}
	sys, err := newSystem(st, mute{}, mute{}, newWatch(f.stderr, 0), []job.Kind{preview{plan: plan}},
		&engine.Options{CallTimeout: callTimeout, Prices: tables}, &localworker.Options{})
	if err != nil {
		return engine.Forecast{}, err
	}
	return sys.Engine.Forecast(f.stop.hard, s, engine.Pace{
		RPM: f.pace.rpm, ITPM: f.pace.itpm, OTPM: f.pace.otpm, Concurrency: f.concurrency, Source: f.source(), Count: counter,
	})
}

// earlier is the store that knows what earlier jobs have shown. Without one on this machine, or while another process has
// it, a forecast does without.
func (f *forecast) earlier() (*store, error) {
	if f.store.aws.on {
		return f.deployed(f.store)
	}
	none := &store{Store: memstore.New(sysclock.Clock{}, nil)}
	if path, isBolt, err := f.store.path(); err != nil || !isBolt || !exists(path) {
		return none, nil
	}
	s, err := f.openExisting(f.store)
	if err != nil {
		f.note("note: what earlier jobs have shown is left out: %s", plain(err))
		return none, nil
	}
	return s, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// preview is a kind with one plan, which was opened without the checks that a job has to pass.
type preview struct {
	pages.Kind
	plan job.Plan
}

// Open returns the plan.
func (p preview) Open([]byte) (job.Plan, error) { return p.plan, nil }
