package attack

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// tenants is section B: what belongs to others.
func tenants() []attack {
	return []attack{
		{number: 17, name: "read another tenant's job", run: case17},
		{number: 18, name: "cancel and retry another tenant's job", run: case18},
		{number: 19, name: "a body that names another tenant", run: case19},
		{number: 20, name: "the idempotency key of another tenant", run: case20},
		{number: 21, name: "a page of another job", run: case21},
		{number: 22, name: "a viewer on the routes of admins", run: case22},
		{number: 23, name: "another tenant's export", run: case23},
		{number: 24, name: "ids that are something else", run: case24},
	}
}

// neighbours are two businesses with a job each, and somebody who works for ours alone.
type neighbours struct {
	*world
	ours, theirs       string
	ourJob, theirJob   job.ID
	operator, stranger string
}

func newNeighbours(t *testing.T) *neighbours {
	t.Helper()
	w := newWorld(t, nil)
	n := &neighbours{world: w, ours: w.business("Ours Plumbing"), theirs: w.business("Theirs Plumbing")}
	n.ourJob, n.theirJob = w.job(n.ours, "ours-1"), w.job(n.theirs, "theirs-1")
	n.operator, n.stranger = w.service(backoffice.Operator, n.ours), w.service(backoffice.Operator, n.theirs)
	return n
}

// in is a path below a business.
func in(business, rest string) string { return "/api/businesses/" + business + rest }

// ways are the two paths that somebody tries to reach another's job by: its own, and its id under one's own business.
func (n *neighbours) ways(rest string) []string {
	return []string{in(n.theirs, "/jobs/"+string(n.theirJob)+rest), in(n.ours, "/jobs/"+string(n.theirJob)+rest)}
}

func case17(t *testing.T) {
	n := newNeighbours(t)
	n.must(http.StatusOK, n.operator, http.MethodGet, in(n.ours, "/jobs/"+string(n.ourJob)), nil)
	for _, rest := range []string{"", "/pages", "/pages/0", "/pages/0/attempts", "/failures", "/events", "/ledger", "/ledger/summary"} {
		for _, path := range n.ways(rest) {
			n.deniedWith(http.StatusNotFound, n.operator, http.MethodGet, path, nil)
		}
	}
	n.deniedWith(http.StatusNotFound, n.operator, http.MethodGet, in(n.theirs, ""), nil)
	n.deniedWith(http.StatusNotFound, n.operator, http.MethodGet, in(n.theirs, "/jobs"), nil)
	require.NotContains(t, string(n.must(http.StatusOK, n.operator, http.MethodGet, "/api/businesses", nil).body), n.theirs)
}

func case18(t *testing.T) {
	n := newNeighbours(t)
	read := func() *job.Job {
		j, err := n.jobs.Engine.Job(t.Context(), n.theirJob)
		require.NoError(t, err)
		return j
	}
	before := read()
	for _, what := range []struct {
		method, rest string
		body         any
	}{
		{http.MethodPost, "/cancel", fields{}},
		{http.MethodPost, "/pause", fields{}},
		{http.MethodPost, "/resume", fields{}},
		{http.MethodPost, "/retry", fields{"scope": "failed"}},
		{http.MethodPost, "/pages/0/regenerate", fields{}},
		{http.MethodPatch, "", fields{"is_hidden": true}},
		{http.MethodPost, "/ledger/verify", fields{}},
	} {
		for i, path := range n.ways(what.rest) {
			n.deniedWith(http.StatusNotFound, n.operator, what.method, path, what.body, "Idempotency-Key", fmt.Sprint("try-", i, what.rest))
		}
	}
	require.Equal(t, before, read())
}

func case19(t *testing.T) {
	n := newNeighbours(t)
	for name, value := range map[string]any{"tenant_id": n.theirs, "business_id": n.theirs, "tenant": n.theirs, "PK": "business/" + n.theirs, "id": n.theirs} {
		body := func(f fields) fields { return f.with(fields{name: value}) }
		n.refused(http.StatusBadRequest, n.operator, http.MethodPost, in(n.ours, "/keywords"), body(fields{"keyword": "pipe repair"}))
		n.refused(http.StatusBadRequest, n.operator, http.MethodPost, in(n.ours, "/generate"), body(fields{"page_type": "keyword-service-area"}), "Idempotency-Key", "k-"+name)
		n.refused(http.StatusBadRequest, n.operator, http.MethodPatch, in(n.ours, ""), body(fields{"name": "Still Ours"}), "If-Match", "*")
	}
	list, _, err := n.office.Keywords(t.Context(), n.theirs, backoffice.KeywordFilter{}, 200, "")
	require.NoError(t, err)
	require.Len(t, list, 2)
}

