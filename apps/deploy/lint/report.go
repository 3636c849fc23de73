package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// finding is one rule that one resource breaks.
type finding struct{ rule, resource string }

func (f finding) String() string { return f.rule + " " + f.resource }

// guardReport is as much of cfn-guard's structured report as is needed.
type guardReport []struct {
	NotCompliant []json.RawMessage `json:"not_compliant"`
	Compliant    []string          `json:"compliant"`
}

var (
	// resourcePath begins the place of a failed check; ruleID stands in its message.
	resourcePath = regexp.MustCompile(`"path":\s*"/Resources/([A-Za-z0-9]+)`)
	ruleID       = regexp.MustCompile(`\[((?:CT|MB)\.[A-Z0-9.]+)\]`)
)

// findings reads a report: what is broken, with the rule's first line of advice, and how many rules hold.
func findings(report io.Reader) (broken map[finding]string, held int, err error) {
	var files guardReport
	if err := json.NewDecoder(report).Decode(&files); err != nil {
		return nil, 0, fmt.Errorf("lint: cfn-guard's report can't be read: %w", err)
	}
	broken = map[finding]string{}
	for _, file := range files {
		held += len(file.Compliant)
		for _, rule := range file.NotCompliant {
			text := string(rule)
			id := ruleID.FindStringSubmatch(text)
			if id == nil {
				return nil, 0, fmt.Errorf("lint: a failed rule has no id: %.300s", text)
			}
			for _, resource := range resources(text) {
				broken[finding{id[1], resource}] = advice(text, id[0])
			}
		}
	}
	if held == 0 {
		return nil, 0, fmt.Errorf("lint: no rule applied: is the template empty?")
	}
	return broken, held, nil
}

// resources are those that a failed rule names, each once. One that names none counts as the template's.
func resources(rule string) []string {
	seen := map[string]bool{}
	for _, found := range resourcePath.FindAllStringSubmatch(rule, -1) {
		seen[found[1]] = true
	}
	if len(seen) == 0 {
		return []string{"-"}
	}
	return slices.Sorted(maps.Keys(seen))
}

// advice is what the rule's message says after its id.
func advice(rule, id string) string {
	_, after, _ := strings.Cut(rule, id)
	after, _, _ = strings.Cut(strings.TrimPrefix(after, ":"), `\n`)
	after, _, _ = strings.Cut(after, `"`)
	return strings.TrimSpace(after)
}
