package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// TestAQueryThatCannotBeReadIsRefused: a part that was dropped could have been the one that does nothing.
func TestAQueryThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	for _, query := range []string{"dry_run=true%zz", ";dry_run=true", "dry_run=true;all_or_nothing=true", "%zz", "dry_run=%"} {
		r := httptest.NewRequest(http.MethodPost, b+"/services/bulk", strings.NewReader(`{"rows":[{"name":"Drains"}]}`))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+w.tokens[backoffice.Admin])
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		require.Equal(t, http.StatusBadRequest, rec.Code, query)
		require.Contains(t, rec.Body.String(), "the query cannot be read", query)
	}
	require.Empty(t, w.must(http.StatusOK, http.MethodGet, b+"/services", nil).get(t, "services"))
	w.refused(http.StatusBadRequest, http.MethodGet, b+"/keywords?language=en;q=x", nil)
}

// TestNumbersOfAPathHaveOneForm: another one would be another request to a key, and the same page.
func TestNumbersOfAPathHaveOneForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.begin(w.plumber(1, 2), "one")
	w.finish(path)
	w.must(http.StatusAccepted, http.MethodPost, path+"/pages/0/regenerate", nil, "Idempotency-Key", "k")
	for _, ordinal := range []string{"00", "+0", "-0", "%2B0", "0000000000000000"} {
		a := w.refused(http.StatusBadRequest, http.MethodPost, path+"/pages/"+ordinal+"/regenerate", nil, "Idempotency-Key", "k")
		require.Equal(t, "ordinal in the path: write the number in digits alone, without zeros before it", a.errors(t)[0].Message, ordinal)
		w.refused(http.StatusBadRequest, http.MethodGet, path+"/pages/"+ordinal, nil)
	}
	w.refused(http.StatusBadRequest, http.MethodGet, path+"/pages?limit=05", nil)
	w.refused(http.StatusBadRequest, http.MethodGet, path+"/pages/x", nil)
}

// TestAKeyIsOfItsRouteAndBusiness: with another page, job or member of a list it stands for another request.
func TestAKeyIsOfItsRouteAndBusiness(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.plumber(1, 2)
	one, two := w.begin(b, "one"), w.begin(b, "two")
	w.finish(one)
	w.finish(two)
	first := w.must(http.StatusAccepted, http.MethodPost, one+"/pages/0/regenerate", nil, "Idempotency-Key", "k")
	again := w.must(http.StatusAccepted, http.MethodPost, one+"/pages/0/regenerate", "", "Idempotency-Key", "k")
	require.Equal(t, first.body, again.body)
	for _, other := range []string{one + "/pages/1/regenerate", two + "/pages/0/regenerate"} {
		a := w.refused(http.StatusUnprocessableEntity, http.MethodPost, other, nil, "Idempotency-Key", "k")
		require.Equal(t, "IDEMPOTENCY_KEY_REUSED", a.get(t, "code"))
	}
	w.must(http.StatusCreated, http.MethodPost, b+"/services", object{"name": "Drains"}, "Idempotency-Key", "k")
	elsewhere := w.begin(w.plumber(1, 1), "k")
	require.NotContains(t, elsewhere, b)
}

// TestABodyWhereNoneIsDescribed: whoever sends one means something by it.
func TestABodyWhereNoneIsDescribed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	store := w.must(http.StatusCreated, http.MethodPost, b+"/locations", object{"name": "Downtown", "city": "Bath", "state": "ME"}).Header.Get("Location")
	w.must(http.StatusOK, http.MethodPost, store+"/archive", nil, "If-Match", "*")
	service := w.must(http.StatusCreated, http.MethodPost, b+"/services", object{"name": "Drains"}).Header.Get("Location")
	for _, body := range []string{"canary", `{"canary":1}`, `[]`, `null`, `{}{}`} {
		a := w.refused(http.StatusBadRequest, http.MethodPost, store+"/restore", body, "If-Match", "*")
		require.Equal(t, []fieldError{{"", "invalid", "there is no body here: send none"}}, a.errors(t), body)
		w.refused(http.StatusBadRequest, http.MethodDelete, service, body, "If-Match", "*")
		w.refused(http.StatusBadRequest, http.MethodDelete, "/api/session", body)
	}
	w.refused(http.StatusRequestEntityTooLarge, http.MethodPost, store+"/restore", strings.Repeat(" ", 256<<10+1), "If-Match", "*")
	w.must(http.StatusOK, http.MethodPost, store+"/restore", "\n{} ", "If-Match", "*", "Idempotency-Key", "k")
	again := w.must(http.StatusOK, http.MethodPost, store+"/restore", nil, "If-Match", "*", "Idempotency-Key", "k")
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"), "nothing is the same as {}")
	w.must(http.StatusNoContent, http.MethodDelete, service, "", "If-Match", "*")
}

