package claudesim_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// faulty starts a simulator that breaks every request in one way.
func faulty(t *testing.T, fault claudesim.Fault) *fixture {
	t.Helper()
	var faults claudesim.Faults
	for name, rate := range faults.All() {
		if name == fault {
			*rate = 1
		}
	}
	return setup(t, claudesim.Options{Faults: faults})
}

func TestRefusingFaults(t *testing.T) {
	t.Parallel()
	tests := map[claudesim.Fault]struct {
		status           int
		kind, retryAfter string
	}{
		claudesim.Fault429:               {429, "rate_limit_error", "1"},
		claudesim.Fault429Bare:           {429, "rate_limit_error", ""},
		claudesim.Fault429Long:           {429, "rate_limit_error", "86400"},
		claudesim.FaultSpendCap:          {429, `"details":{"error_code":"enforced_spend_limit_reached"}`, ""},
		claudesim.FaultLimitOrganization: {400, `"message":"You have reached your specified API usage limits`, ""},
		claudesim.FaultLimitWorkspace:    {400, `"message":"You have reached your specified workspace API usage limits`, ""},
		claudesim.Fault402:               {402, "billing_error", ""},
		claudesim.Fault409:               {409, "conflict_error", ""},
		claudesim.Fault413:               {413, "<html>", ""},
		claudesim.Fault502:               {502, "<html>", ""},
		claudesim.FaultStreamError:       {529, "overloaded_error", ""},
		claudesim.Fault529:               {529, "overloaded_error", ""},
	}
	for fault, test := range tests {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			f := faulty(t, fault)
			r := f.post(ask())
			require.Equal(t, test.status, r.status)
			require.Contains(t, string(r.body), test.kind)
			require.Equal(t, test.retryAfter, r.header.Get("Retry-After"))
			require.Zero(t, f.sim.Bill())
			require.EqualValues(t, 1, f.sim.Stats().ByFault[fault])
		})
	}
}

// TestFailingFaults: about half of the 500 and 504 are billed, none is answered.
func TestFailingFaults(t *testing.T) {
	t.Parallel()
	tests := map[claudesim.Fault]struct {
		status int
		kind   string
	}{
		claudesim.Fault500: {500, "api_error"},
		claudesim.Fault504: {504, "timeout_error"},
	}
	for fault, test := range tests {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			f := faulty(t, fault)
			for n := range 60 {
				r := f.post(askPage(n))
				require.Equal(t, test.status, r.status)
				require.Contains(t, string(r.body), test.kind)
			}
			bill := f.sim.Bill()
			require.InDelta(t, 30, bill.Requests, 15)
			require.Zero(t, bill.Answered)
			require.Zero(t, bill.AnsweredTotal)
			total := claudesim.PicoUSD(0)
			for _, c := range f.sim.Charges() {
				require.Greater(t, c.OutputTokens, int64(500), "a complete generation")
				total += price(c.InputTokens, c.OutputTokens)
			}
			require.Equal(t, total, bill.Total)
		})
	}
}

func TestLostAnswers(t *testing.T) {
	t.Parallel()
	billed := map[claudesim.Fault]int64{
		claudesim.FaultResetBefore: 0, claudesim.FaultResetAfter: 1, claudesim.FaultCut: 1,
	}
	for fault, requests := range billed {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			f := faulty(t, fault)
			r := f.post(askPage(1))
			require.Error(t, r.err)
			if fault == claudesim.FaultCut {
				require.ErrorIs(t, r.err, io.ErrUnexpectedEOF)
				require.Equal(t, http.StatusOK, r.status)
				require.Equal(t, len(r.body), int(f.length(r)/2))
			}
			bill := f.sim.Bill()
			require.Equal(t, requests, bill.Requests)
			require.Zero(t, bill.Answered)
			stats := f.sim.Stats()
			require.Zero(t, stats.InFlight)
			require.Zero(t, stats.Aborted, "the simulator gave up, not the client")
		})
		t.Run(string(fault)+"/NoConnectionToClose", func(t *testing.T) {
			t.Parallel()
			f := faulty(t, fault)
			require.PanicsWithValue(t, http.ErrAbortHandler, func() { serve(f.sim, askPage(1)) })
			require.Equal(t, requests, f.sim.Bill().Requests)
		})
	}
}

func (f *fixture) length(r reply) int64 {
	var length int64
	require.NoError(f, json.Unmarshal([]byte(r.header.Get("Content-Length")), &length))
	return length
}

func TestHangEndsWithTheSimulator(t *testing.T) {
	t.Parallel()
	faults := claudesim.Faults{Hang: 1}
	sim, err := claudesim.New(&claudesim.Options{Faults: faults, Latency: claudesim.NoLatency})
	require.NoError(t, err)
	sim.Close()
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { serve(sim, ask()) })
	require.EqualValues(t, 1, sim.Bill().Requests, "billed as it was generated")
	require.Zero(t, sim.Bill().Answered)
	require.Zero(t, sim.Stats().InFlight)
}

