package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

func TestStory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(2, 2)
	a := w.must(http.StatusOK, http.MethodPost, business+"/generate/preview?limit=3", choice())
	require.Len(t, a.get(t, "pages"), 3)
	require.EqualValues(t, 4, a.get(t, "summary.total_pages"))
	require.EqualValues(t, 2, a.get(t, "summary.unique_keywords"))
	hash := a.get(t, "plan_hash")
	a = w.must(http.StatusOK, http.MethodPost, business+"/generate/preview?limit=3&cursor="+a.get(t, "next_cursor").(string), choice())
	require.Len(t, a.get(t, "pages"), 1)
	require.Nil(t, a.get(t, "next_cursor"))
	a = w.must(http.StatusOK, http.MethodPost, business+"/generate/forecast", choice("plan_hash", hash))
	require.EqualValues(t, 4, a.get(t, "forecast.pages"))
	require.Len(t, a.get(t, "forecast.budgets"), 3)

	a = w.must(http.StatusAccepted, http.MethodPost, business+"/generate", choice("plan_hash", hash), "Idempotency-Key", "first")
	require.EqualValues(t, 4, a.get(t, "total_pages"))
	require.Equal(t, "pending", a.get(t, "job.status"))
	path := a.Header.Get("Location")
	require.Equal(t, business+"/jobs/"+a.get(t, "job.id").(string), path)
	again := w.must(http.StatusAccepted, http.MethodPost, business+"/generate", choice("plan_hash", hash), "Idempotency-Key", "first")
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	require.Equal(t, string(a.body), string(again.body))
	require.Equal(t, path, again.Header.Get("Location"))

	a = w.must(http.StatusOK, http.MethodGet, path, nil)
	require.EqualValues(t, 4, a.get(t, "job.counts.queued"))
	require.EqualValues(t, 2000, a.get(t, "job.poll_after_ms"))
	w.finish(path)
	a = w.must(http.StatusOK, http.MethodGet, path, nil)
	require.Equal(t, "completed", a.get(t, "job.status"))
	require.EqualValues(t, 4, a.get(t, "job.counts.completed"))
	require.Nil(t, a.get(t, "job.poll_after_ms"))
	require.NotNil(t, a.get(t, "job.forecast_error"))
	tag := a.Header.Get("Etag")
	w.clock.forward(1e12)
	require.Equal(t, http.StatusNotModified, w.as(backoffice.Viewer, http.MethodGet, path, nil, "If-None-Match", tag).StatusCode)

	a = w.must(http.StatusOK, http.MethodGet, path+"/pages", nil)
	require.Len(t, a.get(t, "pages"), 4)
	require.NotContains(t, string(a.body), `"body"`)
	a = w.must(http.StatusOK, http.MethodGet, path+"/pages/0", nil)
	require.Equal(t, "completed", a.get(t, "page.status"))
	require.NotEmpty(t, a.get(t, "content.title"))
	a = w.must(http.StatusOK, http.MethodGet, path+"/pages/0/preview", nil)
	require.Equal(t, "text/html; charset=utf-8", a.Header.Get("Content-Type"))
	require.Contains(t, a.Header.Get("Content-Security-Policy"), "sandbox")
}

func TestJobOnItsWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(13, 4)
	path := w.begin(business, "one", "deadline", "2026-12-01T00:00:00Z")
	got, err := w.queue.Receive(t.Context(), 1, w.clock.Now())
	require.NoError(t, err)
	require.NoError(t, w.jobs.Engine.Work(t.Context(), got[0].Body))
	w.clock.forward(time.Minute)
	a := w.must(http.StatusOK, http.MethodGet, path, nil)
	require.Equal(t, "running", a.get(t, "job.status"), "%s", a.body)
	ended := a.get(t, "job.counts.completed").(float64)
	require.Positive(t, ended)
	require.Positive(t, a.get(t, "job.rate_per_minute"))
	require.Positive(t, a.get(t, "job.eta_s"))
	require.NotNil(t, a.get(t, "job.outlook"))
	require.Equal(t, "2026-12-01T00:00:00.000Z", a.get(t, "job.deadline"))
	w.clock.forward(50 * time.Millisecond)
	again := w.as(backoffice.Viewer, http.MethodGet, path, nil, "If-None-Match", a.Header.Get("Etag"))
	require.Equal(t, http.StatusNotModified, again.StatusCode, "time alone changes nothing that is worth an answer")

	require.NoError(t, w.sim.Schedule(claudesim.Outage{For: 100_000 * time.Hour, Status: 529}))
	w.work()
	a = w.must(http.StatusOK, http.MethodGet, path, nil)
	waiting := a.get(t, "job.waiting").(map[string]any)
	require.NotEmpty(t, waiting, "%s", a.body)
	for reason, of := range waiting {
		require.NotNil(t, of.(map[string]any)["until"], reason)
	}
	a = w.must(http.StatusOK, http.MethodGet, path+"/pages?status=waiting", nil)
	require.NotEmpty(t, a.get(t, "pages"))
	require.Contains(t, string(a.body), `"waiting_until"`)
	w.sim.Recover()
	w.finish(path)
	a = w.must(http.StatusOK, http.MethodGet, path, nil)
	require.EqualValues(t, 52, a.get(t, "job.counts.completed"))

	twin := w.must(http.StatusOK, http.MethodPost, business+"/generate/forecast", choice())
	require.NotEmpty(t, twin.get(t, "forecast.basis"))
}
