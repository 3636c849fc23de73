package main

import (
	"github.com/spf13/cobra"

	"github.com/marketbrewer/marketbrewer/adapters/logobserver"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// newTokens holds the commands about tokens of the API.
func newTokens(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tokens",
		Short: "Make, list and revoke tokens for the API",
		Long: `Give programs access to the API of a store on this machine (mb serve) or, with --aws, of a deployment. Whoever
can write the store can do so: this is how the first admin of a deployment comes to be. A token is shown once,
when it is made, and only its hash is kept.

While mb serve has the store open, tokens are made over its API, by an admin.`,
		Example: `  mb tokens create --name nightly --role operator --business harbor-plumbing > token
  mb tokens create --name first --role admin --aws --stage prod > token
  mb tokens list
  mb tokens revoke 0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11`,
	}
	group(cmd)
	cmd.AddCommand(newTokensCreate(a), newTokensList(a), newTokensRevoke(a))
	return cmd
}

// withOffice runs a command on the office of a store, which is made where there is none if made is true.
func (a *app) withOffice(f storeFlags, made bool, do func(*backoffice.Office) error) (err error) {
	open := a.openExisting
	if made {
		open = a.openStore
	}
	s, err := open(f)
	if err != nil {
		return err
	}
	defer s.close(&err)
	o, err := newOffice(s.Store, logobserver.New(nil), nil)
	if err != nil {
		return err
	}
	return do(o)
}