func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	schema := `{"type":"object","additionalProperties":false,"required":["a"],"properties":{"a":{"type":"string"}}}`
	tests := map[claudesim.Fault]func(*testing.T, message){
		claudesim.FaultTruncate: func(t *testing.T, m message) {
			require.Equal(t, "max_tokens", m.StopReason)
			require.False(t, json.Valid([]byte(m.text())))
		},
		claudesim.FaultMalformed: func(t *testing.T, m message) {
			require.Equal(t, "end_turn", m.StopReason)
			require.False(t, json.Valid([]byte(m.text())), m.text())
		},
		claudesim.FaultSchema: func(t *testing.T, m message) {
			require.Equal(t, "end_turn", m.StopReason)
			var document map[string]any
			require.NoError(t, json.Unmarshal([]byte(m.text()), &document))
			_, isText := document["a"].(string)
			_, isPage := document["title"].(string)
			require.False(t, (isText && len(document) == 1) || (isPage && validPage(document)), m.text())
		},
		claudesim.FaultEmpty: func(t *testing.T, m message) {
			require.Equal(t, "end_turn", m.StopReason)
			require.Empty(t, m.text())
			require.LessOrEqual(t, m.Usage.Output, int64(3))
		},
		claudesim.FaultThinkingOnly: func(t *testing.T, m message) {
			require.Equal(t, "max_tokens", m.StopReason)
			require.Len(t, m.Content, 1)
			require.Equal(t, "thinking", m.Content[0].Type)
			require.EqualValues(t, 4096, m.Usage.Output)
		},
		claudesim.FaultOtherModel: func(t *testing.T, m message) {
			require.NotEqual(t, "claude-haiku-5-5", m.Model)
			require.True(t, json.Valid([]byte(m.text())))
		},
		claudesim.FaultRefusalLate: func(t *testing.T, m message) {
			require.Equal(t, "refusal", m.StopReason)
			require.NotEmpty(t, m.text())
			require.False(t, json.Valid([]byte(m.text())))
		},
		claudesim.FaultStopReason: func(t *testing.T, m message) {
			require.NotContains(t, []string{"end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded"}, m.StopReason)
			require.True(t, json.Valid([]byte(m.text())))
		},
	}
	for fault, check := range tests {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			f := faulty(t, fault)
			total := claudesim.PicoUSD(0)
			for n := range 30 {
				for _, body := range []string{askPage(n), ask(format(schema), `metadata:{"user_id":"`+string(mustJSON(n))+`"}`)} {
					m := f.post(body).message(t)
					check(t, m)
					total += price(m.Usage.Input, m.Usage.Output)
				}
			}
			require.Equal(t, claudesim.Bill{Requests: 60, Answered: 60, Total: total, AnsweredTotal: total}, f.sim.Bill())
		})
	}
}

// validPage knows only what the schema fault changes: names and types of the top level.
func validPage(document map[string]any) bool {
	for _, name := range []string{"title", "meta_description", "h1", "body", "cta"} {
		if _, ok := document[name].(string); !ok {
			return false
		}
	}
	_, ok := document["sections"].([]any)
	return ok && len(document) == 6
}

func TestFaultsWithoutASchema(t *testing.T) {
	t.Parallel()
	require.Equal(t, `{"unexpected":true}`, faulty(t, claudesim.FaultSchema).post(ask()).message(t).text())
	require.NotEmpty(t, faulty(t, claudesim.FaultMalformed).post(ask()).message(t).text())
	for _, schema := range []string{`{}`, `{"type":"string"}`, `{"type":"object","additionalProperties":false,"properties":{"unexpected":{"type":"boolean"}},"required":["unexpected"]}`} {
		text := faulty(t, claudesim.FaultSchema).post(ask(format(schema))).message(t).text()
		require.True(t, json.Valid([]byte(text)), "%s: %s", schema, text)
	}
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	f := faulty(t, claudesim.FaultRefusal)
	categories := map[string]bool{}
	for n := range 40 {
		r := f.post(askPage(n))
		m := r.message(t)
		require.Equal(t, "refusal", m.StopReason)
		require.Empty(t, m.Content)
		var details struct {
			StopDetails struct {
				Type     string
				Category *string
			} `json:"stop_details"`
		}
		require.NoError(t, json.Unmarshal(r.body, &details))
		require.Equal(t, "refusal", details.StopDetails.Type)
		if c := details.StopDetails.Category; c != nil {
			categories[*c] = true
		} else {
			categories["null"] = true
		}
	}
	require.Len(t, categories, 6)
	require.Zero(t, f.sim.Bill(), "refused before any output")
}

