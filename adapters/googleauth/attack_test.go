package googleauth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/googleauth"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// refused checks that a token is refused with the kind, and that the error tells nothing of what was in it.
func refused(t *testing.T, w *world, kind fault.Kind, token string) {
	t.Helper()
	identity, err := w.verify(token)
	require.ErrorIs(t, err, kind)
	require.Zero(t, identity)
	for _, secret := range []string{"anary", "example.com", "11016948", "eyJ", foreign, "evil", "etc/passwd"} {
		require.NotContains(t, err.Error(), secret)
	}
}

// TestAttackClaims is what an attacker can have Google sign, or what Google signs for others.
func TestAttackClaims(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(time.Time) fields{
		"02/OtherAudience":         just("aud", foreign),
		"02/NoAudience":            just("aud", nil),
		"02/EmptyAudience":         just("aud", []string{}),
		"02/AudienceIsPrefix":      just("aud", ourID+".evil.io"),
		"03/ForeignParty":          both("aud", []string{ourID, foreign}, "azp", foreign),
		"03/ForeignPartyAlone":     just("azp", foreign),
		"03/ForeignAudienceToo":    just("aud", []string{ourID, foreign}),
		"03/SeveralWithoutParty":   both("aud", []string{ourID, otherID}, "azp", nil),
		"03/EmptyParty":            just("azp", ""),
		"03/PartyIsAList":          just("azp", []string{ourID}),
		"04/IssuerLooksAlike":      just("iss", "https://accounts.google.com.evil.io"),
		"04/IssuerWithSlash":       just("iss", "https://accounts.google.com/"),
		"04/IssuerWithoutTLS":      just("iss", "http://accounts.google.com"),
		"04/NoIssuer":              just("iss", nil),
		"05/Expired61sAgo":         at("exp", -61*time.Second),
		"05/NoExpiry":              just("exp", nil),
		"05/ExpiryIsText":          just("exp", "never"),
		"06/IssuedIn10m":           at("iat", 10*time.Minute),
		"06/IssuedIn61s":           at("iat", 61*time.Second),
		"06/NeverIssued":           just("iat", nil),
		"06/ValidIn10m":            at("nbf", 10*time.Minute),
		"06/ValidIn61s":            at("nbf", 61*time.Second),
		"06/ValidInAnAge":          just("nbf", 1e300),
		"15/SecurityEvent":         just("events", fields{"https://schemas.openid.net/secevent/risc/event-type/sessions-revoked": fields{}}),
		"NoSubject":                just("sub", nil),
		"EmptySubject":             just("sub", ""),
		"SubjectTooLong":           just("sub", strings.Repeat("1", 256)),
		"SubjectIsANumber":         just("sub", 110169484474386276),
		"EmailIsAList":             just("email", []string{"ana.canary@example.com"}),
		"DistributedClaimsFromFar": just("_claim_names", fields{"email": "evil"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			refused(t, w, fault.Unauthorized, sign(googleKey(), goodHeader(), changed(goodClaims(w.clock.Now()), change, w)))
		})
	}
}

// TestAttackEmail is a good token whose address proves nothing.
func TestAttackEmail(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(time.Time) fields{
		"12/NotVerified":         just("email_verified", false),
		"12/VerifiedIsTextFalse": just("email_verified", "false"),
		"12/VerifiedIsTextTrue":  just("email_verified", "true"),
		"12/VerifiedIsOne":       just("email_verified", 1),
		"12/NothingOfIt":         just("email_verified", nil),
		"NoEmail":                just("email", nil),
		"NoName":                 just("email", "@example.com"),
		"NoDomain":               just("email", "ana.canary@"),
		"TwoDomains":             just("email", "ana.canary@evil.io@example.com"),
		"NewLine":                just("email", "ana.canary@example.com\nbcc"),
		"Space":                  just("email", "ana canary@example.com"),
		"Invisible":              just("email", "ana\u200bcanary@example.com"),
		"TooLong":                just("email", strings.Repeat("a", 250)+"@b.io"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			refused(t, w, fault.Rejected, sign(googleKey(), goodHeader(), changed(goodClaims(w.clock.Now()), change, w)))
		})
	}
}

