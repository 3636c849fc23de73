package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// torn is a connection that panics when a body is written.
type torn struct{ http.ResponseWriter }

// Write implements http.ResponseWriter.
func (torn) Write([]byte) (int, error) { panic("mbt_canary") }

// TestAPanicInTheMiddleBreaksTheAnswerOff: what has begun cannot be taken back, and must not look whole.
func TestAPanicInTheMiddleBreaksTheAnswerOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, path := range []string{"/api/audit/export", "/api/businesses"} {
		rec := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer "+w.tokens[backoffice.Admin])
		before := len(w.observer.faults())
		require.PanicsWithValue(t, http.ErrAbortHandler, func() { w.ServeHTTP(torn{rec}, r) }, path)
		require.Equal(t, http.StatusOK, rec.Code, path)
		faults := w.observer.faults()[before:]
		require.Len(t, faults, 1, path)
		require.True(t, strings.HasPrefix(faults[0], "the API panicked in ") && strings.Contains(faults[0], "torn.Write"), faults)
	}
}

// TestAPanicOutsideOfRows is an answer like any other.
func TestAPanicOutsideOfRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, &httpapi.Options{Front: func(http.ResponseWriter, *http.Request, bool) { panic("mbt_canary") }})
	a := w.send("", http.MethodGet, "/", nil)
	require.Equal(t, http.StatusInternalServerError, a.StatusCode)
	require.Equal(t, "INTERNAL_ERROR", a.get(t, "code"))
	require.NotContains(t, string(a.body), "canary")
	require.Contains(t, w.observer.faults()[0], "TestAPanicOutsideOfRows")
}
