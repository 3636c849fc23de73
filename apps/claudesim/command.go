package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// failure is an error that is not the user's: the usage was right and the work went wrong.
type failure struct{ error }

// run is the program: it serves until the context ends and returns the exit code. Errors are one line on
// stderr that says what to do.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	command := newCommand()
	command.SetArgs(args)
	command.SetOut(stdout)
	command.SetErr(stderr)
	err := command.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	text := strings.TrimPrefix(strings.Join(strings.Fields(err.Error()), " "), "claudesim: ")
	var failed failure
	if errors.As(err, &failed) {
		_, _ = fmt.Fprintf(stderr, "claudesim: %s\n", text)
		return exitFailed
	}
	_, _ = fmt.Fprintf(stderr, "claudesim: %s (claudesim --help shows all flags)\n", text)
	return exitUsage
}

// settings are the flags as they are given.
type settings struct {
	addr     string
	spendCap string
	options  claudesim.Options
}

func newCommand() *cobra.Command {
	var s settings
	command := &cobra.Command{
		Use:   "claudesim",
		Short: "Serve a simulated Claude API with faults, limits and a bill of its own",
		Long: `claudesim answers like the Claude API (Messages, Message Batches, token counting, models) without calling
it. Any API key works, unless one is given. Equal seeds and requests meet equal fates.

  GET  /sim/bill    what was billed: {"requests":N,"answered":N,"total_usd":"...","answered_usd":"...", ...}
  GET  /sim/stats   requests in flight, received, aborted, by status and by injected fault
  POST /sim/reset   clear the bill and begin the run again
  POST /sim/outage  plan an outage: {"after":"0s","for":"10m","status":529} refuses everything for ten simulated
                    minutes, {"for":"10m","faults":{"529":0.3}} lets these rates stand in for the flags; DELETE ends all
  POST /sim/key     {"key":"..."} is accepted from now on, all others get 401

Fault rates go from 0 to 1; those that one request may meet add up to at most 1. Billed: every complete generation, and half of the 500
and 504. Never billed: 4xx, 429, 529, reset-before, refusal, and lines of batches that did not succeed. Ctrl-C finishes the calls in flight and ends;
a second one ends at once.`,
		Example: `  claudesim --addr 127.0.0.1:9090 --seed 1 --speed 50 --rpm 4000
  claudesim --speed 50 --fault-429 0.05 --fault-529 0.03 --fault-reset-after 0.01 --spend-cap 25
  ANTHROPIC_API_KEY=any mb generate --anthropic-base-url http://127.0.0.1:9090 --catalog FILE --page-type TYPE`,
		Args:              noArguments,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE: func(cmd *cobra.Command, _ []string) error {
			sim, err := s.build(cmd.Flags())
			if err != nil {
				return err
			}
			defer sim.Close()
			return serve(cmd.Context(), s.addr, sim, cmd.OutOrStdout())
		},
	}
	s.bind(command.Flags())
	return command
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q: settings are flags, such as --speed 50", args[0])
	}
	return nil
}

func (s *settings) bind(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&s.addr, "addr", "127.0.0.1:9090", "address to listen on; port 0 takes a free one")
	flags.Uint64Var(&s.options.Seed, "seed", 0, "decides everything that is drawn")
	flags.Float64Var(&s.options.Speed, "speed", 1, "how many times as fast as the wall clock the simulator's clock runs")
	flags.IntVar(&s.options.RPM, "rpm", claudesim.DefaultRPM, "requests per simulated minute and model")
	flags.IntVar(&s.options.ITPM, "itpm", claudesim.DefaultITPM, "input tokens per simulated minute and model")
	flags.IntVar(&s.options.OTPM, "otpm", claudesim.DefaultOTPM, "output tokens per simulated minute and model")
	flags.DurationVar(&s.options.Burst, "burst", 0, "how much of a minute's limit may be used at once, such as 1s (default all of it)")
	flags.BoolVar(&s.options.Acceleration, "acceleration", false, "refuse a sharp ramp: an eighth of the limit after a rest, doubling each minute")
	flags.StringVar(&s.options.Key, "key", "", "the only API `KEY` that is accepted (default any)")
	flags.IntVar(&s.options.BatchRPM, "batch-rpm", claudesim.DefaultBatchRPM, "calls of all batch routes per simulated minute")
	flags.IntVar(&s.options.BatchQueue, "batch-queue", claudesim.DefaultBatchQueue, "requests of batches that may be waiting")
	flags.DurationVar(&s.options.BatchTime, "batch-time", claudesim.DefaultBatchTime, "median time until a batch ends, in simulated time; 0s for at once")
	flags.StringVar(&s.spendCap, "spend-cap", "", "`USD` on the bill after which requests are refused, such as 25 or 0.50 (default none)")
	flags.DurationVar(&s.options.Latency, "latency", 0, "median time of an answer, in simulated time; 0s for none (default as fast as the model writes)")
	flags.IntVar(&s.options.OutputTokens, "output-tokens", 0, "median length of an answer in tokens (default what the request asks for)")
	flags.Float64Var(&s.options.LengthSpread, "length-spread", 0, "how much the lengths of answers differ by template, 0 to 1; at 1 by a factor of 0.6 to 1.6")
	for fault, rate := range s.options.Faults.All() {
		flags.Float64Var(rate, "fault-"+string(fault), 0, faultHelp[fault])
	}
}

