package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	defaultConcurrency = 50
	mostConcurrency    = 1000
)

// foreground is what the commands have in common that run a job in the terminal: generate, jobs resume and jobs retry.
type foreground struct {
	*app
	store       storeFlags
	provider    providerFlags
	out         outFlags
	concurrency int
	json        bool
	verbose     int
}

// define adds the flags that are no part of the job.
func (f *foreground) define(cmd *cobra.Command) {
	section(cmd, "Who answers", func(flags *pflag.FlagSet) {
		f.provider.define(flags)
		flags.IntVar(&f.concurrency, "concurrency", defaultConcurrency, "have up to `N` model calls under way at once, 1 to 1000")
	})
	section(cmd, "Where things are kept", func(flags *pflag.FlagSet) {
		f.store.define(flags)
		f.out.define(flags)
	})
	section(cmd, "Output", func(flags *pflag.FlagSet) {
		flags.BoolVar(&f.json, "json", false, "print one JSON object on stdout at the end, and nothing else there")
		verbosity(flags, &f.verbose)
	})
}

// check looks at the flags by themselves.
func (f *foreground) check(flags *pflag.FlagSet) error {
	for _, name := range []string{"out", "anthropic-base-url"} {
		if set := flags.Lookup(name); set.Changed && set.Value.String() == "" {
			return invalid("--%s is empty: give a value, or leave it out", name)
		}
	}
	if err := between("concurrency", f.concurrency, 1, mostConcurrency); err != nil {
		return err
	}
	if err := f.store.check(); err != nil {
		return err
	}
	return f.store.aws.checkCalls(flags)
}

// answerer is who answers the calls of a job.
func (f *foreground) answerer(flags *pflag.FlagSet) (*provider, error) {
	if f.store.aws.on {
		return &provider{voice: silent(), about: "calls are made by " + f.store.aws.title(), close: func() {}}, nil
	}
	return f.provider.choose(flags, f.env)
}

// source names whose answers a forecast learns from.
func (f *foreground) source() string {
	if f.store.aws.on {
		return byClaude
	}
	return f.provider.source(f.env)
}
