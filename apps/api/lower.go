package main

import "strings"

// lower is a list as the office compares it.
func lower(list []string) []string {
	made := make([]string, len(list))
	for i, s := range list {
		made[i] = strings.ToLower(strings.TrimSpace(s))
	}
	return made
}
