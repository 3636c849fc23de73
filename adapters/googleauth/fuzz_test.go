package googleauth_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/googleauth"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// The ways in which the fuzzer's texts become a token.
const (
	raw      = iota // the first text is the token
	genuine         // header and payload, signed with the issuer's key
	stranger        // the same, signed with another key
	modes
)

// FuzzVerify looks for a token that makes Verify panic, or that it accepts although the issuer's key has not signed it.
func FuzzVerify(f *testing.F) {
	w := setup(f)
	encode := func(value any) string {
		text, _ := json.Marshal(value)
		return string(text)
	}
	header, claims := goodHeader(), goodClaims(w.clock.Now())
	f.Add(uint8(raw), w.good(), "")
	f.Add(uint8(raw), sign(attackerKey(), header, claims), "")
	f.Add(uint8(raw), unsigned(header.with(fields{"alg": "none"}), claims)+".", "")
	f.Add(uint8(raw), `{"payload":"e30","protected":"e30","signature":"AAAA"}`, "")
	for _, change := range []fields{{}, {"alg": "HS256"}, {"typ": "at+jwt"}, {"kid": "two"}, {"crit": []string{"b64"}, "b64": false}} {
		f.Add(uint8(genuine), encode(header.with(change)), encode(claims))
		f.Add(uint8(stranger), encode(header.with(change)), encode(claims))
	}
	for _, change := range []fields{{"aud": []string{ourID, otherID}}, {"nbf": 1.5}, {"exp": 1e300}, {"email_verified": "true"}, {"events": fields{}}} {
		f.Add(uint8(genuine), encode(header), encode(claims.with(change)))
	}
	f.Fuzz(func(t *testing.T, mode uint8, first, second string) {
		token := first
		encoded := base64.RawURLEncoding.EncodeToString([]byte(first)) + "." + base64.RawURLEncoding.EncodeToString([]byte(second))
		switch mode % modes {
		case genuine:
			token = seal(googleKey(), encoded)
		case stranger:
			token = seal(attackerKey(), encoded)
		}
		identity, err := w.verify(token)
		if err != nil {
			require.Contains(t, []fault.Kind{fault.Unauthorized, fault.Rejected}, fault.KindOf(err))
			require.Zero(t, identity)
			return
		}
		accepted(t, token, identity)
	})
}

// accepted holds a token that was accepted against the rules once more, with the standard library alone.
func accepted(t *testing.T, token string, identity googleauth.Identity) {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	require.NoError(t, err)
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	require.NoError(t, rsa.VerifyPKCS1v15(&googleKey().PublicKey, crypto.SHA256, sum[:], signature))
	var header struct{ Alg, Kid string }
	text, err := base64.RawURLEncoding.DecodeString(parts[0])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &header))
	require.Equal(t, "RS256", header.Alg)
	require.Equal(t, "one", header.Kid)
	require.NotEmpty(t, identity.Subject)
	require.Contains(t, identity.Email, "@")
	require.False(t, slices.ContainsFunc([]byte(identity.Email), func(b byte) bool { return b >= 'A' && b <= 'Z' }))
}
