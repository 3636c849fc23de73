package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// concerned reports whether a row is about jobs, prompts or money.
func concerned(r httpapi.Route) bool {
	for _, part := range []string{"/prompts", "/generate", "/jobs", "/ledger", "/costs", "/budget", "/spending", "/export", "/meta"} {
		if strings.Contains(r.Path, part) && !strings.Contains(r.Path, "/audit") {
			return true
		}
	}
	return false
}

// filled is the row's path with real ids.
func filled(path, business, job, prompt string) string {
	return strings.NewReplacer("{business_id}", business, "{job_id}", job, "{prompt_id}", prompt, "{ordinal}", "0").Replace(path)
}

func TestRolesOfJobs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.begin(w.plumber(1, 1), "one")
	business, job := strings.Split(path, "/")[3], lastOf(path)
	stranger := w.token(backoffice.Admin, lastOf(w.business("Somebody Else")))
	rows := 0
	for _, r := range w.Routes() {
		if !concerned(r) {
			continue
		}
		rows++
		to := filled(r.Path, business, job, "none")
		for _, role := range backoffice.Roles() {
			before := len(w.audits())
			a := w.as(role, r.Method, to, map[bool]any{true: "{", false: nil}[r.Method != http.MethodGet], "Idempotency-Key", "roles", "If-Match", "*")
			if role.May(r.Role) {
				require.NotEqual(t, http.StatusForbidden, a.StatusCode, "%s %s as %s", r.Method, r.Path, role)
			} else {
				require.Equal(t, http.StatusForbidden, a.StatusCode, "%s %s as %s", r.Method, r.Path, role)
				require.Equal(t, backoffice.AuditDenied, w.audits()[0].Result)
				require.Len(t, w.audits(), before+1, "%s %s as %s", r.Method, r.Path, role)
			}
			require.Less(t, a.StatusCode, 500, "%s %s as %s: %s %v", r.Method, r.Path, role, a.body, w.observer.faults())
		}
		require.Equal(t, http.StatusUnauthorized, w.send("", r.Method, to, nil).StatusCode, "%s %s", r.Method, r.Path)
		if strings.Contains(r.Path, "{business_id}") {
			require.Equal(t, http.StatusNotFound, w.send(stranger, r.Method, to, nil).StatusCode, "%s %s", r.Method, r.Path)
		}
	}
	require.Greater(t, rows, 35)
}

func TestEveryChangeLeavesOneLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 2)
	path := w.begin(business, "one")
	prompt := w.must(http.StatusCreated, http.MethodPost, business+"/prompts", template()).Header.Get("Location")
	for _, step := range []struct {
		status       int
		method, path string
		body         any
		action       string
	}{
		{201, http.MethodPost, business + "/prompts", template(), "prompt.create"},
		{400, http.MethodPost, business + "/prompts", template("template", "{{"), "prompt.create"},
		{200, http.MethodPatch, prompt, map[string]any{"is_active": true}, "prompt.activate"},
		{409, http.MethodDelete, prompt, nil, "prompt.delete"},
		{200, http.MethodPatch, prompt, map[string]any{"is_active": false}, "prompt.update"},
		{204, http.MethodDelete, prompt, nil, "prompt.delete"},
		{200, http.MethodPut, "/api/budgets/global", map[string]any{"limit_usd": "90", "enabled": true}, "budget.put"},
		{200, http.MethodPut, business + "/budget", map[string]any{"limit_usd": "9", "enabled": true}, "budget.put"},
		{202, http.MethodPost, business + "/generate", choice(), "job.create"},
		{202, http.MethodPost, path + "/pause", nil, "job.pause"},
		{202, http.MethodPost, path + "/resume", nil, "job.resume"},
		{200, http.MethodPatch, path, map[string]any{"is_hidden": true}, "job.update"},
		{200, http.MethodPatch, path, map[string]any{"budget_usd": "2"}, "job.update"},
		{200, http.MethodPatch, path, map[string]any{"budget_usd": "2.5", "is_hidden": false}, "job.update"},
		{400, http.MethodPatch, path, map[string]any{"budget_usd": "0", "is_hidden": true}, "job.update"},
		{409, http.MethodPost, path + "/retry", map[string]any{"scope": "failed"}, "job.retry"},
		{409, http.MethodPost, path + "/pages/0/regenerate", nil, "page.regenerate"},
		{202, http.MethodPost, path + "/cancel", nil, "job.cancel"},
		{200, http.MethodPut, "/api/spending", map[string]any{"enabled": false, "reason": "stop"}, "spending.set"},
		{503, http.MethodPost, business + "/generate", choice(), "job.create"},
	} {
		before := len(w.audits())
		w.must(step.status, step.method, step.path, step.body, "Idempotency-Key", step.action+step.path+http.StatusText(step.status), "If-Match", "*")
		after := w.audits()
		require.Len(t, after, before+1, "%s %s", step.method, step.path)
		require.Equal(t, step.action, after[0].Action)
		require.Equal(t, map[bool]backoffice.AuditResult{true: backoffice.AuditOK, false: backoffice.AuditFailed}[step.status < 300], after[0].Result, "%s %s", step.method, step.path)
	}
	for _, read := range []string{business + "/generate/preview", business + "/generate/forecast"} {
		before := len(w.audits())
		w.must(http.StatusOK, http.MethodPost, read, choice())
		require.Len(t, w.audits(), before)
	}
}

