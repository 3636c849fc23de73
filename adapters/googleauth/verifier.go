package googleauth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// MaxToken is the longest token in bytes that is looked at. Google's have about 1,200.
	MaxToken = 16 << 10
	// Leeway is how far the clocks of the issuer and of this machine may be apart.
	Leeway = time.Minute

	// issuer is Google. Its tokens may leave out the scheme ("Validate an ID token" in Google's documentation of its sign-in); go-oidc
	// knows that of this issuer alone.
	issuer = "https://accounts.google.com"
)

// Identity is who a token speaks of.
type Identity struct {
	// Subject is Google's number of the account. It never changes and is never given to another account.
	Subject string
	// Email is the verified address, its letters A to Z in lower case. It may move to another account one day.
	Email string
	// HostedDomain is the domain of the organisation that owns the account; empty for a personal one.
	HostedDomain string
}

// Verifier verifies tokens. It is safe for concurrent use.
type Verifier struct {
	clock     ports.Clock
	clientIDs []string
	keys      *keyring
	config    *oidc.Config
}

// New returns a Verifier of tokens that were issued for one of the client ids. It sends nothing. Errors: Invalid (no client
// id, an empty one, or an address that keys cannot safely come from).
func New(clock ports.Clock, clientIDs []string, options *Options) (*Verifier, error) {
	if len(clientIDs) == 0 || slices.ContainsFunc(clientIDs, func(id string) bool { return strings.TrimSpace(id) == "" }) {
		return nil, fault.New(fault.Invalid, "googleauth: at least one client id is needed, and none may be empty")
	}
	source, err := newSource(clock, options)
	if err != nil {
		return nil, err
	}
	return &Verifier{
		clock:     clock,
		clientIDs: slices.Clone(clientIDs),
		keys:      &keyring{clock: clock, fetch: source.fetch},
		config: &oidc.Config{
			SupportedSigningAlgs: []string{oidc.RS256},
			SkipClientIDCheck:    true, // it knows one id; see audience
			Now:                  func() time.Time { return clock.Now().Add(-Leeway) },
		},
	}, nil
}

// Verify returns who the token speaks of. With a nonce the token must carry that one; without, any or none.
// No error shows the token or what it claims. Errors:
//   - Unauthorized: the token is not a good one. The message says which check it failed.
//   - Rejected: a good token without a verified e-mail address.
//   - Unavailable: the keys cannot be had; RetryAfter says when they are asked for again.
//   - the context's.
func (v *Verifier) Verify(ctx context.Context, token ports.Secret, nonce string) (Identity, error) {
	if err := ctx.Err(); err != nil {
		return Identity{}, err
	}
	if err := shape(string(token)); err != nil {
		return Identity{}, err
	}
	signed := &signature{keys: v.keys}
	idToken, err := oidc.NewVerifier(issuer, signed, v.config).Verify(ctx, string(token))
	if err != nil {
		return Identity{}, failure(signed.failure, err)
	}
	var c claims
	if err := idToken.Claims(&c); err != nil {
		return Identity{}, refuse("the token's claims cannot be read")
	}
	if err := v.judge(idToken, &c, nonce); err != nil {
		return Identity{}, err
	}
	return c.identity(idToken.Subject)
}

// failure is the one place where go-oidc's errors get their kind. They name claims, so their text goes no further. What our own
// key set said comes first: go-oidc keeps only its text.
func failure(ours, theirs error) error {
	if ours != nil {
		return ours
	}
	if _, ok := errors.AsType[*oidc.TokenExpiredError](theirs); ok {
		return refuse("the token has expired")
	}
	return refuse("the token is malformed, not signed with RS256, or of another issuer")
}

// refuse is the error of a bad token.
func refuse(reason string) error { return fault.New(fault.Unauthorized, "googleauth: %s", reason) }
