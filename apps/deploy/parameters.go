package deploy

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// parameters are the values that a deployment is made with: those given, and defaults. The error has a line for each that is
// missing, unknown, or not what the template allows.
func (t *Template) parameters(given map[string]string) (map[string]string, error) {
	declared := section(t.root, "Parameters")
	values := map[string]string{}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		about := section(declared, name)
		value, some := given[name]
		if otherwise, has := about["Default"]; !some && has {
			value, some = fmt.Sprint(otherwise), true
		}
		if !some {
			problems = append(problems, fmt.Errorf("parameter %s is missing: give it a value", name))
			continue
		}
		values[name] = value
		problems = append(problems, allowed(name, value, about))
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, known := declared[name]; !known {
			problems = append(problems, fmt.Errorf("parameter %s is unknown: the template has none of that name", name))
		}
	}
	return values, errors.Join(problems...)
}

// allowed checks a value against what the template says of the parameter.
func allowed(name, value string, about map[string]any) error {
	if list, some := about["AllowedValues"].([]any); some && !slices.ContainsFunc(list, func(v any) bool { return fmt.Sprint(v) == value }) {
		return fmt.Errorf("parameter %s %s is not allowed: give one of %v", name, settings.Shown(value), list)
	}
	if pattern, some := about["AllowedPattern"].(string); some && !regexp.MustCompile("^(?:"+pattern+")$").MatchString(value) {
		return fmt.Errorf("parameter %s %s does not match %s", name, settings.Shown(value), pattern)
	}
	if about["Type"] != "Number" {
		return nil
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		return fmt.Errorf("parameter %s %s is no whole number", name, settings.Shown(value))
	}
	if least, some := about["MinValue"].(int); some && n < least {
		return fmt.Errorf("parameter %s %d is too low: give at least %d", name, n, least)
	}
	if most, some := about["MaxValue"].(int); some && n > most {
		return fmt.Errorf("parameter %s %d is too high: give at most %d", name, n, most)
	}
	return nil
}

// section is a map inside a map; absent is empty.
func section(of map[string]any, name string) map[string]any {
	m, _ := of[name].(map[string]any)
	return m
}
