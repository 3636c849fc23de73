package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

const (
	// mostBody is the largest body of a request, mostBulk that of a bulk import.
	mostBody = 256 << 10
	mostBulk = 1 << 20
	// public is the role of routes that anybody may call.
	public backoffice.Role = ""
)

// route is a row of the API.
type route struct {
	method, path string
	// id and summary name it in the contract; tag is its area.
	id, summary, tag string
	// role is the least that may call it; public needs nobody.
	role backoffice.Role
	// status is that of success, 200 by default; also lists further ones that are no errors.
	status int
	also   []int
	// errors are those that it has beside what its form alone brings about.
	errors []int
	// action names it in the audit trail when it is denied or fails; by default its id with a dot.
	action string
	// keyed needs an Idempotency-Key, revised an If-Match.
	keyed, revised bool
	// secret answers with a secret, which is kept nowhere: a repeat with the same key is told so.
	secret bool
	// body is the largest body in bytes, 256 KiB by default.
	body int64
	// stream answers something else than JSON, of any length: types are its media types, text/plain by default.
	stream bool
	types  []string
	// parts answers with a part of a file, and a Link to the next one.
	parts bool
}

// changes reports whether the route changes something.
func (r route) changes() bool {
	return r.id == "session-once" || r.method != http.MethodGet && !strings.HasSuffix(r.path, "/preview") && !strings.HasSuffix(r.path, "/forecast") &&
		!strings.HasSuffix(r.path, "/render") && !strings.HasSuffix(r.path, "/verify") && !strings.HasSuffix(r.path, "/quote")
}

// ofJobs reports whether the row is about what the jobs of a business have made and cost, which outlives the business.
func (r route) ofJobs() bool {
	return r.path == jobsPath || r.path == businessExport || r.path == businessLedger || r.path == businessCosts || strings.HasPrefix(r.path, jobsPath+"/") ||
		strings.HasPrefix(r.path, businessLedger+"/")
}

// ofAll reports whether the row is for those alone who see every business. What is of no business is of all: whoever gives access, switches
// spending off or adds a business has to answer for every one, and one who is bound to some would leave them by it.
func (r route) ofAll() bool {
	return !strings.HasPrefix(r.path, businessPath) && (r.role == backoffice.Admin || r.role != public && r.changes())
}

// polled reports whether an answer has an ETag, so that whoever has it already is told so.
func (r route) polled() bool { return r.method == http.MethodGet && !r.stream && r.role != public }

// honours reports whether a request with an Idempotency-Key is answered one time.
func (r route) honours() bool {
	return r.keyed || r.method == http.MethodPost && r.changes() && r.role != public
}

func (r route) auditAction() string {
	if r.action != "" {
		return r.action
	}
	return strings.Replace(r.id, "-", ".", 1)
}

// none is the input of a route without parameters, or its output without a body.
type none struct{}

// add registers a row. The handler gets who calls, and answers with a value or an error of core or a *Problem.
func add[I, O any](a *API, r route, handle func(ctx context.Context, c *call, in *I) (*O, error)) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.body == 0 {
		r.body = mostBody
	}
	a.routes = append(a.routes, r)
	// The form has read the body within its limit and compared it with its schema: huma has nothing to count, as a body that was tidied may
	// have grown by escapes, and nothing to compare.
	op := huma.Operation{
		Method: r.method, Path: r.path, OperationID: r.id, Summary: r.summary, Tags: []string{r.tag}, DefaultStatus: r.status,
		MaxBodyBytes: -1, SkipValidateBody: true, Responses: a.responses(r), Extensions: map[string]any{"x-role": roleName(r.role)},
		RejectUnknownQueryParameters: true, Middlewares: huma.Middlewares{a.pass(r)},
	}
	if r.role != public {
		op.Security = []map[string][]string{{"token": {}}, {"session": {}}}
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		c, _ := ctx.Value(keyCall).(*call)
		out, err := handle(ctx, c, in)
		if c.again(err) {
			out, err = handle(ctx, c, in)
		}
		if err != nil {
			return nil, c.failed(ctx, err)
		}
		return out, nil
	})
}

func roleName(r backoffice.Role) string {
	if r == public {
		return "none"
	}
	return string(r)
}

// responses are the errors that a row can answer with. Its success is described by its output.
func (a *API) responses(r route) map[string]*huma.Response {
	statuses := append([]int{http.StatusBadRequest, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusRequestHeaderFieldsTooLarge}, r.errors...)
	if r.role != public {
		statuses = append(statuses, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(r.path, "{") {
		statuses = append(statuses, http.StatusNotFound)
	}
	if r.method != http.MethodGet {
		statuses = append(statuses, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusConflict)
	}
	if r.honours() {
		statuses = append(statuses, http.StatusUnprocessableEntity)
	}
	if r.revised {
		statuses = append(statuses, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	}
	schema := a.problemSchema()
	all := map[string]*huma.Response{}
	for _, status := range slices.Compact(slices.Sorted(slices.Values(statuses))) {
		all[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status), Content: map[string]*huma.MediaType{problemType: {Schema: schema}},
		}
	}
	if r.polled() {
		all["304"] = &huma.Response{Description: "the answer is still the one with the ETag"}
	}
	if r.stream {
		content := map[string]*huma.MediaType{}
		for _, t := range r.types {
			content[t] = &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
		}
		all[strconv.Itoa(r.status)] = &huma.Response{Description: http.StatusText(r.status), Content: content}
		if r.parts {
			linked(all[strconv.Itoa(r.status)])
		}
	}
	return all
}
