package lambdahttp_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdahttp"
	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
)

// seen is what a handler sees.
type seen struct {
	method, path, escaped, query, uri, body string
	length                                  int64
	header                                  http.Header
}

func TestRecordedRequests(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]seen{
		"get": {"GET", "/api/businesses/b1/jobs", "/api/businesses/b1/jobs", "tag=x&tag=y&q=a+b%26c&empty=", "", "", 0, http.Header{
			"Accept": {"text/html,text/plain"}, "Cookie": {"session=s1; theme=dark"},
		}},
		"jwt": {"GET", "/api/me", "/api/me", "", "", "", 0, http.Header{"Accept": {"*/*"}, "Authorization": {"Bearer token"}}},
		"post_json": {"POST", "/api/businesses", "/api/businesses", "", "", `{"name":"Plumber λ","note":"a\nb"}`, 35, http.Header{
			"Accept": {"*/*"}, "Content-Type": {"application/json; charset=utf-8"}, "Content-Length": {"35"}, "Idempotency-Key": {"k-1"},
		}},
		"post_base64": {"POST", "/api/businesses/b1/import", "/api/businesses/b1/import", "", "", "\x00\xff\xfe\r\n\x80", 6, http.Header{
			"Accept": {"*/*"}, "Content-Type": {"application/octet-stream"}, "Content-Length": {"6"},
		}},
		"stage": {"GET", "/api/meta", "/api/meta", "a=%2Fdev", "", "", 0, http.Header{"Accept": {"*/*"}}},
		"head":  {"HEAD", "/health", "/health", "", "", "", 0, http.Header{"Accept": {"*/*"}}},
		"unicode": {
			"GET", "/api/keywords/café 世界#1/100%", "/api/keywords/caf%C3%A9%20%E4%B8%96%E7%95%8C%231/100%25", "q=%C3%A9", "", "", 0,
			http.Header{"Accept": {"*/*"}},
		},
		"encoded": {"GET", "/api/keywords/a/b c?d", "/api/keywords/a%2Fb%20c%3Fd", "q=1", "", "", 0, http.Header{"Accept": {"*/*"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := recorded(t, name)
			want.uri = strings.TrimSuffix(want.escaped+"?"+want.query, "?")
			want.header.Set("User-Agent", "curl/8.7.1")
			for _, added := range []string{"X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"} {
				want.header.Set(added, event.Headers[strings.ToLower(added)])
			}
			got := answer(t, func(w http.ResponseWriter, r *http.Request) {
				text, err := io.ReadAll(r.Body)
				require.NoError(t, err)
				require.Equal(t, want, seen{
					r.Method, r.URL.Path, r.URL.EscapedPath(), r.URL.RawQuery, r.RequestURI, string(text), r.ContentLength, r.Header,
				})
				require.Equal(t, "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", r.Host)
				require.Equal(t, "203.0.113.7:0", r.RemoteAddr)
				require.Equal(t, "Q2hhbmdlLm1l0GU=", lambdahttp.RequestID(r.Context()))
				require.NotContains(t, fmt.Sprint(r.Header, r.Context()), "claimed-scope")
				w.WriteHeader(http.StatusAccepted)
			}, event)
			require.Equal(t, http.StatusAccepted, got.StatusCode)
		})
	}
	require.Empty(t, lambdahttp.RequestID(t.Context()))
}

// TestSimulatedEvents holds the emulator's events against the recorded ones.
func TestSimulatedEvents(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"get": "/api/businesses/b1/jobs", "post_json": "/api/businesses", "post_base64": "/api/businesses/b1/import", "head": "/health",
		"unicode": "/api/keywords/caf%C3%A9%20%E4%B8%96%E7%95%8C%231/100%2525",
	} {
		want := recorded(t, name)
		content := want.Body
		if want.IsBase64Encoded {
			decoded, err := base64.StdEncoding.DecodeString(content)
			require.NoError(t, err)
			content = string(decoded)
		}
		target := "https://" + want.RequestContext.DomainName + path + "?" + want.RawQueryString
		r := httptest.NewRequest(want.RequestContext.HTTP.Method, target, strings.NewReader(content))
		r.RemoteAddr = "203.0.113.7:4711"
		for key, value := range want.Headers {
			if key != "host" && !strings.HasPrefix(key, "x-") {
				r.Header.Set(key, value)
			}
		}
		if len(want.Cookies) > 0 {
			r.Header.Set("Cookie", strings.Join(want.Cookies, "; "))
		}
		text, err := lambdasim.HTTPEvent(r, "111122223333")
		require.NoError(t, err)
		var got events.APIGatewayV2HTTPRequest
		require.NoError(t, json.Unmarshal(text, &got))

		at, err := time.Parse("02/Jan/2006:15:04:05 -0700", got.RequestContext.Time)
		require.NoError(t, err)
		require.Equal(t, at.Unix(), got.RequestContext.TimeEpoch/1000)
		require.Len(t, got.RequestContext.RequestID, len(want.RequestContext.RequestID))
		require.Regexp(t, "^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$", got.Headers["x-amzn-trace-id"])
		got.RequestContext.Time, got.RequestContext.TimeEpoch = want.RequestContext.Time, want.RequestContext.TimeEpoch
		got.RequestContext.RequestID, got.Headers["x-amzn-trace-id"] = want.RequestContext.RequestID, want.Headers["x-amzn-trace-id"]
		require.Equal(t, want, got, name)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ stage, raw, path, escaped string }{
		{"$default", "/health", "/health", "/health"},
		{"$default", "", "/", "/"},
		{"$default", "health", "/health", "/health"},
		{"$default", "//evil.example/x", "//evil.example/x", "//evil.example/x"},
		{"$default", "/a/../b/", "/a/../b/", "/a/../b/"},
		{"$default", "/a%2Fb", "/a/b", "/a%2Fb"},
		{"$default", "/a%2fb", "/a/b", "/a%2fb"},
		{"$default", "/a?admin=true", "/a?admin=true", "/a%3Fadmin=true"},
		{"$default", "/a#b", "/a#b", "/a%23b"},
		{"$default", "/50%", "/50%", "/50%25"},
		{"$default", "/50%2", "/50%2", "/50%252"},
		{"$default", "/%zz%4g%41%G1", "/%zz%4gA%G1", "/%25zz%254gA%25G1"},
		{"$default", "/\x00\x7f\n", "/\x00\x7f\n", "/%00%7F%0A"},
		{"$default", "/a+b;c=d,e@f", "/a+b;c=d,e@f", "/a+b;c=d,e@f"},
		{"prod", "/prod/health", "/health", "/health"},
		{"prod", "/prod", "/", "/"},
		{"prod", "/prod/", "/", "/"},
		{"prod", "/health", "/health", "/health"},
		{"prod", "/dev/health", "/dev/health", "/dev/health"},
		{"heal", "/health", "/health", "/health"},
		{"", "//health", "//health", "//health"},
	} {
		event := recorded(t, "get")
		event.RawPath, event.RequestContext.Stage = test.raw, test.stage
		answer(t, func(_ http.ResponseWriter, r *http.Request) {
			require.Equal(t, test.path, r.URL.Path, test.raw)
			if test.raw != "/%zz%4g%41%G1" { // the usual encoding of %41 is A
				require.Equal(t, test.escaped, r.URL.EscapedPath(), test.raw)
			}
			require.Equal(t, event.RawQueryString, r.URL.RawQuery, test.raw)
			require.Empty(t, r.URL.Fragment, test.raw)
		}, event)
	}
}

