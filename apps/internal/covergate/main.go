// Command covergate holds a coverage profile against the thresholds of coverage.yml.
//
//	go test -covermode=atomic -coverpkg=./... -coverprofile=cover.out ./...
//	go run ./apps/internal/covergate -profile cover.out -config coverage.yml
//
// It exits with 0 when every threshold is met, 1 when one is missed, 2 when an input cannot be used.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/marketbrewer/marketbrewer/apps/internal/covergate/gate"
	"github.com/marketbrewer/marketbrewer/apps/internal/covergate/measure"
)

const (
	exitMet    = 0
	exitMissed = 1
	exitInput  = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// inputs are the files to read.
type inputs struct{ profile, config, root string }

func run(args []string, stdout, stderr io.Writer) int {
	in, err := parseArgs(args, stderr)
	if err != nil {
		return exitInput
	}
	verdict, unused, err := judge(in)
	if err != nil {
		fmt.Fprintf(stderr, "covergate: %v\n", err)
		return exitInput
	}
	if err := verdict.Print(stdout); err != nil {
		fmt.Fprintf(stderr, "covergate: %v\n", err)
		return exitInput
	}
	for _, pattern := range unused {
		fmt.Fprintf(stdout, "\nnote: the exclusion %s matches no file\n", pattern)
	}
	if len(verdict.Breaches) > 0 {
		return exitMissed
	}
	return exitMet
}

func parseArgs(args []string, stderr io.Writer) (inputs, error) {
	var in inputs
	flags := flag.NewFlagSet("covergate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&in.profile, "profile", "cover.out", "coverage profile, made with -covermode=atomic -coverpkg=./...")
	flags.StringVar(&in.config, "config", "coverage.yml", "file of thresholds")
	flags.StringVar(&in.root, "root", ".", "the module's folder")
	if err := flags.Parse(args); err != nil {
		return in, err
	}
	if flags.NArg() > 0 {
		err := fmt.Errorf("covergate: unexpected argument %q: it takes flags alone", flags.Arg(0))
		fmt.Fprintln(stderr, err)
		return in, err
	}
	return in, nil
}

// judge reads the inputs and returns the verdict with the exclusions that were of no use.
func judge(in inputs) (*gate.Verdict, []string, error) {
	config, err := readFile(in.config, gate.ReadConfig)
	if err != nil {
		return nil, nil, err
	}
	profile, err := readFile(in.profile, measure.ReadProfile)
	if err != nil {
		return nil, nil, err
	}
	exclusions := config.Exclusions()
	files, err := measure.Module(in.root, profile, exclusions.Excluded)
	if err != nil {
		return nil, nil, err
	}
	verdict, err := gate.Judge(config, files)
	return verdict, exclusions.Unused(), err
}

// readFile reads a file and puts its name before an error.
func readFile[T any](name string, read func(io.Reader) (T, error)) (T, error) {
	var none T
	file, err := os.Open(name)
	if err != nil {
		return none, err
	}
	defer file.Close() //nolint:errcheck // only read
	value, err := read(file)
	if err != nil {
		return none, fmt.Errorf("%s: %w", name, err)
	}
	return value, nil
}
