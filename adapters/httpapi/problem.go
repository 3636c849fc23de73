package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// Code names what went wrong, for programs. Codes are never renamed.
type Code string

// The codes and the status of each.
const (
	CodeValidation           Code = "VALIDATION_ERROR"        // 400
	CodeUnauthorized         Code = "UNAUTHORIZED"            // 401
	CodeBudgetExceeded       Code = "BUDGET_EXCEEDED"         // 402
	CodeForbidden            Code = "FORBIDDEN"               // 403
	CodeNotFound             Code = "NOT_FOUND"               // 404
	CodeMethodNotAllowed     Code = "METHOD_NOT_ALLOWED"      // 405
	CodeConflict             Code = "CONFLICT"                // 409
	CodeInProgress           Code = "IDEMPOTENCY_IN_PROGRESS" // 409
	CodePreconditionFailed   Code = "PRECONDITION_FAILED"     // 412
	CodeTooLarge             Code = "PAYLOAD_TOO_LARGE"       // 413
	CodeMediaType            Code = "UNSUPPORTED_MEDIA_TYPE"  // 415
	CodeInsufficient         Code = "INSUFFICIENT_DATA"       // 422
	CodeNoPages              Code = "NO_PAGES"                // 422
	CodePageLimit            Code = "PAGE_LIMIT_EXCEEDED"     // 422
	CodeKeyReused            Code = "IDEMPOTENCY_KEY_REUSED"  // 422
	CodePreconditionRequired Code = "PRECONDITION_REQUIRED"   // 428
	CodeRateLimited          Code = "RATE_LIMITED"            // 429
	CodeHeadersTooLarge      Code = "HEADER_FIELDS_TOO_LARGE" // 431
	CodeInternal             Code = "INTERNAL_ERROR"          // 500
	CodeUnavailable          Code = "UNAVAILABLE"             // 503
)

// Problem is the body of every error, as RFC 9457 has it.
type Problem struct {
	Type      string       `json:"type" doc:"always about:blank: code says what it is" example:"about:blank"`
	Title     string       `json:"title" doc:"the status in words"`
	Status    int          `json:"status" minimum:"400" maximum:"599"`
	Detail    string       `json:"detail" doc:"what happened and what to do, in one line"`
	Instance  string       `json:"instance" doc:"the path of the request"`
	Code      Code         `json:"code" doc:"for programs; codes are never renamed"`
	RequestID string       `json:"request_id" doc:"names the request in the logs and the audit trail"`
	Errors    []FieldError `json:"errors,omitempty" doc:"each thing that is wrong with the request"`
	Score     *int         `json:"score,omitempty" doc:"completeness of the profile, where a job needs more of it"`
	Gate      *int         `json:"gate,omitempty" doc:"completeness that a job needs, beside score"`

	retryAfter time.Duration
	allow      string
}

// FieldError is one thing that is wrong with a request. What was sent is never in it.
type FieldError struct {
	Pointer string `json:"pointer" doc:"JSON pointer (RFC 6901) into the body; empty for the body as a whole, and for a parameter, which the message names"`
	Code    string `json:"code"`
	Message string `json:"message"`
	// Points and Pages are those of what is missing for a job.
	Points float64 `json:"points,omitempty"`
	Pages  int     `json:"pages,omitempty"`
}

var _ huma.StatusError = (*Problem)(nil)

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

const (
	problemType = "application/problem+json"
	jsonType    = "application/json"
)

// problem makes one.
func problem(status int, code Code, detail string, errs ...FieldError) *Problem {
	p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
	p.tell(errs)
	return p
}

// tell is of what is wrong, of the first things alone where there is much.
func (p *Problem) tell(errs []FieldError) {
	if p.Errors = errs; len(errs) > mostErrors {
		p.Errors = errs[:mostErrors:mostErrors]
		p.Detail += "; there is more than the " + strconv.Itoa(mostErrors) + " that it tells of"
	}
}

// broken is a request that breaks rules.
func broken(errs ...FieldError) *Problem {
	return problem(http.StatusBadRequest, CodeValidation, "the request breaks a rule: see errors", errs...)
}

// invalid is a request that breaks a rule in one place, which is a pointer or a parameter such as query.limit.
func invalid(where, message string) *Problem {
	return broken(wrong(where, message))
}

// problemOf is the answer to an error: what may be told, and nothing else.
func problemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		c := *p
		return &c
	}
	p = special(err)
	if p == nil {
		p = ofKind(err)
	}
	if wait := fault.RetryAfter(err); wait > 0 {
		p.retryAfter = wait
	}
	return p
}

// special answers errors that say more than their kind.
func special(err error) *Problem {
	var problems catalog.Problems
	var refusal *pages.Refusal
	var stale *backoffice.Stale
	var twice *backoffice.Duplicate
	switch {
	case errors.As(err, &twice):
		return problem(http.StatusConflict, CodeConflict, "there is one like it already: see errors", fieldErrors(twice.Problems)...)
	case errors.As(err, &problems):
		return ofProblems(problems)
	case errors.As(err, &refusal):
		return ofRefusal(refusal)
	case errors.As(err, &stale):
		return problem(http.StatusPreconditionFailed, CodePreconditionFailed, stale.Error())
	}
	return nil
}

func ofProblems(problems catalog.Problems) *Problem {
	return broken(fieldErrors(problems)...)
}

