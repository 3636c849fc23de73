package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, path := range []string{"/health", "/api/health"} {
		a := w.send("", http.MethodGet, path, nil)
		require.Equal(t, http.StatusOK, a.StatusCode, "%s", a.body)
		require.JSONEq(t, `{"status":"ok"}`, string(a.body))
	}
}

func TestNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.send("", http.MethodGet, "/api/nothing", nil)
	require.Equal(t, http.StatusNotFound, a.StatusCode)
	require.Equal(t, "NOT_FOUND", a.get(t, "code"))
	a = w.send("", http.MethodPut, "/api/health", nil)
	require.Equal(t, http.StatusMethodNotAllowed, a.StatusCode)
	require.Equal(t, "GET, HEAD", a.Header.Get("Allow"))
	require.Equal(t, "METHOD_NOT_ALLOWED", a.get(t, "code"))
}

func TestWhoCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.send("", http.MethodGet, "/api/me", nil)
	require.Equal(t, http.StatusUnauthorized, a.StatusCode, "%s", a.body)
	require.Equal(t, "UNAUTHORIZED", a.get(t, "code"))
	require.Equal(t, backoffice.AuditDenied, w.audits()[0].Result)
	a = w.must(http.StatusOK, http.MethodGet, "/api/me", nil, "X-Request-Id", "abcdefgh-1")
	require.Equal(t, "admin", a.get(t, "principal.role"))
	require.Equal(t, "abcdefgh-1", a.Header.Get("X-Request-Id"))
	tag := a.Header.Get("Etag")
	a = w.as(backoffice.Admin, http.MethodGet, "/api/me", nil, "If-None-Match", tag)
	require.Equal(t, http.StatusNotModified, a.StatusCode)
	require.Empty(t, a.body)
}

func TestPrincipals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	body := map[string]any{"kind": "service", "name": "robot", "role": "operator", "business_ids": []string{"*"}, "expires_at": "2027-01-01T00:00:00Z"}
	require.Equal(t, http.StatusForbidden, w.as(backoffice.Operator, http.MethodPost, "/api/principals", body).StatusCode)
	a := w.must(http.StatusCreated, http.MethodPost, "/api/principals", body)
	id, token := a.get(t, "principal.id").(string), a.get(t, "token").(string)
	require.Equal(t, http.StatusOK, w.send(token, http.MethodGet, "/api/me", nil).StatusCode)
	require.Equal(t, http.StatusPreconditionRequired, w.as(backoffice.Admin, http.MethodPatch, "/api/principals/"+id, map[string]any{"status": "disabled"}).StatusCode)
	w.must(http.StatusPreconditionFailed, http.MethodPatch, "/api/principals/"+id, map[string]any{"status": "disabled"}, "If-Match", `"9"`)
	a = w.must(http.StatusOK, http.MethodPatch, "/api/principals/"+id, map[string]any{"status": "disabled"}, "If-Match", `"1"`)
	require.Equal(t, `"2"`, a.Header.Get("Etag"))
	w.must(http.StatusPreconditionRequired, http.MethodPost, "/api/principals/"+id+"/rotate", nil)
	w.must(http.StatusPreconditionFailed, http.MethodPost, "/api/principals/"+id+"/rotate", nil, "If-Match", `"1"`)
	a = w.must(http.StatusOK, http.MethodPost, "/api/principals/"+id+"/rotate", nil, "If-Match", `"2"`)
	require.Equal(t, `"3"`, a.Header.Get("Etag"))
	require.Equal(t, http.StatusUnauthorized, w.send(token, http.MethodGet, "/api/me", nil).StatusCode)
	a = w.must(http.StatusOK, http.MethodGet, "/api/principals?limit=2", nil)
	require.Len(t, a.get(t, "principals"), 2)
	a = w.must(http.StatusOK, http.MethodGet, "/api/principals?limit=2&cursor="+a.get(t, "next_cursor").(string), nil)
	require.Len(t, a.get(t, "principals"), 2)
	body["business_ids"] = []string{"acme"}
	require.Equal(t, "/business_ids/0", w.must(http.StatusBadRequest, http.MethodPost, "/api/principals", body).get(t, "errors").([]any)[0].(map[string]any)["pointer"])
	ann := map[string]any{"kind": "user", "email": "Ann@Example.com", "role": "viewer", "business_ids": []string{"*"}}
	require.Equal(t, "ann@example.com", w.must(http.StatusCreated, http.MethodPost, "/api/principals", ann).get(t, "principal.name"))
	w.must(http.StatusBadRequest, http.MethodGet, "/api/principals?limit=0", nil)
	w.must(http.StatusBadRequest, http.MethodGet, "/api/principals?cursor=abc", nil)
	w.must(http.StatusBadRequest, http.MethodGet, "/api/principals?colour=red", nil)
	w.must(http.StatusOK, http.MethodGet, "/api/audit", nil)
	a = w.must(http.StatusOK, http.MethodGet, "/api/audit/export?format=csv", nil)
	require.Contains(t, string(a.body), "principal.create")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &httpapi.Options{PerMinute: 2, PerAddress: 100})
	for range 2 {
		require.Equal(t, http.StatusOK, w.as(backoffice.Viewer, http.MethodGet, "/api/me", nil).StatusCode)
	}
	a := w.as(backoffice.Viewer, http.MethodGet, "/api/me", nil)
	require.Equal(t, http.StatusTooManyRequests, a.StatusCode)
	require.Equal(t, "30", a.Header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, w.as(backoffice.Admin, http.MethodGet, "/api/me", nil).StatusCode)
}

// huma panics over unequal items that cannot be compared: no schema asks for that.
func TestNoSchemaNeedsUniqueItems(t *testing.T) {
	t.Parallel()
	contract, err := httpapi.Contract("1")
	require.NoError(t, err)
	require.NotContains(t, string(contract), "uniqueItems")
}

func TestAllowNamesTheMethodsOfThePath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for path, allow := range map[string]string{
		"/api/businesses/acme/keywords/bulk": "POST", "/api/businesses/acme/keywords/x": "DELETE, GET, HEAD, PATCH", "/api/principals": "GET, HEAD, POST",
	} {
		a := w.as(backoffice.Admin, http.MethodOptions, path, nil)
		require.Equal(t, http.StatusMethodNotAllowed, a.StatusCode, path)
		require.Equal(t, allow, a.Header.Get("Allow"), path)
	}
}
