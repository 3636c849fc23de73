package lambdahttp_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdahttp"
	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
)

// recorded reads an event of testdata.
func recorded(t *testing.T, name string) (event events.APIGatewayV2HTTPRequest) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &event))
	return event
}

// answer has a handler answer an event.
func answer(t *testing.T, h http.HandlerFunc, event events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	t.Helper()
	got, err := lambdahttp.Handler(h, nil)(t.Context(), event)
	require.NoError(t, err)
	return got
}

// gateway is an HTTP API in front of a handler: every event and every answer goes through JSON, as between the gateway and Lambda.
func gateway(t *testing.T, h http.Handler, r *http.Request, change func(*events.APIGatewayV2HTTPRequest)) *http.Response {
	t.Helper()
	text, err := lambdasim.HTTPEvent(r, "111122223333")
	require.NoError(t, err)
	var event events.APIGatewayV2HTTPRequest
	require.NoError(t, json.Unmarshal(text, &event))
	change(&event)
	said, err := lambdahttp.Handler(h, nil)(context.WithoutCancel(t.Context()), event)
	require.NoError(t, err)
	payload, err := json.Marshal(said)
	require.NoError(t, err)
	return lambdasim.HTTPAnswer(r, payload)
}

// body reads an answer's body.
func body(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	return string(text)
}
