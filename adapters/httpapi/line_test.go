package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// What no text may have is the same in a file as in JSON.
func TestAFileHasNoOtherTextsThanABody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Harbor Plumbing")
	for _, bad := range []string{"\u202a", "\u202e", "\u2066", "\u2069", "\u0085", "\ufffd", "\x01"} {
		w.must(http.StatusBadRequest, http.MethodPost, b+"/keywords", object{"keyword": "drain " + bad + "cleaning"})
		for kind, separator := range map[string]string{"text/csv": ",", "text/tab-separated-values": "\t"} {
			file := "keyword" + separator + "language\ndrain " + bad + "cleaning" + separator + "en\n"
			a := w.must(http.StatusOK, http.MethodPost, b+"/keywords/bulk", file, "Content-Type", kind)
			require.EqualValues(t, 1, a.get(t, "summary.failed"), "%q: %s", bad, a.body)
		}
	}
	require.Empty(t, w.must(http.StatusOK, http.MethodGet, b+"/keywords", nil).get(t, "keywords"))
}

// Texts of one line are of one line, and say something.
func TestTextsOfOneLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	until := w.clock.Now().Add(time.Hour)
	name := func(s string) object {
		return object{"kind": "service", "name": s, "role": "viewer", "business_ids": []string{}, "expires_at": until}
	}
	hook := func(s string) object {
		return object{"url": "https://hooks.example.com/in", "events": []string{"job.failed"}, "description": s}
	}
	reason := func(s string) object { return object{"enabled": true, "reason": s} }
	for _, row := range []struct {
		path, method, kept string
		status             int
		body               func(string) object
	}{
		{"/api/principals", http.MethodPost, "principal.name", http.StatusCreated, name},
		{"/api/webhooks", http.MethodPost, "webhook.description", http.StatusCreated, hook},
		{"/api/spending", http.MethodPut, "spending.reason", http.StatusOK, reason},
	} {
		a := w.must(row.status, row.method, row.path, row.body(" two\n\tlines  of \u2028text "))
		require.Equal(t, "two lines of text", a.get(t, row.kept))
		for _, bad := range []string{"a\rb", "a\r\nb", "a\u202eb", "a\x1b[31mb", "\u200b\u2060", strings.Repeat("x", 300)} {
			w.must(http.StatusBadRequest, row.method, row.path, row.body(bad))
		}
	}
	w.must(http.StatusBadRequest, http.MethodPut, "/api/spending", reason(" \n\t"))
	require.Equal(t, "two lines of text", w.must(http.StatusOK, http.MethodGet, "/api/spending", nil).get(t, "spending.reason"))

	_, _, err := w.office.CreatePrincipal(t.Context(), preparer(), backoffice.NewPrincipal{Kind: backoffice.Service, Name: "a\u202eb", Role: backoffice.Viewer, ExpiresAt: until})
	require.ErrorContains(t, err, "/name")
	p, _, err := w.office.CreatePrincipal(t.Context(), preparer(), backoffice.NewPrincipal{Kind: backoffice.Service, Name: "a\r\n b", Role: backoffice.Viewer, ExpiresAt: until})
	require.NoError(t, err)
	require.Equal(t, "a b", p.Name)
}
