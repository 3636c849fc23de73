package lambdasim_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
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
	got := w.visit(t, r)
	require.Equal(t, "201 Created", got.status)
	require.Equal(t, "echo", got.header.Get("X-Kind"))
	require.Equal(t, []string{"a=1", "b=2"}, got.header.Values("Set-Cookie"))

	var event events.APIGatewayV2HTTPRequest
	require.NoError(t, json.Unmarshal([]byte(got.body), &event))
	require.Equal(t, "2.0", event.Version)
	require.Equal(t, "/jobs/a%20b", event.RawPath)
	require.Equal(t, "tag=x&tag=y&page=2", event.RawQueryString)
	require.Equal(t, map[string]string{"tag": "x,y", "page": "2"}, event.QueryStringParameters)
	require.Equal(t, []string{"one=1", "two=2"}, event.Cookies)
	require.Equal(t, map[string]string{
		"host": "api.example.com", "accept": "text/html,text/plain", "user-agent": "tester", "content-length": "10",
	}, event.Headers)
	require.JSONEq(t, `{"size":1}`, event.Body)
	require.False(t, event.IsBase64Encoded)
	require.Equal(t, events.APIGatewayV2HTTPRequestContextHTTPDescription{
		Method: http.MethodPost, Path: "/jobs/a%20b", Protocol: "HTTP/1.1", SourceIP: "192.0.2.1", UserAgent: "tester",
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
	w.Close()
	_, err = w.InvokeHTTP(context.Background(), r) //nolint:bodyclose // the same
	require.ErrorIs(t, err, fault.Unavailable)
}
