package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newRoot returns the command tree.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "mb",
		Short: "Make a business's local pages with Claude, and account for every cent",
		Long: `mb turns a catalog (a business, its keywords or services, its towns or stores) into finished pages,
one for each keyword and town, written by Claude, judged by rules, paid from a cap that is never
exceeded. Every paid call stands in a ledger; a job survives being killed at any moment.

Without a key the pages come from a built-in simulator: nothing leaves the machine, nothing is paid.

Exit codes: 0 done; 1 failed, cancelled or problems found; 2 bad usage or input; 3 partial (some
pages failed); 4 paused; 5 a check found problems; 130 interrupted, the job is left as it was.

Environment: ANTHROPIC_API_KEY (calls Claude), ANTHROPIC_BASE_URL (calls another address), NO_COLOR; with
--aws those of the AWS SDK (AWS_PROFILE, AWS_REGION and others), and no key; MB_SERVER and MB_TOKEN (a server and
the token for it: jobs, ledger and forecast go by its API then).`,
		Example: `  mb catalog check bakery.yaml
  mb forecast --catalog bakery.yaml --page-type keyword-service-area
  mb generate --catalog bakery.yaml --page-type keyword-service-area --cap 5
  mb jobs list
  mb jobs list --aws --stage prod
  mb --server https://api.example.com jobs list --business ID`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	group(root)
	a.server.define(root)
	root.AddCommand(
		newGenerate(a), newServe(a), newForecast(a), newJobs(a), newLedger(a), newCatalog(a), newBudget(a), newTokens(a), newDoctor(a), newConfig(a),
		newRedrive(a), newVersion(a),
	)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var wrong *pflag.InvalidValueError
		if errors.As(err, &wrong) {
			return invalid("--%s: %q is not %s", wrong.GetFlag().Name, wrong.GetValue(), wanted(wrong.GetFlag()))
		}
		return invalid("%s (%s --help shows all flags)", strings.Join(strings.Fields(err.Error()), " "), cmd.CommandPath())
	})
	root.SetHelpFunc(a.help)
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			group(cmd)
		}
	}
	return root
}

// group makes a command one that only holds others: alone it shows its help, with another word it says which there are.
func group(cmd *cobra.Command) {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		known := make([]string, 0, len(cmd.Commands()))
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				known = append(known, sub.Name())
			}
		}
		return invalid("%s has no command %q: use %s", cmd.CommandPath(), args[0], strings.Join(known, ", "))
	}
}

// takes says what a command's arguments are, by name; anything else is an error that shows the use.
func takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return invalid("%s is missing: use %s", names[len(args)], cmd.UseLine())
		case len(args) > len(names) && len(names) == 0:
			return invalid("unexpected argument %q: %s takes flags alone, see %s --help", args[0], cmd.CommandPath(), cmd.CommandPath())
		case len(args) > len(names):
			return invalid("unexpected argument %q: use %s", args[len(names)], cmd.UseLine())
		}
		return nil
	}
}
