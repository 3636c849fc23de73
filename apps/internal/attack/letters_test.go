package attack

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
)

// letters are requests that mean something else to whoever reads them loosely, or cost more than they are long.
func letters() []attack {
	return []attack{
		{number: 57, name: "thousands of errors in one request", run: case57, alone: true},
		{number: 58, name: "a prompt of a long value in many places", run: case58, alone: true},
		{number: 59, name: "queries that cannot be read whole", run: case59},
		{number: 60, name: "one key, one page, several spellings", run: case60},
		{number: 61, name: "a link that is looked at", run: case61},
		{number: 62, name: "bodies where there are none", run: case62},
		{number: 63, name: "ETags that are nearly right", run: case63},
		{number: 64, name: "two tokens, and two keys", run: case64},
		{number: 65, name: "addresses that a client writes", run: case65},
	}
}

// counted joins texts made of numbers.
func counted(n int, form string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(form, i)
	}
	return strings.Join(list, ",")
}

// cheap demands that what a request allocates is within bounds. Its case runs alone.
func (d *desk) cheap(name string, most uint64, ask func() answer) {
	d.t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a := ask()
	runtime.ReadMemStats(&after)
	require.Less(d.t, after.TotalAlloc-before.TotalAlloc, most, name)
	require.Less(d.t, len(a.body), 16<<10, name)
}

func case57(t *testing.T) {
	d := newDesk(t, nil)
	for name, c := range map[string]struct{ token, method, path, body string }{
		"a sign-in":      {"", http.MethodPost, "/api/session", `{` + counted(3_800, `"a%d":1`) + `}`},
		"a long sign-in": {"", http.MethodPost, "/api/session", `{` + counted(20_000, `"a%d":1`) + `}`},
		"a list":         {d.operator, http.MethodPost, in(d.business, "/generate/preview"), `{"page_type":"service-area","selection":{"keyword_ids":[` + counted(30_000, `%d`) + `]}}`},
		"rows":           {d.operator, http.MethodPost, in(d.business, "/keywords/bulk"), `{"rows":[` + counted(30_000, `%d`) + `]}`},
		"days":           {d.operator, http.MethodPut, in(d.business, "/hours"), `{"hours":[` + counted(7, `{"n":%d,`+counted(3_000, `"a%d":1`)+`}`) + `]}`},
	} {
		d.cheap(name, 200*uint64(len(c.body)), func() answer {
			return d.refused(http.StatusBadRequest, c.token, c.method, c.path, c.body, "If-Match", "*")
		})
	}
}

func case58(t *testing.T) {
	d := newDesk(t, nil)
	d.cheap("a prompt", 8<<20, func() answer {
		return d.refused(http.StatusBadRequest, d.operator, http.MethodPost, in(d.business, "/prompts/render"), fields{
			"page_type": "service-area", "template": strings.Repeat("{{county}}", 1_999),
			"sample": fields{"overrides": fields{"county": strings.Repeat("🏠", 2_000)}},
		})
	})
}

