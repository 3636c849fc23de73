package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

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
