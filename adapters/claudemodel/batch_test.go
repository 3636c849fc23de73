package claudemodel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// batchBody is a batch as the provider describes it, changed by the given functions.
func batchBody(id string, changes ...func(object)) string {
	b := object{
		"id": id, "type": "message_batch", "processing_status": "in_progress",
		"request_counts": object{"processing": 2, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
		"created_at":     "2026-03-01T12:00:00.123456Z", "expires_at": "2026-03-02T14:00:00.123456+02:00",
		"ended_at": nil, "archived_at": nil, "cancel_initiated_at": nil, "results_url": nil,
	}
	for _, change := range changes {
		change(b)
	}
	body, err := json.Marshal(b)
	if err != nil {
		panic(err)
	}
	return string(body)
}

// aBatch is what batchBody says.
func aBatch(id string) ports.Batch {
	created := time.Date(2026, time.March, 1, 12, 0, 0, 123456000, time.UTC)
	return ports.Batch{ID: id, State: ports.BatchInProgress, Created: created, Expires: created.Add(24 * time.Hour), Processing: 2}
}

func twoLines() []ports.BatchLine {
	other := request()
	other.Prompt = "Boilers in Bath, and some more."
	return []ports.BatchLine{{ID: "page-1-a1", Request: request()}, {ID: "page-2-a1", Request: other}}
}

// batchCalls are all methods that make one exchange, on a batch of that id.
func batchCalls(id string) map[string]func(ctx context.Context, model *claudemodel.Model) error {
	return map[string]func(ctx context.Context, model *claudemodel.Model) error{
		"create": func(ctx context.Context, model *claudemodel.Model) error {
			_, err := model.CreateBatch(ctx, twoLines())
			return err
		},
		"get": func(ctx context.Context, model *claudemodel.Model) error {
			_, err := model.GetBatch(ctx, id)
			return err
		},
		"list": func(ctx context.Context, model *claudemodel.Model) error {
			_, err := model.ListBatches(ctx, time.Time{})
			return err
		},
		"cancel": func(ctx context.Context, model *claudemodel.Model) error {
			_, err := model.CancelBatch(ctx, id)
			return err
		},
		"results": func(ctx context.Context, model *claudemodel.Model) error {
			return model.BatchResults(ctx, id, func(ports.BatchResult) error { return nil })
		},
	}
}

// TestALineIsACall: the params of a line are the body of the same call, byte for byte, with the schema's own order.
func TestALineIsACall(t *testing.T) {
	t.Parallel()
	requests := []job.Request{
		{Model: "claude-haiku-4-5", Prompt: "Hi", MaxTokens: 1},
		{
			Model: "claude-haiku-5-5", System: "Be \"brief\" <b>", Prompt: "Gr\u00fc\u00dfe\n& more", MaxTokens: 128000, Cache: cost.Cache1h,
			Schema: []byte(`{"type": "object", "properties": {"zebra": {"type":"string"}, "apple": {"type":"object",` +
				`"properties":{"b":{"type":"string"},"a":{"type":"string"}}}},"required":["zebra","apple"],"additionalProperties":false}`),
		},
		{Model: "claude-sonnet-5-5", System: "S", Prompt: "P", MaxTokens: 7},
	}
	want := `{"requests":[`
	lines := make([]ports.BatchLine, len(requests))
	for i, request := range requests {
		lines[i] = ports.BatchLine{ID: fmt.Sprint("line_", i), Request: request}
		_, body := sent(t, request)
		want += fmt.Sprintf(`{"custom_id":"line_%d","params":%s},`, i, body)
	}
	want = strings.TrimSuffix(want, ",") + "]}"
	var got *http.Request
	var body []byte
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		responds(200, batchBody("msgbatch_1"))(w, r)
	}))
	t.Cleanup(p.Close)
	batch, err := newModel(t, p.URL, nil).CreateBatch(t.Context(), lines)
	require.NoError(t, err)
	require.Equal(t, aBatch("msgbatch_1"), batch)
	require.Equal(t, want, string(body))
	require.Less(t, strings.Index(want, "zebra"), strings.Index(want, "apple"))
	require.NoError(t, claudemodel.CheckSize(lines, len(body)))
	err = claudemodel.CheckSize(lines, len(body)-1)
	require.ErrorIs(t, err, fault.Invalid)
	require.EqualError(t, err, fmt.Sprintf("claudemodel: create batch: the first 3 of 3 lines are more than %d bytes: send fewer", len(body)-1))
	require.Equal(t, "POST /v1/messages/batches", got.Method+" "+got.URL.RequestURI())
	require.Equal(t, testKey, got.Header.Get("x-api-key"))
	require.Equal(t, "2023-06-01", got.Header.Get("anthropic-version"))
	require.Empty(t, got.Header.Get("anthropic-beta"))
}

