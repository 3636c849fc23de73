package claudesim_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// FuzzMessages: whatever is sent, the answer is JSON with one of the statuses that fit a healthy account.
func FuzzMessages(f *testing.F) {
	for _, body := range []string{
		ask(), askPage(1), "", "{}", "null", `{"model":null}`, ask("messages:[null]"), ask("tools:[null]"), ask("system:[]"),
		ask(format(`5`)), ask(format(`{"enum":[ 1 , "a" ]}`)), ask(format(`{"properties":{"":{}},"additionalProperties":false}`)),
		ask("thinking:{}"), ask("output_config:null"), ask(`stop_sequences:["a","e"]`), ask("max_tokens:1e3"),
	} {
		f.Add([]byte(body))
	}
	sim, err := claudesim.New(&claudesim.Options{Latency: claudesim.NoLatency, Speed: 1e6})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, body []byte) {
		w := serve(sim, string(body))
		if !slices.Contains([]int{200, 400, 404, 429}, w.Code) || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
	})
}
