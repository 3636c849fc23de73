package backoffice

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// check is every rule of a principal by itself.
func (p Principal) check(now time.Time) (problems catalog.Problems) {
	add := func(path, message string) {
		problems = append(problems, catalog.Problem{Path: path, Message: message})
	}
	if n := utf8.RuneCountInString(p.Name); n < 1 || n > 80 {
		add("/name", "a name has 1 to 80 characters")
	}
	if !slices.Contains(Roles(), p.Role) {
		add("/role", "a role is viewer, operator or admin")
	}
	if slices.Contains(p.Businesses, AllBusinesses) && len(p.Businesses) > 1 {
		add("/business_ids", "\"*\" stands alone: it means every business")
	}
	for _, id := range p.Businesses {
		if id != AllBusinesses && !catalog.ValidID(id) {
			add("/business_ids", "give ids of businesses, or \"*\" alone for all")
			break
		}
	}
	if p.Status != Active && p.Status != Disabled {
		add("/status", "a status is active or disabled")
	}
	switch p.Kind {
	case User:
		if !validEmail(p.Email) {
			add("/email", "a user is named by an e-mail address of at most 254 characters")
		}
		if !p.ExpiresAt.IsZero() {
			add("/expires_at", "only a service's token expires")
		}
	case Service:
		if p.Email != "" {
			add("/email", "a service has no e-mail address")
		}
		if !p.ExpiresAt.After(now) || p.ExpiresAt.Sub(now) > longestToken {
			add("/expires_at", "a token expires within a year: give a time between now and then")
		}
	default:
		add("/kind", "a kind is user or service")
	}
	return problems
}

// validEmail is the form of an address: the rest is for the one who sends a letter.
func validEmail(s string) bool {
	name, domain, found := strings.Cut(s, "@")
	return found && name != "" && strings.Contains(domain, ".") && len(s) <= 254 && !strings.ContainsAny(s, " \t\r\n<>\"") && !strings.Contains(domain, "@")
}
