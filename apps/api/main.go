// Command api is the Lambda function behind the HTTP API. For now it says that it is there.
package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

func main() {
	a, code := start(os.Stdout, os.Environ())
	if code != 0 {
		os.Exit(code)
	}
	lambda.Start(a.Handle)
}

// start makes the API that an environment describes.
func start(out io.Writer, environ []string) (*api, int) {
	return cloud.Start(out, "api", environ, func(*cloud.Access) (*api, error) {
		s, err := settings.Load[settings.API](environ)
		return &api{release: s.Release}, err
	})
}

// api answers requests.
type api struct{ release string }

// Handle answers one request.
func (a *api) Handle(_ context.Context, r events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	if r.RawPath == "/health" && r.RequestContext.HTTP.Method == http.MethodGet {
		return answer(http.StatusOK, "application/json", map[string]any{"status": "ok", "release": a.release}), nil
	}
	return answer(http.StatusNotFound, "application/problem+json", map[string]any{
		"type": "about:blank", "title": "Not Found", "status": http.StatusNotFound, "detail": "there is nothing here but GET /health",
	}), nil
}

func answer(status int, kind string, body map[string]any) events.APIGatewayV2HTTPResponse {
	text, _ := json.Marshal(body) // texts and numbers always marshal
	return events.APIGatewayV2HTTPResponse{StatusCode: status, Body: string(text), Headers: map[string]string{
		"content-type": kind, "cache-control": "no-store", "x-content-type-options": "nosniff",
	}}
}
