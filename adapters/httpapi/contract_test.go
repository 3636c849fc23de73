package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// TestTheContractAsksForTheKey: programs that are made from the contract can send what the rows demand.
func TestTheContractAsksForTheKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var contract struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Required bool
			}
			Responses map[string]struct{ Headers map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal(w.must(http.StatusOK, http.MethodGet, "/api/openapi.json", nil).body, &contract))
	var asked []string
	for path, rows := range contract.Paths {
		for method, row := range rows {
			for _, p := range row.Parameters {
				if p.Name == "Idempotency-Key" && p.In == "header" && p.Required {
					asked = append(asked, method+strings.TrimPrefix(path, "/api/businesses/{business_id}"))
					require.Contains(t, row.Responses["202"].Headers, "Idempotency-Replayed", path)
				}
			}
		}
	}
	require.ElementsMatch(t, []string{"post/generate", "post/jobs/{job_id}/retry", "post/jobs/{job_id}/pages/{ordinal}/regenerate"}, asked)
}

// TestTheContractTellsOfConditionalReads: each row that is polled takes an If-None-Match, which may be anything, and has a 304.
func TestTheContractTellsOfConditionalReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var contract struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Required bool
				Schema   map[string]any
			}
			Responses map[string]struct{ Headers map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal(w.must(http.StatusOK, http.MethodGet, "/api/openapi.json", nil).body, &contract))
	polled := 0
	for path, rows := range contract.Paths {
		for method, row := range rows {
			asked := false
			for _, p := range row.Parameters {
				if p.Name == "If-None-Match" {
					require.Equal(t, "header", p.In)
					require.False(t, p.Required)
					require.Equal(t, map[string]any{"type": "string"}, p.Schema)
					asked = true
				}
			}
			_, unchanged := row.Responses["304"]
			require.Equal(t, unchanged, asked, "%s %s", method, path)
			if asked {
				polled++
				require.Contains(t, row.Responses["200"].Headers, "ETag", path)
				require.Contains(t, row.Responses["304"].Headers, "ETag", path)
			}
		}
	}
	require.Greater(t, polled, 30)
	for _, tag := range []string{"", "3", `"`, `W/"x", , "y"`, strings.Repeat("x", 5000)} {
		w.must(http.StatusOK, http.MethodGet, "/api/meta", nil, "If-None-Match", tag)
	}
	again := w.must(http.StatusNotModified, http.MethodGet, "/api/meta", nil, "If-None-Match", w.must(http.StatusOK, http.MethodGet, "/api/meta", nil).Header.Get("Etag"))
	require.NotEmpty(t, again.Header.Get("Etag"))
	health := w.must(http.StatusOK, http.MethodGet, "/health", nil, "If-None-Match", "*")
	require.Empty(t, health.Header.Get("Etag"))
}

// TestATokenIsRotatedWithoutABody: the new one ends when the old one would have, and times have milliseconds at most.
func TestATokenIsRotatedWithoutABody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	made := w.must(http.StatusCreated, http.MethodPost, "/api/principals", map[string]any{
		"kind": "service", "name": "robot", "role": "viewer", "business_ids": []string{"*"}, "expires_at": w.clock.Now().Add(time.Hour).Truncate(time.Second).Add(123456789),
	})
	until := made.get(t, "principal.expires_at").(string)
	require.True(t, strings.HasSuffix(until, ".123Z"), until)
	path := "/api/principals/" + made.get(t, "principal.id").(string)
	again := w.must(http.StatusOK, http.MethodPost, path+"/rotate", nil, "If-Match", made.Header.Get("Etag"))
	require.Equal(t, until, again.get(t, "principal.expires_at"))
	require.NotEqual(t, made.get(t, "token"), again.get(t, "token"))
}

// TestRetentionCountsBegunDays: what is kept for hours is not said to be kept for none.
func TestRetentionCountsBegunDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &httpapi.Options{Retention: map[string]time.Duration{"sessions": 8 * time.Hour, "keys": 168 * time.Hour}})
	a := w.must(http.StatusOK, http.MethodGet, "/api/meta", nil)
	require.Equal(t, map[string]any{"sessions": 1.0, "keys": 7.0}, a.get(t, "retention_days"))
}

