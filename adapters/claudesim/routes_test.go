package claudesim_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	tests := map[string]struct {
		method, path, body string
		status             int
		want               string
		allow              string
	}{
		"Messages":       {"POST", "/v1/messages", ask(), 200, `"type":"message"`, ""},
		"MessagesQuery":  {"POST", "/v1/messages?beta=true", ask(), 200, `"type":"message"`, ""},
		"MessagesGet":    {"GET", "/v1/messages", "", 405, "invalid_request_error", "POST"},
		"Count":          {"POST", "/v1/messages/count_tokens", ask("max_tokens:"), 200, `{"input_tokens":`, ""},
		"CountGet":       {"GET", "/v1/messages/count_tokens", "", 405, "invalid_request_error", "POST"},
		"Models":         {"GET", "/v1/models", "", 200, `"first_id":"claude-haiku-5-5"`, ""},
		"ModelsPost":     {"POST", "/v1/models", "{}", 405, "invalid_request_error", "GET"},
		"Model":          {"GET", "/v1/models/claude-sonnet-5-5", "", 200, `"display_name":"Claude Sonnet 5.5"`, ""},
		"ModelUnknown":   {"GET", "/v1/models/gpt-7", "", 404, "not_found_error", ""},
		"ModelEmpty":     {"GET", "/v1/models/", "", 404, "not_found_error", ""},
		"ModelDelete":    {"DELETE", "/v1/models/claude-sonnet-5-5", "", 405, "invalid_request_error", "GET"},
		"Bill":           {"GET", "/sim/bill", "", 200, `"requests":`, ""},
		"BillPost":       {"POST", "/sim/bill", "", 405, "invalid_request_error", "GET"},
		"Stats":          {"GET", "/sim/stats", "", 200, `"in_flight":`, ""},
		"ResetGet":       {"GET", "/sim/reset", "", 405, "invalid_request_error", "POST"},
		"OutageGet":      {"GET", "/sim/outage", "", 405, "invalid_request_error", "DELETE, POST"},
		"KeyGet":         {"GET", "/sim/key", "", 405, "invalid_request_error", "POST"},
		"Unknown":        {"GET", "/v1/complete", "", 404, "not_found_error", ""},
		"Root":           {"GET", "/", "", 404, "not_found_error", ""},
		"TrailingSlash":  {"POST", "/v1/messages/", ask(), 404, "not_found_error", ""},
		"Batches":        {"GET", "/v1/messages/batches", "", 200, `"data":[]`, ""},
		"BatchesPut":     {"PUT", "/v1/messages/batches", "{}", 405, "invalid_request_error", "GET, POST"},
		"BatchUnknown":   {"GET", "/v1/messages/batches/msgbatch_1", "", 404, "not_found_error", ""},
		"BatchPost":      {"POST", "/v1/messages/batches/msgbatch_1", "", 405, "invalid_request_error", "DELETE, GET"},
		"BatchEmpty":     {"GET", "/v1/messages/batches/", "", 404, "not_found_error", ""},
		"BatchOther":     {"GET", "/v1/messages/batches/msgbatch_1/lines", "", 404, "not_found_error", ""},
		"BatchNoID":      {"GET", "/v1/messages/batches//results", "", 404, "not_found_error", ""},
		"ResultsUnknown": {"GET", "/v1/messages/batches/msgbatch_1/results", "", 404, "not_found_error", ""},
		"CancelUnknown":  {"POST", "/v1/messages/batches/msgbatch_1/cancel", "", 404, "not_found_error", ""},
		"CancelGet":      {"GET", "/v1/messages/batches/msgbatch_1/cancel", "", 405, "invalid_request_error", "POST"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := f.send(test.method, test.path, test.body)
			require.NoError(t, r.err)
			require.Equal(t, test.status, r.status, string(r.body))
			require.Contains(t, string(r.body), test.want)
			require.Equal(t, test.allow, r.header.Get("Allow"))
			require.Equal(t, "application/json", r.header.Get("Content-Type"))
			if test.status >= 400 {
				requireEnvelope(t, r)
			}
		})
	}
}

