package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
)

// TestEveryTimeOfAnAnswerHasMilliseconds: a member that is added as a plain time.Time would drop zeros at the end.
func TestEveryTimeOfAnAnswerHasMilliseconds(t *testing.T) {
	t.Parallel()
	body, err := httpapi.Contract(httpapi.ContractVersion)
	require.NoError(t, err)
	var contract map[string]any
	require.NoError(t, json.Unmarshal(body, &contract))
	found := 0
	for path, rows := range contract["paths"].(map[string]any) {
		for method, row := range rows.(map[string]any) {
			found += instants(t, contract, row.(map[string]any)["responses"], method+" "+path, map[string]bool{})
		}
	}
	require.Greater(t, found, 100)
}

// instants counts the times in a part of the contract, each of which has to name its form.
func instants(t *testing.T, contract map[string]any, part any, at string, seen map[string]bool) (found int) {
	t.Helper()
	switch part := part.(type) {
	case []any:
		for _, item := range part {
			found += instants(t, contract, item, at, seen)
		}
	case map[string]any:
		if part["format"] == "date-time" {
			pattern, _ := part["pattern"].(string)
			require.True(t, strings.HasSuffix(pattern, `\.[0-9]{3}Z$`), "%s: use instant", at)
			return 1
		}
		if ref, is := part["$ref"].(string); is && !seen[ref] {
			seen[ref] = true
			name := strings.TrimPrefix(ref, "#/components/schemas/")
			return instants(t, contract, contract["components"].(map[string]any)["schemas"].(map[string]any)[name], at+" "+name, seen)
		}
		for name, member := range part {
			found += instants(t, contract, member, at+"/"+name, seen)
		}
	}
	return found
}

// TestTimesOfRequestsMayHaveAnyOffset: what is read is any RFC 3339.
func TestTimesOfRequestsMayHaveAnyOffset(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	made := w.must(http.StatusCreated, http.MethodPost, "/api/principals", map[string]any{
		"kind": "service", "name": "robot", "role": "viewer", "business_ids": []string{}, "expires_at": "2026-11-27T11:00:00.5+02:00",
	})
	require.Equal(t, "2026-11-27T09:00:00.500Z", made.get(t, "principal.expires_at"))
	w.must(http.StatusOK, http.MethodGet, "/api/audit?from=2026-11-01T00:00:00%2B02:00", nil)
}
