package backoffice_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// narrowed is a change that leaves nothing to see.
func narrowed() backoffice.PrincipalChange {
	return backoffice.PrincipalChange{Businesses: &[]string{}}
}

// Two admins who take each other's access away at the same time: both were admins when they came in, and one of them stays.
func TestTwoAdminsDoNotLockEverybodyOut(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	one, oneToken := f.service(t, backoffice.Admin)
	two, twoToken := f.service(t, backoffice.Admin)
	first, err := f.AuthenticateToken(t.Context(), oneToken, "r")
	require.NoError(t, err)
	second, err := f.AuthenticateToken(t.Context(), twoToken, "r")
	require.NoError(t, err)
	_, err = f.ChangePrincipal(t.Context(), first, two.ID, 1, narrowed())
	require.NoError(t, err)
	_, err = f.ChangePrincipal(t.Context(), second, one.ID, 1, narrowed())
	require.ErrorIs(t, err, fault.Rejected)
	_, _, err = f.RotateToken(t.Context(), second, one.ID, 1, time.Time{})
	require.ErrorIs(t, err, fault.Rejected)
	_, _, err = f.CreatePrincipal(t.Context(), second, backoffice.NewPrincipal{Kind: backoffice.User, Email: "eve@example.com", Role: backoffice.Admin, Businesses: []string{"*"}})
	require.ErrorIs(t, err, fault.Rejected)
	_, err = f.ChangePrincipal(t.Context(), second, two.ID, 2, backoffice.PrincipalChange{Name: new("renamed")})
	require.ErrorIs(t, err, fault.Rejected)
}

// Whoever is admin of some businesses cannot give access: the last who can stays.
func TestTheLastAdminOfAllBusinessesStays(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	b, err := f.CreateBusiness(t.Context(), boss(), catalog.Business{Name: "Harbor Plumbing", IndustryType: "Plumber"})
	require.NoError(t, err)
	one, _ := f.service(t, backoffice.Admin)
	two, _ := f.service(t, backoffice.Admin)
	viewer, disabled := backoffice.Viewer, backoffice.Disabled
	_, err = f.ChangePrincipal(t.Context(), boss(), two.ID, 1, backoffice.PrincipalChange{Businesses: &[]string{b.ID}})
	require.NoError(t, err)
	for _, change := range []backoffice.PrincipalChange{{Role: &viewer}, {Status: &disabled}, {Businesses: &[]string{b.ID}}, narrowed()} {
		_, err = f.ChangePrincipal(t.Context(), boss(), one.ID, 1, change)
		require.ErrorIs(t, err, fault.Conflict)
	}
	_, err = f.ChangePrincipal(t.Context(), boss(), two.ID, 2, backoffice.PrincipalChange{Status: &disabled})
	require.NoError(t, err, "one of some is no last resort")
	_, err = f.ChangePrincipal(t.Context(), boss(), two.ID, 3, backoffice.PrincipalChange{Status: new(backoffice.Active), Businesses: &[]string{"*"}})
	require.NoError(t, err)
	_, err = f.ChangePrincipal(t.Context(), boss(), one.ID, 1, narrowed())
	require.NoError(t, err)
}

// A token that has expired lets nobody in: it is no reason to let the last admin go who can.
func TestAnExpiredAdminIsNoLastResort(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	robot, _ := f.service(t, backoffice.Admin) // for an hour
	lasting, _, err := f.CreatePrincipal(t.Context(), boss(), backoffice.NewPrincipal{
		Kind: backoffice.Service, Name: "lasting", Role: backoffice.Admin, Businesses: []string{"*"}, ExpiresAt: f.clock.Now().Add(24 * time.Hour),
	})
	require.NoError(t, err)
	f.clock.forward(time.Hour)
	_, err = f.ChangePrincipal(t.Context(), boss(), lasting.ID, 1, narrowed())
	require.ErrorIs(t, err, fault.Conflict)
	_, _, err = f.RotateToken(t.Context(), boss(), robot.ID, 1, f.clock.Now().Add(time.Hour))
	require.NoError(t, err)
	_, err = f.ChangePrincipal(t.Context(), boss(), lasting.ID, 1, narrowed())
	require.NoError(t, err, "the other has a new token")
}

// However many tokens have expired, somebody who must not come in any more is kept out, and what has expired can be cleared away.
func TestExpiredAdminsDoNotKeepAnybodyIn(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	disabled := backoffice.PrincipalChange{Status: new(backoffice.Disabled)}
	lasting := func() backoffice.Principal {
		p, _, err := f.CreatePrincipal(t.Context(), boss(), backoffice.NewPrincipal{
			Kind: backoffice.Service, Name: "lasting", Role: backoffice.Admin, Businesses: []string{"*"}, ExpiresAt: f.clock.Now().Add(24 * time.Hour),
		})
		require.NoError(t, err)
		return p
	}
	expired := make([]backoffice.Principal, 0, 120)
	expire := func(n int) {
		for range n {
			p, _ := f.service(t, backoffice.Admin)
			expired = append(expired, p)
		}
	}
	expire(60)
	middle := lasting()
	expire(60)
	newest, leaked := lasting(), lasting()
	f.clock.forward(time.Hour)
	_, err := f.ChangePrincipal(t.Context(), boss(), leaked.ID, 1, disabled)
	require.NoError(t, err)
	_, err = f.ChangePrincipal(t.Context(), boss(), newest.ID, 1, disabled)
	require.ErrorIs(t, err, fault.Conflict, "who is left is among too many")
	require.ErrorContains(t, err, "revoke those first")
	for _, p := range expired {
		_, err = f.ChangePrincipal(t.Context(), boss(), p.ID, 1, disabled)
		require.NoError(t, err)
	}
	_, err = f.ChangePrincipal(t.Context(), boss(), newest.ID, 1, disabled)
	require.NoError(t, err)
	_, err = f.ChangePrincipal(t.Context(), boss(), middle.ID, 1, disabled)
	require.ErrorIs(t, err, fault.Conflict)
	require.ErrorContains(t, err, "the last admin")
}
