package httpapi_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTextsAreTrimmedBeforeTheyAreMeasured: the white space around a text is not part of it, nor are runs of it inside a single line.
func TestTextsAreTrimmedBeforeTheyAreMeasured(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	x := strings.Repeat("x", 120)
	for name, sent := range map[string]object{
		"name":             {"name": "  " + x + "\n\t"},
		"name in runs":     {"name": x[:60] + strings.Repeat(" ", 40) + x[61:]},
		"name of no break": {"name": "\u00a0" + x + "\u2003"},
		"country":          {"country": " US "},
		"industry_type":    {"industry_type": " Plumber "},
		"language":         {"enabled_languages": []any{" en", "es "}},
		"website":          {"website": " https://example.com/ "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := object{"name": "Joe's", "industry_type": "Plumber"}
			maps.Copy(body, sent)
			a := w.must(http.StatusCreated, http.MethodPost, "/api/businesses", body)
			require.LessOrEqual(t, len(a.get(t, "business.name").(string)), 120)
			require.Equal(t, "US", a.get(t, "business.country"))
			require.Equal(t, "Plumber", a.get(t, "business.industry_type"))
		})
	}
	for name, sent := range map[string]object{
		"too long":   {"name": " " + x + "x "},
		"only space": {"name": strings.Repeat(" ", 5)},
		"too short":  {"name": "x "},
		"in one":     {"country": "U S A"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := object{"name": "Joe's", "industry_type": "Plumber"}
			maps.Copy(body, sent)
			w.refused(http.StatusBadRequest, http.MethodPost, "/api/businesses", body)
		})
	}
}

// TestLinesOfATextStay: a note may have several, and the white space in them is the writer's.
func TestLinesOfATextStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.plumber(1, 1)
	store := object{"name": "Downtown", "city": "Portland", "state": " me ", "note": "\nopen\n\n  late \n", "street_address": "1  Main\nSt"}
	a := w.must(http.StatusCreated, http.MethodPost, b+"/locations", store)
	require.Equal(t, "open\n\n  late", a.get(t, "location.note"))
	require.Equal(t, "1 Main St", a.get(t, "location.street_address"))
	a = w.must(http.StatusOK, http.MethodPost, b+"/prompts/render", object{"page_type": "service-area", "template": " one  {{city}}\n\n two ", "sample": object{"overrides": object{"city": " Bath "}}})
	require.Equal(t, "one  Bath\n\n two", a.get(t, "rendered"))
	fits := strings.Repeat("x", 998)
	store = object{"name": "Uptown", "city": "Bath", "state": "ME", "note": " " + fits[:499] + "  " + fits[499:] + " "}
	w.must(http.StatusCreated, http.MethodPost, b+"/locations", store)
	store["note"] = fits[:499] + "    " + fits[499:]
	w.refused(http.StatusBadRequest, http.MethodPost, b+"/locations", store)
}

