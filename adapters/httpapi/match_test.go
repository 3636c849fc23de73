package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// TestIfMatchIsAnETag: of RFC 9110, strong, with its quotes; of several one is enough.
func TestIfMatchIsAnETag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := w.business("Joe's Plumbing")
	one := w.must(http.StatusCreated, http.MethodPost, b+"/services", object{"name": "Drains"}).Header.Get("Location")
	for i := range 3 {
		w.must(http.StatusOK, http.MethodPatch, one, object{"name": "Drains " + string(rune('a'+i))}, "If-Match", "*")
	}
	patch := object{"name": "Drains z"}
	for _, malformed := range []string{`4`, `"4`, `4"`, `'4'`, `W/4`, `w/"4"`, `"4" "5"`, `"4";"5"`, `"4", x`, `*, "4"`, `""4""`, `,`, `"4 "`, `"4", "`, `W/`, `"`} {
		a := w.refused(http.StatusBadRequest, http.MethodPatch, one, patch, "If-Match", malformed)
		require.Contains(t, a.errors(t)[0].Message, "the header If-Match: send the ETag", malformed)
	}
	for _, other := range []string{
		`"3"`, `"5"`, `"04"`, `"+4"`, `"4.0"`, `"4-"`, `"4-x"`, `"4-01"`, `"-4"`, `"0"`, `""`, `"x"`, `W/"4"`, `W/"4", "3"`, `"3", "2"`, `"99999999999999999999"`, `"4,3"`,
	} {
		a := w.refused(http.StatusPreconditionFailed, http.MethodPatch, one, patch, "If-Match", other)
		require.Equal(t, "PRECONDITION_FAILED", a.get(t, "code"), other)
	}
	w.refused(http.StatusPreconditionRequired, http.MethodPatch, one, patch)
	for i, good := range []string{`"4"`, `"1", "5"`, ` W/"6" ,, "x","7" , "6",`, `"7-3"`, `*`} {
		a := w.must(http.StatusOK, http.MethodPatch, one, object{"name": "Drains " + strings.Repeat("y", i+1)}, "If-Match", good)
		require.Equal(t, []string{`"5"`, `"6"`, `"7"`, `"8"`, `"9"`}[i], a.Header.Get("Etag"), good)
	}
	r := httptest.NewRequest(http.MethodDelete, one, nil)
	r.Header.Set("Authorization", "Bearer "+w.tokens[backoffice.Admin])
	r.Header["If-Match"] = []string{`"1"`, `"9"`}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	require.Equal(t, http.StatusNoContent, rec.Code, "a list in two lines")
}
