package main

import "github.com/spf13/cobra"

// newConfig holds the commands about settings that are not deployed yet.
func newConfig(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check the settings of a deployment before it is made",
		Long: `Check the settings of a deployment before it is made, by the same rules as mb doctor --aws checks them
afterwards, but for what only an account has: the key, the budgets, and what Claude says of the limits.`,
		Example: `  mb config check --stage prod --set AllowedDomains=example.com`,
	}
	group(cmd)
	cmd.AddCommand(newConfigCheck(a))
	return cmd
}
