package attack

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// tokens is section A: who calls.
func tokens() []attack {
	return []attack{
		{number: 1, name: "no token", run: case01},
		claim(2, "a token for another client", fields{"aud": foreignID, "azp": foreignID}, fields{"aud": foreignID}),
		claim(3, "a token for us and a stranger", fields{"aud": []string{ourID, foreignID}, "azp": foreignID}, fields{"azp": foreignID}),
		claim(4, "an issuer that looks alike", fields{"iss": "https://accounts.google.com.evil.io"}, fields{"iss": "http://accounts.google.com"}),
		claim(5, "expired by 61 s", fields{"exp": noon.Add(-61 * time.Second).Unix()}),
		claim(6, "valid in 10 minutes", fields{"iat": noon.Add(10 * time.Minute).Unix()}, fields{"nbf": noon.Add(10 * time.Minute).Unix()}),
		{number: 7, name: "no algorithm", run: case07},
		{number: 8, name: "signed with the public key", run: case08},
		{number: 9, name: "a key of its own", run: case09},
		{number: 10, name: "a thousand unknown keys", run: case10},
		{number: 11, name: "a key id that is a path or SQL", run: case11},
		{number: 12, name: "an e-mail that is not verified", run: case12},
		{number: 13, name: "the wrong organisation", run: case13},
		{number: 14, name: "another account with the address", run: case14},
		{number: 15, name: "another sort of token", run: case15},
		{number: 16, name: "a token of megabytes", run: case16, alone: true},
	}
}

// invited is a world that the owner of the canary address may sign in to.
func invited(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, nil)
	_, _, err := w.office.CreatePrincipal(t.Context(), preparer(), backoffice.NewPrincipal{
		Kind: backoffice.User, Name: "Owner", Email: canaryEmail, Role: backoffice.Admin, Businesses: []string{backoffice.AllBusinesses},
	})
	require.NoError(t, err)
	return w
}

// unwelcome tries a token to sign in with, and as the token of a service.
func (w *world) unwelcome(token string) {
	w.t.Helper()
	a := w.denied(func() answer { return w.signIn(token) })
	require.Equal(w.t, http.StatusUnauthorized, a.StatusCode, "%s", a.body)
	require.Empty(w.t, a.Cookies())
	w.deniedWith(http.StatusUnauthorized, token, http.MethodGet, "/api/me", nil)
}

// claim is a case of good tokens but for their claims.
func claim(number int, name string, changes ...fields) attack {
	return attack{number: number, name: name, run: func(t *testing.T) {
		w := invited(t)
		for _, change := range changes {
			w.unwelcome(sign(must(googleKey()), header(), claims(noon).with(change)))
		}
		w.session() // the same without the change is fine
	}}
}

func case01(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{"/api/me", "/api/businesses", "/api/principals", "/api/businesses/somebody", "/api/openapi.json"} {
		w.deniedWith(http.StatusUnauthorized, "", http.MethodGet, path, nil)
	}
	for _, auth := range []string{"Bearer", "Bearer ", "Basic YWRtaW46YWRtaW4=", "Token x", "Bearer null", "Bearer " + strings.Repeat("a", 81)} {
		a := w.deniedWith(http.StatusUnauthorized, "", http.MethodGet, "/api/me", nil, "Authorization", auth)
		require.Contains(t, a.Header.Get("WWW-Authenticate"), "Bearer")
	}
	w.deniedWith(http.StatusUnauthorized, "", http.MethodPost, "/api/businesses", map[string]string{"name": "Mine"})
	w.deniedWith(http.StatusUnauthorized, "", http.MethodGet, "/api/me", nil, "Cookie", "__Host-session=mbs_"+strings.Repeat("0", 64))
}

func case07(t *testing.T) {
	w := invited(t)
	signature := strings.Split(sign(must(googleKey()), header(), claims(noon)), ".")[2]
	for _, alg := range []string{"none", "None", "nOnE", "NONE"} {
		text := unsigned(header().with(fields{"alg": alg}), claims(noon))
		w.unwelcome(text + ".")
		w.unwelcome(text + "." + signature)
	}
}

