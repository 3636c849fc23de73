package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

func TestBudgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 1)
	a := w.as(backoffice.Viewer, http.MethodGet, business+"/budget", nil)
	require.Equal(t, http.StatusOK, a.StatusCode, "%s %v", a.body, w.observer.faults())
	require.Nil(t, a.get(t, "budget.limit_usd"), "none was set")
	require.Equal(t, false, a.get(t, "budget.enabled"))
	for _, amount := range []string{"granted", "held", "settled", "presumed", "free"} {
		require.Equal(t, "0.000000000000", a.get(t, "budget."+amount), amount)
	}
	list := w.must(http.StatusOK, http.MethodGet, "/api/budgets", nil).get(t, "budgets").([]any)
	require.Len(t, list, 1)
	require.Nil(t, list[0].(map[string]any)["limit_usd"])
	for _, body := range []any{
		map[string]any{"enabled": true}, map[string]any{"limit_usd": 5, "enabled": true}, map[string]any{"limit_usd": "0", "enabled": true},
		map[string]any{"limit_usd": "-1", "enabled": true}, map[string]any{"limit_usd": "5", "enabled": true, "warn_percent": []int{90, 50}},
	} {
		w.must(http.StatusBadRequest, http.MethodPut, business+"/budget", body)
	}
	w.must(http.StatusOK, http.MethodPut, "/api/budgets/global", map[string]any{"limit_usd": "100", "enabled": true})
	a = w.must(http.StatusOK, http.MethodPut, business+"/budget", map[string]any{"limit_usd": "0.000001", "enabled": true, "warn_percent": []int{80}})
	require.Equal(t, "0.000001000000", a.get(t, "budget.limit_usd"))
	a = w.must(http.StatusPaymentRequired, http.MethodPost, business+"/generate", choice(), "Idempotency-Key", "poor")
	require.Equal(t, "BUDGET_EXCEEDED", a.get(t, "code"))
	require.Contains(t, a.get(t, "detail"), "business "+lastOf(business)+" ")
	require.NotContains(t, a.get(t, "detail"), "tenant")
	w.must(http.StatusOK, http.MethodPut, business+"/budget", map[string]any{"limit_usd": "20", "enabled": true})
	path := w.begin(business, "rich")
	w.finish(path)
	w.must(http.StatusConflict, http.MethodPut, business+"/budget", map[string]any{"limit_usd": "0.000001", "enabled": true})
	a = w.must(http.StatusOK, http.MethodGet, "/api/budgets", nil)
	require.Len(t, a.get(t, "budgets"), 2)
	w.must(http.StatusOK, http.MethodPut, business+"/budget", map[string]any{"limit_usd": "20", "enabled": false})
	w.must(http.StatusPaymentRequired, http.MethodPost, business+"/generate", choice(), "Idempotency-Key", "closed")
}

// One job cannot use up what is counted for all.
func TestAJobsBudgetHasAnEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 1)
	tooMuch := func(method, path string, body object) {
		t.Helper()
		body["budget_usd"] = "100000.000000000001"
		a := w.must(http.StatusBadRequest, method, path, body, "Idempotency-Key", "much")
		require.Equal(t, "/budget_usd", a.get(t, "errors").([]any)[0].(object)["pointer"])
	}
	tooMuch(http.MethodPost, business+"/generate", object{"page_type": "keyword-service-area"})
	tooMuch(http.MethodPost, business+"/generate/forecast", object{"page_type": "keyword-service-area"})
	path := w.begin(business, "one")
	tooMuch(http.MethodPatch, path, object{})
	w.must(http.StatusOK, http.MethodPatch, path, object{"budget_usd": "100000"})
	w.finish(path)
	tooMuch(http.MethodPost, path+"/retry", object{"scope": "failed"})
	tooMuch(http.MethodPost, path+"/pages/0/regenerate", object{})
}

func TestSpending(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 1)
	require.Equal(t, true, w.must(http.StatusOK, http.MethodGet, "/api/spending", nil).get(t, "spending.enabled"))
	w.must(http.StatusBadRequest, http.MethodPut, "/api/spending", map[string]any{"enabled": false})
	path := w.begin(business, "before")
	a := w.must(http.StatusOK, http.MethodPut, "/api/spending", map[string]any{"enabled": false, "reason": "an audit"})
	require.Equal(t, false, a.get(t, "spending.enabled"))
	require.Equal(t, "an audit", a.get(t, "spending.reason"))
	a = w.must(http.StatusOK, http.MethodGet, path, nil)
	require.Equal(t, "spending_off", a.get(t, "job.pause_reason"))
	require.EqualValues(t, 15_000, a.get(t, "job.poll_after_ms"))
	require.EqualValues(t, 1, a.get(t, "job.waiting.paused.pages"))
	a = w.must(http.StatusServiceUnavailable, http.MethodPost, business+"/generate", choice(), "Idempotency-Key", "after")
	require.Equal(t, "UNAVAILABLE", a.get(t, "code"))
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	w.must(http.StatusServiceUnavailable, http.MethodPost, path+"/resume", nil)
	w.must(http.StatusOK, http.MethodPut, "/api/spending", map[string]any{"enabled": true, "reason": "it is over"})
	w.finish(path)
	require.Equal(t, "completed", w.must(http.StatusOK, http.MethodGet, path, nil).get(t, "job.status"))
}
