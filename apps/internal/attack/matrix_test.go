package attack

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

const businessPath = "/api/businesses/{business_id}"

var parameter = regexp.MustCompile(`([a-z-]+)/\{[^}]*\}`)

// named is a row's name in the table of roles.
func named(method, path string) string {
	path = strings.Replace(path, businessPath, "B", 1)
	return method + " " + regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "{}")
}

// TestRoutes holds the code's rows, the contract's operations and the table of roles against each other.
func TestRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	coded := map[string]backoffice.Role{}
	for _, r := range w.api.Routes() {
		coded[named(r.Method, r.Path)] = r.Role
	}
	require.Equal(t, roles(), coded)
	var contract struct {
		Paths map[string]map[string]struct {
			Role     string           `json:"x-role"`
			Security []map[string]any `json:"security"`
		} `json:"paths"`
	}
	a := w.must(http.StatusOK, w.service(viewer, backoffice.AllBusinesses), http.MethodGet, "/api/openapi.json", nil)
	require.NoError(t, json.Unmarshal(a.body, &contract))
	written := map[string]backoffice.Role{}
	for path, methods := range contract.Paths {
		for method, operation := range methods {
			role := backoffice.Role(operation.Role)
			if operation.Role == "none" {
				role = nobody
			}
			require.Equal(t, role != nobody, len(operation.Security) > 0, "%s %s", method, path)
			written[named(strings.ToUpper(method), path)] = role
		}
	}
	require.Equal(t, roles(), written)
}

// ground is what the matrix is tried on: a business with one of everything, and services of each role that see it, or another.
type ground struct {
	*world
	ids             map[string]string
	own, other, all map[backoffice.Role]string
}

func newGround(t *testing.T) *ground {
	t.Helper()
	w := newWorld(t, nil)
	g := &ground{world: w, own: map[backoffice.Role]string{}, other: map[backoffice.Role]string{}, all: map[backoffice.Role]string{}}
	id, others := w.business("Own Plumbing"), w.business("Other Plumbing")
	g.ids = map[string]string{"businesses": id, "pages": "0", "social": "facebook"}
	g.catalog(id)
	g.people(id, others)
	j := w.job(id, "one")
	w.work(j)
	g.ids["jobs"] = string(j)
	return g
}

// catalog notes the ids of one of each.
func (g *ground) catalog(business string) {
	g.t.Helper()
	ctx := g.t.Context()
	services, _, err := g.office.Services(ctx, business, 1, "")
	require.NoError(g.t, err)
	keywords, _, err := g.office.Keywords(ctx, business, backoffice.KeywordFilter{}, 1, "")
	require.NoError(g.t, err)
	areas, _, err := g.office.ServiceAreas(ctx, business, backoffice.AreaFilter{}, 1, "")
	require.NoError(g.t, err)
	locations, _, err := g.office.Locations(ctx, business, backoffice.LocationFilter{}, 1, "")
	require.NoError(g.t, err)
	prompt, err := g.office.CreatePrompt(ctx, preparer(), business, backoffice.NewPrompt{PageType: "keyword-location", Template: "Write about {{business_name}} in {{city}}."})
	require.NoError(g.t, err)
	g.ids["services"], g.ids["keywords"], g.ids["service-areas"], g.ids["locations"] = services[0].Value.ID, keywords[0].Value.ID, areas[0].Value.ID, locations[0].Value.ID
	g.ids["prompts"] = prompt.ID
}

// people makes the services, a webhook with a delivery, and a service to be changed.
func (g *ground) people(own, other string) {
	g.t.Helper()
	for _, role := range backoffice.Roles() {
		g.own[role], g.other[role], g.all[role] = g.service(role, own), g.service(role, other), g.service(role, backoffice.AllBusinesses)
	}
	spare, token, err := g.office.CreatePrincipal(g.t.Context(), preparer(), backoffice.NewPrincipal{
		Kind: backoffice.Service, Name: "spare", Role: viewer, Businesses: []string{own}, ExpiresAt: noon.AddDate(0, 6, 0),
	})
	require.NoError(g.t, err)
	g.hide(string(token))
	hook, secret, err := g.office.CreateWebhook(g.t.Context(), preparer(), backoffice.NewWebhook{URL: "https://hooks.example.com/in", Events: []string{"job.completed"}, IsActive: true})
	require.NoError(g.t, err)
	g.hide(string(secret))
	d, err := g.office.TestWebhook(g.t.Context(), preparer(), hook.ID)
	require.NoError(g.t, err)
	g.ids["principals"], g.ids["webhooks"], g.ids["deliveries"] = spare.ID, hook.ID, d.ID
}

// path fills in what the row's parameters stand for.
func (g *ground) path(row string) string {
	return parameter.ReplaceAllStringFunc(row, func(part string) string {
		kind, _, _ := strings.Cut(part, "/")
		require.NotEmpty(g.t, g.ids[kind], "there is no %s to try %s on", kind, row)
		return kind + "/" + g.ids[kind]
	})
}

// try makes a request of the row. A change is sent with an empty object and without any condition, so that it meets the rules
// of access and few get further.
func (g *ground) try(r httpapi.Route, token string) (status, denials int) {
	g.t.Helper()
	if strings.Contains(r.Path, "/social/") { // it may have been deleted before
		_, err := g.office.PutSocialLink(g.t.Context(), preparer(), g.ids["businesses"], g.ids["social"], "https://facebook.com/plumbing")
		require.NoError(g.t, err)
	}
	var body any
	if slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, r.Method) {
		body = fields{}
	}
	before := g.denials()
	a := g.send(token, r.Method, g.path(r.Path), body)
	require.Less(g.t, a.StatusCode, 500, "%s %s: %s %v", r.Method, r.Path, a.body, g.faults())
	return a.StatusCode, g.denials() - before
}

// expected is the status of a denial, 0 when the row may be called. What is of no business is of all: an admin of one alone may
// do none of it, and nobody who is bound to one adds another.
func expected(r httpapi.Route, needed, role backoffice.Role, own bool) int {
	global := !strings.HasPrefix(r.Path, businessPath)
	switch {
	case needed == nobody:
		return 0
	case role == nobody:
		return http.StatusUnauthorized
	case !own && !global:
		return http.StatusNotFound
	case !role.May(needed), needed == admin && global && !own, r.Method == http.MethodPost && r.Path == "/api/businesses" && !own:
		return http.StatusForbidden
	}
	return 0
}

// TestMatrix tries every row as everybody, on a business of theirs and on one of others.
func TestMatrix(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	table := roles()
	for _, r := range g.api.Routes() {
		for _, role := range append([]backoffice.Role{nobody}, backoffice.Roles()...) {
			own := g.own
			if !strings.HasPrefix(r.Path, businessPath) {
				own = g.all
			}
			for scope, tokens := range map[string]map[backoffice.Role]string{"own": own, "other": g.other} {
				if role == nobody {
					g.clock.forward(4 * time.Second) // strangers have 20 lines of the trail in a minute
				}
				needed, known := table[named(r.Method, r.Path)]
				want := expected(r, needed, role, scope == "own")
				status, denials := g.try(r, tokens[role])
				tally.check(assert.True(t, known && right(want, status, denials), "%s %s as %q of the %s business: %d with %d denials, wanted %d",
					r.Method, r.Path, role, scope, status, denials, want))
			}
		}
	}
}

// right reports whether an answer is the denial that is wanted, told once, or none at all.
func right(want, status, denials int) bool {
	if want != 0 {
		return status == want && denials == 1
	}
	return denials == 0 && status != http.StatusUnauthorized && status != http.StatusForbidden && status != http.StatusNotFound
}
