package office

import (
	"context"

	"github.com/marketbrewer/marketbrewer/adapters/googleauth"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Google checks sign-ins and says who a person is in the office's words.
type Google struct{ verifier *googleauth.Verifier }

// NewGoogle returns the check of tokens that were made for the web clients with these ids. Nothing is called. It is fault.Invalid
// when there is no id.
func NewGoogle(clock ports.Clock, clientIDs []string) (*Google, error) {
	v, err := googleauth.New(clock, clientIDs, nil)
	if err != nil {
		return nil, err
	}
	return &Google{v}, nil
}

// Verify is googleauth's.
func (g *Google) Verify(ctx context.Context, token ports.Secret, nonce string) (backoffice.Identity, error) {
	who, err := g.verifier.Verify(ctx, token, nonce)
	return backoffice.Identity(who), err
}
