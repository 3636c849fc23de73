package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
)

// TestFront: a page at / is no row of the contract, knows whether a session comes along, and passes the edge as everything does.
func TestFront(t *testing.T) {
	t.Parallel()
	require.Equal(t, http.StatusNotFound, newWorld(t, nil).send("", http.MethodGet, "/", nil).StatusCode)

	w := newWorld(t, &httpapi.Options{Local: true, PerMinute: -1, PerAddress: 6, Front: func(w http.ResponseWriter, _ *http.Request, signedIn bool) { _, _ = fmt.Fprint(w, signedIn) }})
	for _, r := range w.Routes() {
		require.NotEqual(t, "/", r.Path)
	}
	code, err := w.office.NewCode(t.Context())
	require.NoError(t, err)
	session := w.send("", http.MethodGet, "/api/session/once?code="+string(code), nil)
	require.Equal(t, "/", session.Header.Get("Location"))
	cookie, _, _ := strings.Cut(session.Header.Get("Set-Cookie"), ";")
	for sent, want := range map[string]string{"": "false", cookie: "true", cookie + "x": "false"} {
		a := w.send("", http.MethodGet, "/", nil, "Cookie", sent)
		require.Equal(t, want, string(a.body), sent)
		require.NotEmpty(t, a.Header.Get("X-Request-Id"))
		require.Contains(t, a.Header.Get("Content-Security-Policy"), "default-src 'none'")
	}
	require.Equal(t, http.StatusNotFound, w.send("", http.MethodDelete, "/", nil).StatusCode)
	require.Equal(t, http.StatusOK, w.send("", http.MethodHead, "/", nil).StatusCode)
	require.Equal(t, http.StatusTooManyRequests, w.send("", http.MethodGet, "/", nil).StatusCode)
	denied := 0
	for _, r := range w.audits() {
		if r.Result == "denied" {
			denied++
		}
	}
	require.Zero(t, denied, "nobody was denied anything")
}
