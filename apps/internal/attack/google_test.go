package attack

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

const (
	ourID     = "ours.apps.googleusercontent.com"
	otherID   = "ours-too.apps.googleusercontent.com"
	foreignID = "theirs.apps.googleusercontent.com"
	nonce     = "n-0S6_WzA2Mj"
)

// The keys are made once: each takes a quarter of a second.
var (
	googleKey   = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
	attackerKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// keyServer stands in for Google's keys, and counts who asks for what.
type keyServer struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newKeyServer(t *testing.T) *keyServer {
	t.Helper()
	key := jose.JSONWebKey{Key: must(googleKey()).Public(), KeyID: "one", Use: "sig", Algorithm: "RS256"}
	body, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}})
	require.NoError(t, err)
	k := &keyServer{}
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=21600")
		_, _ = w.Write(body)
	}))
	t.Cleanup(k.Close)
	return k
}

// client is the one that the verifier asks with: every address that it asks for is noted.
func (k *keyServer) client() *http.Client { return &http.Client{Transport: k} }

// RoundTrip implements http.RoundTripper.
func (k *keyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	k.asked = append(k.asked, r.URL.String())
	k.mu.Unlock()
	return k.Client().Transport.RoundTrip(r)
}

func (k *keyServer) requests() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.asked...)
}

// fields are the members of a token's header or claims.
type fields map[string]any

// with returns a copy with other members set; nil takes one away.
func (f fields) with(other fields) fields {
	changed := maps.Clone(f)
	maps.Copy(changed, other)
	maps.DeleteFunc(changed, func(_ string, value any) bool { return value == nil })
	return changed
}

func header() fields { return fields{"alg": "RS256", "kid": "one", "typ": "JWT"} }

// claims are what Google says of the owner of the canary address.
func claims(now time.Time) fields {
	return fields{
		"iss": "https://accounts.google.com", "aud": ourID, "azp": ourID, "sub": "110169484474386276334", "nonce": nonce,
		"email": canaryEmail, "email_verified": true, "hd": "hidden-burrow.example", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
}

// unsigned is the part of a token that is signed.
func unsigned(header, claims any) string {
	encode := func(v any) string { return base64.RawURLEncoding.EncodeToString(must(json.Marshal(v))) }
	return encode(header) + "." + encode(claims)
}

// sign makes a token with the key, whatever its header says.
func sign(key *rsa.PrivateKey, header, claims any) string {
	text := unsigned(header, claims)
	sum := sha256.Sum256([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(must(rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])))
}

// signIn tries to sign in with a token, as the dashboard does.
func (w *world) signIn(token string) answer {
	w.t.Helper()
	w.hide(token)
	return w.attack("", http.MethodPost, "/api/session", map[string]string{"id_token": token, "nonce": nonce})
}

// session signs in for good and returns the cookie.
func (w *world) session() *http.Cookie {
	w.t.Helper()
	a := w.signIn(sign(must(googleKey()), header(), claims(w.clock.Now())))
	require.Equal(w.t, http.StatusNoContent, a.StatusCode, "%s", a.body)
	for _, c := range a.Cookies() {
		w.hide(c.Value)
		return c
	}
	w.t.Fatal("there is no cookie")
	return nil
}
