package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

type health struct {
	Body struct {
		Status string `json:"status" enum:"ok"`
	}
}

type contract struct {
	ContentType string `header:"Content-Type"`
	Body        json.RawMessage
}

// Where whoever watches the API asks whether it is there.
const (
	healthPath    = "/health"
	apiHealthPath = "/api/health"
)

// defineSystem are the rows about the API itself.
func defineSystem(a *API) {
	ok := func(context.Context, *call, *none) (*health, error) {
		var h health
		h.Body.Status = "ok"
		return &h, nil
	}
	add(a, route{method: http.MethodGet, path: healthPath, id: "health", summary: "Whether the API is there", tag: "system"}, ok)
	add(a, route{method: http.MethodGet, path: apiHealthPath, id: "api-health", summary: "Whether the API is there", tag: "system"}, ok)
	add(a, route{method: http.MethodGet, path: "/api/openapi.json", id: "contract", summary: "This contract", tag: "system", role: backoffice.Viewer},
		func(context.Context, *call, *none) (*contract, error) {
			return &contract{ContentType: jsonType, Body: a.contract()}, nil
		})
}
