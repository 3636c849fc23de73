package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// TestProblemsSpeakOfPagesAndBusinesses: the engine's words mean nothing to whoever uses the API.
func TestProblemsSpeakOfPagesAndBusinesses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.begin(w.plumber(1, 2), "one")
	a := w.must(http.StatusConflict, http.MethodPost, path+"/pages/1/regenerate", nil, "Idempotency-Key", "k")
	require.Contains(t, a.get(t, "detail"), "page is queued")
	w.finish(path)
	a = w.must(http.StatusBadRequest, http.MethodPost, path+"/retry", map[string]any{"ordinals": []int{7}}, "Idempotency-Key", "l")
	require.Contains(t, a.get(t, "detail"), "no page has this number: pages are 0 to 1")
	a = w.as(backoffice.Admin, http.MethodPost, path+"/pages/1/regenerate", map[string]any{"budget_usd": "0.000000000001"}, "Idempotency-Key", "m")
	require.GreaterOrEqual(t, a.StatusCode, 400)
	require.Contains(t, a.get(t, "detail"), "budget_usd", "a cap is called as its member is")
}
