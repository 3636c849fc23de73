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

// week is a body of hours: Sunday closed, the other days alike.
func week(opens, closes string) string {
	days := []string{`{"day_of_week":"Sunday","is_closed":true,"opens":null}`}
	for _, day := range []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"} {
		days = append(days, fmt.Sprintf(`{"day_of_week":%q,"opens":%q,"closes":%q,"is_closed":false}`, day, opens, closes))
	}
	return `{"hours":[` + strings.Join(days, ",") + `]}`
}

func TestQuestionnaire(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.business("Joe's Plumbing") + "/questionnaire"
	a := w.must(http.StatusOK, http.MethodGet, path, nil)
	require.Equal(t, "professional", a.get(t, "questionnaire.data.brand.voice_tone"))
	require.Equal(t, []any{}, a.get(t, "questionnaire.data.brand.forbidden_terms"))
	require.Equal(t, object{}, a.get(t, "questionnaire.data.industry_data"))
	tag := a.Header.Get("Etag")

	body := object{"data": object{
		"identity":     object{"tagline": " Fast  and clean ", "year_established": 1999, "owner_name": nil},
		"audience":     object{"target_description": "Homeowners", "languages": []string{"English"}},
		"brand":        object{"call_to_action": "Call now", "forbidden_terms": []string{"cheap"}, "differentiators": []string{"24 hours"}},
		"service_type": "both", "industry_data": object{"licence": "ME 1234"},
	}}
	w.refused(http.StatusPreconditionRequired, http.MethodPut, path, body)
	w.refused(http.StatusPreconditionFailed, http.MethodPut, path, body, "If-Match", `"99"`)
	a = w.must(http.StatusOK, http.MethodPut, path, body, "If-Match", tag)
	require.Equal(t, "Fast and clean", a.get(t, "questionnaire.data.identity.tagline"))
	require.NotEqual(t, tag, a.Header.Get("Etag"))
	w.equalRead(path, a)

	before := a.get(t, "questionnaire.completeness_score")
	business := strings.TrimSuffix(path, "/questionnaire")
	require.Equal(t, w.must(http.StatusOK, http.MethodGet, business, nil).get(t, "business.completeness_score"), before)
	w.refused(http.StatusBadRequest, http.MethodPut, path, object{"data": object{}, "completeness_score": 100}, "If-Match", "*")
	w.must(http.StatusCreated, http.MethodPost, business+"/services", object{"name": "Drain cleaning"})
	after := w.must(http.StatusOK, http.MethodGet, path, nil, "If-None-Match", a.Header.Get("Etag"))
	require.Greater(t, after.get(t, "questionnaire.completeness_score"), before, "another score is another answer")
	require.Equal(t, a.get(t, "questionnaire.revision"), after.get(t, "questionnaire.revision"))

	again := w.must(http.StatusOK, http.MethodPut, path, object{"data": a.get(t, "questionnaire.data")}, "If-Match", "*")
	require.Equal(t, a.get(t, "questionnaire.data"), again.get(t, "questionnaire.data"), "what is read can be sent")
	cleared := w.must(http.StatusOK, http.MethodPut, path, `{"data":{"identity":null,"industry_data":null}}`, "If-Match", "*")
	require.Nil(t, cleared.get(t, "questionnaire.data.identity.tagline"))
	require.Equal(t, object{}, cleared.get(t, "questionnaire.data.industry_data"))

	for _, data := range []string{
		`{"identity":{"tagline":"` + strings.Repeat("canary", 30) + `"}}`, `{"identity":{"year_established":2999}}`, `{"identity":{"year_established":"1999"}}`,
		`{"identity":{"colour":"canary"}}`, `{"brand":{"forbidden_terms":["a","A"]}}`, `{"brand":{"forbidden_terms":[""]}}`, `{"industry_data":{"Licence canary":"x"}}`,
		`{"industry_data":{"licence":5}}`, `{"service_type":"canary"}`, `{"data":{}}`, `null`,
	} {
		a := w.refused(http.StatusBadRequest, http.MethodPut, path, `{"data":`+data+`}`, "If-Match", "*")
		var p struct {
			Errors []struct{ Pointer string }
		}
		require.NoError(t, json.Unmarshal(a.body, &p))
		require.NotEmpty(t, p.Errors)
	}
	a = w.refused(http.StatusBadRequest, http.MethodPut, path, `{"data":{"identity":{"year_established":2999}}}`, "If-Match", "*")
	require.Contains(t, string(a.body), `"/data/identity/year_established"`)
	require.Equal(t, http.StatusForbidden, w.as(backoffice.Viewer, http.MethodPut, path, body, "If-Match", "*").StatusCode)
}

func TestHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.business("Joe's Plumbing") + "/hours"
	a := w.must(http.StatusOK, http.MethodGet, path, nil)
	require.Equal(t, []any{}, a.get(t, "hours.hours"))
	tag := a.Header.Get("Etag")
	w.refused(http.StatusPreconditionRequired, http.MethodPut, path, week("09:00", "17:00"))
	a = w.must(http.StatusOK, http.MethodPut, path, week("09:00", "17:00"), "If-Match", tag)
	days := a.get(t, "hours.hours").([]any)
	require.Len(t, days, 7)
	require.Equal(t, object{"day_of_week": "Monday", "opens": "09:00", "closes": "17:00", "is_closed": false}, days[0])
	require.Equal(t, object{"day_of_week": "Sunday", "opens": nil, "closes": nil, "is_closed": true}, days[6])
	w.equalRead(path, a)
	w.refused(http.StatusPreconditionFailed, http.MethodPut, path, week("09:00", "18:00"), "If-Match", `"99"`)
	w.must(http.StatusOK, http.MethodPut, path, object{"hours": days}, "If-Match", a.Header.Get("Etag"))
	for _, bad := range []string{week("09:00", "09:00"), week("9", "canary"), `{"hours":[]}`, strings.ReplaceAll(week("09:00", "17:00"), "Tuesday", "Monday"), strings.ReplaceAll(week("09:00", "17:00"), "Tuesday", "canary")} {
		w.refused(http.StatusBadRequest, http.MethodPut, path, bad, "If-Match", "*")
	}
	a = w.refused(http.StatusBadRequest, http.MethodPut, path, week("09:00", "25:00"), "If-Match", "*")
	require.Contains(t, string(a.body), `"/hours/1/closes"`)
}

func TestSocial(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.business("Joe's Plumbing") + "/social"
	require.JSONEq(t, `{"links":[],"next_cursor":null}`, string(w.must(http.StatusOK, http.MethodGet, path, nil).body))
	a := w.must(http.StatusOK, http.MethodPut, path+"/yelp", object{"url": "https://yelp.com/joe"})
	require.Equal(t, "yelp", a.get(t, "link.platform"))
	w.must(http.StatusOK, http.MethodPut, path+"/instagram", object{"url": "https://instagram.com/joe"})
	a = w.must(http.StatusOK, http.MethodPut, path+"/yelp", object{"url": "https://yelp.com/joes"})
	require.InDelta(t, 2, a.get(t, "link.revision"), 0)
	links := w.must(http.StatusOK, http.MethodGet, path, nil).get(t, "links").([]any)
	require.Len(t, links, 2)
	require.Equal(t, a.get(t, "link"), links[1])
	w.refused(http.StatusBadRequest, http.MethodPut, path+"/friendster", object{"url": "https://example.com"})
	w.refused(http.StatusBadRequest, http.MethodPut, path+"/yelp", object{"url": "canary"})
	w.must(http.StatusNoContent, http.MethodDelete, path+"/yelp", nil)
	w.refused(http.StatusNotFound, http.MethodDelete, path+"/yelp", nil)
}

func TestCompleteness(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	a := w.must(http.StatusOK, http.MethodGet, b+"/completeness", nil)
	require.InDelta(t, 5, a.get(t, "score"), 0)
	require.InDelta(t, 40, a.get(t, "gate"), 0)
	require.Equal(t, false, a.get(t, "ready"))
	before := w.must(http.StatusOK, http.MethodGet, b, nil).Header.Get("Etag")
	w.must(http.StatusOK, http.MethodPut, b+"/hours", week("09:00", "17:00"), "If-Match", "*")
	for _, name := range []string{"One", "Two", "Three"} {
		w.must(http.StatusCreated, http.MethodPost, b+"/services", object{"name": name})
	}
	w.must(http.StatusCreated, http.MethodPost, b+"/locations", object{"name": "Store", "city": "Saco", "state": "ME", "street_address": "1 Main St", "postal_code": "04072", "is_primary": true})
	a = w.must(http.StatusOK, http.MethodGet, b+"/completeness", nil)
	require.InDelta(t, 5+10+12+10+5, a.get(t, "score"), 0)
	require.Equal(t, true, a.get(t, "ready"))
	after := w.must(http.StatusOK, http.MethodGet, b, nil)
	require.InDelta(t, 42, after.get(t, "business.completeness_score"), 0)
	require.NotEqual(t, before, after.Header.Get("Etag"))
	require.Equal(t, http.StatusOK, w.as(backoffice.Admin, http.MethodGet, b, nil, "If-None-Match", before).StatusCode, "the score is another")
	points := 0.0
	for _, item := range a.get(t, "items").([]any) {
		points += item.(object)["points"].(float64)
	}
	require.InDelta(t, 100, points, 0)
}
