package claudemodel_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// sdk is the provider's own client over HTTP to a simulator: what it can read, programs that use it bare can too.
func sdk(t *testing.T, options *claudesim.Options) (anthropic.Client, *claudesim.Sim) {
	t.Helper()
	options.Latency, options.BatchTime = claudesim.NoLatency, claudesim.NoLatency
	sim, err := claudesim.New(options)
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		sim.Close()
		server.Close()
	})
	return anthropic.NewClient(option.WithoutEnvironmentDefaults(), option.WithAPIKey("k"), option.WithBaseURL(server.URL),
		option.WithMaxRetries(0), option.WithHTTPClient(server.Client())), sim
}

func asked(text string) []anthropic.MessageParam {
	return []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(text))}
}

// TestTheClientReadsTheSimulatorsBatches takes a batch through its whole life.
func TestTheClientReadsTheSimulatorsBatches(t *testing.T) {
	t.Parallel()
	client, sim := sdk(t, &claudesim.Options{Faults: claudesim.Faults{BatchErrored: 0.3}})
	var requests []anthropic.MessageBatchNewParamsRequest
	for _, id := range []string{"a-1", "b-1", "c-1", "d-1", "e-1", "f-1", "g-1", "h-1"} {
		requests = append(requests, anthropic.MessageBatchNewParamsRequest{CustomID: id, Params: anthropic.MessageBatchNewParamsRequestParams{
			MaxTokens: 2000, Model: "claude-haiku-5-5", Messages: asked("Hello " + id),
		}})
	}
	batch, err := client.Messages.Batches.New(t.Context(), anthropic.MessageBatchNewParams{Requests: requests})
	require.NoError(t, err)
	batch, err = client.Messages.Batches.Get(t.Context(), batch.ID, anthropic.MessageBatchGetParams{})
	require.NoError(t, err)
	require.Equal(t, anthropic.MessageBatchProcessingStatusEnded, batch.ProcessingStatus)
	results := client.Messages.Batches.ResultsStreaming(t.Context(), batch.ID, anthropic.MessageBatchResultsParams{})
	succeeded, errored := int64(0), int64(0)
	for results.Next() {
		switch r := results.Current().Result.AsAny().(type) {
		case anthropic.MessageBatchSucceededResult:
			succeeded++
			require.Equal(t, anthropic.UsageServiceTierBatch, r.Message.Usage.ServiceTier)
			require.Positive(t, r.Message.Usage.OutputTokens)
		case anthropic.MessageBatchErroredResult:
			errored++
			require.NotEmpty(t, r.Error.Error.Type)
		}
	}
	require.NoError(t, results.Err())
	require.Equal(t, batch.RequestCounts.Succeeded, succeeded)
	require.Equal(t, batch.RequestCounts.Errored, errored)
	require.Positive(t, errored)
	require.EqualValues(t, succeeded, sim.Bill().Batched)
	list := client.Messages.Batches.ListAutoPaging(t.Context(), anthropic.MessageBatchListParams{})
	require.True(t, list.Next())
	require.Equal(t, batch.ID, list.Current().ID)
	_, err = client.Messages.Batches.Cancel(t.Context(), batch.ID, anthropic.MessageBatchCancelParams{})
	require.Error(t, err, "it has ended")
	_, err = client.Messages.Batches.Delete(t.Context(), batch.ID, anthropic.MessageBatchDeleteParams{})
	require.NoError(t, err)
	_, err = client.Messages.Batches.Get(t.Context(), batch.ID, anthropic.MessageBatchGetParams{})
	require.Error(t, err)
}

// TestTheClientReadsTheSimulatorsStreams adds up streamed answers, whole and broken ones.
func TestTheClientReadsTheSimulatorsStreams(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults claudesim.Faults
		stop   anthropic.StopReason
		broken bool
	}{
		"Whole":        {stop: anthropic.StopReasonEndTurn},
		"Refused":      {faults: claudesim.Faults{Refusal: 1}, stop: anthropic.StopReasonRefusal},
		"ErrorMidway":  {faults: claudesim.Faults{StreamError: 1}, broken: true},
		"CutOffMidway": {faults: claudesim.Faults{Cut: 1}, broken: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, sim := sdk(t, &claudesim.Options{Faults: test.faults})
			stream := client.Messages.NewStreaming(t.Context(), anthropic.MessageNewParams{
				MaxTokens: 20_000, Model: "claude-haiku-5-5", Messages: asked("Hello"),
				System: []anthropic.TextBlockParam{{Text: strings.Repeat("be brief ", 400), CacheControl: anthropic.CacheControlEphemeralParam{TTL: "1h"}}},
			})
			var message anthropic.Message
			for stream.Next() {
				require.NoError(t, message.Accumulate(stream.Current()))
			}
			if test.broken {
				require.True(t, stream.Err() != nil || message.StopReason == "", "a stream that breaks off is no answer")
				return
			}
			require.NoError(t, stream.Err())
			require.Equal(t, test.stop, message.StopReason)
			if test.stop == anthropic.StopReasonEndTurn {
				bill := sim.Bill()
				require.EqualValues(t, bill.CacheWriteTokens, message.Usage.CacheCreationInputTokens)
				require.Positive(t, message.Usage.CacheCreationInputTokens)
			}
		})
	}
}
