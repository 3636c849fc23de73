package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// judge says what is neither held nor suppressed, and which suppressions have no reason or suppress nothing.
func judge(report io.Reader, suppressionFile string, out io.Writer) error {
	broken, held, err := findings(report)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(suppressionFile)
	if err != nil {
		return err
	}
	suppressed, err := suppressions(string(text))
	if err != nil {
		return err
	}
	var problems []error
	for _, f := range sorted(broken) {
		if !suppressed[f] {
			problems = append(problems, fmt.Errorf("lint: %s: %s", f, broken[f]))
		}
	}
	for _, f := range sorted(suppressed) {
		if _, still := broken[f]; !still {
			problems = append(problems, fmt.Errorf("lint: the suppression of %s suppresses nothing: take it out", f))
		}
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	fmt.Fprintf(out, "lint: cfn-guard: %d rules hold, %d findings are suppressed, each with a reason\n", held, len(broken))
	return nil
}

// suppressions reads lines of a rule, resources with commas between them, and a reason. Empty lines and those that begin
// with # say nothing.
func suppressions(text string) (map[finding]bool, error) {
	list := map[finding]bool{}
	var problems []error
	for i, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 5 {
			problems = append(problems, fmt.Errorf("lint: suppressions, line %d: write the rule, the resources, and a reason of a few words", i+1))
			continue
		}
		for resource := range strings.SplitSeq(fields[1], ",") {
			f := finding{fields[0], resource}
			if list[f] {
				problems = append(problems, fmt.Errorf("lint: suppressions, line %d: %s is there twice", i+1, f))
			}
			list[f] = true
		}
	}
	return list, errors.Join(problems...)
}

func sorted[V any](m map[finding]V) []finding {
	return slices.SortedFunc(maps.Keys(m), func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.resource, b.resource))
	})
}
