package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

type object = map[string]any

// business adds one and returns its path.
func (w *world) business(name string) string {
	w.t.Helper()
	a := w.must(http.StatusCreated, http.MethodPost, "/api/businesses", object{"name": name, "industry_type": "Plumber"})
	return "/api/businesses/" + a.get(w.t, "business.id").(string)
}

// refused demands a problem with the status, and that what was sent is not in it.
func (w *world) refused(status int, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	a := w.must(status, method, path, body, headers...)
	require.NotContains(w.t, string(a.body), "canary")
	require.Equal(w.t, "application/problem+json", a.Header.Get("Content-Type"))
	return a
}

// everything follows a list over its pages of two and returns a member of each entry.
func (w *world) everything(path, plural, member string) (list []any, pages int) {
	w.t.Helper()
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	for cursor := ""; ; pages++ {
		a := w.must(http.StatusOK, http.MethodGet, path+join+"limit=2"+cursor, nil)
		for _, entry := range a.get(w.t, plural).([]any) {
			list = append(list, entry.(object)[member])
		}
		next := a.get(w.t, "next_cursor")
		if next == nil {
			return list, pages + 1
		}
		cursor = "&cursor=" + next.(string)
	}
}

// equalRead demands that what was answered is what is read back, with the same ETag.
func (w *world) equalRead(path string, written answer) {
	w.t.Helper()
	read := w.must(http.StatusOK, http.MethodGet, path, nil)
	require.JSONEq(w.t, string(written.body), string(read.body))
	require.Equal(w.t, written.Header.Get("Etag"), read.Header.Get("Etag"))
	w.must(http.StatusNotModified, http.MethodGet, path, nil, "If-None-Match", read.Header.Get("Etag"))
}

func TestBusiness(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.must(http.StatusCreated, http.MethodPost, "/api/businesses", object{
		"name": "  Joe's   Plumbing ", "industry_type": "Plumber", "phone": "+1 207 555 0100", "email": nil, "website": "", "country": "USA",
		"primary_city": "Portland", "primary_state": "ME", "enabled_languages": []string{"es", "en"},
	})
	path := a.Header.Get("Location")
	require.Equal(t, "/api/businesses/"+a.get(t, "business.id").(string), path)
	require.Equal(t, "Joe's Plumbing", a.get(t, "business.name"))
	require.Equal(t, "Plumber", a.get(t, "business.industry"))
	require.Equal(t, "US", a.get(t, "business.country"))
	require.Nil(t, a.get(t, "business.website"))
	require.Equal(t, "active", a.get(t, "business.status"))
	w.equalRead(path, a)

	tag := a.Header.Get("Etag")
	w.refused(http.StatusPreconditionRequired, http.MethodPatch, path, object{"phone": nil})
	w.refused(http.StatusPreconditionFailed, http.MethodPatch, path, object{"phone": nil}, "If-Match", `"9"`)
	w.refused(http.StatusPreconditionFailed, http.MethodPatch, path, object{"phone": nil}, "If-Match", `"canary"`)
	a = w.must(http.StatusOK, http.MethodPatch, path, object{"phone": nil, "email": "joe@example.com"}, "If-Match", tag)
	require.Nil(t, a.get(t, "business.phone"))
	require.Equal(t, "joe@example.com", a.get(t, "business.email"))
	require.Equal(t, "Portland", a.get(t, "business.primary_city"), "absent keeps")
	w.equalRead(path, a)
	w.refused(http.StatusBadRequest, http.MethodPatch, path, object{"name": nil}, "If-Match", a.Header.Get("Etag"))
	w.refused(http.StatusBadRequest, http.MethodPatch, path, object{"industry_type": nil}, "If-Match", a.Header.Get("Etag"))
	a = w.must(http.StatusOK, http.MethodPatch, path, object{"industry_type": "Bakery", "industry": nil, "enabled_languages": nil}, "If-Match", "*")
	require.Equal(t, "Bakery", a.get(t, "business.industry"))
	require.Equal(t, []any{"en"}, a.get(t, "business.enabled_languages"))

	require.Equal(t, http.StatusForbidden, w.as(backoffice.Operator, http.MethodDelete, path, nil, "If-Match", "*").StatusCode)
	w.refused(http.StatusPreconditionRequired, http.MethodDelete, path, nil)
	w.refused(http.StatusPreconditionFailed, http.MethodDelete, path, nil, "If-Match", tag)
	a = w.must(http.StatusAccepted, http.MethodDelete, path, nil, "If-Match", a.Header.Get("Etag"))
	require.Equal(t, "deleting", a.get(t, "business.status"))
	w.refused(http.StatusNotFound, http.MethodGet, path, nil)
	w.refused(http.StatusNotFound, http.MethodGet, path+"/services", nil)
}

func TestBusinessesAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	paths := []string{}
	for i := range 5 {
		paths = append(paths, w.business(fmt.Sprintf("Café %d", i)))
	}
	ids, pages := w.everything("/api/businesses", "businesses", "id")
	require.Len(t, ids, 5)
	require.GreaterOrEqual(t, pages, 3)
	names, _ := w.everything("/api/businesses?q=CAFE%203", "businesses", "name")
	require.Equal(t, []any{"Café 3"}, names)

	one := w.token(backoffice.Operator, strings.TrimPrefix(paths[2], "/api/businesses/"))
	a := w.send(one, http.MethodGet, "/api/businesses", nil)
	require.Len(t, a.get(t, "businesses"), 1)
	for _, path := range []string{paths[1], paths[1] + "/questionnaire", paths[1] + "/keywords", paths[1] + "/locations/stats"} {
		require.Equal(t, http.StatusNotFound, w.send(one, http.MethodGet, path, nil).StatusCode, path)
	}
	require.Equal(t, http.StatusNotFound, w.send(one, http.MethodPatch, paths[1], object{"name": "Mine"}, "If-Match", "*").StatusCode)
	require.Equal(t, http.StatusNotFound, w.send(one, http.MethodPost, paths[1]+"/services/bulk", object{"rows": []any{}}).StatusCode)
	require.Equal(t, http.StatusOK, w.send(one, http.MethodPatch, paths[2], object{"name": "Mine"}, "If-Match", "*").StatusCode)
	a = w.send(one, http.MethodPost, "/api/businesses", object{"name": "Another", "industry_type": "Store"})
	require.Equal(t, http.StatusForbidden, a.StatusCode, "whoever is bound to some adds no others")
	require.Equal(t, backoffice.AuditDenied, w.audits()[0].Result)
	require.Equal(t, http.StatusCreated, w.as(backoffice.Operator, http.MethodPost, "/api/businesses", object{"name": "Another", "industry_type": "Store"}).StatusCode)
}