// TestVerifyHasASpan: of one job as of all.
func TestVerifyHasASpan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.begin(w.plumber(1, 1), "one")
	w.finish(path)
	for _, verify := range []string{path + "/ledger/verify", "/api/ledger/verify"} {
		for body, jobs := range map[string]int{
			``: 1, `{}`: 1, `{"from":"2026-01-01T00:00:00Z"}`: 1, `{"from":"2026-01-01T00:00:00Z","to":"2027-01-01T00:00:00Z"}`: 1,
			`{"from":"2027-01-01T00:00:00Z"}`: 0, `{"to":"2026-01-01T00:00:00Z"}`: 0, `{"from":null,"to":""}`: 1,
		} {
			a := w.must(http.StatusOK, http.MethodPost, verify, body)
			require.InDelta(t, jobs, a.get(t, "jobs"), 0, verify+body)
			require.Equal(t, true, a.get(t, "ok"))
		}
		for _, body := range []string{"canary", `{"from":"canary"}`, `{"since":"2026-01-01T00:00:00Z"}`, `{"from":5}`} {
			w.refused(http.StatusBadRequest, http.MethodPost, verify, body)
		}
	}
}

// TestTwoTokensAreNone: not in two headers, and not in one as a gateway joins them.
func TestTwoTokensAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	good := "Bearer " + w.tokens[backoffice.Admin]
	for _, sent := range [][]string{{good, good}, {good, "Bearer x"}, {"Bearer x", good}, {good, ""}, {good + "," + good}, {good + ", Bearer x"}} {
		r := httptest.NewRequest(http.MethodGet, "/api/me", nil)
		r.Header["Authorization"] = sent
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		require.Equal(t, http.StatusUnauthorized, rec.Code, sent)
	}
	for _, name := range []string{"Idempotency-Key", "Content-Type", "Content-Encoding"} {
		r := httptest.NewRequest(http.MethodPost, "/api/businesses", strings.NewReader(`{"name":"Joe's","industry_type":"Plumber"}`))
		r.Header.Set("Authorization", good)
		r.Header[name] = []string{"application/json", "application/json"}
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		require.Equal(t, http.StatusBadRequest, rec.Code, name)
	}
}

// anID is one that the API makes, which may have any digits.
var anID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// TestWhatWasSentIsNotInErrors: not as a number either. What a page has cost has eight decimals at most, so never six sevens.
func TestWhatWasSentIsNotInErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.plumber(1, 1)
	job := w.begin(b, "one")
	w.finish(job)
	w.must(http.StatusOK, http.MethodPut, b+"/budget", object{"limit_usd": "50", "enabled": true})
	for _, c := range []struct {
		status       int
		method, path string
		body         object
	}{
		{http.StatusBadRequest, http.MethodPost, job + "/retry", object{"ordinals": []int{777777}}},
		{http.StatusBadRequest, http.MethodPost, job + "/retry/quote", object{"ordinals": []int{777777}}},
		{http.StatusConflict, http.MethodPut, b + "/budget", object{"limit_usd": "0.000000777777", "enabled": true}},
		{http.StatusConflict, http.MethodPut, "/api/budgets/global", object{"limit_usd": "0.000000777777", "enabled": true}},
		{http.StatusBadRequest, http.MethodPost, job + "/pages/0/regenerate", object{"budget_usd": "0.000000777777"}},
		{http.StatusBadRequest, http.MethodPut, b + "/questionnaire", object{"data": object{"industry_data": object{"k": ""}}}},
		{http.StatusBadRequest, http.MethodPut, b + "/questionnaire", object{"data": object{"industry_data": object{"k": strings.Repeat("7", 777)}}}},
	} {
		a := w.refused(c.status, c.method, c.path, c.body, "Idempotency-Key", "k", "If-Match", "*")
		require.NotContains(t, anID.ReplaceAllString(string(a.body), "ID"), "777777", c.path)
		require.NotContains(t, string(a.body), `"message":""`, c.path)
	}
}

// TestNoMoneyAndNoTimeAreNotNothing: they were said, and are wrong.
func TestNoMoneyAndNoTimeAreNotNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.plumber(1, 1)
	job := w.begin(b, "one")
	w.finish(job)
	for path, body := range map[string]object{
		b + "/generate": choice(), b + "/generate/forecast": choice(), job + "/retry": {"scope": "failed"}, job + "/retry/quote": {"scope": "failed"},
		job + "/pages/0/regenerate": {},
	} {
		for _, zero := range []string{"0", "0.0", "0.000000000000"} {
			body["budget_usd"] = zero
			w.refused(http.StatusBadRequest, http.MethodPost, path, body, "Idempotency-Key", "z")
		}
	}
	w.refused(http.StatusBadRequest, http.MethodPatch, job, object{"budget_usd": "0"})
	for _, lane := range []string{"realtime", "auto"} {
		for _, at := range []string{"0001-01-01T00:00:00Z", "0001-01-01T01:00:00+01:00", "1970-01-01T00:00:00Z"} {
			w.refused(http.StatusBadRequest, http.MethodPost, b+"/generate", choice("lane", lane, "deadline", at), "Idempotency-Key", "z")
			w.refused(http.StatusBadRequest, http.MethodPost, b+"/generate/forecast", choice("lane", lane, "deadline", at))
		}
	}
}

// TestLookingHasNoEffect: HEAD of a row that changes something is refused, whichever those are.
func TestLookingHasNoEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, r := range w.Routes() {
		if r.Changes || r.Method != http.MethodGet {
			a := w.send("", http.MethodHead, strings.NewReplacer("{", "", "}", "").Replace(r.Path), nil)
			require.NotEqual(t, http.StatusOK, a.StatusCode, r.ID)
			if r.Method == http.MethodGet {
				require.Equal(t, http.StatusMethodNotAllowed, a.StatusCode, r.ID)
			}
		}
	}
}
