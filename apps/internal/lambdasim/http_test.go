package lambdasim_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// page is what a client sees.
type page struct {
	status string
	header http.Header
	body   string
}

// visit sends a request and reads the answer.
func (w world) visit(t *testing.T, r *http.Request) page {
	t.Helper()
	response, err := w.InvokeHTTP(t.Context(), r)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, int64(len(body)), response.ContentLength)
	require.Equal(t, strconv.Itoa(len(body)), response.Header.Get("Content-Length"))
	return page{response.Status, response.Header, string(body)}
}

func TestInvokeHTTP(t *testing.T) {
	t.Parallel()
	w := setup(t, "http")
	r := httptest.NewRequest(http.MethodPost, "https://api.example.com/jobs/a%20b?tag=x&tag=y&page=2", strings.NewReader(`{"size":1}`))
	r.Header.Add("Accept", "text/html")
	r.Header.Add("Accept", "text/plain")
	r.Header.Set("Cookie", "one=1; two=2")
	r.Header.Set("User-Agent", "tester")
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("X-Forwarded-For", "10.0.0.1")
	r.Header.Set("Connection", "keep-alive")
	got := w.visit(t, r)
	require.Equal(t, "201 Created", got.status)
	require.Equal(t, "echo", got.header.Get("X-Kind"))
	require.Equal(t, []string{"a=1", "b=2"}, got.header.Values("Set-Cookie"))

	var event events.APIGatewayV2HTTPRequest
	require.NoError(t, json.Unmarshal([]byte(got.body), &event))
	require.Equal(t, "2.0", event.Version)
	require.Equal(t, "/jobs/a b", event.RawPath)
	require.Equal(t, "tag=x&tag=y&page=2", event.RawQueryString)
	require.Equal(t, map[string]string{"tag": "x,y", "page": "2"}, event.QueryStringParameters)
	require.Equal(t, []string{"one=1", "two=2"}, event.Cookies)
	require.Regexp(t, "^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$", event.Headers["x-amzn-trace-id"])
	delete(event.Headers, "x-amzn-trace-id")
	require.Equal(t, map[string]string{
		"host": "api.example.com", "accept": "text/html,text/plain", "user-agent": "tester", "content-length": "10",
		"content-type": "application/json; charset=utf-8", "x-forwarded-for": "10.0.0.1, 192.0.2.1", "x-forwarded-port": "443",
		"x-forwarded-proto": "https",
	}, event.Headers)
	require.JSONEq(t, `{"size":1}`, event.Body)
	require.False(t, event.IsBase64Encoded)
	require.Equal(t, events.APIGatewayV2HTTPRequestContextHTTPDescription{
		Method: http.MethodPost, Path: "/jobs/a b", Protocol: "HTTP/1.1", SourceIP: "192.0.2.1", UserAgent: "tester",
	}, event.RequestContext.HTTP)
	require.Equal(t, "api", event.RequestContext.DomainPrefix)
	require.Equal(t, "$default", event.RequestContext.Stage)
	require.Positive(t, event.RequestContext.TimeEpoch)
}

