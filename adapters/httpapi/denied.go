package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

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
