package claudesim_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// BenchmarkPage is one page without a network.
func BenchmarkPage(b *testing.B) {
	sim, err := claudesim.New(&claudesim.Options{Latency: claudesim.NoLatency, RPM: 1e9, ITPM: 1e9, OTPM: 1e9, Speed: 1e6})
	require.NoError(b, err)
	body := askPage(1)
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/v1/messages", strings.NewReader(body))
		r.Header.Set("X-Api-Key", "k")
		r.Header.Set("Anthropic-Version", "2023-06-01")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		sim.ServeHTTP(w, r)
		require.Equal(b, http.StatusOK, w.Code)
	}
}
