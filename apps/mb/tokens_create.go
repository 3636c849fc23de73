package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// tokensCreate makes a token.
type tokensCreate struct {
	*app
	store      storeFlags
	name, role string
	businesses []string
	expires    string
}

func newTokensCreate(a *app) *cobra.Command {
	c := &tokensCreate{app: a}
	cmd := &cobra.Command{
		Use:   "create --name NAME --role ROLE",
		Short: "Make a token, and print it alone on stdout",
		Long: `Make a token and print it, alone, on stdout; what else there is to say is on stderr. It cannot be shown again. A
viewer reads, an operator edits businesses and runs jobs within their budgets, an admin does everything else too.`,
		Example: `  mb tokens create --name first --role admin
  MB_TOKEN=$(mb tokens create --name nightly --role operator --business harbor-plumbing --expires 30d)`,
		Args: takes(),
		RunE: func(*cobra.Command, []string) error { return c.run() },
	}
	section(cmd, "The token", func(flags *pflag.FlagSet) {
		flags.StringVar(&c.name, "name", "", "what it is for, as people read it in lists, 1 to 80 characters")
		flags.StringVar(&c.role, "role", "", "what it may do: viewer, operator or admin")
		flags.StringArrayVar(&c.businesses, "business", nil, "let it see the business with this `ID` alone; may be repeated (default all businesses)")
		flags.StringVar(&c.expires, "expires", "90d", "let it end after this `TIME`, such as 90d or 12h; 365d at most")
	})
	section(cmd, "Where things are kept", c.store.define)
	return cmd
}

func (c *tokensCreate) run() error {
	life, err := c.check()
	if err != nil {
		return err
	}
	return c.withOffice(c.store, true, func(o *backoffice.Office) error {
		p, token, err := o.CreatePrincipal(c.stop.hard, keeper(o.IDs.NewID()), backoffice.NewPrincipal{
			Kind: backoffice.Service, Name: c.name, Role: backoffice.Role(c.role), Businesses: c.businesses, ExpiresAt: o.Clock.Now().Add(life).UTC(),
		})
		if err != nil {
			return err
		}
		c.note("token %s (%s, %s) of %s, until %s UTC; mb tokens revoke %s%s ends it", p.ID, screen.Line(p.Name), p.Role, sees(p.Businesses),
			p.ExpiresAt.Format(time.DateTime), p.ID, c.store.from())
		return printed(fmt.Fprintln(c.stdout, string(token)))
	})
}

// check looks at the flags by themselves.
func (c *tokensCreate) check() (time.Duration, error) {
	switch {
	case strings.TrimSpace(c.name) == "":
		return 0, invalid("--name is missing: say what the token is for")
	case c.role == "":
		return 0, invalid("--role is missing: give viewer, operator or admin")
	case !slices.Contains(backoffice.Roles(), backoffice.Role(c.role)):
		return 0, invalid("--role %q is none: give viewer, operator or admin", c.role)
	case len(c.businesses) == 0:
		c.businesses = []string{backoffice.AllBusinesses}
	}
	return life(c.expires)
}

// life reads how long a token lives: days, or what Go takes for a duration.
func life(text string) (time.Duration, error) {
	const day, most = 24 * time.Hour, 365
	d, err := time.ParseDuration(text)
	if days, is := strings.CutSuffix(text, "d"); is {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(min(n, most+1)) * day
	}
	if err != nil || d < time.Minute || d > most*day {
		return 0, invalid("--expires %q is no time that a token can have: give one from 1m to 365d, such as 90d", text)
	}
	return d, nil
}

// sees says which businesses a principal may see.
func sees(businesses []string) string {
	switch {
	case slices.Contains(businesses, backoffice.AllBusinesses):
		return "all businesses"
	case len(businesses) == 0:
		return "no business"
	case len(businesses) > 3:
		return screen.Number(len(businesses)) + " businesses"
	}
	return strings.Join(businesses, ", ")
}
