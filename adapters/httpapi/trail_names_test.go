package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// The trail names what has changed as answers do, and hashes what was before and after.
func TestTheTrailNamesWhatHasChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(1, 1)
	last := func(action string, fields ...string) backoffice.AuditRecord {
		t.Helper()
		line := w.audits()[0]
		require.Equal(t, action, line.Action)
		require.Equal(t, fields, line.ChangedFields)
		require.Regexp(t, "^[0-9a-f]{64}$", line.After)
		require.NotEqual(t, line.Before, line.After)
		return line
	}
	path := w.begin(business, "one")
	made := last("job.create", "budget_usd", "cancel_requested_at", "is_hidden", "page_type", "pause_reasons", "round", "status", "total_pages")
	require.Empty(t, made.Before)
	w.must(http.StatusOK, http.MethodPatch, path, object{"is_hidden": true})
	hidden := last("job.update", "is_hidden")
	require.Equal(t, made.After, hidden.Before)
	w.must(http.StatusOK, http.MethodPatch, path, object{"budget_usd": "3.5"})
	require.Equal(t, hidden.After, last("job.update", "budget_usd").Before)
	w.must(http.StatusAccepted, http.MethodPost, path+"/pause", nil)
	last("job.pause", "pause_reasons")
	w.must(http.StatusAccepted, http.MethodPost, path+"/resume", nil)
	last("job.resume", "pause_reasons", "status")
	w.finish(path)
	w.must(http.StatusAccepted, http.MethodPost, path+"/pages/0/regenerate", object{}, "Idempotency-Key", "again")
	require.NotEmpty(t, last("page.regenerate", "round", "status").Before)

	w.must(http.StatusOK, http.MethodPut, "/api/spending", object{"enabled": false, "reason": "closed"})
	closed := last("spending.set", "enabled", "reason")
	require.NotEmpty(t, closed.Before)
	w.must(http.StatusOK, http.MethodPut, "/api/spending", object{"enabled": true, "reason": "closed"})
	require.Equal(t, closed.After, last("spending.set", "enabled").Before)

	w.must(http.StatusOK, http.MethodPost, business+"/service-areas/bulk", object{"rows": []object{{"city": "Bath", "state": "ME"}}})
	require.NotEmpty(t, last("bulk.import", "service_areas").Before)
	first := w.must(http.StatusOK, http.MethodGet, business+"/services", nil).get(t, "services").([]any)[0].(object)["id"]
	second := w.must(http.StatusCreated, http.MethodPost, business+"/services", object{"name": "Boilers"}).get(t, "service.id")
	w.must(http.StatusOK, http.MethodPut, business+"/services/order", object{"ids": []any{second, first}}, "If-Match", "*")
	require.NotEmpty(t, last("service.order", "ids").Before)
}
