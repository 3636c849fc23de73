package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// version is set when a release is built, with -ldflags "-X main.version=...".
var version = "dev"

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of mb and of its price table",
		Example: `  mb version`,
		Args:    takes(),
		RunE: func(*cobra.Command, []string) error {
			return printed(fmt.Fprintf(a.stdout, "mb %s (%s %s/%s), prices of %s\n",
				version, runtime.Version(), runtime.GOOS, runtime.GOARCH, cost.Prices().Version()))
		},
	}
}
