package backoffice

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// check is every rule of a principal by itself.
func (p Principal) check(now time.Time) (problems catalog.Problems) {
	add := func(path, message string) {
		problems = append(problems, catalog.Problem{Path: path, Message: message})
	}
	if n := utf8.RuneCountInString(p.Name); (n < 1 || n > 80) && (p.Kind != User || p.Name != p.Email || p.ID == localAdmin) {
		add("/name", "a name has 1 to 80 characters")
	}
	if bad := badLine(p.Name); bad != "" {
		add("/name", bad)
	}
	if !slices.Contains(Roles(), p.Role) {
		add("/role", "a role is viewer, operator or admin")
	}
	if slices.Contains(p.Businesses, AllBusinesses) && len(p.Businesses) > 1 {
		add("/business_ids", "\"*\" stands alone: it means every business")
	}
	for i, id := range p.Businesses {
		if id != AllBusinesses && !catalog.ValidID(id) {
			add("/business_ids/"+strconv.Itoa(i), "give ids of businesses, or \"*\" alone for all")
			break
		}
	}
	if p.Status != Active && p.Status != Disabled {
		add("/status", "a status is active or disabled")
	}
	switch p.Kind {
	case User:
		if !validEmail(p.Email) && p.ID != localAdmin { // who signs in by links has no address
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

// badLine says what is wrong with a text of one line that was brought into its form, "" when nothing is: nothing in it may move what a list
// has beside it, and there must be something to read.
func badLine(s string) string {
	if bad := catalog.BadText(s); bad != "" {
		return bad
	}
	if s != "" && reason(s) == "" {
		return "has nothing that can be read"
	}
	return ""
}

// checkBusinesses finds ids that are no business's. One that was given before keeps nobody from changing the rest: its business may have
// gone since then.
func (o *Office) checkBusinesses(ctx context.Context, ids, before []string) error {
	var problems catalog.Problems
	for i, id := range ids {
		if !catalog.ValidID(id) || slices.Contains(before, id) {
			continue
		}
		_, err := o.Business(ctx, id)
		switch {
		case is(err, fault.NotFound):
			problems = append(problems, catalog.Problem{Path: "/business_ids/" + strconv.Itoa(i), Message: "there is no such business"})
		case err != nil:
			return err
		}
	}
	return problems.Err()
}

// validEmail is the form of an address: the rest is for the one who sends a letter.
func validEmail(s string) bool {
	name, domain, found := strings.Cut(s, "@")
	return found && name != "" && strings.Contains(domain, ".") && len(s) <= 254 && !strings.ContainsAny(s, " \t\r\n<>\"") && !strings.Contains(domain, "@")
}
