package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A cursor goes on with the plan that it is of, and with no other.
func TestACursorOfAPreviewIsOfItsBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := w.plumber(3, 2) + "/generate/preview"
	cursor := func(body any) string {
		return w.must(http.StatusOK, http.MethodPost, path+"?limit=2", body).get(t, "next_cursor").(string)
	}
	next := path + "?limit=1&cursor=" + cursor(choice())
	page := w.must(http.StatusOK, http.MethodPost, next, `{"include_upcoming": false, "selection":{}, "page_type":"keyword-service-area"}`)
	require.Equal(t, 2.0, page.get(t, "pages").([]any)[0].(object)["ordinal"], "the same body in other words")
	for _, other := range []object{
		choice("page_type", "service-service-area"), choice("include_upcoming", true), choice("languages", []string{"en"}),
		choice("selection", object{"keyword_ids": []string{"x"}}),
	} {
		require.Contains(t, string(w.refused(http.StatusBadRequest, http.MethodPost, next, other).body), "cursor in the query", "%v", other)
	}
	w.refused(http.StatusBadRequest, http.MethodPost, path+"?q=town&cursor="+cursor(choice()), choice())
}
