package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// TestJobSaysWhatItIs: a job says what was asked for, at what prices, and when it changed; a page says its prompt's hash.
func TestJobSaysWhatItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(2, 2)
	a := w.must(http.StatusOK, http.MethodPost, business+"/generate/preview", choice())
	area := a.get(t, "pages").([]any)[0].(map[string]any)["service_area_id"].(string)
	prices := w.must(http.StatusOK, http.MethodGet, "/api/meta", nil).get(t, "price_version")

	whole := w.begin(business, "all")
	a = w.must(http.StatusOK, http.MethodGet, whole, nil)
	require.NotContains(t, a.get(t, "job"), "selection", "all was asked for")
	require.Equal(t, false, a.get(t, "job.include_upcoming"))
	require.Equal(t, prices, a.get(t, "job.price_version"))
	require.EqualValues(t, 1, a.get(t, "job.revision"))
	require.Equal(t, a.get(t, "job.created_at"), a.get(t, "job.updated_at"))

	snapshot := a.get(t, "job.snapshot").(map[string]any)
	require.Equal(t, "Harbor Plumbing", snapshot["business"].(map[string]any)["name"])
	require.EqualValues(t, 2, snapshot["rows"])
	require.EqualValues(t, 2, snapshot["columns"])
	require.Regexp(t, "^[0-9a-f]{64}$", snapshot["sha256"])
	require.Regexp(t, "^[0-9a-f]{64}$", snapshot["questionnaire_sha256"])
	w.must(http.StatusOK, http.MethodPatch, business, map[string]any{"name": "Quay Plumbing"}, "If-Match", "*")
	require.Equal(t, snapshot, w.must(http.StatusOK, http.MethodGet, whole, nil).get(t, "job.snapshot"), "it never changes")

	selection := map[string]any{"service_area_ids": []any{area}}
	a = w.must(http.StatusAccepted, http.MethodPost, business+"/generate", choice("selection", selection), "Idempotency-Key", "some")
	require.Equal(t, selection, a.get(t, "job.selection"))
	require.Equal(t, a.get(t, "job.created_at"), a.get(t, "job.updated_at"))
	part := a.Header.Get("Location")
	require.Equal(t, selection, w.must(http.StatusOK, http.MethodGet, part, nil).get(t, "job.selection"))
	require.Equal(t, selection, w.must(http.StatusAccepted, http.MethodPost, part+"/pause", nil).get(t, "job.selection"))
	for _, one := range w.must(http.StatusOK, http.MethodGet, business+"/jobs", nil).get(t, "jobs").([]any) {
		require.NotContains(t, one, "selection")
		require.NotContains(t, one, "snapshot")
		require.Equal(t, prices, one.(map[string]any)["price_version"])
	}

	before := w.must(http.StatusOK, http.MethodGet, whole, nil)
	w.clock.forward(time.Minute)
	require.Equal(t, http.StatusNotModified, w.as(backoffice.Viewer, http.MethodGet, whole, nil, "If-None-Match", before.Header.Get("Etag")).StatusCode)
	w.must(http.StatusOK, http.MethodPatch, whole, map[string]any{"is_hidden": true})
	after := w.must(http.StatusOK, http.MethodGet, whole, nil)
	require.Greater(t, after.get(t, "job.revision"), before.get(t, "job.revision"))
	require.Greater(t, after.get(t, "job.updated_at"), before.get(t, "job.updated_at"))

	w.finish(whole)
	for _, one := range w.must(http.StatusOK, http.MethodGet, whole+"/pages", nil).get(t, "pages").([]any) {
		require.NotContains(t, one, "prompt_sha256", "to make it for each page of a list takes long")
	}
	require.Regexp(t, "^[0-9a-f]{64}$", w.must(http.StatusOK, http.MethodGet, whole+"/pages/3", nil).get(t, "page.prompt_sha256"))
}