func case08(t *testing.T) {
	w := invited(t)
	der, err := x509.MarshalPKIXPublicKey(must(googleKey()).Public())
	require.NoError(t, err)
	for _, secret := range [][]byte{der, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), must(googleKey()).N.Bytes()} {
		text := unsigned(header().with(fields{"alg": "HS256"}), claims(noon))
		mac := hmac.New(sha256.New, secret)
		_, _ = mac.Write([]byte(text))
		w.unwelcome(text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
	}
}

func case09(t *testing.T) {
	w := invited(t)
	var visits atomic.Int32
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	t.Cleanup(evil.Close)
	jwk := jose.JSONWebKey{Key: must(attackerKey()).Public(), KeyID: "evil", Algorithm: "RS256", Use: "sig"}
	for _, change := range []fields{{"jwk": jwk}, {"jku": evil.URL + "/jwks"}, {"x5u": evil.URL + "/cert"}, {"jwk": jwk, "jku": evil.URL, "kid": "evil"}} {
		w.unwelcome(sign(must(attackerKey()), header().with(change), claims(noon)))
	}
	require.Zero(t, visits.Load())
	for _, address := range w.keys.requests() {
		require.Equal(t, w.keys.URL+"/certs", address)
	}
}

func case10(t *testing.T) {
	w := invited(t)
	w.session() // the keys are there
	w.clock.forward(time.Hour)
	before := len(w.keys.requests())
	for i := range 1000 {
		token := sign(must(attackerKey()), header().with(fields{"kid": fmt.Sprint("evil-", i)}), claims(w.clock.Now()))
		w.refused(http.StatusUnauthorized, "", http.MethodPost, "/api/session", map[string]string{"id_token": token, "nonce": nonce})
		w.clock.forward(59 * time.Millisecond)
	}
	require.LessOrEqual(t, len(w.keys.requests())-before, 1)
}

func case11(t *testing.T) {
	w := invited(t)
	for _, kid := range []any{"../../../etc/passwd", "one' OR '1'='1", "https://evil.io/key", "one\x00", 1, nil} {
		w.unwelcome(sign(must(googleKey()), header().with(fields{"kid": kid}), claims(noon)))
	}
}

// forbidden signs in with good tokens of people who may not come in.
func (w *world) forbidden(changes ...fields) {
	w.t.Helper()
	for _, change := range changes {
		token := sign(must(googleKey()), header(), claims(w.clock.Now()).with(change))
		a := w.denied(func() answer { return w.signIn(token) })
		require.Equal(w.t, http.StatusForbidden, a.StatusCode, "%v: %s", change, a.body)
		require.Empty(w.t, a.Cookies())
	}
}

func case12(t *testing.T) {
	w := invited(t)
	w.forbidden(fields{"email_verified": false}, fields{"email_verified": "false"}, fields{"email_verified": "true"}, fields{"email_verified": nil})
	w.session()
}

func case13(t *testing.T) {
	w := invited(t)
	w.forbidden(fields{"hd": "evil.io"}, fields{"hd": nil}, fields{"hd": "hidden-burrow.example.evil.io"})
	w.session()
}

func case14(t *testing.T) {
	w := invited(t)
	w.session()
	w.forbidden(fields{"sub": "210169484474386276334"})
	w.forbidden(fields{"email": "nobody@hidden-burrow.example", "sub": "3"})
}

func case15(t *testing.T) {
	w := invited(t)
	for _, typ := range []any{"at+jwt", "application/at+jwt", "logout+jwt", "secevent+jwt", []string{"JWT"}} {
		w.unwelcome(sign(must(googleKey()), header().with(fields{"typ": typ}), claims(noon)))
	}
	w.unwelcome("ya29.a0AfH6SMB-canary-of-an-access-token")
}
