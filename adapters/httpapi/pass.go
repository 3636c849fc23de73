package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// sessionCookie is the name of the cookie that holds a session: the prefix binds it to this host and to https.
const sessionCookie = "__Host-session"

// pass is the way of a request through a row: who it is, whether it may, what was answered.
func (a *API) pass(r route) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		req, w := humago.Unwrap(hc)
		query, err := url.ParseQuery(req.URL.RawQuery)
		c := &call{api: a, route: r, path: req.URL.Path, query: query, unread: err != nil, business: req.PathValue("business_id"), secret: r.secret}
		c.RequestID, c.From = requestID(req.Context()), a.address(req)
		if tags := req.Header.Values("If-Match"); len(tags) > 1 { // a list in lines is one (RFC 9110, 5.3)
			req.Header.Set("If-Match", strings.Join(tags, ", "))
		}
		if p := a.admit(req, c); p != nil {
			a.refuse(req, c, p)
			p.write(w, req)
			return
		}
		ctx := context.WithValue(req.Context(), keyCall, c)
		held := &answer{hctx: huma.WithContext(hc, ctx), header: w.Header(), w: w}
		defer a.mend(req, c, held)
		body, p := a.form(req, c, hc.Operation())
		if p != nil {
			c.problem = p
			held.status = p.Status
			a.finish(req, c, held)
			return
		}
		held.body = body
		if _, given := req.Header["Idempotency-Key"]; !r.keyed && (!r.honours() || !given) {
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
	c.RequestID, c.From = requestID(req.Context()), a.address(req)
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
	case c.route.ofAll() && !c.SeesAll():
		return problem(http.StatusForbidden, CodeForbidden, "this needs access to every business")
	case c.route.ofJobs() && c.visible() != "": // what could be no id, the form refuses
		if err := a.office.MayReadJobs(req.Context(), c.Caller, c.business); err != nil {
			return c.failed(req.Context(), err)
		}
	}
	return nil
}

func limited(wait time.Duration) *Problem {
	p := problem(http.StatusTooManyRequests, CodeRateLimited, "too many requests: wait as long as Retry-After says")
	p.retryAfter = wait
	return p
}

// identify finds the caller by its token, else by its session. A request with both is the token's, and one with two tokens nobody's: who
// stands in front may have looked at the other one.
func (a *API) identify(req *http.Request, c *call) (err error) {
	if header := strings.Join(req.Header.Values("Authorization"), ","); header != "" {
		kind, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(kind, "Bearer") || strings.Contains(header, ",") {
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
