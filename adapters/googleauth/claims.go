package googleauth

import (
	"crypto/subtle"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

const (
	// maxSubject is the longest subject in bytes (OpenID Connect Core 1.0, section 2).
	maxSubject = 255
	// maxEmail is the longest e-mail address in bytes (RFC 5321, erratum 1690).
	maxEmail = 254
)

// claims are what a token says beyond that which go-oidc has read. Times are seconds since 1970.
type claims struct {
	Party     *string  `json:"azp"`
	IssuedAt  *float64 `json:"iat"`
	NotBefore *float64 `json:"nbf"`
	Email     string   `json:"email"`
	// Verified is kept as it was written: the string "true" is not true.
	Verified     json.RawMessage `json:"email_verified"`
	HostedDomain string          `json:"hd"`
	// Events makes it a security event or a logout (RFC 8417), which the same keys sign for the same audience.
	Events json.RawMessage `json:"events"`
}

// judge holds a token, whose signature, issuer and expiry are good, against everything but its e-mail address.
func (v *Verifier) judge(token *oidc.IDToken, c *claims, nonce string) error {
	latest := v.clock.Now().Add(Leeway)
	switch {
	case token.Subject == "", len(token.Subject) > maxSubject:
		return refuse("the token has no usable subject")
	case !v.audience(token.Audience, c.Party):
		return refuse("the token is meant for another client")
	case c.IssuedAt == nil, after(c.IssuedAt, latest):
		return refuse("the token does not say when it was issued, or says a time to come")
	case after(c.NotBefore, latest):
		return refuse("the token is not valid yet")
	case c.Events != nil:
		return refuse("the token is of another type than an ID token")
	case nonce != "" && subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return refuse("the token has another nonce")
	}
	return nil
}

// audience reports whether the token is for us alone: all of its audiences are ours, and so is the party it was issued to,
// which must be named if there are several audiences (OpenID Connect Core 1.0, section 3.1.3.7).
func (v *Verifier) audience(audiences []string, party *string) bool {
	ours := func(id string) bool { return slices.Contains(v.clientIDs, id) }
	switch {
	case party != nil && !ours(*party), party == nil && len(audiences) > 1:
		return false
	}
	return len(audiences) > 0 && !slices.ContainsFunc(audiences, func(id string) bool { return !ours(id) })
}

// after reports whether a time that was given lies after the latest one.
func after(seconds *float64, latest time.Time) bool {
	return seconds != nil && *seconds > float64(latest.UnixNano())/float64(time.Second)
}

// identity is what a good token says, if its e-mail address is verified.
func (c *claims) identity(subject string) (Identity, error) {
	if string(c.Verified) != "true" || !isEmail(c.Email) {
		return Identity{}, fault.New(fault.Rejected, "googleauth: the account has no verified e-mail address")
	}
	return Identity{Subject: subject, Email: lower(c.Email), HostedDomain: c.HostedDomain}, nil
}

func isEmail(text string) bool {
	name, domain, _ := strings.Cut(text, "@")
	strange := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }
	return name != "" && domain != "" && !strings.Contains(domain, "@") && len(text) <= maxEmail && !strings.ContainsFunc(text, strange)
}

// lower changes the letters A to Z alone: Unicode's rules would turn a foreign letter (the Kelvin sign) into one of these, and one
// address into another's.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}
