package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

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
		c.key = claim.Key
		next(held)
		a.check(req, c, held)
		a.told(req.Context(), a.keep(context.WithoutCancel(req.Context()), claim, held))
	}
	a.finish(req, c, held)
}

// keep stores an answer that stands, and frees the key of a request that did nothing.
func (a *API) keep(ctx context.Context, claim backoffice.Claim, held *answer) error {
	switch held.status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return a.office.Unclaim(ctx, claim)
	}
	kept := backoffice.Answer{Status: held.status, Body: held.buffer.Bytes(), Header: map[string]string{}}
	for _, name := range []string{"Content-Type", "Location", "Retry-After"} {
		if v := held.header.Get(name); v != "" {
			kept.Header[name] = v
		}
	}
	return a.office.Answered(ctx, claim, kept)
}

// scope is what a key is unique in: the row and its path, and the caller's own where it is of no business.
func (c *call) scope() string {
	if c.business == "" {
		return c.route.id + " " + c.path + " " + c.Principal
	}
	return c.route.id + " " + c.path
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