// TestTheTrailNamesThePage: also of an attempt that came to nothing, and never by a text that is no id.
func TestTheTrailNamesThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 1)
	for path, want := range map[string]backoffice.Target{
		"/jobs/one/pages/7/regenerate": {Type: "page", ID: "one-7"}, "/jobs/one/pages/seven/regenerate": {Type: "job", ID: "one"},
		"/jobs/a@b.example/pages/7/regenerate": {Type: "page"},
	} {
		w.as(backoffice.Operator, http.MethodPost, business+path, nil, "Idempotency-Key", "k")
		want.Business = lastOf(business)
		require.Equal(t, want, w.audits()[0].Target, path)
	}
}

// TestTheTrailNamesWhatWasTried: what was denied or came to nothing is named as what was done is, by action and target.
func TestTheTrailNamesWhatWasTried(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &httpapi.Options{Local: true})
	business := w.plumber(1, 1)
	id := lastOf(business)
	prompt := w.must(http.StatusCreated, http.MethodPost, business+"/prompts", template()).Header.Get("Location")
	tried := func(role backoffice.Role, method, path string, body any, action string, target backoffice.Target) {
		t.Helper()
		before := len(w.audits())
		a := w.as(role, method, path, body, "If-Match", `"99"`, "Idempotency-Key", action)
		require.GreaterOrEqual(t, a.StatusCode, 400, "%s %s", method, path)
		require.Len(t, w.audits(), before+1)
		line := w.audits()[0]
		require.Equal(t, action, line.Action)
		require.Equal(t, target, line.Target, "%s %s", method, path)
	}
	of := func(kind, id string) backoffice.Target {
		return backoffice.Target{Type: kind, ID: id, Business: lastOf(business)}
	}
	for _, row := range []struct {
		method, path, action string
		target               backoffice.Target
	}{
		{http.MethodPost, business + "/keywords", "keyword.create", of("keyword", "")},
		{http.MethodPost, business + "/keywords/bulk", "bulk.import", of("keyword", "")},
		{http.MethodPost, business + "/generate", "job.create", of("job", "")},
		{http.MethodPatch, business + "/keywords/one", "keyword.update", of("keyword", "one")},
		{http.MethodPatch, business + "/jobs/one", "job.update", of("job", "one")},
		{http.MethodDelete, business, "business.delete", of("business", id)},
		{http.MethodPut, business + "/hours", "hours.update", of("hours", id)},
		{http.MethodPut, business + "/budget", "budget.put", of("budget", id)},
		{http.MethodGet, business + "/audit", "business.audit-list", of("audit", "")},
		{http.MethodGet, business + "/jobs/one/ledger", "job.ledger-list", of("job", "one")},
		{http.MethodPut, "/api/budgets/global", "budget.put", backoffice.Target{Type: "budget", ID: "global"}},
		{http.MethodPut, "/api/spending", "spending.set", backoffice.Target{Type: "spending", ID: "global"}},
		{http.MethodPatch, "/api/principals/one", "principal.update", backoffice.Target{Type: "principal", ID: "one"}},
		{http.MethodPost, "/api/webhooks/one/deliveries/two/redeliver", "webhook.redeliver", backoffice.Target{Type: "webhook_delivery", ID: "two"}},
	} {
		tried(backoffice.Viewer, row.method, row.path, nil, row.action, row.target)
	}
	tried(backoffice.Operator, http.MethodPatch, prompt, object{"is_active": true}, "prompt.activate", of("prompt_template", lastOf(prompt)))
	tried(backoffice.Operator, http.MethodPatch, prompt, object{"is_active": false}, "prompt.update", of("prompt_template", lastOf(prompt)))
	require.Equal(t, http.StatusUnauthorized, w.send("", http.MethodGet, "/api/session/once?code="+strings.Repeat("0", 64), nil).StatusCode)
	require.Equal(t, "session.create", w.audits()[0].Action)
}

// TestTheGateSaysHowFarItIs: the score and what is needed are numbers of the answer, for the ring on a screen.
func TestTheGateSaysHowFarItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	made := w.must(http.StatusCreated, http.MethodPost, "/api/businesses", map[string]any{"name": "Bare", "industry_type": "Plumber"})
	a := w.must(http.StatusUnprocessableEntity, http.MethodPost, "/api/businesses/"+made.get(t, "business.id").(string)+"/generate/forecast", choice())
	require.Equal(t, "INSUFFICIENT_DATA", a.get(t, "code"))
	require.EqualValues(t, 5, a.get(t, "score"))
	require.EqualValues(t, 40, a.get(t, "gate"))
	require.NotContains(t, string(w.must(http.StatusNotFound, http.MethodGet, "/api/businesses/none", nil).body), "gate")
}
