package googleauth_test

import (
	"context"
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
	"go.uber.org/goleak"

	"github.com/marketbrewer/marketbrewer/adapters/googleauth"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ourID   = "ours.apps.googleusercontent.com"
	otherID = "ours-too.apps.googleusercontent.com"
	foreign = "theirs.apps.googleusercontent.com"
)

// The keys are made once: each takes a quarter of a second.
var (
	googleKey   = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	rotatedKey  = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	attackerKey = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
)

func newKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

// world is a Verifier, its clock and the server that its keys come from.
type world struct {
	*googleauth.Verifier
	clock *porttest.ManualClock
	keys  *keyServer
	// sent are the addresses that the verifier's client has asked.
	sent []string
	mu   sync.Mutex
}

func setup(t testing.TB) *world {
	t.Helper()
	w := &world{clock: porttest.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))}
	w.keys = &keyServer{maxAge: "public, max-age=21600, must-revalidate", arrived: make(chan struct{}, 1000)}
	w.keys.publish(map[string]any{"one": googleKey().Public()})
	server := httptest.NewServer(w.keys)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		w.mu.Lock()
		w.sent = append(w.sent, r.URL.String())
		w.mu.Unlock()
		return transport.RoundTrip(r)
	})}
	var err error
	w.Verifier, err = googleauth.New(w.clock, []string{ourID, otherID},
		&googleauth.Options{JWKSURL: server.URL + "/certs", Client: client})
	require.NoError(t, err)
	return w
}

type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// verify is Verify without a nonce.
func (w *world) verify(token string) (googleauth.Identity, error) {
	return w.Verify(context.Background(), ports.Secret(token), "")
}

// keyServer publishes keys and counts who asks for them.
type keyServer struct {
	mu       sync.Mutex
	requests int
	body     []byte
	status   int
	maxAge   string
	age      string
	location string
	// hold, when set, keeps answers back until it is closed.
	hold chan struct{}
	// arrived gets one for each request.
	arrived chan struct{}
}

func (s *keyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests++
	body, status, maxAge, age, hold, location := s.body, s.status, s.maxAge, s.age, s.hold, s.location
	s.mu.Unlock()
	s.arrived <- struct{}{}
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	}
	for name, value := range map[string]string{"Cache-Control": maxAge, "Age": age, "Location": location} {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	if status != 0 {
		w.WriteHeader(status)
	}
	_, _ = w.Write(body)
}

// change changes what is answered from now on.
func (s *keyServer) change(how func(s *keyServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how(s)
}

func (s *keyServer) publish(keys map[string]any) {
	var set jose.JSONWebKeySet
	for kid, key := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key, KeyID: kid, Use: "sig", Algorithm: "RS256"})
	}
	body, err := json.Marshal(set)
	if err != nil {
		panic(err)
	}
	s.change(func(s *keyServer) { s.body = body })
}

func (s *keyServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// fields are the members of a header or of claims.
type fields map[string]any

// with returns a copy with other members set; nil takes one away.
func (f fields) with(other fields) fields {
	changed := maps.Clone(f)
	maps.Copy(changed, other)
	maps.DeleteFunc(changed, func(_ string, value any) bool { return value == nil })
	return changed
}

func goodHeader() fields { return fields{"alg": "RS256", "kid": "one", "typ": "JWT"} }

// goodClaims are what Google says of an account, at the time.
func goodClaims(now time.Time) fields {
	return fields{
		"iss": "https://accounts.google.com", "aud": ourID, "azp": ourID, "sub": "110169484474386276334", "nonce": "n-0S6_WzA2Mj",
		"email": "Ana.Canary@Example.com", "email_verified": true, "hd": "example.com", "name": "Ana Canary",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
}

// unsigned is the part of a token that is signed.
func unsigned(header, claims any) string {
	encode := func(value any) string {
		text, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return encode(header) + "." + encode(claims)
}

// sign makes a token with the key, whatever its header says.
func sign(key *rsa.PrivateKey, header, claims any) string { return seal(key, unsigned(header, claims)) }

func seal(key *rsa.PrivateKey, text string) string {
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// good is a token that is accepted.
func (w *world) good() string { return sign(googleKey(), goodHeader(), goodClaims(w.clock.Now())) }

// goodOf is a good token of another key.
func (w *world) goodOf(kid string, key *rsa.PrivateKey) string {
	return sign(key, goodHeader().with(fields{"kid": kid}), goodClaims(w.clock.Now()))
}
