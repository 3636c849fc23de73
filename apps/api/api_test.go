package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"
)

func environ() []string {
	return []string{
		"MB_STAGE=dev", "MB_RELEASE=v7", "MB_TABLE=t", "MB_QUEUE_URL=https://sqs.us-east-1.amazonaws.com/111122223333/parcels", "MB_FUNCTION_TIMEOUT=30s",
		"AWS_SECRET_ACCESS_KEY=canary-secret", "AWS_SESSION_TOKEN=canary-token",
	}
}

func request(method, stage, path string) events.APIGatewayV2HTTPRequest {
	r := events.APIGatewayV2HTTPRequest{RawPath: path}
	r.RequestContext.HTTP.Method, r.RequestContext.Stage = method, stage
	return r
}

func TestRequests(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a, code := start(&out, environ())
	require.Zero(t, code)
	const health = `{"release":"v7","status":"ok"}`
	notFound := `{"detail":"there is nothing here but GET /health","status":404,"title":"Not Found","type":"about:blank"}`
	notAllowed := `{"detail":"/health can only be read: GET or HEAD","status":405,"title":"Method Not Allowed","type":"about:blank"}`
	for name, test := range map[string]struct {
		method, stage, path string
		status              int
		body, allow         string
	}{
		"health":               {"GET", "$default", "/health", 200, health, ""},
		"head":                 {"HEAD", "$default", "/health", 200, "", ""},
		"with its stage":       {"GET", "prod", "/prod/health", 200, health, ""},
		"stage taken off":      {"GET", "prod", "/health", 200, health, ""},
		"no stage":             {"GET", "", "/health", 200, health, ""},
		"another's stage":      {"GET", "prod", "/dev/health", 404, notFound, ""},
		"stage as a beginning": {"GET", "heal", "/health", 200, health, ""},
		"stage alone":          {"GET", "prod", "/prod", 404, notFound, ""},
		"nothing there":        {"GET", "$default", "/jobs", 404, notFound, ""},
		"below":                {"GET", "$default", "/health/x", 404, notFound, ""},
		"head of nothing":      {"HEAD", "$default", "/", 404, "", ""},
		"post":                 {"POST", "$default", "/health", 405, notAllowed, "GET, HEAD"},
		"options":              {"OPTIONS", "$default", "/health", 405, notAllowed, "GET, HEAD"},
		"post nowhere":         {"POST", "$default", "/jobs", 404, notFound, ""},
	} {
		got, err := a.Handle(t.Context(), request(test.method, test.stage, test.path))
		require.NoError(t, err, name)
		require.Equal(t, test.status, got.StatusCode, name)
		require.Equal(t, test.body, got.Body, name)
		require.Equal(t, test.allow, got.Headers["allow"], name)
		kind := "application/problem+json"
		if test.status == 200 {
			kind = "application/json"
		}
		require.Equal(t, kind, got.Headers["content-type"], name)
		for header, value := range map[string]string{
			"cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
			"content-security-policy": "default-src 'none'; frame-ancestors 'none'", "strict-transport-security": "max-age=31536000",
		} {
			require.Equal(t, value, got.Headers[header], name)
		}
	}
	require.Empty(t, out.String())
}

func TestEachProblemIsALine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	set := environ()
	set[0], set[2] = "MB_STAGE=production", "MB_TABLE="
	_, code := start(&out, set)
	require.Equal(t, 1, code)
	require.Len(t, lines(t, &out), 1, "what is missing is told first")

	out.Reset()
	set[2] = "MB_TABLE=t"
	_, code = start(&out, append(set, "MB_ORIGINS=*", "MB_ALLOWED_EMAILS=x"))
	require.Equal(t, 1, code)
	told := lines(t, &out)
	require.Len(t, told, 3)
	require.Contains(t, told[0]["detail"], "MB_STAGE")
	require.Equal(t, "api", told[0]["function"])
	require.NotContains(t, out.String(), "canary")
}

// lines are those of a log.
func lines(t *testing.T, out *bytes.Buffer) (list []map[string]any) {
	t.Helper()
	for line := range strings.Lines(out.String()) {
		var told map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &told))
		require.Equal(t, "the function cannot start", told["msg"], line)
		list = append(list, told)
	}
	return list
}
