package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServiceAreas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	path := b + "/service-areas"
	store := w.must(http.StatusCreated, http.MethodPost, b+"/locations", object{"name": "Store", "city": "Saco", "state": "ME"})
	a := w.must(http.StatusCreated, http.MethodPost, path, object{"city": "South Portland", "state": "me", "county": "Cumberland", "location_id": store.get(t, "location.id")})
	one := a.Header.Get("Location")
	require.Equal(t, "south-portland-me", a.get(t, "service_area.slug"))
	require.InDelta(t, 5, a.get(t, "service_area.priority"), 0)
	require.Equal(t, "US", a.get(t, "service_area.country"))
	w.equalRead(one, a)
	w.refused(http.StatusPreconditionRequired, http.MethodPatch, one, object{"county": nil})
	a = w.must(http.StatusOK, http.MethodPatch, one, object{"county": nil, "priority": 9}, "If-Match", a.Header.Get("Etag"))
	require.Nil(t, a.get(t, "service_area.county"))
	require.Equal(t, store.get(t, "location.id"), a.get(t, "service_area.location_id"))
	w.equalRead(one, a)
	a = w.must(http.StatusOK, http.MethodPatch, one, object{"priority": nil, "location_id": nil}, "If-Match", a.Header.Get("Etag"))
	require.InDelta(t, 5, a.get(t, "service_area.priority"), 0)
	w.refused(http.StatusPreconditionFailed, http.MethodPatch, one, object{"county": nil}, "If-Match", `"1"`)
	w.refused(http.StatusBadRequest, http.MethodPatch, one, object{"location_id": "canary"}, "If-Match", "*")
	w.refused(http.StatusConflict, http.MethodPost, path, object{"city": "South Portland", "state": "ME"})
	w.refused(http.StatusPreconditionRequired, http.MethodDelete, one, nil)
	w.must(http.StatusNoContent, http.MethodDelete, one, nil, "If-Match", a.Header.Get("Etag"))
	w.refused(http.StatusNotFound, http.MethodGet, one, nil)
}

func TestServiceAreasAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.business("Joe's Plumbing") + "/service-areas"
	for _, city := range []string{"Saco", "Bath", "York"} {
		w.must(http.StatusCreated, http.MethodPost, path, object{"city": city, "state": "ME"})
	}
	w.must(http.StatusCreated, http.MethodPost, path, object{"city": "Dover", "state": "NH", "priority": 10, "county": "Strafford"})
	w.must(http.StatusCreated, http.MethodPost, path, object{"city": "Keene", "state": "NH", "priority": 1})
	cities, pages := w.everything(path, "service_areas", "city")
	require.Equal(t, []any{"Dover", "Bath", "Saco", "York", "Keene"}, cities)
	require.Equal(t, 3, pages)
	cities, _ = w.everything(path+"?state=NH", "service_areas", "city")
	require.Equal(t, []any{"Dover", "Keene"}, cities)
	cities, _ = w.everything(path+"?q=straf", "service_areas", "city")
	require.Equal(t, []any{"Dover"}, cities)
}
