package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

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
	// unread is true when a part of the query could not be read, and so is not in it.
	unread bool
	// session is true when a cookie has named the caller.
	session bool
	// secret is true when success shows a secret, which is never kept.
	secret bool
	// key is what the engine knows a keyed request by, print what it stands for.
	key   string
	print idempotency.Fingerprint
	// claim is the right to keep the answer under the caller's key, nil without one.
	claim *backoffice.Claim
	// wanted are the revisions of the request's If-Match, met the one of them that the record is known to have.
	wanted []int64
	met    int64
	// asked is the hash of the body that a list is of, empty where it is of a query alone.
	asked string
	// named is what the trail calls the request where its body decides that, empty where the row does.
	named string
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
	inner, good, err := c.api.seal.open(ctx, cursor, c.list())
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
	cursor, err := c.api.seal.close(ctx, inner, c.list())
	return &cursor, err
}

// list is what the cursors of the request are bound to.
func (c *call) list() string { return bound(c.Principal, c.path, c.query) + "\n" + c.asked }

// etag is the ETag of a revision. More is what the record shows besides and has no revision of its own: it makes another answer, and the
// same If-Match.
func etag(revision int64, more ...int) string {
	text := strconv.FormatInt(revision, 10)
	for _, n := range more {
		text += "-" + strconv.Itoa(n)
	}
	return `"` + text + `"`
}

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
