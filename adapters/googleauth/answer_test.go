package googleauth_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/googleauth"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestAnswersWithoutKeys(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(s *keyServer)
		want   string
	}{
		"Empty":    {func(s *keyServer) { s.body = nil }, "not a set of keys"},
		"HTML":     {func(s *keyServer) { s.body = []byte("<html>evil</html>") }, "not a set of keys"},
		"NoKeys":   {func(s *keyServer) { s.body = []byte(`{"keys":[]}`) }, "no key of use"},
		"Null":     {func(s *keyServer) { s.body = []byte(`null`) }, "no key of use"},
		"TooLong":  {func(s *keyServer) { s.body = append(s.body, bytes.Repeat([]byte(" "), 150_000)...) }, "too long"},
		"Failed":   {func(s *keyServer) { s.status = http.StatusNotFound }, "status 404"},
		"Redirect": {func(s *keyServer) { s.status, s.location = http.StatusFound, "/elsewhere" }, "status 302"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.keys.change(test.change)
			_, err := w.verify(w.good())
			require.ErrorIs(t, err, fault.Unavailable)
			require.ErrorContains(t, err, test.want)
			require.Equal(t, 1, w.keys.count())
		})
	}
}

func TestAnswerAtTheLimit(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.keys.change(func(s *keyServer) {
		s.body = append(s.body, bytes.Repeat([]byte(" "), googleauth.MaxKeys-len(s.body))...)
	})
	_, err := w.verify(w.good())
	require.NoError(t, err)
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	w := setup(t)
	client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, http.ErrServerClosed })}
	v, err := googleauth.New(w.clock, []string{ourID}, &googleauth.Options{Client: client})
	require.NoError(t, err)
	w.Verifier = v
	_, err = w.verify(w.good())
	require.EqualError(t, err, "googleauth: the issuer's keys cannot be had: the server could not be reached")
}

func TestAnswerBreaksOff(t *testing.T) {
	t.Parallel()
	w := setup(t)
	broken := roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: breaking{}}, nil
	})
	v, err := googleauth.New(porttest.NewClock(w.clock.Now()), []string{ourID}, &googleauth.Options{Client: &http.Client{Transport: broken}})
	require.NoError(t, err)
	w.Verifier = v
	_, err = w.verify(w.good())
	require.ErrorContains(t, err, "could not be reached")
}

type breaking struct{}

func (breaking) Read([]byte) (int, error) { return 0, http.ErrBodyReadAfterClose }
func (breaking) Close() error             { return nil }

// TestKeysPassedOver publishes one key as something that RS256 must not be verified with, beside a good one.
func TestKeysPassedOver(t *testing.T) {
	t.Parallel()
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	marshal := func(key jose.JSONWebKey) json.RawMessage {
		text, err := json.Marshal(key)
		require.NoError(t, err)
		return text
	}
	public := rotatedKey().Public()
	for name, key := range map[string]json.RawMessage{
		"Encryption":     marshal(jose.JSONWebKey{Key: public, KeyID: "two", Use: "enc", Algorithm: "RS256"}),
		"OtherAlgorithm": marshal(jose.JSONWebKey{Key: public, KeyID: "two", Use: "sig", Algorithm: "PS256"}),
		"Nameless":       marshal(jose.JSONWebKey{Key: public, Use: "sig", Algorithm: "RS256"}),
		"Private":        marshal(jose.JSONWebKey{Key: rotatedKey(), KeyID: "two", Use: "sig", Algorithm: "RS256"}),
		"Shared":         marshal(jose.JSONWebKey{Key: []byte("evil"), KeyID: "two", Use: "sig", Algorithm: "HS256"}),
		"Elliptic":       marshal(jose.JSONWebKey{Key: elliptical.Public(), KeyID: "two", Use: "sig", Algorithm: "ES256"}),
		"Unknown":        json.RawMessage(`{"kty":"moon","kid":"two"}`),
		"NotAnObject":    json.RawMessage(`"two"`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			body, err := json.Marshal(fields{"keys": []json.RawMessage{key, marshal(jose.JSONWebKey{Key: googleKey().Public(), KeyID: "one"})}})
			require.NoError(t, err)
			w.keys.change(func(s *keyServer) { s.body = body })
			_, err = w.verify(w.good()) // a key may leave out its use and its algorithm
			require.NoError(t, err)
			_, err = w.verify(w.goodOf("two", rotatedKey()))
			require.ErrorIs(t, err, fault.Unauthorized)
		})
	}
}

func TestShortKeyPassedOver(t *testing.T) {
	t.Parallel()
	w, short := setup(t), newKey(1024)
	w.keys.publish(map[string]any{"short": short.Public(), "one": googleKey().Public()})
	_, err := w.verify(w.good())
	require.NoError(t, err)
	_, err = w.verify(w.goodOf("short", short))
	require.ErrorIs(t, err, fault.Unauthorized)
}
