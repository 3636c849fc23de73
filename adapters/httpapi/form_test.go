package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fieldError is one of a problem's errors.
type fieldError struct{ Pointer, Code, Message string }

// errors are those of a refusal.
func (a answer) errors(t *testing.T) []fieldError {
	t.Helper()
	var p struct{ Errors []fieldError }
	require.NoError(t, json.Unmarshal(a.body, &p))
	return p.Errors
}

// TestTheLimitOfABodyIsItsLast: so many bytes are taken, and one more is not.
func TestTheLimitOfABodyIsItsLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	padded := func(body string, size int) string { return body + strings.Repeat(" ", size-len(body)) }
	json := func(extra int) string { return padded(`{"name":"Drains"}`, 256<<10+extra) }
	rows := func(extra int) string { return padded(`{"rows":[]}`, 256<<10+extra) }
	file := func(extra int) string { return padded("name\n", 1<<20+extra) }
	w.must(http.StatusCreated, http.MethodPost, b+"/services", json(0))
	w.refused(http.StatusRequestEntityTooLarge, http.MethodPost, b+"/services", json(1))
	w.must(http.StatusOK, http.MethodPost, b+"/services/bulk", rows(0))
	w.refused(http.StatusRequestEntityTooLarge, http.MethodPost, b+"/services/bulk", rows(1))
	w.must(http.StatusOK, http.MethodPost, b+"/services/bulk", file(0), "Content-Type", "text/csv")
	w.refused(http.StatusRequestEntityTooLarge, http.MethodPost, b+"/services/bulk", file(1), "Content-Type", "text/csv")
	w.must(http.StatusCreated, http.MethodPost, b+"/services", `{"name":"Sinks"}`, "Idempotency-Key", "one")
	w.refused(http.StatusRequestEntityTooLarge, http.MethodPost, b+"/services", json(1), "Idempotency-Key", "two")
	// A text that takes more bytes once it is written anew is as long as it was sent.
	long := `{"name":"Taps","slug":"` + strings.Repeat("\u2028", 80_000) + `"}`
	require.NotEqual(t, http.StatusRequestEntityTooLarge, w.send(w.tokens["admin"], http.MethodPost, b+"/services", long).StatusCode)
}

// TestOnlyJSONIsReadAsJSON.
func TestOnlyJSONIsReadAsJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	for _, kind := range []string{"text/plain", "application/canary+json", "json", "application/x-www-form-urlencoded"} {
		w.refused(http.StatusUnsupportedMediaType, http.MethodPost, b+"/services", `{"name":"Drains"}`, "Content-Type", kind)
	}
	w.must(http.StatusCreated, http.MethodPost, b+"/services", `{"name":"Drains"}`, "Content-Type", "application/json; charset=utf-8")
}

// TestErrorsOfABodyPointIntoIt: with pointers of RFC 6901, also to what is missing.
func TestErrorsOfABodyPointIntoIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	for _, c := range []struct {
		path, body string
		want       []fieldError
	}{
		{"/services", `{}`, []fieldError{{"/name", "required", "missing; fill it in"}}},
		{"/services", `{"name":null}`, []fieldError{{"/name", "not_null", "null is not allowed here"}}},
		{"/services", `{"name":""}`, []fieldError{{"/name", "invalid", "expected length >= 1"}}},
		{"/services", `[]`, []fieldError{{"", "invalid", "expected object"}}},
		{"/keywords", `{"keyword":"heater","search_intent":"canary"}`, []fieldError{{"/search_intent", "invalid", "use one of transactional, informational, navigational, local, commercial"}}},
		{"/keywords", `{"keyword":"heater","language":"fr"}`, []fieldError{{"/language", "invalid", "use one of en, es"}}},
		{"/locations", `{"name":"a","city":"b"}`, []fieldError{{"/state", "required", "missing; fill it in"}}},
		{"/locations", `{"name":"a","city":"b","state":"ME","priority":2000}`, []fieldError{{"/priority", "invalid", "expected number <= 1000"}}},
		{"/generate/preview", `{"page_type":"service-area","selection":{"keyword_ids":[5]}}`, []fieldError{{"/selection/keyword_ids/0", "invalid", "expected string"}}},
		{"/jobs/x/retry", `{"ordinals":[0,-1]}`, []fieldError{{"/ordinals/1", "invalid", "expected number >= 0"}}},
	} {
		a := w.refused(http.StatusBadRequest, http.MethodPost, b+c.path, c.body, "Idempotency-Key", "key")
		require.Equal(t, c.want, a.errors(t), "%s %s", c.path, c.body)
	}
	a := w.refused(http.StatusBadRequest, http.MethodPut, b+"/hours", `{"hours":[{"opens":"09:00"}]}`, "If-Match", "*")
	require.Contains(t, a.errors(t), fieldError{"/hours/0/day_of_week", "required", "missing; fill it in"})
	a = w.refused(http.StatusBadRequest, http.MethodPost, "/api/businesses", `{"name":"Joe's","industry_type":"canary"}`)
	require.Equal(t, []fieldError{{"/industry_type", "invalid", "use one of those that the contract lists"}}, a.errors(t))
	a = w.must(http.StatusOK, http.MethodPost, b+"/keywords/bulk", `{"rows":[{},{"keyword":"heater","language":"fr"}]}`)
	require.Contains(t, string(a.body), `"errors":[{"pointer":"/keyword","code":"required","message":"missing; fill it in"}]`)
	require.Contains(t, string(a.body), `"errors":[{"pointer":"/language","code":"invalid","message":"use one of en, es"}]`)
}

