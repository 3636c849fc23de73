package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// TestTheContractAsksForTheKey: programs that are made from the contract can send what the rows demand.
func TestTheContractAsksForTheKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var contract struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Required bool
			}
			Responses map[string]struct{ Headers map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal(w.must(http.StatusOK, http.MethodGet, "/api/openapi.json", nil).body, &contract))
	var asked []string
	for path, rows := range contract.Paths {
		for method, row := range rows {
			for _, p := range row.Parameters {
				if p.Name == "Idempotency-Key" && p.In == "header" && p.Required {
					asked = append(asked, method+strings.TrimPrefix(path, "/api/businesses/{business_id}"))
					require.Contains(t, row.Responses["202"].Headers, "Idempotency-Replayed", path)
				}
			}
		}
	}
	require.ElementsMatch(t, []string{"post/generate", "post/jobs/{job_id}/retry", "post/jobs/{job_id}/pages/{ordinal}/regenerate"}, asked)
}

// TestATokenIsRotatedWithoutABody: the new one ends when the old one would have, and times have milliseconds at most.
func TestATokenIsRotatedWithoutABody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	made := w.must(http.StatusCreated, http.MethodPost, "/api/principals", map[string]any{
		"kind": "service", "name": "robot", "role": "viewer", "business_ids": []string{"acme"}, "expires_at": w.clock.Now().Add(time.Hour).Truncate(time.Second).Add(123456789),
	})
	until := made.get(t, "principal.expires_at").(string)
	require.True(t, strings.HasSuffix(until, ".123Z"), until)
	path := "/api/principals/" + made.get(t, "principal.id").(string)
	again := w.must(http.StatusOK, http.MethodPost, path+"/rotate", nil)
	require.Equal(t, until, again.get(t, "principal.expires_at"))
	require.NotEqual(t, made.get(t, "token"), again.get(t, "token"))
}

// TestRetentionCountsBegunDays: what is kept for hours is not said to be kept for none.
func TestRetentionCountsBegunDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &httpapi.Options{Retention: map[string]time.Duration{"sessions": 8 * time.Hour, "keys": 168 * time.Hour}})
	a := w.must(http.StatusOK, http.MethodGet, "/api/meta", nil)
	require.Equal(t, map[string]any{"sessions": 1.0, "keys": 7.0}, a.get(t, "retention_days"))
}

// TestTheTrailNamesThePage: also of an attempt that came to nothing, and never by a text that is no id.
func TestTheTrailNamesThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 1)
	for path, want := range map[string]string{"/jobs/one/pages/7/regenerate": "one-7", "/jobs/one/pages/seven/regenerate": "one", "/jobs/a@b.example/pages/7/regenerate": lastOf(business)} {
		w.as(backoffice.Operator, http.MethodPost, business+path, nil, "Idempotency-Key", "k")
		require.Equal(t, backoffice.Target{Type: "page", ID: want, Business: lastOf(business)}, w.audits()[0].Target, path)
	}
}

// TestTheGateSaysHowFarItIs: the score and what is needed are numbers of the answer, for the ring on a screen.
func TestTheGateSaysHowFarItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	made := w.must(http.StatusCreated, http.MethodPost, "/api/businesses", map[string]any{"name": "Bare", "industry_type": "Plumber"})
	a := w.must(http.StatusUnprocessableEntity, http.MethodPost, "/api/businesses/"+made.get(t, "business.id").(string)+"/generate/forecast", choice())
	require.Equal(t, "INSUFFICIENT_DATA", a.get(t, "code"))
	require.EqualValues(t, 5, a.get(t, "score"))
	require.EqualValues(t, 40, a.get(t, "gate"))
	require.NotContains(t, string(w.must(http.StatusNotFound, http.MethodGet, "/api/businesses/none", nil).body), "gate")
}