func case20(t *testing.T) {
	n := newNeighbours(t)
	body := fields{"page_type": "keyword-service-area"}
	one := n.must(http.StatusAccepted, n.operator, http.MethodPost, in(n.ours, "/generate"), body, "Idempotency-Key", "the-same-key")
	two := n.must(http.StatusAccepted, n.stranger, http.MethodPost, in(n.theirs, "/generate"), body, "Idempotency-Key", "the-same-key")
	require.NotEqual(t, one.get("job.id"), two.get("job.id"))
	require.Empty(t, two.Header.Get("Idempotency-Replayed"))
	n.refused(http.StatusUnprocessableEntity, n.stranger, http.MethodPost, in(n.theirs, "/generate"), body.with(fields{"include_upcoming": true}), "Idempotency-Key", "the-same-key")
	found, err := n.jobs.Find(t.Context(), n.theirs, job.ID(two.get("job.id").(string)))
	require.NoError(t, err)
	require.Equal(t, n.theirs, found.Tenant)
}

func case21(t *testing.T) {
	n := newNeighbours(t)
	small := n.small()
	n.must(http.StatusOK, n.operator, http.MethodGet, in(n.ours, "/jobs/"+string(n.ourJob)+"/pages/3"), nil)
	for _, page := range []string{"/pages/3", "/pages/3/attempts"} {
		n.refused(http.StatusNotFound, n.operator, http.MethodGet, in(n.ours, "/jobs/"+string(small)+page), nil)
	}
	n.refused(http.StatusNotFound, n.operator, http.MethodPost, in(n.ours, "/jobs/"+string(small)+"/pages/3/regenerate"), fields{}, "Idempotency-Key", "k-1")
	for _, id := range []string{string(n.ourJob) + "-3", "-1", "1e3", "99999999999999999999"} {
		a := n.attack(n.operator, http.MethodGet, in(n.ours, "/jobs/"+string(small)+"/pages/"+id), nil)
		require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound}, a.StatusCode, "%s: %s", id, a.body)
	}
}

// small is a job of ours with one page.
func (n *neighbours) small() job.ID {
	n.t.Helper()
	p, err := n.jobs.Preview(n.t.Context(), n.ours, order(), backoffice.PreviewFilter{})
	require.NoError(n.t, err)
	o := order()
	o.Selection = pages.Selection{KeywordIDs: []string{p.Pages[0].KeywordID}, ServiceAreaIDs: []string{p.Pages[0].ServiceAreaID}}
	g, err := n.jobs.Generate(context.WithoutCancel(n.t.Context()), preparer(), n.ours, o, "small", idempotency.Of([]byte("small")))
	require.NoError(n.t, err)
	require.Equal(n.t, 1, g.Job.Layout.Tasks)
	return g.Job.ID
}

func case22(t *testing.T) {
	n := newNeighbours(t)
	viewer := n.service(backoffice.Viewer, backoffice.AllBusinesses)
	for _, what := range []struct{ method, path string }{
		{http.MethodGet, "/api/principals"},
		{http.MethodPost, "/api/principals"},
		{http.MethodGet, "/api/audit"},
		{http.MethodGet, in(n.ours, "/audit")},
		{http.MethodDelete, in(n.ours, "")},
		{http.MethodGet, "/api/webhooks"},
		{http.MethodPost, "/api/webhooks"},
		{http.MethodPut, in(n.ours, "/budget")},
		{http.MethodPut, "/api/budgets/global"},
		{http.MethodPut, "/api/spending"},
		{http.MethodGet, "/api/ledger"},
	} {
		var body any
		if what.method != http.MethodGet && what.method != http.MethodDelete {
			body = fields{}
		}
		n.deniedWith(http.StatusForbidden, viewer, what.method, what.path, body)
	}
}

func case23(t *testing.T) {
	n := newNeighbours(t)
	for _, rest := range []string{"/export", "/ledger/export"} {
		for _, path := range n.ways(rest) {
			n.deniedWith(http.StatusNotFound, n.operator, http.MethodGet, path, nil)
		}
		n.deniedWith(http.StatusNotFound, n.operator, http.MethodGet, in(n.theirs, rest), nil)
	}
}

func case24(t *testing.T) {
	n := newNeighbours(t)
	for _, id := range []string{"%D0%BEurs", "%2e%2e/" + n.theirs, "..%2f" + n.theirs, n.ours + "%00", "%00", "%EF%BC%8E%EF%BC%8E", n.ours + "%0a", "%5c..%5c" + n.theirs, n.ours + "%20", n.ours + "%1b%5b31m"} {
		n.refused(http.StatusBadRequest, n.operator, http.MethodGet, in(id, "/keywords"), nil)
		n.refused(http.StatusBadRequest, n.operator, http.MethodGet, in(n.ours, "/keywords/"+id), nil)
	}
}