// TestErrorsOfParametersNameThem: they have no pointer, and each is told of one time.
func TestErrorsOfParametersNameThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	long := strings.Repeat("a", 65)
	for _, c := range []struct{ method, path, message string }{
		{http.MethodGet, "/services?limit=0", "limit in the query: expected number >= 1"},
		{http.MethodGet, "/services?limit=", "limit in the query: this has no value: leave it out"},
		{http.MethodGet, "/services?limit=1&limit=2", "limit in the query: this is given twice"},
		{http.MethodGet, "/services?cursor=x", "cursor in the query: this is no cursor of this list, or it is too old: begin without one"},
		{http.MethodGet, "/services?colour=x", "colour in the query: unknown query parameter"},
		{http.MethodGet, "/services?canary%20no%20name=x", "a parameter in the query: unknown query parameter"},
		{http.MethodGet, "/services/" + long, "service_id in the path: expected length <= 64"},
		{http.MethodGet, "/services/-a", "service_id in the path: expected string to match pattern ^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"},
		{http.MethodGet, "/keywords?language=fr", "language in the query: use one of en, es"},
		{http.MethodPost, "/generate", "the header Idempotency-Key: give this request a name of your own, 1 to 255 printable characters, and the same one when you repeat it"},
		{http.MethodGet, "/jobs/x/pages/0?attempt=0", "attempt in the query: expected number >= 1"},
		{http.MethodGet, "/jobs/x/pages/0?attempt=3000000000", "attempt in the query: expected number <= 2147483647"},
		{http.MethodGet, "/jobs/x/pages?flag=zzz", "flag in the query: use one of city, keyword_title, leak, phone, trimmed, word_count"},
	} {
		a := w.refused(http.StatusBadRequest, c.method, b+c.path, nil)
		require.Equal(t, []fieldError{{"", "invalid", c.message}}, a.errors(t), "%s %s", c.method, c.path)
	}
	a := w.refused(http.StatusBadRequest, http.MethodGet, "/api/businesses/-a", nil)
	require.Len(t, a.errors(t), 1)
	require.Contains(t, a.errors(t)[0].Message, "business_id in the path")
}

// TestBooleansOfAQueryAreTrueOrFalse.
func TestBooleansOfAQueryAreTrueOrFalse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.plumber(2, 1)
	for _, path := range []string{"/jobs?include_hidden=", "/export?latest=", "/keywords?paired=", "/locations?archived=", "/prompts?active="} {
		for _, good := range []string{"true", "false"} {
			w.must(http.StatusOK, http.MethodGet, b+path+good, nil)
		}
		for _, bad := range []string{"1", "0", "t", "F", "TRUE", "True", "yes", "null", "true%20"} {
			a := w.refused(http.StatusBadRequest, http.MethodGet, b+path+bad, nil)
			require.Contains(t, string(a.body), "write true or false", path+bad)
		}
	}
	for _, name := range []string{"dry_run", "all_or_nothing"} {
		w.must(http.StatusOK, http.MethodPost, b+"/services/bulk?"+name+"=true", `{"rows":[]}`)
		w.refused(http.StatusBadRequest, http.MethodPost, b+"/services/bulk?"+name+"=1", `{"rows":[]}`)
	}
	w.refused(http.StatusBadRequest, http.MethodPost, b+"/locations/bulk?auto_create_service_areas=T", `{"rows":[]}`)
	keywords := w.must(http.StatusOK, http.MethodGet, b+"/keywords?paired=false", nil).get(t, "keywords").([]any)
	require.Len(t, keywords, 2)
	require.Empty(t, w.must(http.StatusOK, http.MethodGet, b+"/keywords?paired=true", nil).get(t, "keywords"))
	one := b + "/keywords/" + keywords[0].(object)["id"].(string)
	w.refused(http.StatusBadRequest, http.MethodDelete, one+"?pair=1", nil, "If-Match", "*")
	w.must(http.StatusNoContent, http.MethodDelete, one+"?pair=true", nil, "If-Match", "*")
}

// TestCountriesAreFoundAsTheyAreWritten: a filter reads a country as a location does.
func TestCountriesAreFoundAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	w.must(http.StatusCreated, http.MethodPost, b+"/locations", object{"name": "Downtown", "city": "Bath", "state": "ME", "country": "USA"})
	w.must(http.StatusCreated, http.MethodPost, b+"/locations", object{"name": "Soho", "city": "London", "state": "England", "country": "UK"})
	for country, city := range map[string]string{"USA": "Bath", "US": "Bath", "us": "Bath", "usa": "Bath", "UK": "London", "GB": "London"} {
		list := w.must(http.StatusOK, http.MethodGet, b+"/locations?country="+country, nil).get(t, "locations").([]any)
		require.Len(t, list, 1, country)
		require.Equal(t, city, list[0].(object)["city"], country)
	}
	require.Empty(t, w.must(http.StatusOK, http.MethodGet, b+"/locations?country=CA", nil).get(t, "locations"))
}
