package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// sessionCookie is the name of the cookie that holds a session: the prefix binds it to this host and to https.
const sessionCookie = "__Host-session"

// pass is the way of a request through a row: who it is, whether it may, what was answered.
func (a *API) pass(r route) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		req, w := humago.Unwrap(hc)
		c := &call{api: a, route: r, path: req.URL.Path, query: req.URL.Query(), business: req.PathValue("business_id")}
		c.RequestID, c.From = requestID(req.Context()), address(req)
		if p := a.admit(req, c); p != nil {
			a.refuse(req, c, p)
			p.write(w, req)
			return
		}
		ctx := context.WithValue(req.Context(), keyCall, c)
		held := &answer{hctx: huma.WithContext(hc, ctx), header: w.Header(), w: w}
		body, p := a.form(req, c, hc.Operation())
		if p != nil {
			c.problem = p
			held.status = p.Status
			a.finish(req, c, held)
			return
		}
		held.body = body
		if !r.keyed && (!r.honours() || req.Header.Get("Idempotency-Key") == "") {
			next(held)
			a.finish(req, c, held)
			return
		}
		a.once(req, c, held, next)
	}
}

// admit finds out who calls and whether the row is for them.
func (a *API) admit(req *http.Request, c *call) *Problem {
	if c.route.role == public {
		if c.route.changes() {
			if err := a.cross.Check(req); err != nil {
				return problem(http.StatusForbidden, CodeForbidden, "another site may not do this")
			}
		}
		return nil
	}
	err := a.identify(req, c)
	c.RequestID, c.From = requestID(req.Context()), address(req)
	if err != nil {
		return c.failed(req.Context(), err)
	}
	if wait := a.people.take(c.Principal, a.clock.Now()); wait > 0 {
		return limited(wait)
	}
	switch {
	case c.session && a.cross.Check(req) != nil:
		return problem(http.StatusForbidden, CodeForbidden, "another site may not do this")
	case c.business != "" && !c.Sees(c.business):
		return problemOf(fault.NotFound)
	case !c.Role.May(c.route.role):
		return problem(http.StatusForbidden, CodeForbidden, "this needs the role "+string(c.route.role))
	case c.route.role == backoffice.Admin && c.business == "" && !c.SeesAll():
		// What is of no business is of all: whoever gives access, or switches spending off, has to answer for every one.
		return problem(http.StatusForbidden, CodeForbidden, "this needs the role admin for every business")
	}
	return nil
}

func limited(wait time.Duration) *Problem {
	p := problem(http.StatusTooManyRequests, CodeRateLimited, "too many requests: wait as long as Retry-After says")
	p.retryAfter = wait
	return p
}

// identify finds the caller by its token, else by its session. A request with both is the token's.
func (a *API) identify(req *http.Request, c *call) (err error) {
	if header := req.Header.Get("Authorization"); header != "" {
		kind, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(kind, "Bearer") {
			return fault.Unauthorized
		}
		c.Caller, err = a.office.AuthenticateToken(req.Context(), ports.Secret(token), c.RequestID)
		return err
	}
	cookie, err := req.Cookie(sessionCookie)
	if err != nil {
		return fault.Unauthorized
	}
	c.Caller, err = a.office.AuthenticateSession(req.Context(), ports.Secret(cookie.Value), c.RequestID)
	c.session = true
	return err
}

// refuse notes a denied attempt in the trail. An audit trail that cannot be written does not let anybody in.
func (a *API) refuse(req *http.Request, c *call, p *Problem) {
	p.fill(c.path, c.RequestID)
	if denies(p.Status) {
		a.told(req.Context(), a.office.Deny(req.Context(), c.Caller, c.action(), strings.ToLower(string(p.Code))))
	}
}

// action is what was tried, for the trail. Ids of a path are somebody's text: only one that could be an id is kept.
func (c *call) action() backoffice.Action {
	return backoffice.Action{Name: c.route.auditAction(), Target: backoffice.Target{Type: c.route.tag, ID: c.target(), Business: c.visible()}}
}

func (c *call) target() string {
	names, parts := strings.Split(c.route.path, "/"), strings.Split(c.path, "/")
	for i := min(len(names), len(parts)) - 1; i >= 0; i-- {
		if names[i] == "{ordinal}" {
			if page := c.page(parts[i-2], parts[i]); page != "" {
				return page
			}
			continue
		}
		if catalog.ValidID(parts[i]) && strings.HasPrefix(names[i], "{") {
			return parts[i]
		}
	}
	return ""
}

