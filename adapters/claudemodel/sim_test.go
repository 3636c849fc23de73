package claudemodel_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
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

// TestTheSimulatorsBillOfABatchIsMatched has lines that succeed, fail, expire and are missing, half the price, and a prefix
// that is kept.
func TestTheSimulatorsBillOfABatchIsMatched(t *testing.T) {
	t.Parallel()
	s := simulate(t, claudesim.Options{Seed: 7, Faults: claudesim.Faults{BatchErrored: 0.1, BatchExpired: 0.1, Refusal: 0.1}})
	model := newModel(t, s.URL, nil)
	lines := make([]ports.BatchLine, 60)
	for i := range lines {
		lines[i] = ports.BatchLine{ID: fmt.Sprint("page-", i), Request: job.Request{
			Model: "claude-haiku-5-5", System: strings.Repeat("Answer in JSON, as a plumber would. ", 100),
			Prompt: fmt.Sprintf("Page %d.", i), MaxTokens: 2000, Cache: cost.Cache1h,
		}}
	}
	batch, err := model.CreateBatch(t.Context(), lines)
	require.NoError(t, err)
	s.time.Elapse(23 * time.Hour)
	var settled cost.Pico
	var kept int64
	outcomes := map[ports.BatchOutcome]int{}
	require.NoError(t, model.BatchResults(t.Context(), batch.ID, func(result ports.BatchResult) error {
		outcomes[result.Outcome]++
		if result.Outcome != ports.LineSucceeded || result.Answer.Unbilled {
			return nil
		}
		require.True(t, result.Answer.UsageOK)
		kept += result.Answer.Usage.CacheWrite1h + result.Answer.Usage.CacheRead
		price, err := cost.Prices().Cost("claude-haiku-5-5", cost.Batch, result.Answer.Usage)
		settled += price
		return err
	}))
	require.EqualValues(t, s.sim.Bill().BatchedTotal, settled, "to the last pico-dollar")
	require.Positive(t, settled)
	require.Positive(t, kept)
	batch, err = model.GetBatch(t.Context(), batch.ID)
	require.NoError(t, err)
	require.Equal(t, map[ports.BatchOutcome]int{
		ports.LineSucceeded: batch.Succeeded, ports.LineErrored: batch.Errored, ports.LineExpired: batch.Expired,
	}, outcomes)
}
