// Command sim runs the whole system in a deterministic simulation: the real engine on simulated machines, with a seed
// that decides who moves next and what goes wrong, and books that are checked after every step.
//
//	go run ./apps/sim -seeds 1000          look at a thousand seeds
//	go run ./apps/sim -seed 146 -v         look at one, line by line
//	go run ./apps/sim -all                 all that make sim does
//	go run ./apps/sim -teeth all           show that planted bugs are found
//	go run ./apps/sim -deep sim-deep.json  a million seeds, going on where it stopped
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// flags are what a person can ask for.
type flags struct {
	seeds, twice int
	seed         int64
	verbose, all bool
	deep, bug    string
	teeth        string
	keep         string
	without      string
	root         string
}

func main() {
	// The worlds are small and many: memory is plenty, and collecting it less often saves a fifth of the time.
	debug.SetGCPercent(500)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, out, trouble io.Writer) int {
	var f flags
	set := flag.NewFlagSet("sim", flag.ContinueOnError)
	set.SetOutput(trouble)
	set.IntVar(&f.seeds, "seeds", 10_000, "how many seeds to run, from 0 on")
	set.IntVar(&f.twice, "twice", 1000, "how many of them to run twice, to see that their traces are the same")
	set.Int64Var(&f.seed, "seed", -1, "run this seed alone")
	set.BoolVar(&f.verbose, "v", false, "with -seed: print all that happens")
	set.StringVar(&f.keep, "keep", "", "with -seed: the numbers of the faults that happen, such as 3,17; none for no fault (default all)")
	set.StringVar(&f.without, "without", "", "with -seed: the actors that do nothing, such as killer,clocks")
	set.BoolVar(&f.all, "all", false, "seeds, small worlds, planted bugs and reach, with one line at the end")
	set.StringVar(&f.deep, "deep", "", "run a million seeds and the remaining pairs; the file remembers how far it came")
	set.StringVar(&f.teeth, "teeth", "", "look for planted bugs alone: all, or names with commas between them")
	set.StringVar(&f.root, "root", ".", "with -all and -teeth: the root of the sources")
	set.StringVar(&f.bug, "bug", "", "in a build with planted bugs: the one to switch on and look for")
	if err := set.Parse(args); err != nil {
		return 2
	}
	if problem := f.check(set.Args()); problem != "" {
		fmt.Fprintln(trouble, "sim:", problem)
		return 2
	}
	switch {
	case f.bug != "":
		return hunt(f, out, trouble)
	case f.seed >= 0:
		return one(f, out)
	case f.deep != "":
		return deep(f, out, trouble)
	case f.teeth != "":
		return bites(f, out, trouble)
	case f.all:
		return everything(f, out, trouble)
	}
	return seeds(f, out)
}

func (f *flags) check(rest []string) string {
	switch {
	case len(rest) > 0:
		return fmt.Sprintf("%q is no flag: see -help", rest[0])
	case f.seeds < 1:
		return "-seeds must be at least 1"
	case f.seed < 0 && (f.keep != "" || f.without != "" || f.verbose):
		return "-v, -keep and -without need -seed"
	}
	if _, err := f.kept(); err != nil {
		return fmt.Sprintf("-keep %s: it must be numbers with commas between them, or none", f.keep)
	}
	return ""
}

// kept reads -keep; nil means all faults.
func (f *flags) kept() (map[int]bool, error) {
	if f.keep == "" {
		return nil, nil
	}
	kept := map[int]bool{}
	if f.keep == "none" {
		return kept, nil
	}
	for _, number := range strings.Split(f.keep, ",") {
		n, err := strconv.Atoi(number)
		if err != nil {
			return nil, err
		}
		kept[n] = true
	}
	return kept, nil
}
