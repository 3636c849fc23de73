package lambdahttp_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdahttp"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	got := answer(t, func(w http.ResponseWriter, _ *http.Request) {
		header := w.Header()
		header.Add("Vary", "Origin")
		header.Add("Vary", "Accept")
		header.Set("X-Split", "a\r\nSet-Cookie: evil=1\n")
		header.Set("Connection", "close, X-Own")
		header.Set("X-Own", "1")
		header.Set("Transfer-Encoding", "chunked")
		header.Set("Trailer", "X-Late")
		header["X-None"] = nil
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1", HttpOnly: true})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusCreated)
		w.WriteHeader(http.StatusTeapot)
		header.Set("X-Late", "1")
		n, err := w.Write([]byte(`{"a":`))
		require.NoError(t, err)
		require.Equal(t, 5, n)
		require.NoError(t, http.NewResponseController(w).Flush())
		_, err = w.Write([]byte(`"λ"}`))
		require.NoError(t, err)
	}, recorded(t, "get"))
	require.Equal(t, events.APIGatewayV2HTTPResponse{
		StatusCode: http.StatusCreated, Body: `{"a":"λ"}`, Cookies: []string{"a=1; HttpOnly", "b=2"},
		Headers: map[string]string{
			"vary": "Origin,Accept", "x-split": "a  Set-Cookie: evil=1", "content-type": "text/plain; charset=utf-8", "content-length": "10",
		},
	}, got)
}

func TestBinaryAnswersTravelAsBase64(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"\xff\x00", "\x1f\x8b\x08", "text \xe2\x82"} {
		got := answer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }, recorded(t, "get"))
		require.True(t, got.IsBase64Encoded)
		require.Equal(t, base64.StdEncoding.EncodeToString([]byte(body)), got.Body)
		require.Equal(t, strconv.Itoa(len(body)), got.Headers["content-length"])
	}
}

func TestAnswersWithoutABody(t *testing.T) {
	t.Parallel()
	write := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5")
			w.Header().Set("Content-Type", "text/css")
			w.Header().Set("ETag", `"1"`)
			w.WriteHeader(status)
			_, err := w.Write([]byte("12345"))
			require.ErrorIs(t, err, http.ErrBodyNotAllowed)
		}
	}
	require.Equal(t, events.APIGatewayV2HTTPResponse{StatusCode: 204, Headers: map[string]string{"content-type": "text/css", "etag": `"1"`}},
		answer(t, write(204), recorded(t, "get")))
	require.Equal(t, events.APIGatewayV2HTTPResponse{StatusCode: 304, Headers: map[string]string{"etag": `"1"`}},
		answer(t, write(304), recorded(t, "get")))

	nothing := answer(t, func(http.ResponseWriter, *http.Request) {}, recorded(t, "get"))
	require.Equal(t, events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"content-length": "0"}}, nothing)
	head := answer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("\xff1234")) }, recorded(t, "head"))
	require.Equal(t, "5", head.Headers["content-length"])
	require.Empty(t, head.Body)
	require.False(t, head.IsBase64Encoded)
	head = answer(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "77") }, recorded(t, "head"))
	require.Equal(t, "77", head.Headers["content-length"])
}

func TestLargeAnswers(t *testing.T) {
	t.Parallel()
	const most = lambdahttp.AnswerLimit
	many := func(text string) string { return strings.Repeat(text, 1<<10) }
	for name, test := range map[string]struct {
		chunk  string
		times  int
		status int
		base64 bool
	}{
		"text that just fits":    {many("0123456789abcdef"), most / 16 >> 10, 200, false},
		"text above":             {many("0123456789abcdef"), most/16>>10 + 1, 500, false},
		"bytes that just fit":    {many("\xff23"), most / 4 >> 10, 200, true},
		"bytes above":            {many("\xff23"), most/4>>10 + 1, 500, false},
		"text with many escapes": {many("\x01234567"), most / 10 >> 10, 200, true},
		"escapes that just fit":  {many(`"\`), most / 4 >> 10, 200, false},
		"without end":            {many(many("x")), 1 << 10, 500, false},
		"one byte above":         {strings.Repeat("x", most+1), 1, 500, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := answer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Request-Id", "request-1")
				http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
				chunk := []byte(test.chunk)
				for range test.times {
					if _, err := w.Write(chunk); err != nil {
						panic(err) // as some libraries do
					}
				}
			}, recorded(t, "get"))
			require.Equal(t, test.status, got.StatusCode)
			require.Equal(t, test.base64, got.IsBase64Encoded)
			text, err := json.Marshal(got)
			require.NoError(t, err)
			require.Less(t, len(text), 6<<20)
			if test.status == http.StatusInternalServerError {
				require.Empty(t, got.Cookies)
				require.Equal(t, "request-1", got.Headers["x-request-id"])
				require.JSONEq(t, `{"type":"about:blank","title":"Internal Server Error","status":500,"code":"INTERNAL_ERROR",
					"detail":"the answer is too large: use paging, with limit and cursor","request_id":"request-1"}`, got.Body)
				return
			}
			require.Equal(t, strconv.Itoa(test.times*len(test.chunk)), got.Headers["content-length"])
		})
	}
}

func TestPanics(t *testing.T) {
	t.Parallel()
	secret := errors.New("secret")
	for name, test := range map[string]struct {
		do   func(w http.ResponseWriter)
		told []any
	}{
		"at once":    {func(http.ResponseWriter) { panic(secret) }, []any{secret}},
		"aborted":    {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, nil},
		"not status": {func(w http.ResponseWriter) { w.WriteHeader(99) }, []any{"lambdahttp: WriteHeader: 99 is no status"}},
		"half way": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Set-Cookie", "a=1")
			_, _ = w.Write([]byte("half"))
			panic(secret)
		}, []any{secret}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told []any
			h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { test.do(w) })
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				told = nil
				event := recorded(t, "get")
				event.RequestContext.HTTP.Method = method
				got, err := lambdahttp.Handler(h, &lambdahttp.Options{Panic: func(said any) { told = append(told, said) }})(t.Context(), event)
				require.NoError(t, err)
				require.Equal(t, test.told, told)
				require.Equal(t, http.StatusInternalServerError, got.StatusCode)
				require.Empty(t, got.Cookies)
				require.Equal(t, "application/problem+json", got.Headers["content-type"])
				require.Equal(t, "nosniff", got.Headers["x-content-type-options"])
				if method == http.MethodHead {
					require.Empty(t, got.Body)
					continue
				}
				require.Equal(t, strconv.Itoa(len(got.Body)), got.Headers["content-length"])
				require.JSONEq(t, `{"type":"about:blank","title":"Internal Server Error","status":500,"code":"INTERNAL_ERROR",
					"detail":"something went wrong here; the request id finds it in the log","request_id":"Q2hhbmdlLm1l0GU="}`, got.Body)
			}
			require.Equal(t, http.StatusInternalServerError, answer(t, h, recorded(t, "get")).StatusCode, "told to nobody")
		})
	}
}
