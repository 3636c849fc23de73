package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// A key is honoured wherever something is made.
func TestAKeyIsHonoured(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	body := map[string]any{"name": "Harbor Plumbing", "industry_type": "Plumber"}
	first := w.must(http.StatusCreated, http.MethodPost, "/api/businesses", body, "Idempotency-Key", "k")
	again := w.must(http.StatusCreated, http.MethodPost, "/api/businesses", body, "Idempotency-Key", "k")
	require.Equal(t, first.body, again.body)
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	require.Equal(t, first.Header.Get("Location"), again.Header.Get("Location"))
	other := w.as(backoffice.Operator, http.MethodPost, "/api/businesses", body, "Idempotency-Key", "k")
	require.Equal(t, http.StatusCreated, other.StatusCode)
	require.NotEqual(t, first.body, other.body, "a key of no business is its caller's")
	body["name"] = "Another"
	w.must(http.StatusUnprocessableEntity, http.MethodPost, "/api/businesses", body, "Idempotency-Key", "k")

	w.must(http.StatusBadRequest, http.MethodPost, "/api/businesses", body, "Idempotency-Key", "")

	bulk := first.Header.Get("Location") + "/keywords/bulk"
	rows := map[string]any{"rows": []any{}}
	w.must(http.StatusOK, http.MethodPost, bulk+"?on_duplicate=skip&dry_run=true", rows, "Idempotency-Key", "k")
	w.must(http.StatusOK, http.MethodPost, bulk+"?dry_run=true&on_duplicate=skip", rows, "Idempotency-Key", "k")
	w.must(http.StatusUnprocessableEntity, http.MethodPost, bulk+"?on_duplicate=fail&dry_run=true", rows, "Idempotency-Key", "k")
}

// A secret is kept nowhere, so a repeat cannot show it again: it says what was made, and makes nothing.
func TestAKeyOfASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	access := object{"kind": "service", "name": "robot", "role": "viewer", "business_ids": []string{}, "expires_at": "2027-01-01T00:00:00Z"}
	robot := w.shownOnce("/api/principals", http.StatusCreated, access)
	hook := w.shownOnce("/api/webhooks", http.StatusCreated, object{"url": "https://hooks.example.com/in", "events": []string{"job.failed"}})
	w.shownOnce(robot+"/rotate", http.StatusOK, nil, "If-Match", `"1"`)
	w.shownOnce(hook+"/rotate-secret", http.StatusOK, nil, "If-Match", `"1"`)

	w.refused(http.StatusBadRequest, http.MethodPost, "/api/principals", object{"kind": "user"}, "Idempotency-Key", "k")
	access["name"] = "another"
	w.refused(http.StatusUnprocessableEntity, http.MethodPost, "/api/principals", access, "Idempotency-Key", "k")
	w.refused(http.StatusPreconditionRequired, http.MethodPost, hook+"/rotate-secret", nil, "Idempotency-Key", "j")
	w.refused(http.StatusPreconditionFailed, http.MethodPost, hook+"/rotate-secret", nil, "Idempotency-Key", "j", "If-Match", `"1"`)
	w.must(http.StatusOK, http.MethodPost, hook+"/rotate-secret", nil, "Idempotency-Key", "j", "If-Match", `"2"`)

	user := object{"kind": "user", "name": "Ann", "email": "ann@example.com", "role": "viewer", "business_ids": []string{}}
	one := w.must(http.StatusCreated, http.MethodPost, "/api/principals", user, "Idempotency-Key", "u")
	again := w.must(http.StatusCreated, http.MethodPost, "/api/principals", user, "Idempotency-Key", "u")
	require.Equal(t, one.body, again.body, "a user has no secret")
	failed := w.refused(http.StatusConflict, http.MethodPost, "/api/principals", user, "Idempotency-Key", "v")
	replayed := w.refused(http.StatusConflict, http.MethodPost, "/api/principals", user, "Idempotency-Key", "v")
	require.Equal(t, failed.body, replayed.body, "a failure is told again")
	require.Equal(t, "true", replayed.Header.Get("Idempotency-Replayed"))
}

// shownOnce posts twice with one key, and demands that the second does nothing. It returns where what was made is.
func (w *world) shownOnce(path string, status int, body any, headers ...string) string {
	w.t.Helper()
	headers = append(headers, "Idempotency-Key", "k")
	first := w.must(status, http.MethodPost, path, body, headers...)
	made := first.Header.Get("Location")
	before := w.must(http.StatusOK, http.MethodGet, made, nil)
	lines := len(w.audits())
	again := w.refused(http.StatusConflict, http.MethodPost, path, body, headers...)
	require.Equal(w.t, "true", again.Header.Get("Idempotency-Replayed"))
	require.Equal(w.t, made, again.Header.Get("Location"))
	require.Equal(w.t, "CONFLICT", again.get(w.t, "code"))
	require.Contains(w.t, again.get(w.t, "detail"), made[strings.LastIndex(made, "/")+1:]+" at Location")
	require.Contains(w.t, again.get(w.t, "detail"), "rotate it")
	require.Equal(w.t, before.body, w.must(http.StatusOK, http.MethodGet, made, nil).body)
	require.Len(w.t, w.audits(), lines, "nothing was done")
	return made
}

// The trail says from where, also of who is not known.
func TestTheTrailSaysFromWhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.send("mbt_none", http.MethodGet, "/api/me", nil, "X-Request-Id", "request-77")
	require.Equal(t, "192.0.2.1", w.audits()[0].From)
	require.Equal(t, "request-77", w.audits()[0].RequestID)
	w.must(http.StatusCreated, http.MethodPost, "/api/businesses", map[string]any{"name": "Harbor Plumbing", "industry_type": "Plumber"})
	require.Equal(t, "192.0.2.1", w.audits()[0].From)
}

func TestLookingAtALinkDoesNotUseItUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &httpapi.Options{Local: true})
	code, err := w.office.NewCode(t.Context())
	require.NoError(t, err)
	path := "/api/session/once?code=" + string(code)
	head := w.send("", http.MethodHead, path, nil)
	require.Equal(t, http.StatusMethodNotAllowed, head.StatusCode)
	require.Equal(t, "GET", head.Header.Get("Allow"))
	require.Equal(t, http.StatusSeeOther, w.send("", http.MethodGet, path, nil).StatusCode)
}

// A refusal by the state of things is an answer too; a request that was wrong holds no key.
func TestARefusalIsToldAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 0)
	w.must(http.StatusBadRequest, http.MethodPost, business+"/generate", choice("budget_usd", "0"), "Idempotency-Key", "k")
	first := w.must(http.StatusUnprocessableEntity, http.MethodPost, business+"/generate", choice(), "Idempotency-Key", "k")
	require.Equal(t, "NO_PAGES", first.get(t, "code"))
	w.must(http.StatusCreated, http.MethodPost, business+"/service-areas", map[string]any{"city": "Bath", "state": "ME"})
	again := w.must(http.StatusUnprocessableEntity, http.MethodPost, business+"/generate", choice(), "Idempotency-Key", "k")
	require.Equal(t, first.body, again.body)
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	w.must(http.StatusAccepted, http.MethodPost, business+"/generate", choice(), "Idempotency-Key", "another")
}
