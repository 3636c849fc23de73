package claudemodel_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

func counted() job.Request {
	return job.Request{
		Model: "claude-haiku-5-5", System: "Be brief.", Prompt: "Say hello to the harbour.", MaxTokens: 100, Cache: cost.Cache5m,
		Schema: []byte(`{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"string"}},"required":["z","a"],"additionalProperties":false}`),
	}
}

// TestCountTokens: the count is that of the call itself, and asking costs nothing.
func TestCountTokens(t *testing.T) {
	t.Parallel()
	sim, err := claudesim.New(&claudesim.Options{Latency: claudesim.NoLatency})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		sim.Close()
		server.Close()
	})
	m, err := claudemodel.New("k", &claudemodel.Options{BaseURL: server.URL, HTTPClient: server.Client()})
	require.NoError(t, err)
	tokens, err := m.CountTokens(t.Context(), counted())
	require.NoError(t, err)
	require.Zero(t, sim.Bill().Requests)
	reply, err := m.Call(t.Context(), counted())
	require.NoError(t, err)
	require.Equal(t, reply.Usage.Prompt(), tokens)
}

func TestCountTokensFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		kind   fault.Kind
	}{
		"Throttled":   {http.StatusTooManyRequests, errorBody("rate_limit_error", "slow down"), fault.Throttled},
		"BadKey":      {http.StatusUnauthorized, errorBody("authentication_error", "no"), fault.Unauthorized},
		"NoNumber":    {http.StatusOK, `{"input_tokens":"many"}`, fault.Unavailable},
		"NoTokens":    {http.StatusOK, `{}`, fault.Unavailable},
		"TooMany":     {http.StatusOK, `{"input_tokens":9000000000}`, fault.Unavailable},
		"UnknownName": {http.StatusNotFound, errorBody("not_found_error", "model: x"), fault.Rejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || r.URL.Path != "/v1/messages/count_tokens" {
					t.Errorf("asked %s: %v", r.URL.Path, err)
				}
				require.NotContains(t, string(body), "max_tokens")
				require.Contains(t, string(body), `"z":{"type":"string"},"a"`, "the schema's order is kept")
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			t.Cleanup(server.Close)
			m, err := claudemodel.New("k", &claudemodel.Options{BaseURL: server.URL})
			require.NoError(t, err)
			_, err = m.CountTokens(t.Context(), counted())
			require.Equal(t, test.kind, fault.KindOf(err))
		})
	}
	m, err := claudemodel.New("k", nil)
	require.NoError(t, err)
	_, err = m.CountTokens(context.Background(), job.Request{})
	require.ErrorIs(t, err, fault.Rejected)
}
