package googleauth_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/googleauth"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestVerifyAccepts(t *testing.T) {
	t.Parallel()
	ana := googleauth.Identity{Subject: "110169484474386276334", Email: "ana.canary@example.com", HostedDomain: "example.com"}
	for name, test := range map[string]struct {
		header, claims func(now time.Time) fields
		want           func(*googleauth.Identity)
	}{
		"GooglesToken":        {},
		"IssuerWithoutScheme": {claims: just("iss", "accounts.google.com")},
		"OurOtherClient":      {claims: both("aud", otherID, "azp", otherID)},
		"OurClientOfAnother":  {claims: both("aud", ourID, "azp", otherID)},
		"WithoutParty":        {claims: just("azp", nil)},
		"OneAudienceInAList":  {claims: both("aud", []string{ourID}, "azp", nil)},
		"AudiencesAllOurs":    {claims: just("aud", []string{ourID, otherID})},
		"TypeInSmallLetters":  {header: just("typ", "jwt")},
		"WithoutType":         {header: just("typ", nil)},
		"Expired59sAgo":       {claims: at("exp", -59*time.Second)},
		"Expired60sAgo":       {claims: at("exp", -time.Minute)},
		"IssuedIn60s":         {claims: at("iat", time.Minute)},
		"ValidIn60s":          {claims: at("nbf", time.Minute)},
		"PersonalAccount": {claims: just("hd", nil), want: func(i *googleauth.Identity) {
			i.HostedDomain = ""
		}},
		"ForeignLettersKept": {claims: just("email", "\u212Aim.ÄRGER@Example.com"), want: func(i *googleauth.Identity) {
			i.Email = "\u212Aim.Ärger@example.com" // the Kelvin sign stays one, so it is nobody else's address
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, want := setup(t), ana
			if test.want != nil {
				test.want(&want)
			}
			got, err := w.verify(sign(googleKey(), changed(goodHeader(), test.header, w), changed(goodClaims(w.clock.Now()), test.claims, w)))
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, 1, w.keys.count())
		})
	}
}

// just changes one member, both two; at sets one to a time that far from now.
func just(name string, value any) func(time.Time) fields {
	return func(time.Time) fields { return fields{name: value} }
}

func both(name string, value any, second string, other any) func(time.Time) fields {
	return func(time.Time) fields { return fields{name: value, second: other} }
}

func at(name string, from time.Duration) func(time.Time) fields {
	return func(now time.Time) fields { return fields{name: now.Add(from).Unix()} }
}

func changed(f fields, change func(time.Time) fields, w *world) fields {
	if change == nil {
		return f
	}
	return f.with(change(w.clock.Now()))
}

func TestVerifyNonce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ctx := context.Background()
	_, err := w.Verify(ctx, ports.Secret(w.good()), "n-0S6_WzA2Mj")
	require.NoError(t, err)
	_, err = w.Verify(ctx, ports.Secret(w.good()), "n-0S6_WzA2Mk")
	require.ErrorIs(t, err, fault.Unauthorized)
	without := sign(googleKey(), goodHeader(), goodClaims(w.clock.Now()).with(fields{"nonce": nil}))
	_, err = w.Verify(ctx, ports.Secret(without), "n-0S6_WzA2Mj")
	require.ErrorIs(t, err, fault.Unauthorized)
	_, err = w.verify(without)
	require.NoError(t, err)
}

func TestVerifyEndedContext(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := w.Verify(ctx, ports.Secret(w.good()), "")
	require.Equal(t, context.Canceled, err)
	require.Zero(t, w.keys.count())
}

func TestNew(t *testing.T) {
	t.Parallel()
	clock := porttest.NewClock(time.Unix(0, 0))
	for name, test := range map[string]struct {
		ids  []string
		url  string
		fine bool
	}{
		"Defaults":           {ids: []string{ourID}, fine: true},
		"Elsewhere":          {ids: []string{ourID}, url: "https://keys.example.com/certs", fine: true},
		"ThisMachine":        {ids: []string{ourID}, url: "http://localhost:8080/certs", fine: true},
		"ThisMachineByIPv6":  {ids: []string{ourID}, url: "http://[::1]:8080/certs", fine: true},
		"NoClient":           {},
		"EmptyClient":        {ids: []string{ourID, " "}},
		"OpenToAll":          {ids: []string{ourID}, url: "http://keys.example.com/certs"},
		"LooksLikeLocalhost": {ids: []string{ourID}, url: "http://localhost.example.com/certs"},
		"File":               {ids: []string{ourID}, url: "file:///certs"},
		"Relative":           {ids: []string{ourID}, url: "/certs"},
		"WithPassword":       {ids: []string{ourID}, url: "https://user:canary@example.com/certs"},
		"NotAnAddress":       {ids: []string{ourID}, url: "https://exa mple.com/canary"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var options *googleauth.Options
			if test.url != "" {
				options = &googleauth.Options{JWKSURL: test.url}
			}
			v, err := googleauth.New(clock, test.ids, options)
			if test.fine {
				require.NoError(t, err)
				require.NotNil(t, v)
				return
			}
			require.ErrorIs(t, err, fault.Invalid)
			require.NotContains(t, err.Error(), "canary")
			require.Nil(t, v)
		})
	}
}
