package googleauth

import (
	"context"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"
)

// letters are what the parts of a token consist of (base64url, RFC 4648 section 5).
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// shape refuses what is too long, or is not three parts of base64url, before anything is decoded. The parser behind it would
// also take white space and the JSON form.
func shape(token string) error {
	switch {
	case len(token) > MaxToken:
		return refuse("the token is too long")
	case strings.Count(token, ".") != 2, strings.Trim(token, ".") != token, strings.Contains(token, ".."),
		strings.Trim(token, letters+".") != "":
		return refuse("the token is malformed")
	}
	return nil
}

// signature is the key set of one token. It keeps its error, of which go-oidc passes on the text alone.
type signature struct {
	keys    *keyring
	failure error
}

var _ oidc.KeySet = (*signature)(nil)

// VerifySignature returns the token's payload if one of the issuer's keys has signed it.
func (s *signature) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := s.verify(ctx, token)
	s.failure = err
	return payload, err
}

// verify uses the key of the header's kid. A key, an address of keys or a certificate in the header is never used.
func (s *signature) verify(ctx context.Context, token string) ([]byte, error) {
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, refuse("the token is malformed or not signed with RS256")
	}
	header := parsed.Signatures[0].Protected
	if !isIDToken(header) {
		return nil, refuse("the token is of another type than an ID token")
	}
	if header.KeyID == "" {
		return nil, refuse("the token does not say which key has signed it")
	}
	key, err := s.keys.find(ctx, header.KeyID)
	if err != nil {
		return nil, err
	}
	payload, err := parsed.Verify(key)
	if err != nil {
		return nil, refuse("the token's signature is wrong")
	}
	return payload, nil
}

// isIDToken reports whether the header's type is that of an ID token: none, or JWT. Every other kind of signed token says what it
// is: at+jwt for access (RFC 9068), logout+jwt, secevent+jwt.
func isIDToken(header jose.Header) bool {
	value, there := header.ExtraHeaders[jose.HeaderType]
	name, text := value.(string)
	return !there || text && strings.EqualFold(name, "JWT")
}