// TestAttackHeader is a token of Google's key whose header says that it is something else.
func TestAttackHeader(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(time.Time) fields{
		"11/KidIsAPath":       just("kid", "../../../etc/passwd"),
		"11/KidIsSQL":         just("kid", "one' OR '1'='1"),
		"11/KidIsAnAddress":   just("kid", "https://evil.io/key"),
		"11/KidIsANumber":     just("kid", 1),
		"11/NoKid":            just("kid", nil),
		"15/AccessToken":      just("typ", "at+jwt"),
		"15/AccessTokenLong":  just("typ", "application/at+jwt"),
		"15/Logout":           just("typ", "logout+jwt"),
		"15/SecurityEvent":    just("typ", "secevent+jwt"),
		"15/TypeIsEmpty":      just("typ", ""),
		"15/TypeIsAList":      just("typ", []string{"JWT"}),
		"UnknownCritical":     both("crit", []string{"evil"}, "evil", true),
		"OtherAlgorithmNamed": just("alg", "RS512"),
		"PSS":                 just("alg", "PS256"),
		"NoAlgorithm":         just("alg", nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			refused(t, w, fault.Unauthorized, sign(googleKey(), changed(goodHeader(), change, w), goodClaims(w.clock.Now())))
		})
	}
}

// TestAttackWrongKind is refused by its header alone: no request is made for a key.
func TestAttackWrongKind(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, change := range []fields{{"kid": nil}, {"typ": "at+jwt"}, {"alg": "HS256"}} {
		refused(t, w, fault.Unauthorized, sign(googleKey(), goodHeader().with(change), goodClaims(w.clock.Now())))
	}
	require.Zero(t, w.keys.count())
}

// TestAttackSignature is a token that Google has not signed.
func TestAttackSignature(t *testing.T) {
	t.Parallel()
	w := setup(t)
	claims := goodClaims(w.clock.Now())
	_, err := w.verify(w.good()) // the keys are there
	require.NoError(t, err)
	parts := strings.Split(w.good(), ".")
	for _, alg := range []string{"none", "None", "nOnE", "NONE", ""} {
		header := goodHeader().with(fields{"alg": alg})
		refused(t, w, fault.Unauthorized, unsigned(header, claims)+".")
		refused(t, w, fault.Unauthorized, unsigned(header, claims)+"."+parts[2])
	}
	for _, secret := range publicForms(t) {
		mac := hmac.New(sha256.New, secret)
		text := unsigned(goodHeader().with(fields{"alg": "HS256"}), claims)
		mac.Write([]byte(text))
		refused(t, w, fault.Unauthorized, text+"."+base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
	}
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: elliptical, KeyID: "one"}}, nil)
	require.NoError(t, err)
	text, err := json.Marshal(claims)
	require.NoError(t, err)
	signed, err := signer.Sign(text)
	require.NoError(t, err)
	compact, err := signed.CompactSerialize()
	require.NoError(t, err)
	refused(t, w, fault.Unauthorized, compact)

	refused(t, w, fault.Unauthorized, sign(attackerKey(), goodHeader(), claims))
	refused(t, w, fault.Unauthorized, unsigned(goodHeader(), claims.with(fields{"sub": "2"}))+"."+parts[2])
	refused(t, w, fault.Unauthorized, parts[0]+"."+parts[1]+"."+parts[2][:340])
}

// publicForms are the forms of Google's public key that a careless verifier would take for a shared secret.
func publicForms(t *testing.T) [][]byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(googleKey().Public())
	require.NoError(t, err)
	jwk, err := json.Marshal(jose.JSONWebKey{Key: googleKey().Public(), KeyID: "one"})
	require.NoError(t, err)
	return [][]byte{der, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), googleKey().N.Bytes(), jwk, nil}
}