// What the jobs of a business have made is kept when it is deleted: whoever answers for all can read it, and nobody begins anything.
func TestJobsOfADeletedBusinessAreRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 1)
	path := w.begin(business, "one")
	w.finish(path)
	part := w.token(backoffice.Admin, lastOf(business))
	ofJobs := func(r httpapi.Route) bool {
		rest, below := strings.CutPrefix(r.Path, "/api/businesses/{business_id}/")
		first, _, _ := strings.Cut(rest, "/")
		return below && (first == "jobs" || first == "export" || first == "ledger" || first == "costs")
	}
	tag := w.must(http.StatusOK, http.MethodGet, business, nil).Header.Get("Etag")
	w.must(http.StatusAccepted, http.MethodDelete, business, nil, "If-Match", tag)
	look := func() {
		t.Helper()
		jobs := w.must(http.StatusOK, http.MethodGet, business+"/jobs", nil).get(t, "jobs").([]any)
		require.Equal(t, lastOf(path), jobs[0].(object)["id"])
		for _, at := range []string{path, path + "/pages", path + "/pages/0", path + "/export"} {
			w.must(http.StatusOK, http.MethodGet, at, nil)
		}
		all := w.must(http.StatusOK, http.MethodGet, business+"/export", nil)
		require.Contains(t, string(all.body), lastOf(path))
		rows := 0
		for _, r := range w.Routes() {
			if !ofJobs(r) {
				continue
			}
			rows++
			to := filled(r.Path, lastOf(business), lastOf(path), "none")
			require.Equal(t, http.StatusNotFound, w.send(part, r.Method, to, nil).StatusCode, "%s %s", r.Method, r.Path)
			if backoffice.Operator.May(r.Role) {
				before := len(w.audits())
				require.Equal(t, http.StatusNotFound, w.as(backoffice.Operator, r.Method, to, nil).StatusCode, "%s %s", r.Method, r.Path)
				require.Len(t, w.audits(), before+1, "%s %s", r.Method, r.Path)
			}
			if r.Method == http.MethodGet {
				w.must(http.StatusOK, r.Method, to, nil)
			}
		}
		require.Equal(t, 25, rows)
		w.refused(http.StatusNotFound, http.MethodPost, business+"/generate", choice(), "Idempotency-Key", "two")
		w.refused(http.StatusNotFound, http.MethodPost, path+"/pages/0/regenerate", nil, "Idempotency-Key", "three")
	}
	require.Equal(t, http.StatusBadRequest, w.as(backoffice.Admin, http.MethodGet, "/api/businesses/no%20id/jobs", nil).StatusCode)
	look()
	_, err := w.office.RemoveDeleted(t.Context(), w.jobs.Live)
	require.NoError(t, err)
	look()
	w.refused(http.StatusNotFound, http.MethodGet, "/api/businesses/nothing/jobs", nil)
}
