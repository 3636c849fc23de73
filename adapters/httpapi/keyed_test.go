package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// A key is honoured wherever something is made, but not where the answer is a secret.
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

	access := map[string]any{"kind": "service", "name": "robot", "role": "viewer", "business_ids": []string{}, "expires_at": "2027-01-01T00:00:00Z"}
	one := w.must(http.StatusCreated, http.MethodPost, "/api/principals", access, "Idempotency-Key", "k")
	two := w.must(http.StatusCreated, http.MethodPost, "/api/principals", access, "Idempotency-Key", "k")
	require.NotEqual(t, one.get(t, "token"), two.get(t, "token"), "no token is kept to be told again")
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
