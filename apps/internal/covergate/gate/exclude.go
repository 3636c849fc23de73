package gate

import (
	"path"
	"strings"
)

// Exclusions decides file by file. It is for one goroutine.
type Exclusions struct {
	list []Exclusion
	used []bool
}

// Exclusions begins a count of what the entries leave out.
func (c *Config) Exclusions() *Exclusions {
	return &Exclusions{list: c.Exclude, used: make([]bool, len(c.Exclude))}
}

// Excluded reports whether a file is left out, and remembers which entries were of use.
func (v *Exclusions) Excluded(file string, generated bool) bool {
	found := false
	for i, exclusion := range v.list {
		if exclusion.Generated && generated || exclusion.Path != "" && matches(exclusion.Path, file) {
			v.used[i] = true
			found = true
		}
	}
	return found
}

// Unused lists the path patterns that matched no file: a folder was moved or the pattern is wrong.
func (v *Exclusions) Unused() []string {
	var unused []string
	for i, exclusion := range v.list {
		if !v.used[i] && exclusion.Path != "" {
			unused = append(unused, exclusion.Path)
		}
	}
	return unused
}

func matches(pattern, file string) bool {
	return matchWords(strings.Split(pattern, "/"), strings.Split(file, "/"))
}

func matchWords(pattern, words []string) bool {
	if len(pattern) == 0 {
		return len(words) == 0
	}
	if pattern[0] == "**" {
		for i := range len(words) + 1 {
			if matchWords(pattern[1:], words[i:]) {
				return true
			}
		}
		return false
	}
	if len(words) == 0 {
		return false
	}
	ok, err := path.Match(pattern[0], words[0])
	return err == nil && ok && matchWords(pattern[1:], words[1:])
}
