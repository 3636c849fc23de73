package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// amount is a flag's value in US dollars, above zero; zero while the flag is not given.
type amount struct {
	flag string
	text string
}

// pico reads the amount; 0 when the flag was not given.
func (a *amount) pico(flags *pflag.FlagSet) (cost.Pico, error) {
	if !flags.Changed(a.flag) {
		return 0, nil
	}
	p, err := cost.ParseUSD(a.text)
	if err != nil {
		return 0, invalid("--%s: %s", a.flag, plain(err))
	}
	if p == 0 {
		return 0, invalid("--%s %s leaves nothing to spend: give an amount above zero, for example 5 or 0.50", a.flag, a.text)
	}
	return p, nil
}

// define adds the flag.
func (a *amount) define(flags *pflag.FlagSet, name, usage string) {
	a.flag = name
	flags.StringVar(&a.text, name, "", usage)
}

// between checks a number that a flag was given.
func between(name string, value, least, most int) error {
	if value < least || value > most {
		return invalid("--%s %d is out of range: give a number from %d to %d", name, value, least, most)
	}
	return nil
}

// wanted says what a flag takes that is no text.
func wanted(f *pflag.Flag) string {
	switch f.Name {
	case "concurrency", "max-attempts", "limit":
		return "a whole number from 1 to 1000"
	case "rate-limit":
		return fmt.Sprintf("off, or a number from 1 to %d", mostRate)
	case "trusted-proxy":
		return "the address of a proxy, or a network such as 10.0.0.0/8 (that of all addresses is everybody's)"
	case "rpm", "itpm", "otpm":
		return "a whole number above 0"
	}
	switch f.Value.Type() {
	case "bool":
		return "true or false"
	case "float64":
		return "a number"
	}
	return "a whole number from 0 on"
}

// ordinals reads a list of page numbers such as 3,7,20.
func ordinals(list string) ([]int, error) {
	var numbers []int
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 0 {
			return nil, invalid("--pages %q: %q is no page number: give numbers from the manifest, for example 3,7", list, part)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// verbosity adds the flag that shows the engine's events.
func verbosity(flags *pflag.FlagSet, level *int) {
	flags.CountVarP(level, "verbose", "v", "show what happens as log lines on stderr; -vv shows every call and page")
}

// outputJSON adds the flag for an answer that programs read.
func outputJSON(cmd *cobra.Command, asJSON *bool, what string) {
	section(cmd, "Output", func(flags *pflag.FlagSet) {
		flags.BoolVar(asJSON, "json", false, what)
	})
}
