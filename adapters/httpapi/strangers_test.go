package httpapi_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// A flood of requests that nobody answers for leaves a few lines, and the next line says how many it left out. A viewer who is denied
// leaves a line each time.
func TestAFloodDoesNotFillTheTrail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	before := len(w.audits())
	for i := range 90 {
		token := []string{"", "mbt_" + strings.Repeat("0", 12) + "_" + strings.Repeat("0", 64), "nothing"}[i%3]
		require.Equal(t, http.StatusUnauthorized, w.send(token, http.MethodGet, "/api/me", nil).StatusCode)
	}
	require.Len(t, w.audits(), before+20)
	for range 30 {
		require.Equal(t, http.StatusForbidden, w.as(backoffice.Viewer, http.MethodGet, "/api/principals", nil).StatusCode)
	}
	require.Len(t, w.audits(), before+50)

	w.clock.forward(time.Minute)
	require.Equal(t, http.StatusBadRequest, w.send("", http.MethodPost, "/api/session", object{}).StatusCode)
	last := w.must(http.StatusOK, http.MethodGet, "/api/audit?limit=1", nil).get(t, "audit_records").([]any)[0].(object)
	require.Equal(t, "session.create", last["action"])
	require.EqualValues(t, 70, last["silent"])
	rows, err := csv.NewReader(strings.NewReader(string(w.must(http.StatusOK, http.MethodGet, "/api/audit/export?format=csv", nil).body))).ReadAll()
	require.NoError(t, err)
	silent := len(rows[0]) - 1
	require.Equal(t, "silent", rows[0][silent])
	require.Equal(t, []string{"70", "0"}, []string{rows[1][silent], rows[2][silent]})
}
