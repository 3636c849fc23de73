package googleauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/marketbrewer/marketbrewer/adapters/googleauth"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// A browser sends the token that Google's sign-in gave it. The server here stands for Google's keys; a program leaves the options
// out.
func Example() {
	key := googleKey()
	google := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "one"}}})
	}))
	defer google.Close()
	clock := porttest.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	verifier, err := googleauth.New(clock, []string{ourID}, &googleauth.Options{JWKSURL: google.URL, Client: google.Client()})
	if err != nil {
		fmt.Println(err)
		return
	}
	token := ports.Secret(sign(key, goodHeader(), goodClaims(clock.Now())))
	identity, err := verifier.Verify(context.Background(), token, "n-0S6_WzA2Mj")
	fmt.Println(identity.Email, identity.HostedDomain, err)

	clock.Advance(2 * time.Hour)
	_, err = verifier.Verify(context.Background(), token, "n-0S6_WzA2Mj")
	fmt.Println(errors.Is(err, fault.Unauthorized), err)
	// Output:
	// ana.canary@example.com example.com <nil>
	// true googleauth: the token has expired
}
