package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// made gives a service access, and returns its id and token.
func (w *world) made(role backoffice.Role) (id, token string) {
	w.t.Helper()
	a := w.must(http.StatusCreated, http.MethodPost, "/api/principals", object{
		"kind": "service", "name": "robot", "role": role, "business_ids": []string{"*"}, "expires_at": w.clock.Now().Add(time.Hour),
	})
	return a.get(w.t, "principal.id").(string), a.get(w.t, "token").(string)
}

// The trail names whose token has ended, and never somebody by the part of a token that lists show.
func TestTheTrailNamesWhoseTokenHasEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	refused := func(token, actor string) {
		t.Helper()
		require.Equal(t, http.StatusUnauthorized, w.send(token, http.MethodGet, "/api/me", nil, "X-Request-Id", "request-of-mine").StatusCode)
		line := w.audits()[0]
		require.Equal(t, backoffice.AuditDenied, line.Result)
		require.Equal(t, "request-of-mine", line.RequestID)
		require.Equal(t, actor, line.Actor.PrincipalID)
		require.Empty(t, line.Actor.Role)
	}
	id, token := w.made(backoffice.Operator)
	refused(token[:len(token)-4]+strings.Repeat("0", 4), "")
	w.must(http.StatusOK, http.MethodPatch, "/api/principals/"+id, object{"status": "disabled"}, "If-Match", "*")
	refused(token, id)
	id, token = w.made(backoffice.Admin)
	w.clock.forward(2 * time.Hour)
	refused(token, id)
}

// The admin of local mode is a principal as any other: it has no address, and can be renamed, lowered and disabled.
func TestTheLocalAdminCanBeDisabled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &httpapi.Options{Local: true})
	enter := func() answer {
		t.Helper()
		code, err := w.office.NewCode(t.Context())
		require.NoError(t, err)
		return w.send("", http.MethodGet, "/api/session/once?code="+string(code), nil)
	}
	in := enter()
	require.Equal(t, http.StatusSeeOther, in.StatusCode)
	cookie := strings.Split(in.Header.Get("Set-Cookie"), ";")[0]
	const path = "/api/principals/local-admin"
	change := func(status int, body object) {
		t.Helper()
		w.must(status, http.MethodPatch, path, body, "If-Match", "*")
	}
	change(http.StatusOK, object{"name": "Ana's laptop"})
	change(http.StatusOK, object{"role": "viewer"})
	change(http.StatusOK, object{"status": "disabled"})
	require.Equal(t, http.StatusUnauthorized, w.send("", http.MethodGet, "/api/me", nil, "Cookie", cookie).StatusCode)
	require.Equal(t, "local-admin", w.audits()[0].Actor.PrincipalID)
	require.Equal(t, http.StatusForbidden, enter().StatusCode)
	change(http.StatusOK, object{"status": "active", "role": "admin"})
	require.Equal(t, http.StatusSeeOther, enter().StatusCode)
	require.Equal(t, "Ana's laptop", w.must(http.StatusOK, http.MethodGet, path, nil).get(t, "principal.name"))
}

// google vouches for whoever it is told.
type google struct{ backoffice.Identity }

func (g google) Verify(_ context.Context, token ports.Secret, _ string) (backoffice.Identity, error) {
	if token != "an ID token of Google's" {
		return backoffice.Identity{}, fault.Unauthorized
	}
	return g.Identity, nil
}

// Whoever signs in or out, or tries to, is told by the trail with the address that it came from.
func TestTheTrailSaysFromWhereSomebodySignsInAndOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &httpapi.Options{Local: true, Verifier: google{backoffice.Identity{Subject: "1", Email: "ann@gmail.com"}}})
	w.must(http.StatusCreated, http.MethodPost, "/api/principals", object{"kind": "user", "email": "ann@gmail.com", "role": "viewer", "business_ids": []string{"*"}})
	code, err := w.office.NewCode(t.Context())
	require.NoError(t, err)
	last := func(action string, result backoffice.AuditResult) {
		t.Helper()
		line := w.must(http.StatusOK, http.MethodGet, "/api/audit?limit=1", nil).get(t, "audit_records").([]any)[0].(object)
		require.Equal(t, []any{action, string(result), "192.0.2.1"}, []any{line["action"], line["result"], line["from"]})
	}
	signIn := func(status int, token string) (cookie string) {
		t.Helper()
		a := w.send("", http.MethodPost, "/api/session", object{"id_token": token, "nonce": "12345678"})
		require.Equal(t, status, a.StatusCode, "%s", a.body)
		return strings.Split(a.Header.Get("Set-Cookie"), ";")[0]
	}
	signIn(http.StatusUnauthorized, "another token of somebody")
	last("session.create", backoffice.AuditDenied)
	ann := signIn(http.StatusNoContent, "an ID token of Google's")
	last("session.create", backoffice.AuditOK)
	in := w.send("", http.MethodGet, "/api/session/once?code="+string(code), nil)
	require.Equal(t, http.StatusSeeOther, in.StatusCode)
	last("session.create", backoffice.AuditOK)
	require.Equal(t, http.StatusUnauthorized, w.send("", http.MethodGet, "/api/session/once?code="+string(code), nil).StatusCode)
	last("session.create", backoffice.AuditDenied)
	for _, cookie := range []string{ann, strings.Split(in.Header.Get("Set-Cookie"), ";")[0]} {
		require.Equal(t, http.StatusForbidden, w.send("", http.MethodDelete, "/api/session", nil, "Cookie", cookie, "Sec-Fetch-Site", "cross-site").StatusCode)
		last("session.end", backoffice.AuditDenied)
		require.Equal(t, http.StatusNoContent, w.send("", http.MethodDelete, "/api/session", nil, "Cookie", cookie).StatusCode)
		last("session.end", backoffice.AuditOK)
	}
}

// What is of no business is not found. The trail of one that is deleted stays.
func TestTheTrailAndTheDefaultsAreOfABusiness(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 1)
	for _, tail := range []string{"/audit", "/prompts/defaults"} {
		require.Equal(t, "NOT_FOUND", w.must(http.StatusNotFound, http.MethodGet, "/api/businesses/no-such"+tail, nil).get(t, "code"))
	}
	require.NotEmpty(t, w.must(http.StatusOK, http.MethodGet, business+"/prompts/defaults", nil).get(t, "prompt_templates"))
	look := func() {
		t.Helper()
		require.NotEmpty(t, w.must(http.StatusOK, http.MethodGet, business+"/audit", nil).get(t, "audit_records"))
	}
	look()
	w.must(http.StatusAccepted, http.MethodDelete, business, nil, "If-Match", "*")
	look()
	w.must(http.StatusNotFound, http.MethodGet, business+"/prompts/defaults", nil)
	removed, err := w.office.RemoveDeleted(t.Context(), func(context.Context, string) (bool, error) { return false, nil })
	require.NoError(t, err)
	require.Equal(t, 1, removed)
	look()
}