// page is the id of a page that a path names, empty when it cannot be one.
func (c *call) page(of, ordinal string) string {
	n, err := strconv.ParseUint(ordinal, 10, 31)
	id := backoffice.PageID(job.ID(of), int(n))
	if err != nil || !catalog.ValidID(id) {
		return ""
	}
	return id
}

// visible is the business of the path if it could be one.
func (c *call) visible() string {
	if !catalog.ValidID(c.business) {
		return ""
	}
	return c.business
}

// told tells the observer of a trail that could not be written.
func (a *API) told(ctx context.Context, err error) {
	if err != nil {
		a.observe.Observe(ctx, ports.Event{
			Name: ports.EventFault, At: a.clock.Now(), RequestID: requestID(ctx), Fault: string(fault.KindOf(err)), Detail: "the audit trail or an idempotency key could not be written",
		})
	}
}

// once answers a keyed request one time: a repeat gets the same answer.
func (a *API) once(req *http.Request, c *call, held *answer, next func(huma.Context)) {
	var p *Problem
	if held.body == nil {
		held.body, p = readAll(req, c.route.body)
	}
	if p == nil && c.route.keyed && req.Header.Get("Idempotency-Key") == "" {
		p = invalid("header.Idempotency-Key", "give this request a name of your own, 1 to 255 printable characters, and the same one when you repeat it")
	}
	if p != nil {
		held.problem(p)
		a.finish(req, c, held)
		return
	}
	c.print = fingerprint(c.path, held.body)
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

// fingerprint is what a key stands for: the path and the body, whatever its white space and the order of its members.
func fingerprint(path string, body []byte) idempotency.Fingerprint {
	var v any
	if checkJSON(body) == nil && json.Unmarshal(body, &v) == nil {
		if canonical, err := json.Marshal(v); err == nil {
			body = canonical
		}
	}
	return idempotency.Of([]byte(path), body)
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

// hctx has another name than its method Context, so that it can be embedded.
type hctx = huma.Context

// answer holds what a row answers until it has been checked. Streams pass through.
type answer struct {
	hctx
	header http.Header
	w      http.ResponseWriter
	status int
	buffer bytes.Buffer
	// body is the request's, when it was read before.
	body []byte
	// sent is true once a stream has begun.
	sent    bool
	checked bool
}

// Unwrap lets huma find the request.
func (h *answer) Unwrap() huma.Context { return h.hctx }

// SetStatus implements huma.Context.
func (h *answer) SetStatus(status int) { h.status = status }

// Status implements huma.Context.
func (h *answer) Status() int { return h.status }

// BodyWriter implements huma.Context.
func (h *answer) BodyWriter() io.Writer { return &h.buffer }

// BodyReader implements huma.Context.
func (h *answer) BodyReader() io.Reader {
	if h.body != nil {
		return bytes.NewReader(h.body)
	}
	return h.hctx.BodyReader()
}

// stream begins an answer that is sent while it is made.
func (h *answer) stream(status int, contentType string) io.Writer {
	h.sent, h.status = true, status
	h.header.Set("Content-Type", contentType)
	h.w.WriteHeader(status)
	return h.w
}

func (h *answer) problem(p *Problem) {
	h.buffer.Reset()
	h.status = p.Status
	p.headers(h.header)
	h.header.Set("Content-Type", problemType)
	_ = json.NewEncoder(&h.buffer).Encode(p) // texts and numbers always marshal
}

func (h *answer) replay(stored backoffice.Answer) {
	h.status, h.checked = stored.Status, true
	for name, value := range stored.Header {
		h.header.Set(name, value)
	}
	h.header.Set("Idempotency-Replayed", "true")
	h.buffer.Write(stored.Body)
}

// finish checks the answer, notes a failure in the trail, and sends it.
func (a *API) finish(req *http.Request, c *call, held *answer) {
	if held.sent {
		return
	}
	a.check(req, c, held)
	if (c.route.changes() && held.status >= 400 || denies(held.status)) && held.header.Get("Idempotency-Replayed") == "" {
		a.noteFailure(req, c, held.status)
	}
	if c.route.method == http.MethodGet && held.status == http.StatusOK && held.unchanged(req) {
		held.header.Del("Content-Type")
		held.w.WriteHeader(http.StatusNotModified)
		return
	}
	if held.status == 0 {
		held.status = c.route.status
	}
	if held.status != http.StatusNoContent {
		held.header.Set("Content-Length", strconv.Itoa(held.buffer.Len()))
	}
	held.w.WriteHeader(held.status)
	_, _ = held.w.Write(held.buffer.Bytes())
}

// denies reports whether a status says that the caller may not. What is not found is among it: nobody is told whether it is
// somebody else's.
func denies(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound
}

// noteFailure writes the line of a change that came to nothing, or of anything that the use-case itself denied.
func (a *API) noteFailure(req *http.Request, c *call, status int) {
	ctx := context.WithoutCancel(req.Context())
	reason := strconv.Itoa(status)
	if c.problem != nil {
		reason = strings.ToLower(string(c.problem.Code))
	}
	if denies(status) {
		a.told(ctx, a.office.Deny(ctx, c.Caller, c.action(), reason))
		return
	}
	a.told(ctx, a.office.Fail(ctx, c.Caller, c.action(), reason))
}

// unchanged sets the ETag and reports whether the caller has this very answer.
func (h *answer) unchanged(req *http.Request) bool {
	tag := h.header.Get("Etag")
	if tag == "" {
		sum := sha256.Sum256(h.buffer.Bytes())
		tag = `"` + hex.EncodeToString(sum[:12]) + `"`
		h.header.Set("Etag", tag)
	}
	h.header.Set("Cache-Control", "private, no-cache")
	h.header.Add("Vary", "Authorization, Cookie")
	for _, has := range strings.Split(req.Header.Get("If-None-Match"), ",") {
		if has = strings.TrimSpace(has); has == "*" || strings.TrimPrefix(has, "W/") == tag {
			return true
		}
	}
	return false
}

// check makes errors ours, and refuses to send what breaks the contract.
func (a *API) check(req *http.Request, c *call, held *answer) {
	if held.checked || held.sent {
		return
	}
	held.checked = true
	if held.status >= 400 && c.problem == nil && held.header.Get("Content-Type") == problemType {
		var own Problem
		if json.Unmarshal(held.buffer.Bytes(), &own) != nil || own.Code == "" {
			c.problem = foreign(held.status, held.buffer.Bytes())
		} else {
			c.problem = &own
		}
	}
	if c.problem != nil {
		c.problem.fill(c.path, c.RequestID)
		held.problem(c.problem)
	}
	if err := a.conforms(c.route, held); err != nil {
		a.observe.Observe(req.Context(), ports.Event{
			Name: ports.EventFault, At: a.clock.Now(), RequestID: c.RequestID, Fault: string(fault.Internal), Detail: "an answer of " + c.route.id + " breaks the contract: " + err.Error(),
		})
		c.problem = problemOf(fault.Internal)
		c.problem.fill(c.path, c.RequestID)
		held.problem(c.problem)
	}
}

// conforms compares an answer with its schema. The error names places, and no values.
func (a *API) conforms(r route, held *answer) error {
	op := a.operation(r)
	status := held.status
	if status == 0 {
		status = r.status
	}
	response, known := op.Responses[strconv.Itoa(status)]
	if !known {
		return errors.New("status " + strconv.Itoa(status) + " is not described")
	}
	kind, _, _ := strings.Cut(held.header.Get("Content-Type"), ";")
	media, known := response.Content[kind]
	if held.buffer.Len() == 0 && len(response.Content) == 0 {
		return nil
	}
	if !known {
		return errors.New("content type is not described")
	}
	if media.Schema == nil || kind != jsonType && kind != problemType {
		return nil
	}
	var v any
	if err := json.Unmarshal(held.buffer.Bytes(), &v); err != nil {
		return errors.New("not JSON")
	}
	var res huma.ValidateResult
	huma.Validate(a.huma.OpenAPI().Components.Schemas, media.Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, &res)
	if len(res.Errors) == 0 {
		return nil
	}
	var detail *huma.ErrorDetail
	if errors.As(res.Errors[0], &detail) {
		return errors.New(detail.Location + ": " + detail.Message)
	}
	return errors.New("it does not match")
}
