package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/ports"
)

// call is one request on its way through a route.
type call struct {
	backoffice.Caller
	api   *API
	route route
	// business is the id of the path, empty where it has none.
	business string
	path     string
	query    url.Values
	// session is true when a cookie has named the caller.
	session bool
	// key is what the engine knows a keyed request by, print what it stands for.
	key   string
	print idempotency.Fingerprint
	// problem is what the handler failed with.
	problem *Problem
}

// failed notes the error and returns it as the answer. The answer to what is not the caller's fault does not say what it was: that is
// told to the observer, so that the request id leads to it.
func (c *call) failed(ctx context.Context, err error) *Problem {
	c.problem = problemOf(err)
	if c.problem.Status >= http.StatusInternalServerError && ctx.Err() == nil && !spendingOff(c.problem.Detail) {
		c.api.observe.Observe(ctx, ports.Event{
			Name: ports.EventFault, At: c.api.clock.Now(), Tenant: c.business, RequestID: requestID(ctx), Fault: string(fault.KindOf(err)),
			Detail: c.route.id + ": " + fault.OneLine(err, 300),
		})
	}
	return c.problem
}

// open reads the cursor of the request, "" for the beginning.
func (c *call) open(ctx context.Context, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	inner, good, err := c.api.seal.open(ctx, cursor, bound(c.Principal, c.path, c.query))
	if err != nil {
		return "", err
	}
	if !good {
		return "", invalid("query.cursor", "this is no cursor of this list, or it is too old: begin without one")
	}
	return inner, nil
}

// next is the cursor to give out; nil ends the list.
func (c *call) next(ctx context.Context, inner string) (*string, error) {
	if inner == "" {
		return nil, nil //nolint:nilnil // null is the contract's word for the end
	}
	cursor, err := c.api.seal.close(ctx, inner, bound(c.Principal, c.path, c.query))
	return &cursor, err
}

// seen is the revision that an If-Match names.
func seen(header string) (int64, error) {
	if header == "" {
		return 0, problem(http.StatusPreconditionRequired, CodePreconditionRequired, `say which revision you have seen: send If-Match with the ETag, such as "3"`)
	}
	if header == "*" {
		return backoffice.Any, nil
	}
	text := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(header, "W/"), `"`), `"`)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || strings.HasPrefix(text, "+") {
		return 0, problem(http.StatusPreconditionFailed, CodePreconditionFailed, "no revision has this ETag: read the record again")
	}
	return n, nil
}

// etag is the ETag of a revision.
func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// Paging are the parameters of every list.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"entries of a page; a page may be shorter"`
	Cursor string `query:"cursor" maxLength:"2048" doc:"next_cursor of the page before"`
}

// InBusiness is the parameter of every route below a business.
type InBusiness struct {
	Business string `path:"business_id" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" maxLength:"64" doc:"id of the business"`
}

// Revised is the parameter of changes to records that have a revision.
type Revised struct {
	IfMatch string `header:"If-Match" maxLength:"100" doc:"the ETag that was read, such as \"3\"; required"`
}
