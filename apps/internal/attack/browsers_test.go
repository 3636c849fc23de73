package attack

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/adapters/pagehtml"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// browsers is the rest of section E: what other sites make a browser do.
func browsers() []attack {
	return []attack{
		{number: 54, name: "another site's form with our cookie", run: case54},
		{number: 55, name: "other origins", run: case55},
		{number: 56, name: "framed by another site", run: case56},
	}
}

func case54(t *testing.T) {
	w := invited(t)
	cookie := w.session()
	require.Equal(t, "__Host-session", cookie.Name)
	require.True(t, cookie.HttpOnly && cookie.Secure && cookie.SameSite == http.SameSiteStrictMode && cookie.Domain == "" && cookie.Path == "/")
	require.LessOrEqual(t, cookie.MaxAge, 8*60*60)
	ours := "__Host-session=" + cookie.Value
	business := fields{"name": "Cross Site Plumbing", "industry_type": "Plumber"}
	for _, from := range [][]string{
		{"Origin", "https://evil.io"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.io"}, {"Sec-Fetch-Site", "same-site", "Origin", "https://evil.ours.example"},
		{"Sec-Fetch-Site", "cross-site"},
	} {
		w.deniedWith(http.StatusForbidden, "", http.MethodPost, "/api/businesses", business, append(from, "Cookie", ours)...)
		w.deniedWith(http.StatusForbidden, "", http.MethodDelete, "/api/session", nil, append(from, "Cookie", ours)...)
		w.deniedWith(http.StatusForbidden, "", http.MethodPost, "/api/session", fields{"id_token": strings.Repeat("a", 40), "nonce": nonce}, from...)
	}
	w.must(http.StatusCreated, "", http.MethodPost, "/api/businesses", business, "Cookie", ours, "Sec-Fetch-Site", "same-origin", "Origin", w.server.URL)
}

func case55(t *testing.T) {
	const app = "https://app.ours.io"
	w := newWorld(t, &settings{api: httpapi.Options{Origins: []string{app}}})
	viewer := w.service(backoffice.Viewer, backoffice.AllBusinesses)
	for _, origin := range []string{"https://evil.io", "null", "https://app.ours.io.evil.io", "http://app.ours.io", "https://app.ours.io:8443", "https://evilapp.ours.io", "HTTPS://APP.OURS.IO", app + "/"} {
		for _, a := range []answer{
			w.attack(viewer, http.MethodGet, "/api/me", nil, "Origin", origin),
			w.attack("", http.MethodOptions, "/api/businesses", nil, "Origin", origin, "Access-Control-Request-Method", "POST"),
			w.attack("", http.MethodGet, "/api/me", nil, "Origin", origin),
		} {
			for name := range a.Header {
				require.False(t, strings.HasPrefix(name, "Access-Control-"), "%s for %s", name, origin)
			}
			require.True(t, has(a.Header.Values("Vary"), "Origin"))
		}
	}
	a := w.must(http.StatusOK, viewer, http.MethodGet, "/api/me", nil, "Origin", app)
	require.Equal(t, app, a.Header.Get("Access-Control-Allow-Origin"))
	_, err := httpapi.New(w.office, w.jobs, &httpapi.Options{Previews: pagehtml.New(), Origins: []string{"*"}})
	require.Error(t, err)
}

func case56(t *testing.T) {
	d := newDesk(t, nil)
	id := d.job(d.business, "one")
	d.work(id)
	for _, path := range []string{"/health", "/api/me", "/api/openapi.json", "/api/nothing", in(d.business, "/jobs/"+string(id)+"/pages/0"), in(d.business, "/jobs/"+string(id)+"/export")} {
		a := d.send(d.operator, http.MethodGet, path, nil)
		require.Contains(t, a.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
		require.Equal(t, "DENY", a.Header.Get("X-Frame-Options"), path)
		require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"), path)
	}
	// The dashboard may frame a preview; nobody else may.
	a := d.must(http.StatusOK, d.operator, http.MethodGet, in(d.business, "/jobs/"+string(id)+"/pages/0/preview"), nil)
	require.Contains(t, []string{"frame-ancestors 'none'", "frame-ancestors 'self'"}, directive(a, "frame-ancestors"))
}

// directive is the part of the answer's policy that begins with the name.
func directive(a answer, name string) string {
	for _, part := range strings.Split(a.Header.Get("Content-Security-Policy"), ";") {
		if part = strings.TrimSpace(part); part == name || strings.HasPrefix(part, name+" ") {
			return part
		}
	}
	return ""
}
