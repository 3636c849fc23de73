package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

func TestWishes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(2, 2)
	path := w.begin(business, "one")
	for _, step := range []struct {
		wish   string
		body   any
		status int
	}{
		{"pause", map[string]any{"reason": "lunch"}, http.StatusAccepted},
		{"pause", nil, http.StatusOK},
		{"resume", nil, http.StatusAccepted},
		{"resume", nil, http.StatusOK},
		{"pause", map[string]any{"because": "x"}, http.StatusBadRequest},
		{"cancel", map[string]any{"reason": "a mistake"}, http.StatusAccepted},
		{"cancel", nil, http.StatusConflict},
		{"resume", nil, http.StatusConflict},
	} {
		before := len(w.audits())
		w.must(step.status, http.MethodPost, path+"/"+step.wish, step.body)
		records := len(w.audits()) - before
		require.Equal(t, map[bool]int{true: 0, false: 1}[step.status == http.StatusOK], records, "%s %d", step.wish, step.status)
	}
	a := w.must(http.StatusOK, http.MethodGet, path, nil)
	require.Equal(t, "cancelled", a.get(t, "job.status"))
	require.NotNil(t, a.get(t, "job.cancel_requested_at"))

	a = w.must(http.StatusOK, http.MethodGet, path+"/events?limit=2", nil)
	require.Len(t, a.get(t, "events"), 2)
	a = w.must(http.StatusOK, http.MethodGet, path+"/events?limit=200&cursor="+a.get(t, "next_cursor").(string), nil)
	require.Nil(t, a.get(t, "next_cursor"))
	require.Contains(t, string(a.body), "cancel_requested")
}

func TestJobIsHiddenAndGivenMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 1)
	path := w.begin(business, "one")
	a := w.must(http.StatusOK, http.MethodPatch, path, map[string]any{"is_hidden": true, "budget_usd": "3.5"})
	require.Equal(t, "3.500000000000", a.get(t, "job.budget_usd"))
	require.Equal(t, true, a.get(t, "job.is_hidden"))
	w.must(http.StatusBadRequest, http.MethodPatch, path, map[string]any{"budget_usd": "0"})
	w.must(http.StatusBadRequest, http.MethodPatch, path, map[string]any{"status": "completed"})
	require.Empty(t, w.must(http.StatusOK, http.MethodGet, business+"/jobs", nil).get(t, "jobs"))
	require.Len(t, w.must(http.StatusOK, http.MethodGet, business+"/jobs?include_hidden=true", nil).get(t, "jobs"), 1)
	second := w.begin(business, "two")
	require.Len(t, w.must(http.StatusOK, http.MethodGet, business+"/jobs?status=pending&page_type=service-area", nil).get(t, "jobs"), 1)
	require.Empty(t, w.must(http.StatusOK, http.MethodGet, business+"/jobs?status=completed", nil).get(t, "jobs"))
	a = w.must(http.StatusOK, http.MethodGet, business+"/jobs?include_hidden=true&limit=1", nil)
	require.Contains(t, string(a.body), lastOf(second), "newest first")
	a = w.must(http.StatusOK, http.MethodGet, business+"/jobs?include_hidden=true&limit=1&cursor="+a.get(t, "next_cursor").(string), nil)
	require.Contains(t, string(a.body), lastOf(path))
	require.Nil(t, a.get(t, "next_cursor"))
}

func TestRetryAfterFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(2, 2)
	require.NoError(t, w.sim.Schedule(claudesim.Outage{For: 100_000 * time.Hour, Faults: claudesim.Faults{RefusalLate: 1}}))
	path := w.begin(business, "one")
	w.finish(path)
	w.sim.Recover()
	a := w.must(http.StatusOK, http.MethodGet, path, nil)
	require.EqualValues(t, 4, a.get(t, "job.counts.failed"), "%s", a.body)

	a = w.must(http.StatusOK, http.MethodGet, path+"/failures", nil)
	groups := a.get(t, "groups").([]any)
	require.Len(t, groups, 1)
	group := groups[0].(map[string]any)
	require.EqualValues(t, 4, group["count"])
	require.Equal(t, "REFUSED", group["error_code"])
	require.NotEmpty(t, group["hint"])
	a = w.must(http.StatusOK, http.MethodGet, path+"/pages?status=failed&error_code=REFUSED", nil)
	require.Len(t, a.get(t, "pages"), 4)
	require.Empty(t, w.must(http.StatusOK, http.MethodGet, path+"/pages?error_code=DEAD_LETTER", nil).get(t, "pages"))
	a = w.must(http.StatusOK, http.MethodGet, path+"/pages/0/attempts", nil)
	require.Contains(t, string(a.body), `"verdict":"failed"`)
	require.Contains(t, string(a.body), `"has_content":false`)
	w.must(http.StatusNotFound, http.MethodGet, path+"/pages/0?attempt=1", nil)
	w.must(http.StatusNotFound, http.MethodGet, path+"/pages/0/preview", nil)

	quote := w.must(http.StatusOK, http.MethodPost, path+"/retry/quote", map[string]any{"scope": "failed"})
	require.EqualValues(t, 4, quote.get(t, "pages"))
	w.must(http.StatusBadRequest, http.MethodPost, path+"/retry/quote", map[string]any{})
	w.must(http.StatusBadRequest, http.MethodPost, path+"/retry/quote", map[string]any{"scope": "failed", "ordinals": []int{1}})
	a = w.must(http.StatusUnprocessableEntity, http.MethodPost, path+"/retry/quote", map[string]any{"scope": "failed", "error_codes": []string{"DEAD_LETTER"}})
	require.Equal(t, "NO_PAGES", a.get(t, "code"))
	w.must(http.StatusBadRequest, http.MethodPost, path+"/retry", map[string]any{"scope": "failed"})
	for _, budget := range []string{"0", "0.00000001"} {
		w.must(http.StatusBadRequest, http.MethodPost, path+"/retry", map[string]any{"scope": "failed", "budget_usd": budget}, "Idempotency-Key", "lower "+budget)
	}
	retry := map[string]any{"ordinals": []int{0, 1, 2, 3}, "budget_usd": "5"}
	a = w.must(http.StatusAccepted, http.MethodPost, path+"/retry", retry, "Idempotency-Key", "again")
	require.EqualValues(t, 4, a.get(t, "pages"))
	require.EqualValues(t, 2, a.get(t, "job.round"))
	replay := w.must(http.StatusAccepted, http.MethodPost, path+"/retry", retry, "Idempotency-Key", "again")
	require.Equal(t, string(a.body), string(replay.body))
	w.finish(path)
	a = w.must(http.StatusOK, http.MethodGet, path, nil)
	require.Equal(t, "completed", a.get(t, "job.status"))
	for _, event := range w.must(http.StatusOK, http.MethodGet, path+"/events", nil).get(t, "events").([]any) {
		require.NotEmpty(t, event.(map[string]any)["actor"], "%v", event)
		require.NotEmpty(t, event.(map[string]any)["request_id"], "%v", event)
	}
	w.must(http.StatusConflict, http.MethodPost, path+"/retry", map[string]any{"ordinals": []int{0}}, "Idempotency-Key", "third")
	a = w.must(http.StatusUnprocessableEntity, http.MethodPost, path+"/retry", map[string]any{"scope": "failed"}, "Idempotency-Key", "fourth")
	require.Equal(t, "NO_PAGES", a.get(t, "code"))

	a = w.must(http.StatusAccepted, http.MethodPost, path+"/pages/2/regenerate", nil, "Idempotency-Key", "page")
	require.EqualValues(t, 1, a.get(t, "pages"))
	w.must(http.StatusConflict, http.MethodPost, path+"/pages/2/regenerate", nil, "Idempotency-Key", "page2")
	w.finish(path)
	a = w.must(http.StatusOK, http.MethodGet, path+"/pages/2/attempts", nil)
	require.Len(t, a.get(t, "attempts"), 3)
	w.must(http.StatusOK, http.MethodGet, path+"/pages/2?attempt=2", nil)
	require.Equal(t, true, w.must(http.StatusOK, http.MethodPost, path+"/ledger/verify", nil).get(t, "ok"))
}

func TestOneKeyIsOneJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business, other := w.plumber(1, 1), w.plumber(1, 1)
	post := func(to, key string, body any) answer {
		return w.as(backoffice.Operator, http.MethodPost, to+"/generate", body, "Idempotency-Key", key)
	}
	a := w.as(backoffice.Operator, http.MethodPost, business+"/generate", choice())
	require.Equal(t, http.StatusBadRequest, a.StatusCode, "a key is needed")
	require.Equal(t, http.StatusBadRequest, post(business, "key", choice("languages", []string{"fr"})).StatusCode)
	first := post(business, "key", choice())
	require.Equal(t, http.StatusAccepted, first.StatusCode, "nothing was stored of what was invalid: %s", first.body)
	require.Empty(t, first.Header.Get("Idempotency-Replayed"))
	replay := post(business, "key", `{ "page_type":"keyword-service-area" }`)
	require.Equal(t, "true", replay.Header.Get("Idempotency-Replayed"))
	require.Equal(t, string(first.body), string(replay.body))
	a = post(business, "key", choice("lane", "batch"))
	require.Equal(t, http.StatusUnprocessableEntity, a.StatusCode)
	require.Equal(t, "IDEMPOTENCY_KEY_REUSED", a.get(t, "code"))
	a = post(other, "key", choice())
	require.Equal(t, http.StatusAccepted, a.StatusCode, "another business, another job")
	require.NotEqual(t, first.get(t, "job.id"), a.get(t, "job.id"))

	var wait sync.WaitGroup
	ids := make([]string, 20)
	for i := range ids {
		wait.Go(func() {
			for {
				a := post(business, "together", choice())
				if a.StatusCode == http.StatusConflict && a.Header.Get("Retry-After") != "" {
					continue
				}
				ids[i] = a.Header.Get("Location")
				return
			}
		})
	}
	wait.Wait()
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	require.NotEmpty(t, ids[0])
	require.Len(t, w.must(http.StatusOK, http.MethodGet, business+"/jobs", nil).get(t, "jobs"), 2)
}

func TestWhatKeepsAJobFromBeginning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 0)
	a := w.must(http.StatusUnprocessableEntity, http.MethodPost, business+"/generate", choice(), "Idempotency-Key", "empty")
	require.Equal(t, "NO_PAGES", a.get(t, "code"))
	business = w.plumber(1, 1)
	a = w.must(http.StatusConflict, http.MethodPost, business+"/generate", choice("plan_hash", strings.Repeat("0", 64)), "Idempotency-Key", "old")
	require.Equal(t, "CONFLICT", a.get(t, "code"))
	w.must(http.StatusBadRequest, http.MethodPost, business+"/generate", choice("lane", "auto"), "Idempotency-Key", "late")
	w.must(http.StatusBadRequest, http.MethodPost, business+"/generate", choice("deadline", "2020-01-01T00:00:00Z"), "Idempotency-Key", "past")
	w.must(http.StatusBadRequest, http.MethodPost, business+"/generate", choice("selection", map[string]any{"keyword_ids": []string{"nobody"}}), "Idempotency-Key", "who")
	w.must(http.StatusBadRequest, http.MethodPost, business+"/generate", choice("budget_usd", 5), "Idempotency-Key", "number")
	w.must(http.StatusBadRequest, http.MethodPost, business+"/generate", choice("budget_usd", "0.000"), "Idempotency-Key", "zero")
	for i := range 3 {
		w.begin(business, fmt.Sprintf("live-%d", i), "lane", "auto", "deadline", "2026-12-01T00:00:00Z")
	}
	w.must(http.StatusConflict, http.MethodPost, business+"/generate", choice(), "Idempotency-Key", "fourth")

	bare := w.must(http.StatusCreated, http.MethodPost, "/api/businesses", map[string]any{"name": "Bare", "industry_type": "Plumber"}).Header.Get("Location")
	w.must(http.StatusCreated, http.MethodPost, bare+"/keywords", map[string]any{"keyword": "leaky tap"})
	w.must(http.StatusCreated, http.MethodPost, bare+"/service-areas", map[string]any{"city": "Bath", "state": "ME"})
	for _, row := range []string{"/generate/forecast", "/generate"} {
		a = w.must(http.StatusUnprocessableEntity, http.MethodPost, bare+row, choice(), "Idempotency-Key", "bare")
		require.Equal(t, "INSUFFICIENT_DATA", a.get(t, "code"))
		require.NotEmpty(t, a.get(t, "errors"))
	}
}
