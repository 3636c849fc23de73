package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/functiontest"
	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

func environ(aws string, more ...string) []string {
	return append([]string{
		"AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=AKIACANARY", "AWS_SECRET_ACCESS_KEY=canary-secret", "AWS_SESSION_TOKEN=canary-token",
		"AWS_ENDPOINT_URL=" + aws, "MB_STAGE=dev", "MB_RELEASE=v7", "MB_TABLE=table", "MB_QUEUE_URL=" + aws + "/000000000000/parcels", "MB_FUNCTION_TIMEOUT=30s",
	}, more...)
}

// ask has the function answer a request.
func ask(t *testing.T, a *api, method, path string, headers ...string) events.APIGatewayV2HTTPResponse {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	text, err := lambdasim.HTTPEvent(r, "000000000000")
	require.NoError(t, err)
	var event events.APIGatewayV2HTTPRequest
	require.NoError(t, json.Unmarshal(text, &event))
	answer, err := a.Handle(functiontest.Invocation(t), event)
	require.NoError(t, err)
	return answer
}

func TestAStartAsksNobody(t *testing.T) {
	t.Parallel()
	functiontest.AsksNobody(t, start)
}

// TestHealthAsksNobody: it says that the function is there, whatever AWS says.
func TestHealthAsksNobody(t *testing.T) {
	t.Parallel()
	s := functiontest.NewServices(t, functiontest.NoTable)
	a, code := start(io.Discard, environ(s.URL, "MB_GOOGLE_CLIENT_IDS=web-client"))
	require.Zero(t, code)
	for _, path := range []string{"/health", "/api/health"} {
		got := ask(t, a, http.MethodGet, path)
		require.Equal(t, http.StatusOK, got.StatusCode)
		require.JSONEq(t, `{"status":"ok"}`, got.Body)
	}

	require.Equal(t, http.StatusNotFound, ask(t, a, http.MethodGet, "/jobs").StatusCode)
	require.NotContains(t, s.Requests(), "SendMessageBatch")
}

const token = "mbt_000000000000_0000000000000000000000000000000000000000000000000000000000000000"

// TestWhoIsNobodyIsTurnedAway, and the table is asked.
func TestWhoIsNobodyIsTurnedAway(t *testing.T) {
	t.Parallel()
	s := functiontest.NewServices(t, functiontest.Empty)
	a, code := start(io.Discard, environ(s.URL))
	require.Zero(t, code)
	require.Equal(t, http.StatusUnauthorized, ask(t, a, http.MethodGet, "/api/me", "Authorization", "Bearer "+token).StatusCode)
	require.Contains(t, s.Requests(), "GetItem")
}

// TestWithoutATableNobodyComesIn, and what is said of it is in the log alone.
func TestWithoutATableNobodyComesIn(t *testing.T) {
	t.Parallel()
	s := functiontest.NewServices(t, functiontest.NoTable)
	var out bytes.Buffer
	a, code := start(&out, environ(s.URL))
	require.Zero(t, code)
	got := ask(t, a, http.MethodGet, "/api/me", "Authorization", "Bearer "+token)
	require.Equal(t, http.StatusServiceUnavailable, got.StatusCode, got.Body)
	require.NotContains(t, got.Body, "table")
	require.NotContains(t, strings.ToLower(out.String()), "canary")
	require.NotContains(t, out.String(), token)
}

func TestEachProblemIsALine(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		change []string
		want   []string
	}{
		"missing": {[]string{"AWS_REGION=", "MB_TABLE="}, []string{"AWS_REGION is not set", "MB_TABLE is not set"}},
		"values": {[]string{"MB_STAGE=x", "MB_ORIGINS=https://*.example.com", "MB_ALLOWED_EMAILS=x", "MB_GOOGLE_CLIENT_IDS=a b", "MB_RATE_LIMIT=0"}, []string{
			"MB_STAGE", "MB_RATE_LIMIT", "MB_GOOGLE_CLIENT_IDS", "MB_ALLOWED_EMAILS", "MB_ORIGINS",
		}},
		"prices": {[]string{"MB_PRICES={}"}, []string{"MB_PRICES"}},
	} {
		var out bytes.Buffer
		a, code := start(&out, environ("http://127.0.0.1:1", test.change...))
		require.Nil(t, a, what)
		require.Equal(t, 1, code, what)
		lines := functiontest.Told(t, out.String())
		require.Len(t, lines, len(test.want), out.String())
		for i, want := range test.want {
			require.Contains(t, lines[i]["detail"], want, what)
			require.Equal(t, "api", lines[i]["function"])
		}
		require.NotContains(t, strings.ToLower(out.String()), "canary", what)
	}
}

// TestWhatAdaptersRefuse: should a setting get past its check, the adapter that it is for has the last word.
func TestWhatAdaptersRefuse(t *testing.T) {
	t.Parallel()
	access, err := cloud.NewAccess(environ("http://127.0.0.1:1"))
	require.NoError(t, err)
	for name, change := range map[string]func(*settings.API){
		"table":  func(s *settings.API) { s.Table = "" },
		"queue":  func(s *settings.API) { s.QueueURL = "parcels" },
		"prices": func(s *settings.API) { s.Prices = "{}" },
		"client": func(s *settings.API) { s.GoogleClientIDs = []string{""} },
		"origin": func(s *settings.API) { s.Origins = []string{"*"} },
	} {
		s, err := settings.Load[settings.API](environ("http://127.0.0.1:1"))
		require.NoError(t, err)
		change(&s)
		a := &api{made: sync.OnceValues(func() (*served, error) { return serve(access, io.Discard, s) })}
		_, err = a.Handle(functiontest.Invocation(t), events.APIGatewayV2HTTPRequest{})
		require.Error(t, err, name)
	}
}

// TestAddressesAreComparedInLowerCase, as the office does.
func TestAddressesAreComparedInLowerCase(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"ann@example.com"}, lower([]string{" Ann@Example.com"}))
}

// TestARequestEndsBeforeItsInvocation: who asked is answered, and what was counted written, in the time that is left.
func TestARequestEndsBeforeItsInvocation(t *testing.T) {
	t.Parallel()
	s := functiontest.NewServices(t, functiontest.NoTable)
	var out bytes.Buffer
	a, code := start(&out, environ(s.URL))
	require.Zero(t, code)
	require.Equal(t, reserve, a.reserve)
	a.reserve = time.Hour // longer than the invocation may take: the time for the request is over
	got := ask(t, a, http.MethodGet, "/api/me", "Authorization", "Bearer "+token)
	require.Equal(t, http.StatusServiceUnavailable, got.StatusCode, got.Body)
	require.Contains(t, got.Body, "broken off")
	require.NotContains(t, s.Requests(), "GetItem")
	require.Contains(t, out.String(), "_aws")
}
