package claudemodel_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// tally is what a caller knows of its calls.
type tally struct {
	settled cost.Pico
	// answered had their usage, uncounted had none; unknown may have been billed, refused (by the
	// provider, or by the model before it wrote anything) were not.
	answered, uncounted, unknown, refused int64
}

// callSim makes calls to a simulator that breaks as told and returns what the caller knows, and the simulator's bill.
func callSim(t *testing.T, calls int, faults claudesim.Faults) (tally, claudesim.Bill) {
	t.Helper()
	sim, err := claudesim.New(&claudesim.Options{Seed: 7, Latency: claudesim.NoLatency, Faults: faults})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	defer server.Close()
	defer sim.Close()
	model := newModel(t, server.URL, &claudemodel.Options{})
	var known tally
	for i := range calls {
		reply, err := model.Call(t.Context(), job.Request{
			Model: "claude-haiku-5-5", System: "Answer in JSON.", Prompt: fmt.Sprintf("Page %d for a plumber.", i), MaxTokens: 2000,
			Schema: []byte(`{"type":"object","properties":{"title":{"type":"string"},"body":{"type":"string"}},` +
				`"required":["title","body"],"additionalProperties":false}`),
		})
		switch {
		case err == nil && reply.Unbilled:
			known.refused++
		case err == nil && reply.UsageOK:
			price, err := cost.Prices().Cost("claude-haiku-5-5", cost.Realtime, reply.Usage)
			require.NoError(t, err)
			known.settled += price
			known.answered++
			require.True(t, reply.Limits.Input.Known)
			require.NotEmpty(t, reply.RequestID)
		case err == nil:
			known.uncounted++
		case fault.Unknown(err):
			known.unknown++
		default:
			known.refused++
		}
	}
	return known, sim.Bill()
}

func TestTheSimulatorsBillIsMatched(t *testing.T) {
	t.Parallel()
	known, bill := callSim(t, 30, claudesim.Faults{})
	require.EqualValues(t, 30, known.answered)
	require.EqualValues(t, bill.Total, known.settled, "to the last pico-dollar")
	require.EqualValues(t, 30, bill.Requests)
}

func TestTheSimulatorsBillIsBounded(t *testing.T) {
	t.Parallel()
	const rate = 0.07
	faults := claudesim.Faults{
		Status429: rate, Status529: rate, Status500: rate, Status504: rate, ResetBefore: rate, ResetAfter: rate, Cut: rate,
		Malformed: rate, Truncate: rate, Refusal: rate, Empty: rate, StopReason: rate,
	}
	known, bill := callSim(t, 200, faults)
	require.EqualValues(t, bill.AnsweredTotal, known.settled)
	require.Equal(t, bill.Answered, known.answered)
	require.LessOrEqual(t, bill.Requests-bill.Answered, known.unknown, "what was billed and not delivered is presumed")

	faults.Usage = rate
	known, bill = callSim(t, 200, faults)
	require.EqualValues(t, 200, known.answered+known.uncounted+known.unknown+known.refused)
	require.Positive(t, known.uncounted)
	require.Positive(t, known.refused)
	require.Positive(t, known.unknown)
	require.Less(t, known.answered, bill.Requests)
	require.LessOrEqual(t, bill.Requests, known.answered+known.uncounted+known.unknown, "no bill for a refusal")
}