// TestAttackOwnKey brings a key of its own: it is not used, and no request goes where the token says.
func TestAttackOwnKey(t *testing.T) {
	t.Parallel()
	var visits atomic.Int32
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer evil.Close()
	certificate := &x509.Certificate{}
	der, err := x509.CreateCertificate(rand.Reader, certificate, certificate, attackerKey().Public(), attackerKey())
	require.NoError(t, err)
	jwk := jose.JSONWebKey{Key: attackerKey().Public(), KeyID: "evil", Algorithm: "RS256", Use: "sig"}
	for name, change := range map[string]fields{
		"jwk":         {"jwk": jwk},
		"jku":         {"jku": evil.URL + "/jwks"},
		"x5u":         {"x5u": evil.URL + "/cert"},
		"x5c":         {"x5c": []string{base64.StdEncoding.EncodeToString(der)}},
		"all":         {"jwk": jwk, "jku": evil.URL, "x5u": evil.URL, "x5c": []string{base64.StdEncoding.EncodeToString(der)}},
		"unknown kid": {"jwk": jwk, "jku": evil.URL, "kid": "evil"},
		"no kid":      {"jwk": jwk, "jku": evil.URL, "kid": nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := setup(t)
			refused(t, w, fault.Unauthorized, sign(attackerKey(), goodHeader().with(change), goodClaims(w.clock.Now())))
			require.Zero(t, visits.Load())
			require.LessOrEqual(t, len(w.sent), 1)
			for _, address := range w.sent {
				require.True(t, strings.HasSuffix(address, "/certs"))
			}
		})
	}
}

// TestAttackShape is not a token at all. It leads to no request.
func TestAttackShape(t *testing.T) {
	t.Parallel()
	w := setup(t)
	good := w.good()
	parts := strings.Split(good, ".")
	whole, err := json.Marshal(fields{"protected": parts[0], "payload": parts[1], "signature": parts[2]})
	require.NoError(t, err)
	for _, token := range []string{
		"", ".", "..", "a.b", "a.b.c", "a..c", "a.b.c.d", "a.b.c.d.e", ".b.c", "a.b.", "Bearer " + good, " " + good, good + "\n", good + ".",
		strings.Replace(good, ".", ".\t", 1), good + "=", good[:40] + "\x00" + good[40:], string(whole), "ya29.a0AfH6SMB-canary", parts[0] + ".e30",
		unsigned("text", "text") + ".AAAA", unsigned([]int{1}, nil) + ".AAAA",
	} {
		refused(t, w, fault.Unauthorized, token)
	}
	require.Zero(t, w.keys.count())
}

// TestAttackSize runs alone: it measures what the process allocates.
func TestAttackSize(t *testing.T) {
	w := setup(t)
	padded := func(n int) string {
		header := goodHeader().with(fields{"pad": strings.Repeat("a", n)})
		return sign(googleKey(), header, goodClaims(w.clock.Now()))
	}
	for name, token := range map[string]string{
		"1MBOfDots":    strings.Repeat(".", 1<<20),
		"10MBHeader":   padded(10 << 20),
		"10MBOfGroups": strings.Repeat("eyJ9.", 2<<20),
		"DotsAtLimit":  strings.Repeat(".", googleauth.MaxToken),
		"20KBButGood":  padded(15_000),
		"ByteTooLong":  strings.Repeat("a", googleauth.MaxToken+1),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			refused(t, w, fault.Unauthorized, token)
			runtime.ReadMemStats(&after)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(5<<20))
		})
	}
	require.Zero(t, w.keys.count())
	_, err := w.verify(padded(10_000)) // long, and fine
	require.NoError(t, err)
}

// TestAttackUnknownKeys names a thousand keys in a minute.
func TestAttackUnknownKeys(t *testing.T) {
	t.Parallel()
	for name, warm := range map[string]bool{"Cold": false, "Warm": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			if warm {
				_, err := w.verify(w.good())
				require.NoError(t, err)
				w.clock.Advance(time.Hour)
			}
			before, claims := w.keys.count(), goodClaims(w.clock.Now())
			for i := range 1000 {
				header := goodHeader().with(fields{"kid": fmt.Sprint("evil", i)})
				_, err := w.Verify(context.Background(), secret(header, claims), "")
				require.ErrorIs(t, err, fault.Unauthorized)
				w.clock.Advance(59 * time.Millisecond)
			}
			require.Equal(t, 1, w.keys.count()-before)
			_, err := w.verify(w.good())
			require.NoError(t, err)
		})
	}
}
