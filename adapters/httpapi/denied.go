package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"slices"
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

// action is what was tried, for the trail.
func (c *call) action() backoffice.Action {
	return backoffice.Action{Name: cmp.Or(c.named, c.route.auditAction()), Target: c.target()}
}

// target is what the path names last, as the lines of what was done name it. Ids of a path are somebody's text: only one that could be an id
// is kept. Where only the business is named, the target is of it and has no id of its own, unless there is one of its sort in a business.
func (c *call) target() backoffice.Target {
	t := backoffice.Target{Type: c.route.tag, Business: c.visible()}
	names, parts := strings.Split(c.route.path, "/"), strings.Split(c.path, "/")
	for i := min(len(names), len(parts)) - 1; i >= 0; i-- {
		id := parts[i]
		if names[i] == "{ordinal}" {
			id = c.page(parts[i-2], id)
		}
		if !strings.HasPrefix(names[i], "{") || !catalog.ValidID(id) {
			continue
		}
		kind, own := targetOf(names[i], t.Type)
		if t.Type = kind; own {
			t.ID = id
		}
		return t
	}
	if c.route.path == globalBudget || c.route.path == spendingPath {
		t.ID = string(backoffice.ScopeGlobal)
	}
	return t
}

// targetOf is the sort of thing that a parameter names in a row of a tag, and whether the thing goes by what the parameter says. In a
// business there are many of most sorts, and the row names none of them.
func targetOf(parameter, tag string) (kind string, own bool) {
	switch parameter {
	case "{business_id}":
		return tag, slices.Contains([]string{"business", "budget", "questionnaire", "hours", "completeness"}, tag)
	case "{job_id}":
		return "job", true
	case "{delivery_id}":
		return "webhook_delivery", true
	}
	return tag, true
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