// line sends a request whose target no client would build.
func (w *world) line(token, method, target, body string) answer {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
	require.NoError(w.t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: api\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		method, target, token, len(body), body)
	require.NoError(w.t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(w.t, err)
	defer response.Body.Close()
	a := answer{response, readAll(response.Body)}
	w.harmless(a)
	return a
}

func case59(t *testing.T) {
	d := newDesk(t, nil)
	before := d.must(http.StatusOK, d.operator, http.MethodGet, in(d.business, "/services"), nil).body
	for _, query := range []string{"?dry_run=true%zz", "?;dry_run=true", "?dry_run=true;on_duplicate=skip", "?dry_run=true&%", "?%64ry_run=true%"} {
		a := d.line(d.operator, http.MethodPost, in(d.business, "/services/bulk")+query, `{"rows":[{"name":"Surprise"}]}`)
		require.Equal(t, http.StatusBadRequest, a.StatusCode, query)
		require.Equal(t, http.StatusBadRequest, d.line(d.operator, http.MethodGet, in(d.business, "/keywords")+query, "").StatusCode, query)
	}
	require.Equal(t, before, d.must(http.StatusOK, d.operator, http.MethodGet, in(d.business, "/services"), nil).body)
}

func case60(t *testing.T) {
	d := newDesk(t, nil)
	id := d.job(d.business, "one")
	d.work(id)
	page := in(d.business, "/jobs/"+string(id)+"/pages/")
	d.must(http.StatusAccepted, d.operator, http.MethodPost, page+"0/regenerate", nil, "Idempotency-Key", "spelt")
	d.work(id)
	for _, ordinal := range []string{"00", "+0", "%2B0", "%30%30", "-0"} {
		d.refused(http.StatusBadRequest, d.operator, http.MethodPost, page+ordinal+"/regenerate", nil, "Idempotency-Key", "spelt")
	}
	d.refused(http.StatusUnprocessableEntity, d.operator, http.MethodPost, page+"1/regenerate", nil, "Idempotency-Key", "spelt")
	again := d.must(http.StatusAccepted, d.operator, http.MethodPost, page+"%30/regenerate", nil, "Idempotency-Key", "spelt")
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
}

func case61(t *testing.T) {
	w := newWorld(t, &settings{api: httpapi.Options{Local: true}})
	code, err := w.office.NewCode(t.Context())
	require.NoError(t, err)
	link := "/api/session/once?code=" + string(code)
	for range 3 {
		w.refused(http.StatusMethodNotAllowed, "", http.MethodHead, link, nil)
		w.refused(http.StatusMethodNotAllowed, "", http.MethodOptions, link, nil)
	}
	w.must(http.StatusSeeOther, "", http.MethodGet, link, nil)
}

func case62(t *testing.T) {
	d := newDesk(t, nil)
	id := d.job(d.business, "one")
	for _, body := range []string{"garbage", `{"surprise":true}`, `[]`, `"x"`} {
		d.bad(http.MethodPost, in(d.business, "/jobs/"+string(id)+"/ledger/verify"), body)
		d.bad(http.MethodPost, "/api/ledger/verify", body)
		d.bad(http.MethodPost, in(d.business, "/locations/none/restore"), body, "If-Match", "*")
		d.bad(http.MethodDelete, in(d.business, "/services/none"), body, "If-Match", "*")
		d.bad(http.MethodDelete, in(d.business, ""), body, "If-Match", "*")
	}
}

func case63(t *testing.T) {
	d := newDesk(t, nil)
	business := in(d.business, "")
	tag := d.must(http.StatusOK, d.operator, http.MethodGet, business, nil).Header.Get("Etag")
	bare := strings.Trim(tag, `"`)
	for _, near := range []string{bare, `"` + bare, bare + `"`, "'" + bare + "'", "W/" + bare} {
		d.refused(http.StatusBadRequest, d.operator, http.MethodPatch, business, fields{"name": "Changed Plumbing"}, "If-Match", near)
	}
	for _, near := range []string{"W/" + tag, `"0` + bare + `"`, `"+` + bare + `"`, `"` + bare + `-x"`} {
		d.refused(http.StatusPreconditionFailed, d.operator, http.MethodPatch, business, fields{"name": "Changed Plumbing"}, "If-Match", near)
	}
	d.must(http.StatusOK, d.operator, http.MethodPatch, business, fields{"name": "Changed Plumbing"}, "If-Match", `"none", `+tag)
}

func case64(t *testing.T) {
	d := newDesk(t, nil)
	for _, name := range []string{"Authorization", "Idempotency-Key"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.server.URL+"/api/businesses", strings.NewReader(`{"name":"Twice Plumbing","industry_type":"Plumber"}`))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+d.operator)
		r.Header.Add(name, "Bearer "+d.admin)
		r.Header.Add(name, "another")
		response, err := d.client.Do(r)
		require.NoError(t, err)
		a := answer{response, readAll(response.Body)}
		require.NoError(t, response.Body.Close())
		d.harmless(a)
		require.Equal(t, map[string]int{"Authorization": http.StatusUnauthorized, "Idempotency-Key": http.StatusBadRequest}[name], a.StatusCode)
	}
	d.refused(http.StatusUnauthorized, d.operator+", Bearer "+d.admin, http.MethodGet, "/api/me", nil)
}

func case65(t *testing.T) {
	proxy := netip.MustParsePrefix("127.0.0.0/8")
	for _, trusted := range [][]netip.Prefix{nil, {proxy}} {
		w := newWorld(t, &settings{api: httpapi.Options{PerMinute: 1_000, PerAddress: 5, TrustedProxies: trusted}})
		limited := 0
		for i := range 20 {
			a := w.attack("", http.MethodGet, "/api/me", nil, "X-Forwarded-For", fmt.Sprintf("192.0.2.%d, 198.51.100.7", i))
			if a.StatusCode == http.StatusTooManyRequests {
				limited++
			}
		}
		require.Equal(t, 15, limited, "what a client writes gives it no more")
		other := w.attack("", http.MethodGet, "/api/me", nil, "X-Forwarded-For", "198.51.100.8").StatusCode
		require.Equal(t, trusted != nil, other == http.StatusUnauthorized)
		w.must(http.StatusOK, "", http.MethodGet, "/health", nil)
	}
}
