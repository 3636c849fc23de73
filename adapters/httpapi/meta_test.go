package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCapsAreTold: those that the rules enforce.
func TestCapsAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.must(http.StatusOK, http.MethodGet, "/api/meta", nil)
	require.EqualValues(t, 255, a.get(t, "caps.url_path_bytes"))
	require.EqualValues(t, 64<<10, a.get(t, "caps.rendered_prompt_bytes"))
	require.EqualValues(t, 100_000, a.get(t, "caps.pages_per_job"))
	require.Equal(t, "100000.000000000000", a.get(t, "caps.budget_usd"))
}
