package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// api answers requests.
type api struct{ release string }

// Handle answers one request. The error is always nil: it would be the caller's 500 without a word.
func (a *api) Handle(_ context.Context, r events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	method := r.RequestContext.HTTP.Method
	response := a.route(method, path(r))
	if method == http.MethodHead {
		response.Body = ""
	}
	return response, nil
}

func (a *api) route(method, path string) events.APIGatewayV2HTTPResponse {
	switch {
	case path != "/health":
		return problem(http.StatusNotFound, "there is nothing here but GET /health")
	case method != http.MethodGet && method != http.MethodHead:
		response := problem(http.StatusMethodNotAllowed, "/health can only be read: GET or HEAD")
		response.Headers["allow"] = "GET, HEAD"
		return response
	}
	return answer(http.StatusOK, "application/json", map[string]any{"status": "ok", "release": a.release})
}

// path is the request's path. Every stage but $default stands in front of it.
func path(r events.APIGatewayV2HTTPRequest) string {
	stage := "/" + r.RequestContext.Stage
	if rest, is := strings.CutPrefix(r.RawPath, stage); is && stage != "/" && strings.HasPrefix(rest, "/") {
		return rest
	}
	return r.RawPath
}

// problem is an error as RFC 9457 has it.
func problem(status int, detail string) events.APIGatewayV2HTTPResponse {
	return answer(status, "application/problem+json", map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail,
	})
}

func answer(status int, kind string, body map[string]any) events.APIGatewayV2HTTPResponse {
	text, _ := json.Marshal(body) // texts and numbers always marshal
	return events.APIGatewayV2HTTPResponse{StatusCode: status, Body: string(text), Headers: map[string]string{
		"content-type": kind, "cache-control": "no-store", "x-content-type-options": "nosniff",
		// What is answered is data: a browser that is made to show it runs, frames and sends nothing.
		"content-security-policy": "default-src 'none'; frame-ancestors 'none'", "referrer-policy": "no-referrer",
		"strict-transport-security": "max-age=31536000",
	}}
}
