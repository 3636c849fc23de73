package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeywords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.business("Joe's Plumbing") + "/keywords"
	a := w.must(http.StatusCreated, http.MethodPost, path, object{"keyword": "emergency plumber", "keyword_es": "plomero de emergencia", "search_intent": "local"})
	one := a.Header.Get("Location")
	require.Equal(t, "en", a.get(t, "keyword.language"))
	require.Equal(t, "emergency-plumber", a.get(t, "keyword.slug"))
	twin := path + "/" + a.get(t, "keyword.twin_id").(string)
	w.equalRead(one, a)
	es := w.must(http.StatusOK, http.MethodGet, twin, nil)
	require.Equal(t, "es", es.get(t, "keyword.language"))
	require.Equal(t, "emergency-plumber", es.get(t, "keyword.slug"))

	w.refused(http.StatusPreconditionRequired, http.MethodPatch, one, object{"search_intent": nil})
	a = w.must(http.StatusOK, http.MethodPatch, one, object{"search_intent": nil, "slug": "urgent-plumber"}, "If-Match", a.Header.Get("Etag"))
	require.Nil(t, a.get(t, "keyword.search_intent"))
	w.equalRead(one, a)
	moved := w.must(http.StatusOK, http.MethodGet, twin, nil)
	require.Equal(t, "urgent-plumber", moved.get(t, "keyword.slug"), "a new slug is the twin's too")
	require.NotEqual(t, es.Header.Get("Etag"), moved.Header.Get("Etag"))
	w.refused(http.StatusPreconditionFailed, http.MethodPatch, one, object{"slug": "x"}, "If-Match", `"1"`)
	w.refused(http.StatusBadRequest, http.MethodPatch, one, object{"twin_id": "canary"}, "If-Match", "*")
	w.refused(http.StatusBadRequest, http.MethodPatch, one, object{"search_intent": "canary"}, "If-Match", "*")
	w.refused(http.StatusConflict, http.MethodPost, path, object{"keyword": "Emergency Plumber"})

	w.must(http.StatusNoContent, http.MethodDelete, twin, nil, "If-Match", moved.Header.Get("Etag"))
	alone := w.must(http.StatusOK, http.MethodGet, one, nil)
	require.Nil(t, alone.get(t, "keyword.twin_id"))
	require.NotEqual(t, a.Header.Get("Etag"), alone.Header.Get("Etag"), "the representation has changed, and so has its ETag")
	a = w.must(http.StatusCreated, http.MethodPost, path, object{"keyword": "plomero urgente", "language": "es", "translation_of": "emergency plumber"})
	require.Equal(t, one, path+"/"+a.get(t, "keyword.twin_id").(string))
	twinned := w.must(http.StatusOK, http.MethodGet, one, nil, "If-None-Match", alone.Header.Get("Etag"))
	require.NotNil(t, twinned.get(t, "keyword.twin_id"), "a new twin is news of this one too")
	w.refused(http.StatusPreconditionRequired, http.MethodDelete, one, nil)
	w.must(http.StatusNoContent, http.MethodDelete, one+"?pair=true", nil, "If-Match", "*")
	w.refused(http.StatusNotFound, http.MethodGet, a.Header.Get("Location"), nil)
	w.refused(http.StatusBadRequest, http.MethodPost, path, object{"keyword": "fontanero", "language": "es", "translation_of": "canary"})
}

func TestKeywordsAreFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.business("Joe's Plumbing") + "/keywords"
	for i := range 3 {
		w.must(http.StatusCreated, http.MethodPost, path, object{"keyword": fmt.Sprintf("plumber %d", i), "keyword_es": fmt.Sprintf("plomería %d", i)})
	}
	w.must(http.StatusCreated, http.MethodPost, path, object{"keyword": "water heater"})
	all, pages := w.everything(path, "keywords", "keyword")
	require.Equal(t, []any{"plumber 0", "plomería 0", "plumber 1", "plomería 1", "plumber 2", "plomería 2", "water heater"}, all)
	require.Equal(t, 4, pages)
	for query, want := range map[string]int{"language=en": 4, "language=es": 3, "paired=true": 6, "paired=false": 1, "q=PLOMERIA": 3, "language=es&paired=false": 0, "q=heater&language=en": 1} {
		got, _ := w.everything(path+"?"+query, "keywords", "id")
		require.Len(t, got, want, query)
	}
	for _, query := range []string{"language=fr", "paired=maybe", "paired=", "limit=201", "limit=x", "colour=red"} {
		w.refused(http.StatusBadRequest, http.MethodGet, path+"?"+query, nil)
	}
}