func TestUsageFault(t *testing.T) {
	t.Parallel()
	f := faulty(t, claudesim.FaultUsage)
	healthy := setup(t, claudesim.Options{})
	ways := map[string]int{}
	for n := range 60 {
		before := f.sim.Bill().Total
		r := f.post(askPage(n))
		billed := f.sim.Bill().Total - before
		truth := healthy.post(askPage(n)).message(t).Usage
		cost := price(truth.Input, truth.Output)
		var body struct {
			Usage *struct {
				Input  *int64 `json:"input_tokens"`
				Output *int64 `json:"output_tokens"`
			}
		}
		require.NoError(t, json.Unmarshal(r.body, &body))
		way := "tripled"
		switch {
		case body.Usage == nil:
			way = "missing"
		case body.Usage.Input == nil:
			way = "null"
		case *body.Usage.Input < 0:
			way = "negative"
		case *body.Usage.Input == 1e12:
			way = "absurd"
		default:
			require.Equal(t, 3*truth.Input, *body.Usage.Input)
			cost = price(3*truth.Input, truth.Output)
		}
		require.Equal(t, cost, billed, way)
		ways[way]++
	}
	require.Len(t, ways, 5)
	require.EqualValues(t, 60, f.sim.Bill().Answered)
}

func TestFaultRatesAreKept(t *testing.T) {
	t.Parallel()
	faults := claudesim.Faults{Status529: 0.1, Truncate: 0.2, Empty: 0.05}
	sim, err := claudesim.New(&claudesim.Options{Seed: 3, Latency: claudesim.NoLatency, Faults: faults, RPM: 1e6})
	require.NoError(t, err)
	const n = 2000
	for range n {
		serve(sim, ask("max_tokens:5"))
	}
	stats := sim.Stats()
	require.Len(t, stats.ByFault, 3)
	require.InDelta(t, 0.1*n, stats.ByFault[claudesim.Fault529], 50)
	require.InDelta(t, 0.2*n, stats.ByFault[claudesim.FaultTruncate], 60)
	require.InDelta(t, 0.05*n, stats.ByFault[claudesim.FaultEmpty], 40)
	require.Equal(t, stats.ByStatus["529"], stats.ByFault[claudesim.Fault529])
	require.EqualValues(t, n, stats.ByStatus["529"]+stats.ByStatus["200"])
}

// brokenPipe is a client that cannot be written to.
type brokenPipe struct {
	*httptest.ResponseRecorder
	flushOnly bool
}

var errPipe = errors.New("broken pipe")

func (b brokenPipe) Write(p []byte) (int, error) {
	if b.flushOnly {
		return len(p), nil
	}
	return 0, errPipe
}

func (b brokenPipe) FlushError() error { return errPipe }

func (brokenPipe) closed() brokenPipe { return brokenPipe{httptest.NewRecorder(), false} }

func TestFailedWriteIsNotAnAnswer(t *testing.T) {
	t.Parallel()
	for _, flushOnly := range []bool{false, true} {
		f := setup(t, claudesim.Options{})
		f.sim.ServeHTTP(brokenPipe{httptest.NewRecorder(), flushOnly}, request(ask()))
		require.EqualValues(t, 1, f.sim.Bill().Requests)
		require.Zero(t, f.sim.Bill().Answered)
		require.Zero(t, f.sim.Bill().AnsweredTotal)
		require.EqualValues(t, 1, f.sim.Stats().Aborted)
		require.Zero(t, f.sim.Stats().InFlight)
	}
}

func TestEnumsInAnotherCase(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ schema, want string }{
		"Lower":  {`{"type":"string","enum":["red"]}`, `"RED"`},
		"Upper":  {`{"type":"string","enum":["RED"]}`, `"red"`},
		"Const":  {`{"const":"Red"}`, `"RED"`},
		"Number": {`{"enum":[7]}`, `7`},
		"Inside": {`{"type":"object","additionalProperties":false,"required":["a"],"properties":{"a":{"type":"string","enum":["x"]}}}`, `{"a":"X"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, faulty(t, claudesim.FaultEnumCase).post(ask(format(test.schema))).message(t).text())
		})
	}
}

// TestSlowAnswers: slow headers come a minute after the answer was finished, a slow body's last byte a minute
// after its first, both in simulated time.
func TestSlowAnswers(t *testing.T) {
	t.Parallel()
	for _, faults := range []claudesim.Faults{{SlowHeaders: 1}, {SlowBody: 1}} {
		for _, stream := range []string{"stream:false", "stream:true"} {
			clock := newWallClock()
			sim, err := claudesim.New(&claudesim.Options{Now: clock.Now, Sleep: clock.Sleep, Latency: claudesim.NoLatency, Speed: 2, Faults: faults})
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, serve(sim, ask(stream)).Code)
			require.Equal(t, 30*time.Second, clock.Now().Sub(newWallClock().Now()).Round(time.Millisecond))
			require.EqualValues(t, 1, sim.Bill().Answered)
		}
	}
	f := setup(t, claudesim.Options{Faults: claudesim.Faults{SlowBody: 1}, Speed: 1000})
	require.NotEmpty(t, f.post(ask()).message(t).text())
	f.sim.ServeHTTP(brokenPipe{httptest.NewRecorder(), false}, request(ask()))
	require.EqualValues(t, 1, f.sim.Bill().Answered)
	require.EqualValues(t, 1, f.sim.Stats().Aborted)
}
