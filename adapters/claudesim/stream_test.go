package claudesim_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// event is one server-sent event.
type event struct {
	name string
	data map[string]any
}

func readEvents(t *testing.T, body []byte) []event {
	t.Helper()
	var events []event
	for block := range strings.SplitSeq(strings.TrimSuffix(string(body), "\n\n"), "\n\n") {
		name, data, ok := strings.Cut(block, "\ndata: ")
		require.True(t, ok, block)
		e := event{name: strings.TrimPrefix(name, "event: ")}
		require.NoError(t, json.Unmarshal([]byte(data), &e.data))
		require.Equal(t, e.name, e.data["type"])
		events = append(events, e)
	}
	return events
}

// names is the events' names, those of deltas in a row once.
func names(events []event) []string {
	var all []string
	for _, e := range events {
		all = append(all, e.name)
	}
	return slices.Compact(all)
}

func TestStream(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	r := f.post(askPage(1, "stream:true", "thinking:"))
	require.NoError(t, r.err)
	require.Equal(t, http.StatusOK, r.status)
	require.Equal(t, "text/event-stream; charset=utf-8", r.header.Get("Content-Type"))
	events := readEvents(t, r.body)
	require.Equal(t, []string{
		"message_start", "content_block_start", "ping", "content_block_delta", "content_block_stop",
		"content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
	}, names(events))
	start := events[0].data["message"].(map[string]any)
	require.Equal(t, []any{}, start["content"])
	require.Nil(t, start["stop_reason"])
	input := start["usage"].(map[string]any)["input_tokens"]
	text := ""
	for _, e := range events {
		if delta, ok := e.data["delta"].(map[string]any); ok && delta["type"] == "text_delta" {
			text += delta["text"].(string)
		}
	}
	require.True(t, validText(t, text))
	last := events[len(events)-2].data
	require.Equal(t, map[string]any{"stop_reason": "end_turn", "stop_sequence": nil, "stop_details": nil}, last["delta"])
	usage := last["usage"].(map[string]any)
	require.Equal(t, input, usage["input_tokens"])
	bill := f.sim.Bill()
	require.EqualValues(t, 1, bill.Answered)
	require.Equal(t, price(int64(usage["input_tokens"].(float64)), int64(usage["output_tokens"].(float64))), bill.AnsweredTotal)
}

func TestStreamWithoutContent(t *testing.T) {
	t.Parallel()
	f := faulty(t, claudesim.FaultRefusal)
	events := readEvents(t, f.post(ask("stream:true")).body)
	require.Equal(t, []string{"message_start", "ping", "message_delta", "message_stop"}, names(events))
	require.Equal(t, "refusal", events[2].data["delta"].(map[string]any)["stop_reason"])
	require.Zero(t, f.sim.Bill())
}

func TestBrokenStreams(t *testing.T) {
	t.Parallel()
	t.Run("Error", func(t *testing.T) {
		t.Parallel()
		f := faulty(t, claudesim.FaultStreamError)
		r := f.post(askPage(1, "stream:true"))
		require.NoError(t, r.err)
		require.Equal(t, http.StatusOK, r.status)
		events := readEvents(t, r.body)
		require.Equal(t, []string{"message_start", "content_block_start", "ping", "content_block_delta", "error"}, names(events))
		require.Equal(t, "overloaded_error", events[len(events)-1].data["error"].(map[string]any)["type"])
		require.EqualValues(t, 1, f.sim.Bill().Requests, "what was written is billed")
		require.Zero(t, f.sim.Bill().Answered)
	})
	t.Run("Cut", func(t *testing.T) {
		t.Parallel()
		f := faulty(t, claudesim.FaultCut)
		r := f.post(askPage(1, "stream:true"))
		require.Error(t, r.err)
		require.NotContains(t, string(r.body), "message_delta")
		require.Contains(t, string(r.body), "text_delta")
		require.EqualValues(t, 1, f.sim.Bill().Requests)
		require.Zero(t, f.sim.Bill().Answered)
	})
	t.Run("Hang", func(t *testing.T) {
		t.Parallel()
		f := faulty(t, claudesim.FaultHang)
		f.sim.Close()
		require.PanicsWithValue(t, http.ErrAbortHandler, func() { serve(f.sim, ask("stream:true")) })
		require.EqualValues(t, 1, f.sim.Bill().Requests)
	})
	t.Run("ResetAfter", func(t *testing.T) {
		t.Parallel()
		f := faulty(t, claudesim.FaultResetAfter)
		require.Error(t, f.post(ask("stream:true")).err)
		require.EqualValues(t, 1, f.sim.Bill().Requests)
	})
	t.Run("Refused", func(t *testing.T) {
		t.Parallel()
		r := faulty(t, claudesim.Fault529).post(ask("stream:true"))
		require.Equal(t, 529, r.status)
		require.Equal(t, "application/json", r.header.Get("Content-Type"))
	})
	t.Run("ClientGone", func(t *testing.T) {
		t.Parallel()
		f := setup(t, claudesim.Options{})
		f.sim.ServeHTTP(brokenPipe{}.closed(), request(ask("stream:true")))
		require.EqualValues(t, 1, f.sim.Bill().Requests, "the generation goes on")
		require.Zero(t, f.sim.Bill().Answered)
		require.EqualValues(t, 1, f.sim.Stats().Aborted)
	})
}
