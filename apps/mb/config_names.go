package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// misspelt notes variables that look like settings and are none: they would be passed over in silence.
func (c *checkup) misspelt(variables map[string]string) {
	known := settingNames()
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if strings.HasPrefix(name, "MB_") && !slices.Contains(known, name) {
			c.problem("MB_ variables", "", "", name+" is no setting: "+instead(name, known))
		}
	}
}

// settingNames are those of all functions.
func settingNames() []string {
	var names []string
	for _, list := range [][]settings.Variable{
		settings.Variables[settings.Worker](), settings.Variables[settings.Sweeper](), settings.Variables[settings.API](),
	} {
		for _, v := range list {
			names = append(names, v.Name)
		}
	}
	return names
}

// instead says what to write, if one name is near enough.
func instead(name string, known []string) string {
	near, least := "", 4
	for _, other := range known {
		if d := distance(name, other); d < least {
			near, least = other, d
		}
	}
	if near == "" {
		return "docs/settings.md lists them"
	}
	return "write " + near
}

// distance is how many letters must be put in, taken out or changed to make one text the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