var faultHelp = map[claudesim.Fault]string{
	claudesim.Fault429:          "rate of 429 rate_limit_error with retry-after 1",
	claudesim.Fault529:          "rate of 529 overloaded_error",
	claudesim.Fault500:          "rate of 500 api_error, half of them billed",
	claudesim.Fault504:          "rate of 504 timeout_error, half of them billed",
	claudesim.FaultResetBefore:  "rate of connections reset before any work",
	claudesim.FaultResetAfter:   "rate of connections reset after the work was done and billed",
	claudesim.FaultHang:         "rate of answers that are billed and never sent",
	claudesim.FaultCut:          "rate of answers cut in the middle of the body",
	claudesim.FaultTruncate:     "rate of answers that stop in the middle with max_tokens",
	claudesim.FaultMalformed:    "rate of answers that are broken JSON",
	claudesim.FaultSchema:       "rate of answers that are JSON of another schema",
	claudesim.FaultRefusal:      "rate of refusals by the model, not billed",
	claudesim.FaultEmpty:        "rate of answers without text",
	claudesim.FaultStopReason:   "rate of answers with an unknown stop reason",
	claudesim.FaultUsage:        "rate of answers with a missing, null, negative, absurd or tripled usage",
	claudesim.FaultCacheMiss:    "rate of answers that neither find nor keep the prompt's prefix",
	claudesim.FaultCacheRewrite: "rate of answers that write a prefix to the cache that is there",

	claudesim.Fault429Bare:           "rate of 429 without retry-after",
	claudesim.Fault429Long:           "rate of 429 with a retry-after of a day",
	claudesim.FaultSpendCap:          "rate of 429 as of a spend cap that was reached",
	claudesim.FaultLimitOrganization: "rate of 400 as of an organization's own spend limit",
	claudesim.FaultLimitWorkspace:    "rate of 400 as of a workspace's own spend limit",
	claudesim.Fault402:               "rate of 402 billing_error",
	claudesim.Fault409:               "rate of 409 conflict_error",
	claudesim.Fault413:               "rate of 413 in HTML",
	claudesim.Fault502:               "rate of 502 in HTML",
	claudesim.FaultSlowHeaders:       "rate of answers whose headers come a simulated minute late",
	claudesim.FaultSlowBody:          "rate of answers whose body takes a simulated minute",
	claudesim.FaultStreamError:       "rate of streams that break off with overloaded_error, half of their text billed",
	claudesim.FaultThinkingOnly:      "rate of answers that use up max_tokens with thinking",
	claudesim.FaultEnumCase:          "rate of answers with enums in another case",
	claudesim.FaultRefusalLate:       "rate of refusals in the middle of the text, billed",
	claudesim.FaultOtherModel:        "rate of answers that name another model",

	claudesim.FaultBatchCreateReset: "rate of connections reset before a batch is created",
	claudesim.FaultBatchCreateLost:  "rate of connections reset after a batch was created",
	claudesim.FaultBatchErrored:     "rate of a batch's lines that end with api_error",
	claudesim.FaultBatchExpired:     "rate of a batch's lines that expire",
	claudesim.FaultBatchDuplicate:   "rate of a batch's lines that are in the results twice",
	claudesim.FaultBatchMissing:     "rate of a batch's lines that are not in the results",
	claudesim.FaultBatchResultsCut:  "rate of results cut in the middle",
}

// build checks the flags that the simulator cannot tell from its defaults, and makes the simulator.
func (s *settings) build(flags *pflag.FlagSet) (*claudesim.Sim, error) {
	for _, name := range []string{"speed", "rpm", "itpm", "otpm", "output-tokens", "batch-rpm", "batch-queue"} {
		if f := flags.Lookup(name); f.Changed && f.Value.String() == "0" {
			return nil, fmt.Errorf("--%s 0 is out of range: give a number above 0, or leave the flag out", name)
		}
	}
	for name, d := range map[string]*time.Duration{"latency": &s.options.Latency, "batch-time": &s.options.BatchTime} {
		switch {
		case *d < 0:
			return nil, fmt.Errorf("--%s %v is negative: give a duration such as 6s", name, *d)
		case flags.Changed(name) && *d == 0:
			*d = claudesim.NoLatency
		}
	}
	if flags.Changed("spend-cap") {
		amount, err := claudesim.ParseUSD(s.spendCap)
		if err != nil {
			return nil, fmt.Errorf("--spend-cap %q: %w", s.spendCap, err)
		}
		s.options.SpendCap = amount
	}
	return claudesim.New(&s.options)
}