func TestHeadersOfTheConnectionAreDropped(t *testing.T) {
	t.Parallel()
	event := recorded(t, "post_json")
	for _, name := range []string{"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"} {
		event.Headers[name] = "idempotency-key"
	}
	event.Headers["content-length"] = "9999"
	event.Headers["cookie"] = "lost=1"
	event.Cookies = []string{"kept=1"}
	answer(t, func(_ http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Host"} {
			require.NotContains(t, r.Header, name)
		}
		require.Equal(t, "k-1", r.Header.Get("Idempotency-Key"))
		require.Equal(t, "35", r.Header.Get("Content-Length"))
		require.Equal(t, "kept=1", r.Header.Get("Cookie"))
		require.Empty(t, r.TransferEncoding)
	}, event)
}

func TestWhatAnEventMayLack(t *testing.T) {
	t.Parallel()
	event := events.APIGatewayV2HTTPRequest{Headers: map[string]string{"Host": "example.com", "cookie": "a=1"}, RawPath: "/"}
	event.RequestContext.HTTP.Method = http.MethodGet
	answer(t, func(_ http.ResponseWriter, r *http.Request) {
		require.Equal(t, "example.com", r.Host)
		require.Equal(t, http.Header{"Cookie": {"a=1"}}, r.Header)
		require.Empty(t, r.RemoteAddr)
	}, event)
	event.Headers = nil
	event.RequestContext.HTTP.SourceIP = "2001:db8::1"
	answer(t, func(_ http.ResponseWriter, r *http.Request) {
		require.Empty(t, r.Host)
		require.Equal(t, "[2001:db8::1]:0", r.RemoteAddr)
	}, event)
}

func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	never := func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") }
	encoding, method := recorded(t, "post_base64"), recorded(t, "get")
	encoding.Body = "secret!"
	method.RequestContext.HTTP.Method = "NO METHOD"
	for _, event := range []events.APIGatewayV2HTTPRequest{encoding, method} {
		got := answer(t, never, event)
		require.Equal(t, http.StatusBadRequest, got.StatusCode)
		require.Equal(t, "application/problem+json", got.Headers["content-type"])
		require.JSONEq(t, `{"type":"about:blank","title":"Bad Request","status":400,"detail":"the request cannot be read",
			"code":"VALIDATION_ERROR","request_id":"Q2hhbmdlLm1l0GU="}`, got.Body)
	}
}

func TestContextEndsWithTheInvocation(t *testing.T) {
	t.Parallel()
	deadline := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got, has := r.Context().Deadline()
		require.True(t, has)
		require.Equal(t, deadline, got)
		require.NoError(t, r.Context().Err())
		cancel()
		<-r.Context().Done()
	})
	_, err := lambdahttp.Handler(h, nil)(ctx, recorded(t, "get"))
	require.NoError(t, err)

	var after context.Context
	answer(t, func(_ http.ResponseWriter, r *http.Request) { after = r.Context() }, recorded(t, "get"))
	require.ErrorIs(t, after.Err(), context.Canceled, "as with net/http, it ends with the handler")
}

// TestTheQueryIsHandedOverAsItCame: also one that cannot be read, so that the API refuses it as it does under net/http.
func TestTheQueryIsHandedOverAsItCame(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"dry_run=true%zz", ";dry_run=true", "a=1;b=2", "%", "a=+&b"} {
		event := recorded(t, "get")
		event.RawQueryString = query
		answer(t, func(_ http.ResponseWriter, r *http.Request) {
			require.Equal(t, query, r.URL.RawQuery)
		}, event)
	}
}