// TestNothingIsNothing: a member that need not be there may be left out, null or "", and all mean the same.
func TestNothingIsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.plumber(1, 1)
	for path, bodies := range map[string][]string{
		"/keywords":      {`{"keyword":"heater one","search_intent":"","language":"","keyword_es":""}`, `{"keyword":"heater two","search_intent":null,"language":" "}`},
		"/services":      {`{"name":"Heaters","is_primary":null,"slug":"","name_es":null}`},
		"/service-areas": {`{"city":"Bath","state":"ME","priority":null,"country":"","location_id":""}`},
		"/locations":     {`{"name":"Downtown","city":"Bath","state":"ME","status":"","location_type":"","email":"","latitude":null}`},
		"/prompts":       {`{"page_type":"service-area","template":"Write of {{city}}.","language":"","note":null,"is_active":null,"required_variables":null,"based_on_id":""}`},
	} {
		for _, body := range bodies {
			w.must(http.StatusCreated, http.MethodPost, b+path, body)
		}
	}
	for _, tail := range []string{
		`"budget_usd":null`, `"budget_usd":""`, `"selection":null`, `"selection":{"keyword_ids":null}`, `"lane":""`, `"lane":null`, `"plan_hash":""`, `"plan_hash":null`,
		`"deadline":""`, `"deadline":null`, `"languages":null`, `"include_upcoming":null`,
	} {
		body := `{"page_type":"keyword-service-area",` + tail + `}`
		w.must(http.StatusOK, http.MethodPost, b+"/generate/forecast", body)
		a := w.must(http.StatusAccepted, http.MethodPost, b+"/generate", body, "Idempotency-Key", tail)
		w.must(http.StatusAccepted, http.MethodPost, a.Header.Get("Location")+"/cancel", `{"reason":""}`)
	}
	a := w.must(http.StatusOK, http.MethodPut, b+"/questionnaire", `{"data":{"service_type":"","brand":null,"identity":{"tagline":"","year_established":null}}}`, "If-Match", "*")
	require.Equal(t, "onsite", a.get(t, "questionnaire.data.service_type"))
	w.must(http.StatusOK, http.MethodPut, b+"/questionnaire", `{"data":{"service_type":null,"industry_data":null}}`, "If-Match", "*")

	for path, bodies := range map[string][]string{
		"/keywords":  {`{"keyword":""}`, `{"keyword":null}`, `{"keyword":"x y","search_intent":"canary"}`},
		"/locations": {`{"name":"Downtown","city":"","state":"ME"}`, `{"name":"Downtown","city":"Bath","state":null}`, `{"name":"Downtown","city":"Bath","state":"ME","priority":""}`},
		"/services":  {`{"name":"x","is_primary":""}`, `{"name":"x","colour":null}`, `{"name":"x","colour":""}`},
		"/generate":  {`{"page_type":""}`, `{"page_type":null}`, `{"page_type":"keyword-service-area","lane":"canary"}`, `{"page_type":"keyword-service-area","plan_hash":"canary"}`},
	} {
		for _, body := range bodies {
			w.refused(http.StatusBadRequest, http.MethodPost, b+path, body, "Idempotency-Key", body)
		}
	}
}

// TestNullClears: and so does "", but nothing that a record must have.
func TestNullClears(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	for _, nothing := range []string{"null", `""`, `"  "`} {
		a := w.must(http.StatusOK, http.MethodPatch, b, `{"phone":"(207) 555-0142"}`, "If-Match", "*")
		require.NotNil(t, a.get(t, "business.phone"))
		a = w.must(http.StatusOK, http.MethodPatch, b, `{}`, "If-Match", "*")
		require.NotNil(t, a.get(t, "business.phone"))
		a = w.must(http.StatusOK, http.MethodPatch, b, `{"phone":`+nothing+`}`, "If-Match", "*")
		require.Nil(t, a.get(t, "business.phone"))
	}
	a := w.must(http.StatusCreated, http.MethodPost, b+"/keywords", `{"keyword":"heater","search_intent":"local"}`)
	keyword := b + "/keywords/" + a.get(t, "keyword.id").(string)
	a = w.must(http.StatusOK, http.MethodPatch, keyword, `{"search_intent":""}`, "If-Match", "*")
	require.Nil(t, a.get(t, "keyword.search_intent"))
	for _, body := range []string{`{"name":""}`, `{"name":" "}`, `{"name":null}`, `{"industry_type":""}`} {
		w.refused(http.StatusBadRequest, http.MethodPatch, b, body, "If-Match", "*")
	}
}

// TestTidyingLeavesTheRestAlone: numbers keep their digits, and a body that is none is refused as it was.
func TestTidyingLeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	a := w.must(http.StatusCreated, http.MethodPost, b+"/locations", `{"name":" <Down> & \u2028town ","city":"Bath","state":"ME","latitude":43.9106370000000012,"longitude":-69.8206}`)
	require.Equal(t, "<Down> & town", a.get(t, "location.name"))
	require.InDelta(t, 43.910637, a.get(t, "location.latitude"), 1e-9)
	for _, bad := range []string{`null`, `[]`, `"x"`, `{"name":"a","name":"b","city":"Bath","state":"ME"}`, `{"name":"a","city":"Bath","state":"ME"} x`, `{"name":"a`, ``, `{"name":"a","city":"Bath","state":"ME","priority":1e999}`} {
		w.refused(http.StatusBadRequest, http.MethodPost, b+"/locations", bad)
	}
	first := w.must(http.StatusCreated, http.MethodPost, b+"/services", `{"name":"Drains"}`, "Idempotency-Key", "one")
	again := w.must(http.StatusCreated, http.MethodPost, b+"/services", ` {"slug":"", "name":" Drains "}`, "Idempotency-Key", "one")
	require.Equal(t, first.body, again.body, "the same request in other white space")
}