func TestBatchesThatAreNotSent(t *testing.T) {
	t.Parallel()
	line := func(id string) ports.BatchLine { return ports.BatchLine{ID: id, Request: request()} }
	bad, cached := line("bad"), line("bad")
	bad.Request.MaxTokens = 0
	cached.Request.Cache = "2h"
	for name, test := range map[string]struct {
		lines []ports.BatchLine
		kind  fault.Kind
		want  string
	}{
		"none":             {nil, fault.Invalid, "0 lines"},
		"too many":         {make([]ports.BatchLine, ports.MaxBatchLines+1), fault.Invalid, "100001 lines"},
		"no id":            {[]ports.BatchLine{line("")}, fault.Invalid, "line 0"},
		"a long id":        {[]ports.BatchLine{line("a"), line(strings.Repeat("a", 65))}, fault.Invalid, "line 1"},
		"a space":          {[]ports.BatchLine{line("a b")}, fault.Invalid, "line 0"},
		"another alphabet": {[]ports.BatchLine{line("\u00fc")}, fault.Invalid, "line 0"},
		"a line break":     {[]ports.BatchLine{line("a\n")}, fault.Invalid, "line 0"},
		"an id twice":      {[]ports.BatchLine{line("a"), line("b"), line("a")}, fault.Invalid, "line 2 has the id a"},
		"no tokens":        {[]ports.BatchLine{line("a"), bad}, fault.Rejected, "line bad: claudemodel: the request allows 0 tokens"},
		"another cache":    {[]ports.BatchLine{cached}, fault.Rejected, `line bad: claudemodel: the request asks for a cache of "2h"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, responds(200, batchBody("msgbatch_1")))
			_, err := newModel(t, p.URL, nil).CreateBatch(t.Context(), test.lines)
			require.Equal(t, test.kind, fault.KindOf(err), "%v", err)
			require.ErrorContains(t, err, "claudemodel: create batch: ")
			require.ErrorContains(t, err, test.want)
			require.False(t, fault.Unknown(err))
			require.Zero(t, p.requests.Load())
			checkMessage(t, err)
		})
	}
}

func TestIdsOfLines(t *testing.T) {
	t.Parallel()
	p := serve(t, responds(200, batchBody("msgbatch_1")))
	lines := twoLines()
	lines[0].ID, lines[1].ID = strings.Repeat("Z", 64), "-_09azAZ"
	_, err := newModel(t, p.URL, nil).CreateBatch(t.Context(), lines)
	require.NoError(t, err)
}

// TestBatchResponses: whatever comes back means for a batch what it means for a call.
func TestBatchResponses(t *testing.T) {
	t.Parallel()
	for _, response := range []struct {
		status int
		body   string
	}{
		{400, errorBody("invalid_request_error", "bad")}, {400, limit400("API")}, {401, html}, {402, ""}, {403, html},
		{404, errorBody("not_found_error", "no")}, {408, ""}, {409, errorBody("conflict_error", "again")}, {413, html},
		{429, errorBody("rate_limit_error", "slow")}, {429, spendCap}, {500, html}, {502, html}, {504, ""},
		{529, errorBody("overloaded_error", "busy")}, {529, html}, {204, ""}, {200, ""}, {200, "[]"}, {302, ""},
	} {
		for name, do := range batchCalls("msgbatch_1") {
			if name == "results" && response.status == 200 {
				continue
			}
			p := serve(t, responds(response.status, response.body, "retry-after", "17"))
			err := do(t.Context(), newModel(t, p.URL, nil))
			_, want := call(t, responds(response.status, response.body, "retry-after", "17"))
			kind := fault.KindOf(want)
			if response.status == 404 && name != "create" && name != "list" {
				kind = fault.NotFound
			}
			require.Equal(t, kind, fault.KindOf(err), "%s: %v", name, err)
			require.Equal(t, fault.Unknown(want), fault.Unknown(err), "%s: %v", name, err)
			require.Equal(t, fault.RetryAfter(want), fault.RetryAfter(err), name)
			require.ErrorContains(t, err, " batch")
			require.ErrorContains(t, err, fmt.Sprint(response.status))
			checkMessage(t, err)
			requests := map[bool]int32{true: 2, false: 1}[name == "cancel" && (response.status == 400 || response.status == 409)]
			require.Equal(t, requests, p.requests.Load(), "%s: nothing is sent twice", name)
		}
	}
}

// TestBatchExchangesThatBreak: the outcome of a create is unknown once it may have been sent.
func TestBatchExchangesThatBreak(t *testing.T) {
	t.Parallel()
	abort := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	cut := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5000")
		responds(200, `{"id":"msgbatch_1",`)(w, r)
	}
	for name, do := range batchCalls("msgbatch_1") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for want, handler := range map[string]http.HandlerFunc{"the connection was closed": abort, "the connection was": cut} {
				p := serve(t, handler)
				err := do(t.Context(), newModel(t, p.URL, nil))
				require.ErrorIs(t, err, fault.Unavailable)
				require.True(t, fault.Unknown(err))
				require.ErrorContains(t, err, want)
				require.EqualValues(t, 1, p.requests.Load())
			}
			err := do(t.Context(), newModel(t, "http://"+closedPort, nil))
			require.ErrorIs(t, err, fault.Unavailable)
			require.False(t, fault.Unknown(err), "%v: nothing was sent", err)

			ended, cancel := context.WithCancel(t.Context())
			cancel()
			p := serve(t, responds(200, batchBody("msgbatch_1")))
			err = do(ended, newModel(t, p.URL, nil))
			require.ErrorIs(t, err, context.Canceled)
			require.False(t, fault.Unknown(err))
			require.Zero(t, p.requests.Load())
		})
		t.Run(name+" hangs", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				client := doer(func(r *http.Request) (*http.Response, error) { requests++; return hangs(r) })
				err := do(t.Context(), newModel(t, "", &claudemodel.Options{HTTPClient: client, Timeout: time.Second}))
				require.ErrorIs(t, err, fault.Unavailable)
				require.True(t, fault.Unknown(err))
				require.ErrorContains(t, err, " 1s before the answer was there")
				require.Equal(t, 1, requests)
			})
		})
	}
}

func TestBatchIds(t *testing.T) {
	t.Parallel()
	p := serve(t, responds(200, batchBody("msgbatch_1")))
	model := newModel(t, p.URL, nil)
	for _, id := range []string{"", ".", "..", "../../models", "a/b", "a?b", "a b", "a%2e", "\u00fc", strings.Repeat("a", 201)} {
		for name, do := range batchCalls(id) {
			if name == "create" || name == "list" {
				continue
			}
			err := do(t.Context(), model)
			require.ErrorIs(t, err, fault.NotFound, "%s %q", name, id)
		}
	}
	require.Zero(t, p.requests.Load(), "no such id goes into an address")
}

func TestBatchesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	counts := func(processing any) func(object) { return with("request_counts", object{"processing": processing}) }
	for name, change := range map[string]func(object){
		"another type":      with("type", "message"),
		"no id":             with("id", nil),
		"an id of a number": with("id", 5),
		"an id of a path":   with("id", "../x"),
		"no state":          with("processing_status", nil),
		"no time":           with("created_at", nil),
		"another time":      with("created_at", "yesterday"),
		"no counts":         with("request_counts", nil),
		"a text as a count": counts("5"),
		"half a line":       counts(1.5),
		"a negative count":  counts(-1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, body := range []string{batchBody("msgbatch_1", change), `{"data":[` + batchBody("msgbatch_1", change) + `]}`} {
				for call, do := range batchCalls("msgbatch_1") {
					if call == "results" {
						continue
					}
					err := do(t.Context(), newModel(t, serve(t, responds(200, body)).URL, nil))
					require.ErrorIs(t, err, fault.Unavailable)
					require.True(t, fault.Unknown(err), "it may have been created")
				}
			}
		})
	}
}

func TestAStateOfTomorrow(t *testing.T) {
	t.Parallel()
	p := serve(t, responds(200, batchBody("msgbatch_1", with("processing_status", "paused"), with("new", 1))))
	batch, err := newModel(t, p.URL, nil).GetBatch(t.Context(), "msgbatch_1")
	require.NoError(t, err)
	require.EqualValues(t, "paused", batch.State)
}

// TestCancelOfAnEndedBatch: the provider refuses, and how the batch stands is the answer.
func TestCancelOfAnEndedBatch(t *testing.T) {
	t.Parallel()
	for status, states := range map[int][]string{400: {"ended", "canceling", "in_progress"}, 409: {"ended"}} {
		for _, state := range states {
			var seen []string
			p := serve(t, func(w http.ResponseWriter, r *http.Request) {
				seen = append(seen, r.Method+" "+r.URL.Path)
				if r.Method == http.MethodPost {
					responds(status, errorBody("invalid_request_error", "it has ended"))(w, r)
					return
				}
				responds(200, batchBody("msgbatch_1", with("processing_status", state)))(w, r)
			})
			batch, err := newModel(t, p.URL, nil).CancelBatch(t.Context(), "msgbatch_1")
			require.Equal(t, []string{"POST /v1/messages/batches/msgbatch_1/cancel", "GET /v1/messages/batches/msgbatch_1"}, seen)
			if state == "in_progress" {
				require.ErrorIs(t, err, fault.Rejected)
				require.ErrorContains(t, err, "cancel batch msgbatch_1: 400 invalid_request_error")
				continue
			}
			require.NoError(t, err)
			require.EqualValues(t, state, batch.State)
		}
	}
}

// TestEchoesOfABatchAreTakenOut has a provider that quotes key and prompts.
func TestEchoesOfABatchAreTakenOut(t *testing.T) {
	t.Parallel()
	lines := twoLines()
	echo := "cannot use " + lines[1].Request.Prompt + " with " + testKey + " and " + lines[0].Request.System + " here"
	create := func(lines []ports.BatchLine) error {
		p := serve(t, responds(400, errorBody("invalid_request_error", echo)))
		_, err := newModel(t, p.URL, nil).CreateBatch(t.Context(), lines)
		require.ErrorIs(t, err, fault.Rejected)
		clean(t, err.Error())
		require.NotContains(t, err.Error(), lines[1].Request.Prompt[:12])
		return err
	}
	require.ErrorContains(t, create(lines), "cannot use [...] with [...] and [...] here")
	lines = append(lines, ports.BatchLine{ID: "large", Request: request()})
	lines[2].Request.Prompt = strings.Repeat("x", 4<<20)
	require.NotContains(t, create(lines).Error(), "cannot use", "there is too much to look for")
}
