package remote

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// problem is an error as the API tells it.
type problem struct {
	Title     string `json:"title"`
	Detail    string `json:"detail"`
	Code      string `json:"code"`
	RequestID string `json:"request_id"`
	Errors    []struct {
		Pointer string `json:"pointer"`
		Message string `json:"message"`
	} `json:"errors"`
}

// mostProblem is how much of a problem is read, mostErrors how many of its errors are told.
const (
	mostProblem = 1 << 20
	mostErrors  = 5
)

// refusal is an answer that is none, as an error.
func refusal(answer *http.Response) error {
	var p problem
	text, _ := io.ReadAll(io.LimitReader(answer.Body, mostProblem))
	if json.Unmarshal(text, &p) != nil || p.Code == "" {
		return fault.New(kindOf(answer.StatusCode, ""), "remote: the server answered %s", answer.Status).After(seconds(answer.Header.Get("Retry-After")))
	}
	said := p.Detail
	if said == "" {
		said = p.Title
	}
	for _, one := range p.Errors[:min(len(p.Errors), mostErrors)] {
		said += "; " + strings.TrimSpace(one.Pointer+" "+one.Message)
	}
	if more := len(p.Errors) - mostErrors; more > 0 {
		said += fmt.Sprintf("; and %d more", more)
	}
	return fault.New(kindOf(answer.StatusCode, p.Code), "remote: %s (%s, request %s)", said, p.Code, p.RequestID).After(seconds(answer.Header.Get("Retry-After")))
}

// kindOf is the kind of an answer's status.
func kindOf(status int, code string) fault.Kind {
	switch status {
	case http.StatusUnauthorized:
		return fault.Unauthorized
	case http.StatusPaymentRequired:
		return fault.Budget
	case http.StatusForbidden:
		return fault.Rejected
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusConflict:
		if code == "IDEMPOTENCY_IN_PROGRESS" {
			return fault.Locked
		}
		return fault.Conflict
	case http.StatusPreconditionFailed:
		return fault.Conflict
	case http.StatusTooManyRequests:
		return fault.Throttled
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fault.Unavailable
	}
	if status >= http.StatusInternalServerError {
		return fault.Internal
	}
	return fault.Invalid
}
