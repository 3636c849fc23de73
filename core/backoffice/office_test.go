package backoffice_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/ports"
)

// watch is a clock that a test moves.
type watch struct {
	sysclock.Clock
	mu sync.Mutex
	at time.Time
}

func (w *watch) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *watch) forward(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

type deaf struct{}

func (deaf) Observe(context.Context, ports.Event) {}

// founded is an office over memory.
type founded struct {
	*backoffice.Office
	clock *watch
	store *memstore.Store
}

func found(t testing.TB, options *backoffice.Options) founded {
	t.Helper()
	c := &watch{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	store := memstore.New(c, nil)
	return founded{over(t, store, c, options), c, store}
}

// over is an office over a store.
func over(t testing.TB, store ports.Store, c ports.Clock, options *backoffice.Options) *backoffice.Office {
	t.Helper()
	office, err := backoffice.New(backoffice.Ports{Store: store, Clock: c, IDs: sysclock.NewIDs(), Observer: deaf{}}, options)
	require.NoError(t, err)
	return office
}

// boss is who acts in these tests.
func boss() backoffice.Caller {
	return backoffice.Caller{Principal: "boss", Kind: backoffice.User, Role: backoffice.Admin, Businesses: []string{"*"}, RequestID: "request-1"}
}

// trail reads the whole audit trail, newest first.
func (f founded) trail(t *testing.T) []backoffice.AuditRecord {
	t.Helper()
	lines, _, err := f.Audit(t.Context(), backoffice.AuditQuery{Limit: 200})
	require.NoError(t, err)
	return lines
}

func TestRoles(t *testing.T) {
	t.Parallel()
	for i, has := range backoffice.Roles() {
		for k, needs := range backoffice.Roles() {
			require.Equal(t, i >= k, has.May(needs), "%s may what needs %s", has, needs)
		}
	}
	require.False(t, backoffice.Role("owner").May(backoffice.Viewer))
	require.False(t, backoffice.Admin.May(""), "what needs no known role nobody may")
	require.False(t, backoffice.Role("").May(""))
	c := backoffice.Caller{Businesses: []string{"acme"}}
	require.True(t, c.Sees("acme"))
	require.False(t, c.Sees("acm"))
	require.False(t, c.Sees("*"))
	require.False(t, backoffice.Caller{}.Sees("acme"))
}

func TestNewNeedsItsPorts(t *testing.T) {
	t.Parallel()
	_, err := backoffice.New(backoffice.Ports{}, nil)
	require.ErrorIs(t, err, fault.Invalid)
}

// service gives a program access.
func (f founded) service(t *testing.T, role backoffice.Role) (backoffice.Principal, ports.Secret) {
	t.Helper()
	p, token, err := f.CreatePrincipal(t.Context(), boss(), backoffice.NewPrincipal{
		Kind: backoffice.Service, Name: " robot ", Role: role, Businesses: []string{"*"}, ExpiresAt: f.clock.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	return p, token
}

func TestTokens(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	p, token := f.service(t, backoffice.Operator)
	require.Equal(t, "robot", p.Name)
	require.NotContains(t, p.TokenHash, string(token))
	caller, err := f.AuthenticateToken(t.Context(), token, "request-2")
	require.NoError(t, err)
	require.Equal(t, backoffice.Caller{Principal: p.ID, Kind: backoffice.Service, Role: backoffice.Operator, Businesses: []string{"*"}, RequestID: "request-2"}, caller)

	text := string(token)
	for name, bad := range map[string]string{
		"empty": "", "cut": text[:len(text)-1], "longer": text + "0", "another secret": text[:len(text)-1] + flip(text[len(text)-1]), "dots": strings.Repeat(".", len(text)),
		"another name": "mbt_000000000000" + text[16:],
	} {
		_, err := f.AuthenticateToken(t.Context(), ports.Secret(bad), "request-3")
		require.ErrorIs(t, err, fault.Unauthorized, name)
	}

	_, fresh, err := f.RotateToken(t.Context(), boss(), p.ID, backoffice.Any, time.Time{})
	require.NoError(t, err)
	_, err = f.AuthenticateToken(t.Context(), token, "")
	require.ErrorIs(t, err, fault.Unauthorized, "the old one has ended")
	_, err = f.AuthenticateToken(t.Context(), fresh, "")
	require.NoError(t, err)

	f.clock.forward(time.Hour)
	_, err = f.AuthenticateToken(t.Context(), fresh, "")
	require.ErrorIs(t, err, fault.Unauthorized, "it has expired")
	_, _, err = f.RotateToken(t.Context(), boss(), p.ID, backoffice.Any, time.Time{})
	require.ErrorIs(t, err, fault.Invalid, "a new one needs a new end")
	_, fresh, err = f.RotateToken(t.Context(), boss(), p.ID, backoffice.Any, f.clock.Now().Add(time.Hour))
	require.NoError(t, err)
	disabled := backoffice.Disabled
	_, err = f.ChangePrincipal(t.Context(), boss(), p.ID, backoffice.Any, backoffice.PrincipalChange{Status: &disabled})
	require.NoError(t, err)
	_, err = f.AuthenticateToken(t.Context(), fresh, "")
	require.ErrorIs(t, err, fault.Unauthorized, "it is disabled")
}

// flip is another hex digit.
// A user is known by the address alone, and nobody has access to what is not there.
func TestPrincipalsNeedNoName(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	long := strings.Repeat("Ann", 30) + "@Example.com"
	p, _, err := f.CreatePrincipal(t.Context(), boss(), backoffice.NewPrincipal{Kind: backoffice.User, Name: " ", Email: " " + long, Role: backoffice.Viewer})
	require.NoError(t, err)
	require.Equal(t, strings.ToLower(long), p.Name)
	b, err := f.CreateBusiness(t.Context(), boss(), catalog.Business{Name: "Harbor Plumbing", IndustryType: "Plumber"})
	require.NoError(t, err)
	role := backoffice.Operator
	p, err = f.ChangePrincipal(t.Context(), boss(), p.ID, 1, backoffice.PrincipalChange{Role: &role, Businesses: &[]string{b.ID}})
	require.NoError(t, err, "its name may be longer than one that is given")
	require.Equal(t, []string{b.ID}, p.Businesses)

	unknown := func(err error) {
		t.Helper()
		var problems catalog.Problems
		require.ErrorAs(t, err, &problems)
		require.Equal(t, "/business_ids/1", problems[0].Path)
	}
	_, err = f.ChangePrincipal(t.Context(), boss(), p.ID, 2, backoffice.PrincipalChange{Businesses: &[]string{b.ID, "acme"}})
	unknown(err)
	_, _, err = f.CreatePrincipal(t.Context(), boss(), backoffice.NewPrincipal{
		Kind: backoffice.Service, Name: "robot", Role: backoffice.Viewer, Businesses: []string{b.ID, "acme"}, ExpiresAt: f.clock.Now().Add(time.Hour),
	})
	unknown(err)
	_, err = f.ChangePrincipal(t.Context(), boss(), "nobody", 1, backoffice.PrincipalChange{Businesses: &[]string{b.ID, "acme"}})
	require.ErrorIs(t, err, fault.NotFound)

	idle := func(context.Context) (bool, error) { return false, nil }
	require.NoError(t, f.DeleteBusiness(t.Context(), boss(), b.ID, 1, idle))
	_, err = f.ChangePrincipal(t.Context(), boss(), p.ID, 2, backoffice.PrincipalChange{Businesses: &[]string{b.ID}})
	require.NoError(t, err, "what was given before may have gone")
}

func flip(c byte) string {
	if c == '0' {
		return "1"
	}
	return "0"
}

func TestPrincipalRules(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	now := f.clock.Now()
	good := backoffice.NewPrincipal{Kind: backoffice.User, Name: "Ann", Email: "Ann@Example.com", Role: backoffice.Viewer, Businesses: []string{}}
	for path, spoil := range map[string]func(*backoffice.NewPrincipal){
		"/name": func(n *backoffice.NewPrincipal) { n.Name = strings.Repeat("n", 81) }, "/role": func(n *backoffice.NewPrincipal) { n.Role = "owner" },
		"/business_ids": func(n *backoffice.NewPrincipal) { n.Businesses = []string{"*", "acme"} }, "/email": func(n *backoffice.NewPrincipal) { n.Email = "ann" },
		"/expires_at": func(n *backoffice.NewPrincipal) { n.ExpiresAt = now.Add(time.Hour) }, "/kind": func(n *backoffice.NewPrincipal) { n.Kind = "robot" },
	} {
		bad := good
		spoil(&bad)
		_, _, err := f.CreatePrincipal(t.Context(), boss(), bad)
		var problems catalog.Problems
		require.ErrorAs(t, err, &problems, path)
		require.Equal(t, path, problems[0].Path)
	}
	for name, bad := range map[string]backoffice.NewPrincipal{
		"no end": {}, "for ever": {ExpiresAt: now.AddDate(2, 0, 0)}, "in the past": {ExpiresAt: now}, "e-mail": {ExpiresAt: now.Add(time.Hour), Email: "a@b.c"},
		"no business": {ExpiresAt: now.Add(time.Hour), Businesses: []string{"../x"}},
	} {
		bad.Kind, bad.Name, bad.Role = backoffice.Service, "robot", backoffice.Viewer
		_, _, err := f.CreatePrincipal(t.Context(), boss(), bad)
		require.ErrorIs(t, err, fault.Invalid, name)
	}
	_, _, err := f.CreatePrincipal(t.Context(), boss(), backoffice.NewPrincipal{Kind: backoffice.User, Role: backoffice.Viewer})
	var wrong catalog.Problems
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, "/email", wrong[0].Path)
	require.Len(t, wrong, 1, "a user needs no name")
	p, token, err := f.CreatePrincipal(t.Context(), boss(), good)
	require.NoError(t, err)
	require.Empty(t, token, "a user has no token")
	require.Equal(t, "ann@example.com", p.Email)
	_, _, err = f.CreatePrincipal(t.Context(), boss(), good)
	require.ErrorIs(t, err, fault.Conflict)
	_, _, err = f.RotateToken(t.Context(), boss(), p.ID, backoffice.Any, time.Time{})
	require.ErrorIs(t, err, fault.Conflict)
	_, err = f.ChangePrincipal(t.Context(), boss(), p.ID, 7, backoffice.PrincipalChange{})
	var stale *backoffice.Stale
	require.ErrorAs(t, err, &stale)
	require.EqualValues(t, 1, stale.Revision)
	_, err = f.ChangePrincipal(t.Context(), boss(), "nobody", 1, backoffice.PrincipalChange{})
	require.ErrorIs(t, err, fault.NotFound)
	_, err = f.Principal(t.Context(), "nobody")
	require.ErrorIs(t, err, fault.NotFound)
}

func TestNobodyTakesTheirOwnAccessAway(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	p, token := f.service(t, backoffice.Admin)
	_, _ = f.service(t, backoffice.Admin)
	self, err := f.AuthenticateToken(t.Context(), token, "r")
	require.NoError(t, err)
	viewer, name := backoffice.Viewer, "renamed"
	_, err = f.ChangePrincipal(t.Context(), self, p.ID, 1, backoffice.PrincipalChange{Role: &viewer})
	require.ErrorIs(t, err, fault.Conflict)
	_, _, err = f.RotateToken(t.Context(), self, p.ID, backoffice.Any, time.Time{})
	require.ErrorIs(t, err, fault.Conflict)
	_, err = f.ChangePrincipal(t.Context(), self, p.ID, 1, backoffice.PrincipalChange{Name: &name})
	require.NoError(t, err)
}

func TestTheLastAdminStays(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	one, _ := f.service(t, backoffice.Admin)
	two, _ := f.service(t, backoffice.Admin)
	viewer, disabled := backoffice.Viewer, backoffice.Disabled
	_, err := f.ChangePrincipal(t.Context(), boss(), one.ID, 1, backoffice.PrincipalChange{Role: &viewer})
	require.NoError(t, err)
	_, err = f.ChangePrincipal(t.Context(), boss(), two.ID, 1, backoffice.PrincipalChange{Role: &viewer})
	require.ErrorIs(t, err, fault.Conflict)
	_, err = f.ChangePrincipal(t.Context(), boss(), two.ID, 1, backoffice.PrincipalChange{Status: &disabled})
	require.ErrorIs(t, err, fault.Conflict)
}

// person is who Google says that somebody is.
func person(sub, email, hosted string) backoffice.Identity {
	return backoffice.Identity{Subject: sub, Email: email, HostedDomain: hosted}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	t.Run("NobodyIsListed", func(t *testing.T) {
		t.Parallel()
		_, err := found(t, nil).SignIn(t.Context(), backoffice.Caller{RequestID: "r"}, person("1", "ann@example.com", "example.com"))
		require.ErrorIs(t, err, fault.Rejected)
	})
	t.Run("TheFirstOfTheListIsAdmin", func(t *testing.T) {
		t.Parallel()
		f := found(t, &backoffice.Options{AllowedEmails: []string{"ann@example.com"}, AllowedDomains: []string{"agency.com"}})
		s, err := f.SignIn(t.Context(), backoffice.Caller{RequestID: "request-9"}, person("1", "Ann@Example.com", "example.com"))
		require.NoError(t, err)
		require.Equal(t, backoffice.Admin, s.Caller.Role)
		require.True(t, s.Caller.Sees("any"))
		require.Equal(t, f.clock.Now().Add(8*time.Hour), s.Expires)
		s, err = f.SignIn(t.Context(), backoffice.Caller{RequestID: "r"}, person("2", "bob@agency.com", "agency.com"))
		require.NoError(t, err)
		require.Equal(t, backoffice.Viewer, s.Caller.Role)
		require.False(t, s.Caller.Sees("any"), "an admin says what it sees")
	})
	t.Run("OtherOrganisation", func(t *testing.T) {
		t.Parallel()
		f := found(t, &backoffice.Options{AllowedEmails: []string{"ann@example.com", "bob@gmail.com"}, AllowedDomains: []string{"agency.com"}})
		for _, who := range []backoffice.Identity{
			person("1", "ann@example.com", ""), person("1", "ann@example.com", "evil.com"), person("2", "eve@agency.com", ""), person("3", "bob@gmail.com", "agency.com"),
			person("", "ann@example.com", "example.com"), person("4", "", "example.com"),
		} {
			_, err := f.SignIn(t.Context(), backoffice.Caller{RequestID: "r"}, who)
			require.ErrorIs(t, err, fault.Rejected, "%v", who)
		}
		_, err := f.SignIn(t.Context(), backoffice.Caller{RequestID: "r"}, person("3", "bob@gmail.com", ""))
		require.NoError(t, err, "a consumer's account is of no organisation")
	})
	t.Run("AnAddressIsBoundToItsFirstAccount", func(t *testing.T) {
		t.Parallel()
		f := found(t, nil)
		p, _, err := f.CreatePrincipal(t.Context(), boss(), backoffice.NewPrincipal{
			Kind: backoffice.User, Name: "Ann", Email: "ann@example.com", Role: backoffice.Operator, Businesses: []string{"*"},
		})
		require.NoError(t, err)
		s, err := f.SignIn(t.Context(), backoffice.Caller{RequestID: "r"}, person("1", "ann@example.com", "example.com"))
		require.NoError(t, err)
		require.Equal(t, p.ID, s.Caller.Principal)
		_, err = f.SignIn(t.Context(), backoffice.Caller{RequestID: "r"}, person("2", "ann@example.com", "example.com"))
		require.ErrorIs(t, err, fault.Rejected, "same address, other account")
		s, err = f.SignIn(t.Context(), backoffice.Caller{RequestID: "r"}, person("1", "ann.new@example.com", "example.com"))
		require.NoError(t, err, "the account counts, not its address")
		require.Equal(t, p.ID, s.Caller.Principal)
		disabled := backoffice.Disabled
		_, err = f.ChangePrincipal(t.Context(), boss(), p.ID, backoffice.Any, backoffice.PrincipalChange{Status: &disabled})
		require.NoError(t, err)
		_, err = f.SignIn(t.Context(), backoffice.Caller{RequestID: "r"}, person("1", "ann@example.com", "example.com"))
		require.ErrorIs(t, err, fault.Rejected)
		_, err = f.AuthenticateSession(t.Context(), s.Token, "r")
		require.ErrorIs(t, err, fault.Unauthorized, "sessions end with the access")
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	f := found(t, &backoffice.Options{AllowedEmails: []string{"ann@example.com"}, Session: time.Hour})
	s, err := f.SignIn(t.Context(), backoffice.Caller{RequestID: "r"}, person("1", "ann@example.com", "example.com"))
	require.NoError(t, err)
	caller, err := f.AuthenticateSession(t.Context(), s.Token, "request-5")
	require.NoError(t, err)
	require.Equal(t, "request-5", caller.RequestID)
	for _, bad := range []ports.Secret{"", "mbs_", s.Token + "0", s.Token[:len(s.Token)-1] + "g"} {
		_, err = f.AuthenticateSession(t.Context(), bad, "r")
		require.ErrorIs(t, err, fault.Unauthorized)
	}
	require.NoError(t, f.SignOut(t.Context(), caller, s.Token))
	_, err = f.AuthenticateSession(t.Context(), s.Token, "r")
	require.ErrorIs(t, err, fault.Unauthorized)

	s, err = f.SignIn(t.Context(), backoffice.Caller{RequestID: "r"}, person("1", "ann@example.com", "example.com"))
	require.NoError(t, err)
	f.clock.forward(time.Hour)
	_, err = f.AuthenticateSession(t.Context(), s.Token, "r")
	require.ErrorIs(t, err, fault.Unauthorized, "it has ended")
}

func TestCodes(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	code, err := f.NewCode(t.Context())
	require.NoError(t, err)
	s, err := f.UseCode(t.Context(), backoffice.Caller{RequestID: "r"}, code)
	require.NoError(t, err)
	require.Equal(t, backoffice.Admin, s.Caller.Role)
	_, err = f.UseCode(t.Context(), backoffice.Caller{RequestID: "r"}, code)
	require.ErrorIs(t, err, fault.Unauthorized, "once")
	code, err = f.NewCode(t.Context())
	require.NoError(t, err)
	f.clock.forward(10 * time.Minute)
	_, err = f.UseCode(t.Context(), backoffice.Caller{RequestID: "r"}, code)
	require.ErrorIs(t, err, fault.Unauthorized, "ten minutes")
	_, err = f.UseCode(t.Context(), backoffice.Caller{RequestID: "r"}, "guess")
	require.ErrorIs(t, err, fault.Unauthorized)
}

func TestKeyIsSharedAndStays(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	one, err := f.Key(t.Context(), "cursor")
	require.NoError(t, err)
	require.Len(t, string(one), 32)
	again, err := f.Key(t.Context(), "cursor")
	require.NoError(t, err)
	require.Equal(t, string(one), string(again))
	other, err := f.Key(t.Context(), "other")
	require.NoError(t, err)
	require.NotEqual(t, string(one), string(other))
}

func TestClaims(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	print, other := idempotency.Of([]byte("a")), idempotency.Of([]byte("b"))
	_, _, err := f.Claim(t.Context(), "route", "", print)
	require.ErrorIs(t, err, fault.Invalid)
	answer, claim, err := f.Claim(t.Context(), "route", "key", print)
	require.NoError(t, err)
	require.Nil(t, answer)
	_, _, err = f.Claim(t.Context(), "route", "key", print)
	require.ErrorIs(t, err, fault.Locked)
	require.Equal(t, time.Second, fault.RetryAfter(err))
	_, _, err = f.Claim(t.Context(), "route", "key", other)
	require.ErrorIs(t, err, fault.Conflict)
	_, elsewhere, err := f.Claim(t.Context(), "another route", "key", other)
	require.NoError(t, err, "a key is its scope's")
	require.NotEqual(t, claim.Key, elsewhere.Key)

	f.clock.forward(time.Minute)
	_, second, err := f.Claim(t.Context(), "route", "key", print)
	require.NoError(t, err, "the first one has died")
	require.NoError(t, f.Answered(t.Context(), claim, backoffice.Answer{Status: 500}), "it has lost the claim and keeps nothing")
	require.NoError(t, f.Unclaim(t.Context(), claim))
	require.NoError(t, f.Answered(t.Context(), second, backoffice.Answer{Status: 202, Body: []byte("x")}))
	require.NoError(t, f.Unclaim(t.Context(), second), "what was answered stays")
	answer, _, err = f.Claim(t.Context(), "route", "key", print)
	require.NoError(t, err)
	require.Equal(t, &backoffice.Answer{Status: 202, Body: []byte("x")}, answer)
	f.clock.forward(idempotency.Keep)
	answer, third, err := f.Claim(t.Context(), "route", "key", other)
	require.NoError(t, err, "the key is free again")
	require.Nil(t, answer)
	require.NoError(t, f.Unclaim(t.Context(), third))
	_, _, err = f.Claim(t.Context(), "route", "key", print)
	require.NoError(t, err)
}

func TestTheTrail(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	p, _ := f.service(t, backoffice.Operator)
	line := f.trail(t)[0]
	require.Equal(t, "principal.create", line.Action)
	require.Equal(t, backoffice.Actor{PrincipalID: "boss", Kind: backoffice.User, Role: backoffice.Admin}, line.Actor)
	require.Equal(t, backoffice.Target{Type: "principal", ID: p.ID}, line.Target)
	require.Equal(t, backoffice.AuditOK, line.Result)
	require.Equal(t, "request-1", line.RequestID)
	require.Contains(t, line.ChangedFields, "role")
	require.Empty(t, line.Before)
	require.Len(t, line.After, 64)

	name := "other"
	_, err := f.ChangePrincipal(t.Context(), boss(), p.ID, 1, backoffice.PrincipalChange{Name: &name})
	require.NoError(t, err)
	changed := f.trail(t)[0]
	require.Equal(t, []string{"name"}, changed.ChangedFields)
	require.Equal(t, line.After, changed.Before)
	require.NotEqual(t, changed.Before, changed.After)

	require.NoError(t, f.Deny(t.Context(), boss(), backoffice.Action{Name: "job.create"}, "forbidden"))
	require.NoError(t, f.Fail(t.Context(), boss(), backoffice.Action{Name: "job.create"}, "conflict"))
	all := f.trail(t)
	require.Equal(t, backoffice.AuditFailed, all[0].Result)
	require.Equal(t, backoffice.AuditDenied, all[1].Result)
	require.Len(t, all, 4)
}

func TestTheTrailIsReadInPages(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	for month := range 5 {
		for range 3 {
			require.NoError(t, f.Deny(t.Context(), boss(), backoffice.Action{Name: "job.create", Target: backoffice.Target{Business: []string{"acme", "other"}[month%2]}}, "forbidden"))
			f.clock.forward(time.Minute)
		}
		f.clock.forward(31 * 24 * time.Hour)
	}
	read := func(q backoffice.AuditQuery) (ids []string) {
		q.Limit = 2
		for {
			lines, next, err := f.Audit(t.Context(), q)
			require.NoError(t, err)
			for _, line := range lines {
				ids = append(ids, line.ID)
			}
			if q.Cursor = next; next == "" {
				return ids
			}
		}
	}
	all := read(backoffice.AuditQuery{})
	require.Len(t, all, 15)
	require.IsDecreasing(t, all)
	require.Len(t, read(backoffice.AuditQuery{Business: "acme"}), 9)
	require.Empty(t, read(backoffice.AuditQuery{Actor: "somebody"}))
	require.Empty(t, read(backoffice.AuditQuery{Action: "job.cancel"}))
	require.Empty(t, read(backoffice.AuditQuery{TargetID: "x"}))
	require.Len(t, read(backoffice.AuditQuery{From: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)}), 6)
	for _, bad := range []string{"x", "2026-13/x", "2026-11"} {
		_, _, err := f.Audit(t.Context(), backoffice.AuditQuery{Cursor: bad})
		require.ErrorIs(t, err, fault.Invalid)
	}
}

// Whatever acknowledgement is lost, a change is made once and has one line.
func TestALostAcknowledgementIsHarmless(t *testing.T) {
	t.Parallel()
	for lost := 1; lost <= 4; lost++ {
		commits := 0
		c := &watch{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
		store := memstore.New(c, &memstore.Options{Hooks: memstore.Hooks{LoseAck: func([]ports.Key) bool {
			commits++
			return commits == lost
		}}})
		f := founded{over(t, store, c, nil), c, store}
		p, token := f.service(t, backoffice.Operator)
		caller, err := f.AuthenticateToken(t.Context(), token, "r")
		require.NoError(t, err)
		require.Equal(t, p.ID, caller.Principal)
		_, fresh, err := f.RotateToken(t.Context(), boss(), p.ID, backoffice.Any, time.Time{})
		require.NoError(t, err)
		_, err = f.AuthenticateToken(t.Context(), fresh, "r")
		require.NoError(t, err)
		require.Len(t, f.trail(t), 2)
		_, claim, err := f.Claim(t.Context(), "route", "key", idempotency.Of(nil))
		require.NoError(t, err)
		require.NoError(t, f.Answered(t.Context(), claim, backoffice.Answer{Status: 201}))
		answer, _, err := f.Claim(t.Context(), "route", "key", idempotency.Of(nil))
		require.NoError(t, err)
		require.Equal(t, 201, answer.Status)
	}
}

func TestErrorsOfTheStorePass(t *testing.T) {
	t.Parallel()
	c := &watch{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	down := faultport.NewPlan(c, faultport.Rule{Method: "Store.Get", Effect: faultport.Fail}).Store(memstore.New(c, nil))
	office := over(t, down, c, nil)
	_, err := office.AuthenticateToken(t.Context(), ports.Secret("mbt_000000000000_"+strings.Repeat("0", 64)), "r")
	require.ErrorIs(t, err, fault.Unavailable, "nobody is sent away because the store is down")
	_, err = office.AuthenticateSession(t.Context(), ports.Secret("mbs_"+strings.Repeat("0", 64)), "r")
	require.ErrorIs(t, err, fault.Unavailable)
	_, err = office.Principal(t.Context(), "x")
	require.ErrorIs(t, err, fault.Unavailable)
}
