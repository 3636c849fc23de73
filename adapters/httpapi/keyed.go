package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
)

// once answers a keyed request one time: a repeat gets the same answer.
func (a *API) once(req *http.Request, c *call, held *answer, next func(huma.Context)) {
	var p *Problem
	if held.body == nil {
		held.body, p = readAll(req, c.route.body)
	}
	if p == nil && req.Header.Get("Idempotency-Key") == "" {
		p = invalid("header.Idempotency-Key", "give this request a name of your own, 1 to 255 printable characters, and the same one when you repeat it")
	}
	if p != nil {
		held.problem(p)
		a.finish(req, c, held)
		return
	}
	c.print = fingerprint(c.path, c.query.Encode(), held.body)
	stored, claim, err := a.office.Claim(req.Context(), c.scope(), req.Header.Get("Idempotency-Key"), c.print)
	switch {
	case err != nil:
		held.problem(ofClaim(err))
	case stored != nil:
		held.replay(*stored)
	default:
		c.key, c.claim = claim.Key, &claim
		next(held)
	}
	a.finish(req, c, held)
}

// keep stores the answer to the request of a key.
func (a *API) keep(req *http.Request, c *call, held *answer) {
	if c.claim == nil {
		return
	}
	claim, ctx := *c.claim, context.WithoutCancel(req.Context())
	c.claim = nil // once, also when the store panics
	a.told(ctx, a.settle(ctx, c, claim, held))
}

// settle stores an answer, a refusal by the state of things too: what is asked again under the same key is the same request. The key is
// freed when the request itself was wrong, and when the answer is to come back later. An answer that is too large is not refused, as what was
// asked for is done: a repeat is told that.
func (a *API) settle(ctx context.Context, c *call, claim backoffice.Claim, held *answer) error {
	switch held.status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusTooManyRequests, http.StatusServiceUnavailable,
		http.StatusPreconditionFailed, http.StatusPreconditionRequired:
		return a.office.Unclaim(ctx, claim)
	}
	kept := backoffice.Answer{Status: held.status, Body: held.buffer.Bytes(), Header: map[string]string{}}
	for _, name := range []string{"Content-Type", "Location", "Retry-After", "Etag"} {
		if v := held.header.Get(name); v != "" {
			kept.Header[name] = v
		}
	}
	if at := kept.Header["Location"]; c.secret && held.status < http.StatusBadRequest {
		kept = c.instead(at, "the request of this key was done: see "+c.route.tag+" "+path.Base(at)+
			" at Location. Its secret was shown then and is kept nowhere; rotate it for a new one")
	}
	err := a.office.Answered(ctx, claim, kept)
	if fault.KindOf(err) != fault.Invalid {
		return err
	}
	return a.office.Answered(ctx, claim, c.instead(kept.Header["Location"], "the request of this key was answered with "+strconv.Itoa(held.status)+
		", and nothing is done again: that answer was too large to be told twice. See what is there now"))
}

// instead is kept in place of an answer that cannot be told again: what a repeat is told.
func (c *call) instead(location, detail string) backoffice.Answer {
	p := problem(http.StatusConflict, CodeConflict, detail)
	p.fill(c.path, c.RequestID)
	// A problem is texts and numbers, which always marshal.
	body, _ := json.Marshal(p)
	kept := backoffice.Answer{Status: p.Status, Body: append(body, '\n'), Header: map[string]string{"Content-Type": problemType}}
	if location != "" {
		kept.Header["Location"] = location
	}
	return kept
}

// scope is what a key is unique in: the row and the business, or the caller where it is of no business. What else the path names is a part
// of what the key stands for.
func (c *call) scope() string {
	if c.business == "" {
		return c.route.id + " " + c.Principal
	}
	return c.route.id + " " + c.business
}

func ofClaim(err error) *Problem {
	switch fault.KindOf(err) {
	case fault.Conflict:
		return problem(http.StatusUnprocessableEntity, CodeKeyReused, "the idempotency key stands for another request: use a new key")
	case fault.Locked:
		p := problem(http.StatusConflict, CodeInProgress, "the first request with this key has not been answered yet: try again in a second")
		p.retryAfter = fault.RetryAfter(err)
		return p
	case fault.Invalid:
		return invalid("header.Idempotency-Key", "a key is 1 to 255 printable ASCII characters")
	}
	return problemOf(err)
}

// fingerprint is what a key stands for: the path, the parameters in whatever order, and the body, whatever its white space and the
// order of its members.
func fingerprint(path, query string, body []byte) idempotency.Fingerprint {
	var v any
	if checkJSON(body) == nil && json.Unmarshal(body, &v) == nil {
		if canonical, err := json.Marshal(v); err == nil {
			body = canonical
		}
	}
	return idempotency.Of([]byte(path), []byte(query), body)
}

// readAll reads a body within the limit.
func readAll(req *http.Request, most int64) ([]byte, *Problem) {
	body, err := io.ReadAll(io.LimitReader(req.Body, most+1))
	if err != nil {
		return nil, problem(http.StatusBadRequest, CodeValidation, "the body did not arrive")
	}
	if int64(len(body)) > most {
		return nil, problem(http.StatusRequestEntityTooLarge, CodeTooLarge, "the body is larger than this route takes")
	}
	return body, nil
}
