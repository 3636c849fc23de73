package lambdahttp_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"
)

// call is a request of the comparison.
type call struct {
	name, method, target, body string
	header                     http.Header
	rewritten                  bool // the gateway changes the path of this one, so only its encoded form can be compared
}

func calls() []call {
	text := http.Header{"Content-Type": {"application/json"}}
	list := []call{
		{"plain", "GET", "/echo", "", nil, false},
		{"root", "GET", "/", "", nil, false},
		{"query", "GET", "/echo?tag=x&tag=y&q=a+b%26c%2Fd&empty=&flag&bad=%zz", "", nil, false},
		{"cookies", "GET", "/echo", "", http.Header{"Cookie": {"a=1; b=two=2; c="}}, false},
		{"repeated headers", "GET", "/echo", "", http.Header{"Accept": {"text/html", "text/plain;q=0.5"}, "X-Empty": {""}}, false},
		{"spaces and unicode", "GET", "/echo/caf%C3%A9%20%E4%B8%96", "", nil, false},
		{"hash in the path", "GET", "/echo/a%23b?x=1", "", nil, false},
		{"slash in a segment", "GET", "/echo/a%2Fb/c%2fd", "", nil, true},
		{"question mark in the path", "GET", "/echo/a%3Fb?x=1", "", nil, true},
		{"percent in the path", "GET", "/echo/50%25/%2541", "", nil, true},
		{"dots are cleaned by the mux", "GET", "/echo/../echo//x", "", nil, false},
		{"post", "POST", "/echo", `{"a":"é"}`, text, false},
		{"post of bytes", "POST", "/echo", "\x00\xff\xfe", http.Header{"Content-Type": {"application/octet-stream"}}, false},
		{"post of a form", "POST", "/echo", "a=1&b=2", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, false},
		{"post of nothing", "POST", "/echo", "", nil, false},
		{"put without type", "PUT", "/echo", "abc", nil, false},
		{"patch", "PATCH", "/echo", "{}", text, false},
		{"delete", "DELETE", "/echo", "", nil, false},
		{"options", "OPTIONS", "/echo", "", http.Header{"Origin": {"https://a.example"}}, false},
		{"head", "HEAD", "/echo", "", nil, false},
		{"head of bytes", "HEAD", "/bytes", "", nil, false},
		{"bytes", "GET", "/bytes", "", nil, false},
		{"gzip", "GET", "/gzip", "", nil, false},
		{"html by its look", "GET", "/html", "", nil, false},
		{"type turned off", "GET", "/untyped", "", nil, false},
		{"redirect", "GET", "/redirect", "", nil, false},
		{"file", "GET", "/file", "", nil, false},
		{"part of a file", "GET", "/file", "", http.Header{"Range": {"bytes=2-4"}}, false},
		{"unchanged file", "GET", "/file", "", http.Header{"If-None-Match": {`"v1"`}}, false},
		{"head of a file", "HEAD", "/file", "", nil, false},
		{"not found", "GET", "/nowhere", "", nil, false},
		{"wrong method", "POST", "/file", "", nil, false},
		{"too much", "POST", "/limited", "0123456789", text, false},
	}
	for _, status := range []int{200, 201, 202, 204, 304, 400, 401, 404, 409, 412, 422, 428, 429, 500, 503} {
		list = append(list, call{strconv.Itoa(status), "GET", "/status?is=" + strconv.Itoa(status), "", nil, false})
	}
	return list
}

// echo answers with what it sees, in many ways.
func echo() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", sees)
	mux.HandleFunc("/echo", sees)
	mux.HandleFunc("/echo/{rest...}", sees)
	say := func(text string, headers ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(headers); i += 2 {
				w.Header().Add(headers[i], headers[i+1])
			}
			_, _ = io.WriteString(w, text)
		}
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = io.WriteString(zip, "packed")
	_ = zip.Close()
	mux.HandleFunc("/bytes", say("\x00\xff\xfe"))
	// What has no type gets one of the gateway, so this has one.
	mux.HandleFunc("/gzip", say(packed.String(), "Content-Encoding", "gzip", "Content-Type", "text/plain"))
	mux.HandleFunc("/html", say("<!DOCTYPE html><p>x", "Vary", "Origin", "Vary", "Accept", "Set-Cookie", "a=1; Path=/", "Set-Cookie", "b=2; HttpOnly"))
	mux.HandleFunc("/untyped", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		w.WriteHeader(http.StatusOK)
	})
	mux.Handle("/redirect", http.RedirectHandler("/echo?x=é", http.StatusSeeOther))
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "page.html", time.Time{}, strings.NewReader("<p>a page</p>"))
	})
	mux.HandleFunc("/limited", func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 5))
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
	})
	mux.HandleFunc("/status", func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.URL.Query().Get("is"))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"is":`+strconv.Itoa(status)+`}`)
	})
	return mux
}

// sees answers with the request.
func sees(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	header := map[string]string{}
	for name, values := range r.Header {
		if !strings.HasPrefix(name, "X-Forwarded") && !strings.HasPrefix(name, "X-Amzn") { // the gateway's own
			header[name] = strings.Join(values, ",")
		}
	}
	cookies := []string{}
	for _, cookie := range r.Cookies() {
		cookies = append(cookies, cookie.Name+"="+cookie.Value)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "path": r.URL.Path, "escaped": r.URL.EscapedPath(), "rest": r.PathValue("rest"),
		"query": r.URL.RawQuery, "values": r.URL.Query(), "uri": r.RequestURI, "scheme": r.URL.Scheme + r.URL.Host,
		"host": r.Host, "proto": r.Proto, "header": header, "cookies": cookies,
		"body": body, "length": r.ContentLength, "transfer": r.TransferEncoding, "failed": err != nil,
	})
}

// TestSameAsOverASocket has one handler answer the same requests under net/http and under the bridge.
func TestSameAsOverASocket(t *testing.T) {
	t.Parallel()
	h := echo()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	client := &http.Client{
		Transport:     &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(client.CloseIdleConnections)
	for _, c := range calls() {
		t.Run(c.name, func(t *testing.T) {
			over, err := client.Do(c.request(t, server.URL)) //nolint:bodyclose // facts closes it
			require.NoError(t, err)
			want := facts(t, over)
			r := c.request(t, server.URL)
			r.URL.Path, r.URL.RawPath = "/", ""                                   // the emulator would refuse some of the paths
			encoded := gateway(t, h, r, func(e *events.APIGatewayV2HTTPRequest) { //nolint:bodyclose // the same
				e.RawPath, _, _ = strings.Cut(c.target, "?")
			})
			require.Equal(t, want, facts(t, encoded), "path encoded")
			if !c.rewritten {
				decoded := gateway(t, h, c.request(t, server.URL), func(*events.APIGatewayV2HTTPRequest) {}) //nolint:bodyclose // the same
				require.Equal(t, want, facts(t, decoded), "path decoded")
			}
		})
	}
}

// request makes the request. Each side needs its own, because of the body.
func (c call) request(t *testing.T, base string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), c.method, base+c.target, strings.NewReader(c.body))
	require.NoError(t, err)
	for name, values := range c.header {
		r.Header[name] = values
	}
	r.Header.Set("User-Agent", "comparison")
	return r
}

// facts are what a client sees of an answer.
func facts(t *testing.T, r *http.Response) map[string]any {
	t.Helper()
	header := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if name != "Date" { // the gateway's own
			header[name] = strings.Join(r.Header[name], ",")
		}
	}
	return map[string]any{"status": r.StatusCode, "header": header, "cookies": r.Header.Values("Set-Cookie"), "body": body(t, r)}
}