func TestInvokeHTTPAnswers(t *testing.T) {
	t.Parallel()
	w := setup(t, "http")
	for path, want := range map[string]struct {
		status      string
		contentType string
		body        string
	}{
		"/bare":   {"200 OK", "application/json", `{"hello":"there"}`},
		"/binary": {"200 OK", "text/plain; charset=utf-8", "\xff\x00"},
		"/fail":   {"500 Internal Server Error", "application/json", `{"message":"Internal Server Error"}`},
		"/status": {"500 Internal Server Error", "application/json", `{"message":"Internal Server Error"}`},
		"/base64": {"500 Internal Server Error", "application/json", `{"message":"Internal Server Error"}`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://localhost"+path, strings.NewReader("\xff\x00"))
		require.NoError(t, err)
		got := w.visit(t, r)
		require.Equal(t, want.status, got.status, path)
		require.Equal(t, want.contentType, got.header.Get("Content-Type"), path)
		require.Equal(t, want.body, got.body, path)
	}
	require.Equal(t, 1, w.Stats().ColdStarts)
}

func TestInvokeHTTPWithoutAnswer(t *testing.T) {
	t.Parallel()
	w := setup(t, "echo", func(c *lambdasim.Config) { c.Concurrency = 1 })
	w.hang(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil)
	require.NoError(t, err)
	got := w.visit(t, r)
	require.Equal(t, "503 Service Unavailable", got.status)
	require.JSONEq(t, `{"message":"Service Unavailable"}`, got.body)

	r.Body = io.NopCloser(iotest.ErrReader(errors.New("cut off")))
	_, err = w.InvokeHTTP(t.Context(), r) //nolint:bodyclose // there is no answer
	require.ErrorIs(t, err, fault.Invalid)
	r.Body = nil
	r.URL.Path, r.URL.RawPath = "/50%", "/50%25"
	require.Equal(t, "400 Bad Request", w.visit(t, r).status)
	r.URL.Path, r.URL.RawPath = "/", ""
	w.Close()
	_, err = w.InvokeHTTP(context.Background(), r) //nolint:bodyclose // the same
	require.ErrorIs(t, err, fault.Unavailable)
}

// TestHTTPEventPaths holds the rule against what AWS did with the same paths (captures in github.com/hotsock/voker/pull/8).
func TestHTTPEventPaths(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"":            "/",
		"/a/plain":    "/a/plain",
		"/a/b%20c":    "/a/b c",
		"/a/b%3Fc":    "/a/b",
		"/a/b%23c":    "/a/b#c",
		"/a/b%2Fc":    "/a/b/c",
		"/%CE%BB/%E4": "/λ/\xe4",
		"/a/b%252Fc":  "/a/b/c",
		"/a/b%253Fc":  "/a/b?c",
		"/a/b%2525c":  "/a/b%c",
	} {
		event := eventOf(t, httptest.NewRequest(http.MethodGet, "https://api.example.com"+sent+"?q=%3F", nil))
		require.Equal(t, strings.ToValidUTF8(want, "\ufffd"), event.RawPath, sent)
		require.Equal(t, event.RawPath, event.RequestContext.HTTP.Path, sent)
		require.Equal(t, "q=%3F", event.RawQueryString, sent)
	}
	_, err := lambdasim.HTTPEvent(&http.Request{URL: &url.URL{Path: "/50%"}}, "")
	require.ErrorIs(t, err, fault.Invalid)
}

func TestHTTPEventBodies(t *testing.T) {
	t.Parallel()
	for contentType, text := range map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true, "application/xml": true, "application/javascript": true, "text/csv": true,
		"": false, "application/problem+json": false, "application/x-www-form-urlencoded": false, "application/octet-stream": false, "image/png": false,
	} {
		for body, valid := range map[string]bool{"a=1": true, "\xff": false, "": false} {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
			r.Header.Set("Content-Type", contentType)
			event := eventOf(t, r)
			want, encoded := body, false
			if body != "" && !(text && valid) {
				want, encoded = base64.StdEncoding.EncodeToString([]byte(body)), true
			}
			require.Equal(t, want, event.Body, contentType)
			require.Equal(t, encoded, event.IsBase64Encoded, contentType)
			require.Equal(t, strconv.Itoa(len(body)), event.Headers["content-length"], contentType)
		}
	}
}

func TestHTTPEventCookies(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	require.Empty(t, eventOf(t, r).Cookies)
	r.Header["Cookie"] = []string{"a=1;b=2; ", "c=3"}
	event := eventOf(t, r)
	require.Equal(t, []string{"a=1", "b=2", "c=3"}, event.Cookies)
	require.NotContains(t, event.Headers, "cookie")
	require.NotContains(t, event.Headers, "content-length")
}

// eventOf is the event of a request.
func eventOf(t *testing.T, r *http.Request) (event events.APIGatewayV2HTTPRequest) {
	t.Helper()
	text, err := lambdasim.HTTPEvent(r, "111122223333")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &event))
	return event
}

func TestHTTPAnswerWithoutABody(t *testing.T) {
	t.Parallel()
	payload := func(status int) []byte {
		return []byte(`{"statusCode":` + strconv.Itoa(status) + `,"body":"abc","headers":{"content-length":"3","content-type":"text/css"}}`)
	}
	for _, test := range []struct {
		method string
		status int
		body   string
		length string
	}{
		{http.MethodGet, 200, "abc", "3"}, {http.MethodHead, 200, "", "3"}, {http.MethodGet, 204, "", "3"}, {http.MethodGet, 304, "", "3"},
	} {
		got := lambdasim.HTTPAnswer(httptest.NewRequest(test.method, "/", nil), payload(test.status))
		text, err := io.ReadAll(got.Body)
		require.NoError(t, err)
		require.NoError(t, got.Body.Close())
		require.Equal(t, test.body, string(text))
		require.Equal(t, test.length, got.Header.Get("Content-Length"))
	}
	got := lambdasim.HTTPAnswer(httptest.NewRequest(http.MethodHead, "/", nil), []byte(`{"statusCode":200}`))
	require.NoError(t, got.Body.Close())
	require.Equal(t, http.Header{"Content-Length": {"0"}}, got.Header)
}
