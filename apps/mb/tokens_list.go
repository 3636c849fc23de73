package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// token is a token in a list, as --json prints it.
type token struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	Role       backoffice.Role `json:"role"`
	Businesses []string        `json:"business_ids"`
	// Status is active, expired or revoked.
	Status    string    `json:"status"`
	Prefix    string    `json:"token_prefix"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// tokenOf is a service as its token.
func tokenOf(p backoffice.Principal, now time.Time) token {
	t := token{
		ID: p.ID, Name: p.Name, Role: p.Role, Businesses: p.Businesses, Status: "active", Prefix: p.TokenPrefix, CreatedAt: p.CreatedAt, ExpiresAt: p.ExpiresAt,
	}
	switch {
	case p.Status != backoffice.Active:
		t.Status = "revoked"
	case !now.Before(p.ExpiresAt):
		t.Status = "expired"
	}
	return t
}

func newTokensList(a *app) *cobra.Command {
	var (
		store  storeFlags
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tokens that were made, revoked ones too",
		Example: `  mb tokens list
  mb tokens list --aws --stage prod --json`,
		Args: takes(),
		RunE: func(*cobra.Command, []string) error {
			return a.withOffice(store, false, func(o *backoffice.Office) error {
				all, err := principals(a.stop.hard, o)
				if err != nil {
					return err
				}
				list := []token{}
				for _, p := range all {
					if p.Kind == backoffice.Service {
						list = append(list, tokenOf(p, o.Clock.Now()))
					}
				}
				if asJSON {
					return printJSON(a.stdout, list)
				}
				return a.tokens(list)
			})
		},
	}
	section(cmd, "Where things are kept", store.define)
	outputJSON(cmd, &asJSON, "print a JSON array on stdout, one object for each token")
	return cmd
}

func (a *app) tokens(list []token) error {
	if len(list) == 0 {
		return printed(fmt.Fprintln(a.stdout, "no tokens"))
	}
	t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TOKEN\tBEGINS\tROLE\tSTATUS\tEXPIRES (UTC)\tBUSINESSES\tNAME")
	for _, one := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", one.ID, one.Prefix, one.Role, one.Status, one.ExpiresAt.Format("2006-01-02 15:04"), sees(one.Businesses), screen.Line(one.Name))
	}
	return printed(0, t.Flush())
}

func newTokensRevoke(a *app) *cobra.Command {
	var store storeFlags
	cmd := &cobra.Command{
		Use:     "revoke TOKEN",
		Short:   "End a token at once, by its id in the list",
		Example: `  mb tokens revoke 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11`,
		Args:    takes("TOKEN"),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.withOffice(store, false, func(o *backoffice.Office) error { return a.revoke(o, args[0]) })
		},
	}
	section(cmd, "Where things are kept", store.define)
	return cmd
}

func (a *app) revoke(o *backoffice.Office, id string) error {
	p, err := o.Principal(a.stop.hard, id)
	if err != nil && fault.KindOf(err) != fault.NotFound && fault.KindOf(err) != fault.Invalid {
		return err
	}
	if err != nil || p.Kind != backoffice.Service {
		return fault.New(fault.NotFound, "there is no such token: mb tokens list shows their ids")
	}
	off := backoffice.Disabled
	if _, err := o.ChangePrincipal(a.stop.hard, keeper(o.IDs.NewID()), id, backoffice.Any, backoffice.PrincipalChange{Status: &off}); err != nil {
		return err
	}
	return printed(fmt.Fprintf(a.stdout, "token %s (%s) is revoked\n", p.ID, screen.Line(p.Name)))
}