// requireEnvelope checks the form of an error and that it names the request.
func requireEnvelope(t *testing.T, r reply) {
	t.Helper()
	var e struct {
		Type      string
		Error     struct{ Type, Message string }
		RequestID string `json:"request_id"`
	}
	require.NoError(t, json.Unmarshal(r.body, &e))
	require.Equal(t, "error", e.Type)
	require.NotEmpty(t, e.Error.Type)
	require.NotEmpty(t, e.Error.Message)
	require.Equal(t, r.header.Get("Request-Id"), e.RequestID)
}

// limitHeaders are the twelve rate-limit headers.
func limitHeaders() []string {
	var names []string
	for _, kind := range []string{"requests", "tokens", "input-tokens", "output-tokens"} {
		for _, value := range []string{"limit", "remaining", "reset"} {
			names = append(names, "anthropic-ratelimit-"+kind+"-"+value)
		}
	}
	return names
}

func TestEveryAnswerHasHeaders(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	seen := map[string]bool{}
	for _, r := range []reply{
		f.post(ask()), f.post("{"), f.post(ask(), without("X-Api-Key")), f.send("GET", "/v1/nothing", ""),
		f.send("GET", "/v1/models", ""), f.send("POST", "/v1/messages/count_tokens", ask("max_tokens:")),
		f.post(strings.Repeat(" ", 32<<20+1)),
	} {
		require.NoError(t, r.err)
		for _, name := range append(limitHeaders(), "anthropic-organization-id") {
			require.NotEmpty(t, r.header.Get(name), name)
		}
		id := r.header.Get("request-id")
		require.Regexp(t, `^req_[0-9A-Za-z]{24}$`, id)
		require.False(t, seen[id])
		seen[id] = true
	}
}

func TestModels(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	type list struct {
		Data []struct {
			ID        string
			MaxTokens int64 `json:"max_tokens"`
		}
		HasMore bool   `json:"has_more"`
		FirstID string `json:"first_id"`
		LastID  string `json:"last_id"`
	}
	read := func(query string) list {
		r := f.send("GET", "/v1/models"+query, "")
		require.Equal(t, http.StatusOK, r.status, string(r.body))
		var l list
		require.NoError(t, json.Unmarshal(r.body, &l))
		return l
	}
	all := read("")
	require.False(t, all.HasMore)
	require.Len(t, all.Data, 14)
	require.EqualValues(t, 128_000, all.Data[0].MaxTokens)

	first := read("?limit=2")
	require.True(t, first.HasMore)
	require.Equal(t, "claude-haiku-5-5", first.FirstID)
	second := read("?limit=2&after_id=" + first.LastID)
	require.Equal(t, all.Data[2].ID, second.FirstID)
	require.Equal(t, first.Data, read("?limit=2&before_id="+second.FirstID).Data)
	require.Empty(t, read("?before_id=claude-haiku-5-5").Data)

	for _, query := range []string{"?limit=0", "?limit=x", "?limit=1001", "?after_id=a&before_id=b"} {
		require.Equal(t, http.StatusBadRequest, f.send("GET", "/v1/models"+query, "").status, query)
	}
	for _, path := range []string{"/v1/models", "/v1/models/claude-haiku-5-5"} {
		require.Equal(t, http.StatusUnauthorized, f.send("GET", path, "", without("X-Api-Key")).status)
		require.Equal(t, http.StatusBadRequest, f.send("GET", path, "", without("Anthropic-Version")).status)
	}
}

func TestCountTokens(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{RPM: 1})
	count := func() reply { return f.send("POST", "/v1/messages/count_tokens", ask("max_tokens:")) }
	var counted struct {
		Input int64 `json:"input_tokens"`
	}
	require.NoError(t, json.Unmarshal(count().body, &counted))
	require.Equal(t, f.post(ask()).message(t).Usage.Input, counted.Input)

	require.Equal(t, http.StatusOK, count().status, "twice the requests of Messages")
	refused := count()
	require.Equal(t, http.StatusTooManyRequests, refused.status)
	require.NotEmpty(t, refused.header.Get("Retry-After"))
	require.Equal(t, billText(1, 1, f.sim.Bill().Total.String(), f.sim.Bill().Total.String()), f.bill(), "counting is free")

	bad := f.send("POST", "/v1/messages/count_tokens", ask())
	require.Contains(t, string(bad.body), "max_tokens: Extra inputs are not permitted")
	require.Equal(t, http.StatusUnauthorized, f.send("POST", "/v1/messages/count_tokens", ask(), without("X-Api-Key")).status)
}