// What no body may be, wherever it is sent.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	for name, body := range map[string]string{
		"unknown member":   `{"name":"Joe","industry_type":"Plumber","Unknown_canary":1}`,
		"server's member":  `{"name":"Joe","industry_type":"Plumber","revision":3}`,
		"id":               `{"name":"Joe","industry_type":"Plumber","id":"canary"}`,
		"foreign member":   `{"name":"Joe","industry_type":"Plumber","colour":"canary"}`,
		"other case":       `{"Name":"Joe","industry_type":"Plumber"}`,
		"wrong type":       `{"name":7,"industry_type":"Plumber"}`,
		"missing member":   `{"name":"Joe"}`,
		"twice":            `{"name":"Joe","name":"canary","industry_type":"Plumber"}`,
		"too long":         `{"name":"` + strings.Repeat("canary", 30) + `","industry_type":"Plumber"}`,
		"unknown word":     `{"name":"Joe","industry_type":"canary"}`,
		"bad phone":        `{"name":"Joe","industry_type":"Plumber","phone":"canary 12345678"}`,
		"bad URL":          `{"name":"Joe","industry_type":"Plumber","website":"javascript:canary"}`,
		"bad country":      `{"name":"Joe","industry_type":"Plumber","country":"XX"}`,
		"control":          `{"name":"Joe\u0000canary","industry_type":"Plumber"}`,
		"trailing":         `{"name":"Joe","industry_type":"Plumber"} {}`,
		"no object":        `[]`,
		"empty":            ``,
		"unknown language": `{"name":"Joe","industry_type":"Plumber","enabled_languages":["fr"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := w.send(w.tokens[backoffice.Admin], http.MethodPost, "/api/businesses", body)
			require.Equal(t, http.StatusBadRequest, a.StatusCode, "%s", a.body)
			require.Equal(t, "VALIDATION_ERROR", a.get(t, "code"))
			require.NotContains(t, string(a.body), "canary")
		})
	}
	w.refused(http.StatusRequestEntityTooLarge, http.MethodPost, "/api/businesses", `{"name":"`+strings.Repeat("a", 257<<10)+`"}`)
	w.refused(http.StatusBadRequest, http.MethodPost, b+"/services", object{"name": "Drains", "business_id": "canary"})
	w.refused(http.StatusBadRequest, http.MethodPost, b+"/keywords", object{"keyword": "x"})
	w.refused(http.StatusBadRequest, http.MethodPost, b+"/service-areas", object{"city": "Saco", "state": "ME", "priority": 11})
	w.refused(http.StatusBadRequest, http.MethodPost, b+"/service-areas", object{"city": "Saco", "state": "ME", "priority": "5"})
	w.refused(http.StatusBadRequest, http.MethodPost, b+"/locations", object{"name": "Store", "city": "Saco", "state": "ME", "latitude": 43.5})
	w.refused(http.StatusBadRequest, http.MethodGet, "/api/businesses/..x", nil)
	w.refused(http.StatusBadRequest, http.MethodGet, "/api/businesses/-x", nil)
}

// Each call of a changing row leaves one line in the trail: done, denied or failed.
func TestEveryChangeIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	made := func(list, id string, body object) string {
		return w.must(http.StatusCreated, http.MethodPost, b+"/"+list, body).get(t, id).(string)
	}
	service := made("services", "service.id", object{"name": "Drains"})
	keyword := made("keywords", "keyword.id", object{"keyword": "plumber"})
	area := made("service-areas", "service_area.id", object{"city": "Saco", "state": "ME"})
	store := made("locations", "location.id", object{"name": "Store", "city": "Saco", "state": "ME"})
	hook := w.must(http.StatusCreated, http.MethodPost, "/api/webhooks", object{"url": "https://hooks.example.com", "events": []string{"job.failed"}}).Header.Get("Location")
	delivery := w.must(http.StatusAccepted, http.MethodPost, hook+"/test", nil).get(t, "delivery.id").(string)
	const hookRow = "/api/webhooks/{webhook_id}"
	attempts := []struct{ method, row, path, body string }{
		{"POST", "/api/businesses", "/api/businesses", `{"name":"Ann","industry_type":"Store"}`},
		{"PATCH", businessRow, b, `{"phone":"+1 207 555 0100"}`},
		{"PUT", businessRow + "/questionnaire", b + "/questionnaire", `{"data":{"identity":{"tagline":"Fast"}}}`},
		{"PUT", businessRow + "/hours", b + "/hours", week("09:00", "17:00")},
		{"PUT", businessRow + "/social/{platform}", b + "/social/yelp", `{"url":"https://yelp.com/joe"}`},
		{"DELETE", businessRow + "/social/{platform}", b + "/social/yelp", ""},
		{"POST", businessRow + "/services", b + "/services", `{"name":"Heaters"}`},
		{"PATCH", businessRow + "/services/{service_id}", b + "/services/" + service, `{"name":"Drain cleaning"}`},
		{"DELETE", businessRow + "/services/{service_id}", b + "/services/" + service, ""},
		{"PUT", businessRow + "/services/order", b + "/services/order", "ORDER"},
		{"POST", businessRow + "/services/bulk", b + "/services/bulk", `{"rows":[{"name":"Pipes"}]}`},
		{"POST", businessRow + "/keywords", b + "/keywords", `{"keyword":"drain cleaning"}`},
		{"PATCH", businessRow + "/keywords/{keyword_id}", b + "/keywords/" + keyword, `{"search_intent":"local"}`},
		{"DELETE", businessRow + "/keywords/{keyword_id}", b + "/keywords/" + keyword, ""},
		{"POST", businessRow + "/keywords/bulk", b + "/keywords/bulk", `{"rows":[{"keyword":"pipes"}]}`},
		{"POST", businessRow + "/service-areas", b + "/service-areas", `{"city":"Bath","state":"ME"}`},
		{"PATCH", businessRow + "/service-areas/{service_area_id}", b + "/service-areas/" + area, `{"priority":9}`},
		{"DELETE", businessRow + "/service-areas/{service_area_id}", b + "/service-areas/" + area, ""},
		{"POST", businessRow + "/service-areas/bulk", b + "/service-areas/bulk", `{"rows":[{"city":"York","state":"ME"}]}`},
		{"POST", businessRow + "/locations", b + "/locations", `{"name":"Two","city":"Bath","state":"ME"}`},
		{"PATCH", businessRow + "/locations/{location_id}", b + "/locations/" + store, `{"note":"Ring twice"}`},
		{"POST", businessRow + "/locations/{location_id}/archive", b + "/locations/" + store + "/archive", `{"archive_reason":"moved"}`},
		{"POST", businessRow + "/locations/{location_id}/restore", b + "/locations/" + store + "/restore", ""},
		{"POST", businessRow + "/locations/bulk", b + "/locations/bulk", `{"rows":[{"name":"Three","city":"York","state":"ME"}]}`},
		{"DELETE", businessRow, b, ""},
		{"POST", "/api/webhooks", "/api/webhooks", `{"url":"https://two.example.com","events":["job.failed"]}`},
		{"PATCH", hookRow, hook, `{"description":"ours"}`},
		{"POST", hookRow + "/rotate-secret", hook + "/rotate-secret", ""},
		{"POST", hookRow + "/test", hook + "/test", ""},
		{"POST", hookRow + "/deliveries/{delivery_id}/redeliver", hook + "/deliveries/" + delivery + "/redeliver", ""},
		{"DELETE", hookRow, hook, ""},
	}
	told := map[string]bool{}
	for _, one := range attempts {
		told[one.method+" "+one.row] = true
		if one.body == "ORDER" {
			ids, _ := w.everything(b+"/services", "services", "id")
			text, err := json.Marshal(object{"ids": ids})
			require.NoError(t, err)
			one.body = string(text)
		}
		w.oneLine(one.method, one.path, spoilt(one.body), backoffice.AuditFailed, backoffice.Admin)
		w.oneLine(one.method, one.path, one.body, backoffice.AuditDenied, backoffice.Viewer)
		w.oneLine(one.method, one.path, one.body, backoffice.AuditOK, backoffice.Admin)
	}
	for _, r := range w.Routes() {
		if r.Changes && catalogRow(r.ID) {
			require.True(t, told[r.Method+" "+r.Path], "%s %s is not tried", r.Method, r.Path)
		}
	}
}

const businessRow = "/api/businesses/{business_id}"

// catalogRow reports whether a row is of a business, its lists or the webhooks.
func catalogRow(id string) bool {
	for _, area := range []string{"business", "questionnaire", "hours", "social", "service", "keyword", "location", "webhook"} {
		if strings.HasPrefix(id, area+"-") || strings.HasPrefix(id, area+"_") {
			return true
		}
	}
	return false
}

// spoilt is a body that cannot be read, or none for none.
func spoilt(body string) string { return body[:min(1, len(body))] }

// oneLine sends a request and demands that the trail has one line more, of this result.
func (w *world) oneLine(method, path, body string, result backoffice.AuditResult, role backoffice.Role) {
	w.t.Helper()
	before := len(w.trail())
	var sent any
	if body != "" {
		sent = body
	}
	headers := []string{"If-Match", "*"}
	if result == backoffice.AuditFailed && body == "" {
		headers = []string{"If-Match", `"77"`}
		path += "?colour=red"
	}
	a := w.as(role, method, path, sent, headers...)
	after := w.trail()
	require.Len(w.t, after, before+1, "%s %s as %s: %d %s", method, path, role, a.StatusCode, a.body)
	require.Equal(w.t, result, after[0].Result, "%s %s as %s: %d %s", method, path, role, a.StatusCode, a.body)
	require.NotEmpty(w.t, after[0].RequestID)
}

// trail is the whole of it, newest first.
func (w *world) trail() (all []backoffice.AuditRecord) {
	w.t.Helper()
	for q := (backoffice.AuditQuery{Limit: 200}); ; {
		list, next, err := w.office.Audit(w.t.Context(), q)
		require.NoError(w.t, err)
		all = append(all, list...)
		if q.Cursor = next; next == "" {
			return all
		}
	}
}

func TestBusinessWithLiveJobStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.plumber(1, 1)
	w.must(http.StatusOK, http.MethodPut, b+"/budget", object{"limit_usd": "50.00", "enabled": true})
	job := w.begin(b, "key-1")
	before := w.must(http.StatusOK, http.MethodGet, b, nil)
	w.refused(http.StatusConflict, http.MethodDelete, b, nil, "If-Match", before.Header.Get("Etag"))
	after := w.must(http.StatusOK, http.MethodGet, b, nil)
	require.Equal(t, before.Header.Get("Etag"), after.Header.Get("Etag"), "a refusal changes nothing")
	require.Equal(t, string(before.body), string(after.body))
	w.finish(job)
	w.must(http.StatusAccepted, http.MethodDelete, b, nil, "If-Match", "*")
	w.refused(http.StatusNotFound, http.MethodGet, b, nil)
}
