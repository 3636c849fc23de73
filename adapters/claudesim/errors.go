package claudesim

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// errorKind is the type of an API error.
type errorKind string

const (
	kindInvalid        errorKind = "invalid_request_error"
	kindAuthentication errorKind = "authentication_error"
	kindBilling        errorKind = "billing_error"
	kindPermission     errorKind = "permission_error"
	kindNotFound       errorKind = "not_found_error"
	kindConflict       errorKind = "conflict_error"
	kindTooLarge       errorKind = "request_too_large"
	kindRateLimit      errorKind = "rate_limit_error"
	kindAPI            errorKind = "api_error"
	kindTimeout        errorKind = "timeout_error"
	kindOverloaded     errorKind = "overloaded_error"
)

// apiError is a refusal in the form of the API.
type apiError struct {
	status  int
	kind    errorKind
	message string
	// code is details.error_code, if there are details.
	code string
	// html is the title of a page that the edge answers with instead of JSON; empty for the API's own errors.
	html string
	// retryAfter is whole wall seconds; 0 leaves the header out.
	retryAfter int
}

func (e *apiError) Error() string { return string(e.kind) + ": " + e.message }

func invalid(format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, kind: kindInvalid, message: fmt.Sprintf(format, args...)}
}

func notFound(message string) *apiError {
	return &apiError{status: http.StatusNotFound, kind: kindNotFound, message: message}
}

func unauthorized(message string) *apiError {
	return &apiError{status: http.StatusUnauthorized, kind: kindAuthentication, message: message}
}

func tooLarge() *apiError {
	return &apiError{status: http.StatusRequestEntityTooLarge, kind: kindTooLarge, html: "413 Request Entity Too Large"}
}

func spendCapReached() *apiError {
	return &apiError{
		status: http.StatusTooManyRequests, kind: kindRateLimit, code: "enforced_spend_limit_reached",
		message: "Your organization has reached its monthly spend limit. Requests are refused until the limit resets or is raised.",
	}
}

func (s *Sim) rateLimited(m *model, limit limitKind, wait float64) *apiError {
	if limit == limitAcceleration {
		return tooSteep(s.clock.retryAfter(wait))
	}
	return &apiError{
		status: http.StatusTooManyRequests, kind: kindRateLimit, retryAfter: s.clock.retryAfter(wait),
		message: fmt.Sprintf("This request would exceed your organization's rate limit of %d %s per minute (model: %s).",
			s.limits.perMinute(limit), limit, m.id),
	}
}

func tooSteep(retryAfter int) *apiError {
	return &apiError{
		status: http.StatusTooManyRequests, kind: kindRateLimit, retryAfter: retryAfter,
		message: "This request would exceed your organization's acceleration limit. Please ramp up more slowly.",
	}
}

func (s *Sim) batchRateLimited(wait float64) *apiError {
	return &apiError{
		status: http.StatusTooManyRequests, kind: kindRateLimit, retryAfter: s.clock.retryAfter(wait),
		message: fmt.Sprintf("This request would exceed your organization's rate limit of %d batch requests per minute.", s.options.BatchRPM),
	}
}

// asAPIError is err itself if it is one already, otherwise a 400 with its text.
func asAPIError(err error) *apiError {
	var e *apiError
	if errors.As(err, &e) {
		return e
	}
	return invalid("%s", err.Error())
}

type errorBody struct {
	Type    errorKind     `json:"type"`
	Message string        `json:"message"`
	Details *errorDetails `json:"details,omitempty"`
}

type errorDetails struct {
	ErrorCode string `json:"error_code"`
}

type errorEnvelope struct {
	Type      string    `json:"type"`
	Error     errorBody `json:"error"`
	RequestID string    `json:"request_id,omitempty"`
}

// refuse writes an error.
func (s *Sim) refuse(w http.ResponseWriter, e *apiError) {
	h := w.Header()
	if e.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.retryAfter))
	}
	if e.html != "" {
		h.Set("Content-Type", "text/html")
		w.WriteHeader(e.status)
		_, _ = fmt.Fprintf(w, "<html><head><title>%s</title></head></html>\n", e.html)
		return
	}
	writeJSON(w, e.status, e.envelope(h.Get(headerRequestID)))
}

func (e *apiError) envelope(requestID string) errorEnvelope {
	envelope := errorEnvelope{Type: "error", Error: errorBody{Type: e.kind, Message: e.message}, RequestID: requestID}
	if e.code != "" {
		envelope.Error.Details = &errorDetails{ErrorCode: e.code}
	}
	return envelope
}