// fieldErrors are problems as an answer has them: without any part of what was sent.
func fieldErrors(problems catalog.Problems) []FieldError {
	list := make([]FieldError, len(problems))
	for i, p := range problems {
		list[i] = FieldError{Pointer: p.Path, Code: p.Code, Message: p.Message}
		if p.Plain != "" {
			list[i].Message = p.Plain
		}
		if p.Code == "" {
			list[i].Code = catalog.CodeInvalid
		}
	}
	return list
}

func ofRefusal(r *pages.Refusal) *Problem {
	status, code := http.StatusBadRequest, CodeValidation
	switch r.Code {
	case pages.CodeInsufficientData:
		status, code = http.StatusUnprocessableEntity, CodeInsufficient
	case pages.CodeNoPages:
		status, code = http.StatusUnprocessableEntity, CodeNoPages
	case pages.CodePageLimit:
		status, code = http.StatusUnprocessableEntity, CodePageLimit
	case pages.CodeConflict:
		status, code = http.StatusConflict, CodeConflict
	}
	p := problem(status, code, unquoted(r.Message))
	if r.Gate > 0 {
		p.Score, p.Gate = &r.Score, &r.Gate
	}
	var errs []FieldError
	for _, d := range r.Details {
		errs = append(errs, FieldError{Pointer: d.Subject, Code: strings.ToLower(string(code)), Message: d.Message, Points: float64(d.Points) / 2, Pages: d.Pages})
	}
	p.tell(errs)
	return p
}

// ofKind answers by the kind of the fault. Messages of our own side stay inside.
func ofKind(err error) *Problem {
	said := ours(fault.OneLine(err, 300))
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		// The caller has gone, or time is up: what was done, if anything, the same request finds.
		return problem(http.StatusServiceUnavailable, CodeUnavailable, "the request was broken off: send it again")
	}
	switch kind := fault.KindOf(err); kind {
	case fault.Invalid:
		return problem(http.StatusBadRequest, CodeValidation, said)
	case fault.NotFound:
		return problem(http.StatusNotFound, CodeNotFound, "there is nothing here that you may see")
	case fault.Conflict:
		return problem(http.StatusConflict, CodeConflict, said)
	case fault.Budget:
		return problem(http.StatusPaymentRequired, CodeBudgetExceeded, said)
	case fault.Incomplete:
		return problem(http.StatusUnprocessableEntity, CodeInsufficient, said)
	case fault.Unauthorized:
		return problem(http.StatusUnauthorized, CodeUnauthorized, "sign in, or give a token that is valid")
	case fault.Rejected:
		return problem(http.StatusForbidden, CodeForbidden, said)
	case fault.Locked, fault.Throttled, fault.Overloaded, fault.Unavailable:
		p := problem(http.StatusServiceUnavailable, CodeUnavailable, "this cannot be done right now: try again")
		if kind == fault.Unavailable && spendingOff(said) {
			p.Detail = said
		}
		p.retryAfter = 5 * time.Second
		return p
	}
	return problem(http.StatusInternalServerError, CodeInternal, "something went wrong on our side: the request id names it in our logs")
}

// spendingOff reports whether somebody has switched spending off, which is no fault.
func spendingOff(said string) bool { return strings.HasPrefix(said, "spending is switched off") }

// write sends the problem as the answer, for what fails before or outside of a route.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	p.fill(r.URL.Path, requestID(r.Context()))
	p.headers(w.Header())
	w.Header().Set("Content-Type", problemType)
	w.Header().Set("Cache-Control", "no-store")
	body, _ := json.Marshal(p) // texts and numbers always marshal
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.Status)
	_, _ = w.Write(body)
}

func (p *Problem) fill(path, id string) { p.Instance, p.RequestID = shortPath(path), id }

func (p *Problem) headers(h http.Header) {
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	}
	if p.allow != "" {
		h.Set("Allow", p.allow)
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="marketbrewer"`)
	}
}

// shortPath is a path as it may be repeated: printable and not long.
func shortPath(path string) string {
	if len(path) > 200 {
		path = path[:200]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, path)
}

// foreign is the problem that an answer of huma's own stands for: its errors repeat what was sent, ours do not.
func foreign(status int, body []byte) *Problem {
	var said huma.ErrorModel
	_ = json.Unmarshal(body, &said) // one that cannot be read says nothing
	switch status {
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		var errs []FieldError
		told := map[string]bool{} // a parameter that breaks two rules is told of one time
		for _, e := range said.Errors {
			if e != nil && !told[e.Location] {
				errs = append(errs, wrong(e.Location, e.Message))
				told[e.Location] = !strings.HasPrefix(e.Location, "body")
			}
		}
		if len(errs) == 0 {
			return problem(http.StatusBadRequest, CodeValidation, "the request cannot be read: send what the contract says")
		}
		return broken(errs...)
	case http.StatusRequestEntityTooLarge:
		return problem(status, CodeTooLarge, "the body is larger than this route takes")
	case http.StatusUnsupportedMediaType:
		return problem(status, CodeMediaType, "send the body as application/json")
	case http.StatusRequestTimeout:
		return problem(http.StatusBadRequest, CodeValidation, "the body did not arrive in time")
	}
	return problem(http.StatusInternalServerError, CodeInternal, "something went wrong on our side: the request id names it in our logs")
}
