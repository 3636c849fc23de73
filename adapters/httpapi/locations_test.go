package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLocations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	path := b + "/locations"
	a := w.must(http.StatusCreated, http.MethodPost, path, object{
		"name": "Downtown", "city": "Portland", "state": "ME", "street_address": "1 Main St", "postal_code": "04101", "is_primary": true, "latitude": 43.66,
		"longitude": -70.25, "phone": "+1 207 555 0100", "email": "store@example.com", "google_maps_url": "https://maps.example.com/x",
		"order_link": "https://example.com/order", "store_id": "S-1", "is_headquarters": true, "note": "Ring\ntwice", "priority": 3, "status": nil, "location_type": nil,
	})
	one := a.Header.Get("Location")
	require.Equal(t, "1 Main St, Portland, ME 04101", a.get(t, "location.full_address"))
	require.Equal(t, "Joe's Plumbing (Downtown)", a.get(t, "location.display_name"))
	require.Equal(t, "active", a.get(t, "location.status"))
	require.Equal(t, "Portland", w.must(http.StatusOK, http.MethodGet, b, nil).get(t, "business.primary_city"))
	w.equalRead(one, a)
	for _, member := range []string{"full_address", "archived_at", "archive_reason", "created_at"} {
		w.refused(http.StatusBadRequest, http.MethodPatch, one, object{member: "canary"}, "If-Match", "*")
	}
	w.refused(http.StatusPreconditionRequired, http.MethodPatch, one, object{"note": nil})
	w.refused(http.StatusPreconditionFailed, http.MethodPatch, one, object{"note": nil}, "If-Match", `"7"`)
	a = w.must(http.StatusOK, http.MethodPatch, one, object{"note": nil, "latitude": nil, "longitude": nil, "street_address": nil, "status": "upcoming"}, "If-Match", a.Header.Get("Etag"))
	for _, member := range []string{"note", "latitude", "longitude", "street_address", "full_address"} {
		require.Nil(t, a.get(t, "location."+member), member)
	}
	require.Equal(t, "S-1", a.get(t, "location.store_id"))
	w.equalRead(one, a)
	w.refused(http.StatusBadRequest, http.MethodPatch, one, object{"latitude": 91, "longitude": 0}, "If-Match", "*")
	w.refused(http.StatusMethodNotAllowed, http.MethodDelete, one, nil)
}

func TestLocationsAreArchived(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	a := w.must(http.StatusCreated, http.MethodPost, b+"/locations", object{"name": "Downtown", "city": "Portland", "state": "ME"})
	one, first := a.Header.Get("Location"), a.Header.Get("Etag")
	area := w.must(http.StatusCreated, http.MethodPost, b+"/service-areas", object{"city": "Saco", "state": "ME", "location_id": a.get(t, "location.id")}).Header.Get("Location")
	w.refused(http.StatusPreconditionRequired, http.MethodPost, one+"/archive", nil)
	w.refused(http.StatusPreconditionFailed, http.MethodPost, one+"/archive", nil, "If-Match", `"7"`)
	w.refused(http.StatusPreconditionRequired, http.MethodPost, one+"/restore", nil)
	w.refused(http.StatusConflict, http.MethodPost, one+"/restore", nil, "If-Match", first)
	a = w.must(http.StatusOK, http.MethodPost, one+"/archive", object{"archive_reason": "moved"}, "If-Match", first)
	require.Equal(t, "moved", a.get(t, "location.archive_reason"))
	require.Equal(t, "2026-11-26T09:00:00.000Z", a.get(t, "location.archived_at"))
	w.equalRead(one, a)
	require.Nil(t, w.must(http.StatusOK, http.MethodGet, area, nil).get(t, "service_area.location_id"))
	w.refused(http.StatusConflict, http.MethodPost, one+"/archive", nil, "If-Match", "*")
	w.refused(http.StatusBadRequest, http.MethodPatch, area, object{"location_id": a.get(t, "location.id")}, "If-Match", "*")
	a = w.must(http.StatusOK, http.MethodPost, one+"/restore", nil, "If-Match", a.Header.Get("Etag"))
	require.Nil(t, a.get(t, "location.archived_at"))
	require.Nil(t, a.get(t, "location.archive_reason"))
	w.must(http.StatusOK, http.MethodPost, one+"/archive", nil, "If-Match", "*")
	for _, path := range []string{"/completeness", "/locations/stats", "/social", "/hours", "/questionnaire", "/services", "/keywords", "/service-areas", "/locations", "/services/x", "/keywords/x", "/service-areas/x", "/locations/x"} {
		w.refused(http.StatusNotFound, http.MethodGet, "/api/businesses/nobody"+path, nil)
	}
	w.refused(http.StatusNotFound, http.MethodPost, b+"/locations/nothing/archive", nil, "If-Match", "*")
	w.refused(http.StatusBadRequest, http.MethodPost, one+"/archive", object{"reason": "canary"}, "If-Match", "*")
}

func TestLocationsAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.business("Joe's Plumbing") + "/locations"
	for _, city := range []string{"Saco", "Bath", "York"} {
		w.must(http.StatusCreated, http.MethodPost, path, object{"name": "Store", "city": city, "state": "ME"})
	}
	w.must(http.StatusCreated, http.MethodPost, path, object{"name": "Store", "city": "Dover", "state": "NH", "is_primary": true})
	w.must(http.StatusCreated, http.MethodPost, path, object{"name": "Store", "city": "Toronto", "state": "ON", "country": "CA", "status": "upcoming"})
	gone := w.must(http.StatusCreated, http.MethodPost, path, object{"name": "Old", "city": "Keene", "state": "NH"})
	w.must(http.StatusOK, http.MethodPost, gone.Header.Get("Location")+"/archive", nil, "If-Match", "*")
	cities, pages := w.everything(path, "locations", "city")
	require.Equal(t, []any{"Dover", "Bath", "Saco", "Toronto", "York"}, cities)
	require.Equal(t, 3, pages)
	for query, want := range map[string][]any{
		"archived=true": {"Keene"}, "status=upcoming": {"Toronto"}, "state=NH": {"Dover"}, "country=CA": {"Toronto"}, "archived=false&state=ME&status=active": {"Bath", "Saco", "York"},
	} {
		got, _ := w.everything(path+"?"+query, "locations", "city")
		require.Equal(t, want, got, query)
	}
	w.refused(http.StatusBadRequest, http.MethodGet, path+"?status=closed", nil)
	w.refused(http.StatusBadRequest, http.MethodGet, path+"?archived=perhaps", nil)
	require.JSONEq(t, `{"stats":{"total":6,"active":4,"upcoming":1,"archived":1,"by_state":{"ME":3,"NH":1,"ON":1},"by_country":{"US":4,"CA":1}}}`,
		string(w.must(http.StatusOK, http.MethodGet, path+"/stats", nil).body))
	empty := w.must(http.StatusOK, http.MethodGet, w.business("Another")+"/locations/stats", nil)
	require.Equal(t, object{}, empty.get(t, "stats.by_state"))
}
