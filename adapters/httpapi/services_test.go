package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

func TestServices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.business("Joe's Plumbing") + "/services"
	a := w.must(http.StatusCreated, http.MethodPost, path, object{"name": "Drain  Cleaning", "name_es": "Limpieza de desagües", "slug": nil, "is_primary": nil})
	one := a.Header.Get("Location")
	require.Equal(t, path+"/"+a.get(t, "service.id").(string), one)
	require.Equal(t, "drain-cleaning", a.get(t, "service.slug"))
	require.Equal(t, true, a.get(t, "service.is_primary"))
	require.InDelta(t, 1, a.get(t, "service.position"), 0)
	w.equalRead(one, a)
	dup := w.refused(http.StatusConflict, http.MethodPost, path, object{"name": "drain cleaning"})
	require.Equal(t, "CONFLICT", dup.get(t, "code"))
	require.Contains(t, string(dup.body), `"/slug"`)

	w.refused(http.StatusPreconditionRequired, http.MethodPatch, one, object{"name_es": nil})
	w.refused(http.StatusPreconditionFailed, http.MethodPatch, one, object{"name_es": nil}, "If-Match", `"2"`)
	a = w.must(http.StatusOK, http.MethodPatch, one, object{"name": "Drains", "name_es": nil}, "If-Match", `"1"`)
	require.Nil(t, a.get(t, "service.name_es"))
	require.Equal(t, "drain-cleaning", a.get(t, "service.slug"), "a new name keeps the slug")
	w.equalRead(one, a)
	w.refused(http.StatusBadRequest, http.MethodPatch, one, object{"is_primary": false}, "If-Match", "*")
	w.refused(http.StatusBadRequest, http.MethodPatch, one, object{"position": 3}, "If-Match", "*")
	w.refused(http.StatusBadRequest, http.MethodPatch, one, object{"name": nil}, "If-Match", "*")

	w.refused(http.StatusPreconditionRequired, http.MethodDelete, one, nil)
	w.refused(http.StatusPreconditionFailed, http.MethodDelete, one, nil, "If-Match", `"1"`)
	w.must(http.StatusNoContent, http.MethodDelete, one, nil, "If-Match", `"2"`)
	w.refused(http.StatusNotFound, http.MethodGet, one, nil)
	w.refused(http.StatusNotFound, http.MethodDelete, one, nil, "If-Match", "*")
	w.refused(http.StatusNotFound, http.MethodPatch, one, object{"name": "Ghost"}, "If-Match", "*")
}

func TestServicesHaveAnOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.business("Joe's Plumbing") + "/services"
	for i := range 5 {
		w.must(http.StatusCreated, http.MethodPost, path, object{"name": fmt.Sprintf("Service %d", i)})
	}
	ids, pages := w.everything(path, "services", "id")
	require.Len(t, ids, 5)
	require.Equal(t, 3, pages)
	last := w.must(http.StatusOK, http.MethodGet, path+"/"+ids[4].(string), nil)
	turned := slices.Clone(ids)
	slices.Reverse(turned)
	a := w.must(http.StatusOK, http.MethodPut, path+"/order", object{"ids": turned})
	require.Len(t, a.get(t, "services"), 5)
	now, _ := w.everything(path, "services", "id")
	require.Equal(t, turned, now)
	moved := w.must(http.StatusOK, http.MethodGet, path+"/"+ids[4].(string), nil)
	require.InDelta(t, 1, moved.get(t, "service.position"), 0)
	require.NotEqual(t, last.Header.Get("Etag"), moved.Header.Get("Etag"))
	w.refused(http.StatusConflict, http.MethodPut, path+"/order", object{"ids": ids[:3]})
	w.refused(http.StatusBadRequest, http.MethodPut, path+"/order", object{"ids": append(slices.Clone(ids[:4]), "canary")})
	w.refused(http.StatusBadRequest, http.MethodPut, path+"/order", object{"ids": append(slices.Clone(ids[:4]), ids[0])})
	require.Equal(t, http.StatusForbidden, w.as(backoffice.Viewer, http.MethodPut, path+"/order", object{"ids": ids}).StatusCode)

	cursor := w.must(http.StatusOK, http.MethodGet, path+"?limit=2", nil).get(t, "next_cursor").(string)
	w.refused(http.StatusBadRequest, http.MethodGet, w.business("Another")+"/services?cursor="+cursor, nil)
}
