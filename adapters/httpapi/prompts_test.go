package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// template is a body for a new version.
func template(more ...any) map[string]any {
	body := map[string]any{"page_type": "service-area", "template": "Write about {{primary_keyword}} in {{city}}, {{state}}. Say {{tagline}}.", "required_variables": []string{"tagline"}}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return body
}

func TestPrompts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	base := w.plumber(1, 1) + "/prompts"
	first := w.must(http.StatusCreated, http.MethodPost, base, template("is_active", true, "note", "the first"))
	require.Equal(t, "keyword-service-area", first.get(t, "prompt_template.page_type"), "an alias is never stored")
	require.EqualValues(t, 1, first.get(t, "prompt_template.version"))
	require.Equal(t, `"1-0"`, first.Header.Get("Etag"))
	require.Equal(t, []any{"city", "state", "tagline"}, first.get(t, "prompt_template.required_variables"))
	require.Equal(t, []any{"primary_keyword"}, first.get(t, "prompt_template.optional_variables"))
	one := first.Header.Get("Location")
	second := w.must(http.StatusCreated, http.MethodPost, base, template("word_count_target", 500, "based_on_id", lastOf(one))).Header.Get("Location")

	t.Run("Lists", func(t *testing.T) {
		a := w.must(http.StatusOK, http.MethodGet, base, nil)
		require.Len(t, a.get(t, "prompt_templates"), 2)
		require.NotContains(t, string(a.body), "Write about", "no texts in lists")
		require.Len(t, w.must(http.StatusOK, http.MethodGet, base+"?active=true", nil).get(t, "prompt_templates"), 1)
		require.Len(t, w.must(http.StatusOK, http.MethodGet, base+"?page_type=location-keyword", nil).get(t, "prompt_templates"), 0)
		a = w.must(http.StatusOK, http.MethodGet, base+"?limit=1", nil)
		next, _ := a.get(t, "next_cursor").(string)
		a = w.must(http.StatusOK, http.MethodGet, base+"?limit=1&cursor="+next, nil)
		require.Nil(t, a.get(t, "next_cursor"))
		w.must(http.StatusBadRequest, http.MethodGet, base+"?language=en&cursor="+next, nil)
		w.must(http.StatusBadRequest, http.MethodGet, base+"?page_type=blog", nil)
	})
	t.Run("Changes", func(t *testing.T) {
		w.must(http.StatusPreconditionRequired, http.MethodPatch, one, map[string]any{"note": "x"})
		w.must(http.StatusPreconditionFailed, http.MethodPatch, one, map[string]any{"note": "x"}, "If-Match", `"7"`)
		w.must(http.StatusConflict, http.MethodPatch, one, map[string]any{"template": "other"}, "If-Match", `"1"`)
		a := w.must(http.StatusOK, http.MethodPatch, one, `{"note":null}`, "If-Match", `"1"`)
		require.NotContains(t, string(a.body), `"note"`)
		require.Contains(t, string(a.body), "Write about")
		w.must(http.StatusConflict, http.MethodDelete, one, nil, "If-Match", `"2"`)
		a = w.must(http.StatusOK, http.MethodPatch, second, map[string]any{"is_active": true, "note": "now"}, "If-Match", `"1"`)
		require.Equal(t, true, a.get(t, "prompt_template.is_active"))
		a = w.must(http.StatusOK, http.MethodGet, one, nil)
		require.Equal(t, false, a.get(t, "prompt_template.is_active"))
		w.must(http.StatusPreconditionRequired, http.MethodDelete, one, nil)
		w.must(http.StatusNoContent, http.MethodDelete, one, nil, "If-Match", a.Header.Get("Etag"))
		w.must(http.StatusNotFound, http.MethodGet, one, nil)
	})
	t.Run("Breaks", func(t *testing.T) {
		a := w.must(http.StatusBadRequest, http.MethodPost, base, template("template", "Say {{secret_sauce}}"))
		require.NotContains(t, string(a.body), "Say {{")
		w.must(http.StatusBadRequest, http.MethodPost, base, template("version", 9))
		w.must(http.StatusBadRequest, http.MethodPatch, second, `{"note":7}`, "If-Match", "*")
	})
	t.Run("Renders", func(t *testing.T) {
		a := w.must(http.StatusOK, http.MethodPost, base+"/render", map[string]any{"page_type": "service-area", "template_id": lastOf(second), "sample": map[string]any{"overrides": map[string]string{"tagline": "Hello"}}})
		require.Contains(t, a.get(t, "rendered"), "Say Hello.")
		require.NotEmpty(t, a.get(t, "variables"))
		w.must(http.StatusBadRequest, http.MethodPost, base+"/render", map[string]any{"page_type": "service-area", "template": "{{", "sample": map[string]any{}})
		w.must(http.StatusNotFound, http.MethodPost, base+"/render", map[string]any{"page_type": "service-area", "template_id": "nobody"})
		a = w.must(http.StatusOK, http.MethodPost, base+"/render", map[string]any{"page_type": "service-location", "sample": map[string]any{"overrides": map[string]string{"city": "Saco"}}})
		require.Contains(t, a.get(t, "rendered"), "Saco", "there is no location yet")
		require.Contains(t, fmt.Sprint(a.get(t, "warnings")), "state has no value and is required")
	})
	a := w.must(http.StatusOK, http.MethodGet, base+"/defaults", nil)
	require.Len(t, a.get(t, "prompt_templates"), 12)
}

func TestMeta(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.as(backoffice.Viewer, http.MethodGet, "/api/meta", nil)
	require.Equal(t, http.StatusOK, a.StatusCode, "%s %v", a.body, w.observer.faults())
	require.Len(t, a.get(t, "industry_types"), 38)
	require.Len(t, a.get(t, "page_types"), 6)
	require.Len(t, a.get(t, "page_error_codes"), 8)
	require.EqualValues(t, 100_000, a.get(t, "caps.pages_per_job"))
	require.EqualValues(t, 3, a.get(t, "caps.live_jobs_per_business"))
	require.NotEmpty(t, a.get(t, "price_version"))
}
