package claudemodel_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

func TestAnswer(t *testing.T) {
	t.Parallel()
	reply, err := call(t, responds(200, message()))
	require.NoError(t, err)
	require.Equal(t, ports.Reply{Answer: job.Answer{
		Text: "hello", Stop: job.StopEndTurn, Model: "claude-haiku-5-5", MessageID: "msg_1", RequestID: "req_123",
		Usage: cost.Usage{Input: 12, Output: 34}, UsageOK: true,
	}}, reply)
}

func TestStopReasons(t *testing.T) {
	t.Parallel()
	for _, stop := range []job.StopReason{
		job.StopEndTurn, job.StopMaxTokens, job.StopSequence, job.StopToolUse, job.StopPauseTurn, job.StopRefusal,
		job.StopContextWindow, "a_reason_of_tomorrow", "",
	} {
		t.Run(string(stop), func(t *testing.T) {
			t.Parallel()
			reply, err := call(t, responds(200, message(with("stop_reason", stop))))
			require.NoError(t, err)
			require.Equal(t, stop, reply.Stop)
			require.Equal(t, "hello", reply.Text)
		})
	}
}

func TestRefusalDetails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		details any
		want    string
	}{
		"both":             {object{"type": "refusal", "category": "cyber", "explanation": "No."}, "cyber: No."},
		"a category":       {object{"type": "refusal", "category": "bio", "explanation": nil}, "bio"},
		"an explanation":   {object{"type": "refusal", "category": nil, "explanation": "No."}, "No."},
		"a new category":   {object{"category": "of_tomorrow"}, "of_tomorrow"},
		"null":             {nil, ""},
		"another type":     {"refused", ""},
		"other types":      {object{"category": 5, "explanation": []int{1}}, ""},
		"a list of things": {[]any{object{"category": "bio"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, err := call(t, responds(200, message(with("stop_reason", "refusal"), with("stop_details", test.details))))
			require.NoError(t, err)
			require.Equal(t, job.StopRefusal, reply.Stop)
			require.Equal(t, test.want, reply.Detail)
		})
	}
}

// TestUnbilledRefusals: only a refusal before any output is free, and only if it is certain that it was one.
func TestUnbilledRefusals(t *testing.T) {
	t.Parallel()
	const none, some = `{"input_tokens":12,"output_tokens":0}`, `{"input_tokens":12,"output_tokens":3}`
	blocks := func(text string) json.RawMessage { return json.RawMessage(text) }
	for name, test := range map[string]struct {
		stop     job.StopReason
		content  json.RawMessage
		usage    string
		unbilled bool
	}{
		"before any output":      {job.StopRefusal, blocks(`[]`), none, true},
		"with spaces":            {job.StopRefusal, blocks(`[ ]`), none, true},
		"output was counted":     {job.StopRefusal, blocks(`[]`), some, false},
		"in the middle":          {job.StopRefusal, blocks(`[{"type":"text","text":"Well"}]`), some, false},
		"an empty text":          {job.StopRefusal, blocks(`[{"type":"text","text":""}]`), none, false},
		"after thinking":         {job.StopRefusal, blocks(`[{"type":"thinking","thinking":"hm"}]`), none, false},
		"content is null":        {job.StopRefusal, blocks(`null`), none, false},
		"content is no list":     {job.StopRefusal, blocks(`""`), none, false},
		"usage is null":          {job.StopRefusal, blocks(`[]`), `null`, false},
		"no output in the usage": {job.StopRefusal, blocks(`[]`), `{"input_tokens":12}`, false},
		"a text as output":       {job.StopRefusal, blocks(`[]`), `{"input_tokens":12,"output_tokens":"0"}`, false},
		"no refusal":             {job.StopEndTurn, blocks(`[]`), none, false},
		"a reason of tomorrow":   {"refusal_2", blocks(`[]`), none, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, err := call(t, responds(200, message(with("stop_reason", test.stop), with("content", test.content),
				with("usage", json.RawMessage(test.usage)))))
			require.NoError(t, err)
			require.Equal(t, test.unbilled, reply.Unbilled)
		})
	}
}

func TestContent(t *testing.T) {
	t.Parallel()
	words := object{"type": "text", "text": "hello"}
	thinking := object{"type": "thinking", "thinking": "hmm", "signature": "abc"}
	for name, test := range map[string]struct {
		content any
		want    string
	}{
		"one text":                 {[]any{words}, "hello"},
		"two texts":                {[]any{words, object{"type": "text", "text": " again"}}, "hello again"},
		"thinking first":           {[]any{thinking, words}, "hello"},
		"redacted thinking first":  {[]any{object{"type": "redacted_thinking", "data": "abc"}, words}, "hello"},
		"only thinking":            {[]any{thinking}, ""},
		"a tool between":           {[]any{words, object{"type": "tool_use", "id": "t", "name": "n", "input": object{}}, words}, "hellohello"},
		"a block of tomorrow":      {[]any{object{"type": "song", "text": "la la"}, words}, "hello"},
		"a block without a type":   {[]any{object{"text": "la la"}, words}, "hello"},
		"text of another type":     {[]any{object{"type": "text", "text": 5}, words}, "hello"},
		"text that is null":        {[]any{object{"type": "text", "text": nil}, words}, "hello"},
		"nothing":                  {[]any{}, ""},
		"null":                     {nil, ""},
		"another type":             {"hello", ""},
		"an object":                {words, ""},
		"unicode":                  {[]any{object{"type": "text", "text": "\u00fc\u20ac\U0001f6bf\u0000"}}, "\u00fc\u20ac\U0001f6bf\u0000"},
		"citations beside a text":  {[]any{object{"type": "text", "text": "hello", "citations": []any{object{"type": "x"}}}}, "hello"},
		"unknown fields in a text": {[]any{object{"type": "text", "text": "hello", "mood": "good"}}, "hello"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, err := call(t, responds(200, message(with("content", test.content))))
			require.NoError(t, err)
			require.Equal(t, test.want, reply.Text)
			require.True(t, reply.UsageOK, "the usage is read whatever the content is")
		})
	}
}

func TestFieldsOfOtherTypesReadAsEmpty(t *testing.T) {
	t.Parallel()
	reply, err := call(t, responds(200, message(
		with("id", 5), with("model", true), with("stop_reason", []int{1}), with("role", nil), with("new_field", object{}))))
	require.NoError(t, err)
	require.Empty(t, reply.MessageID)
	require.Empty(t, reply.Model)
	require.Empty(t, reply.Stop)
	require.Equal(t, "hello", reply.Text)
}

func TestAnotherModelIsPassedOn(t *testing.T) {
	t.Parallel()
	reply, err := call(t, responds(200, message(with("model", "claude-other"))))
	require.NoError(t, err)
	require.Equal(t, "claude-other", reply.Model)
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		usage string
		want  cost.Usage
		ok    bool
	}{
		"the least":            {`{"input_tokens":1,"output_tokens":0}`, cost.Usage{Input: 1}, true},
		"no input but a cache": {`{"input_tokens":0,"output_tokens":2,"cache_read_input_tokens":9}`, cost.Usage{Output: 2, CacheRead: 9}, true},
		"everything": {
			`{"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":3,"cache_creation_input_tokens":9,
			"cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":5},
			"output_tokens_details":{"thinking_tokens":1},"service_tier":"standard","inference_geo":"global","speed":"standard"}`,
			cost.Usage{Input: 1, Output: 2, CacheRead: 3, CacheWrite5m: 4, CacheWrite1h: 5}, true,
		},
		"nulls where they may be": {
			`{"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":null,"cache_creation_input_tokens":null,
			"cache_creation":null,"server_tool_use":null}`, cost.Usage{Input: 1, Output: 2}, true,
		},
		"writes without a split":   {`{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":7}`, cost.Usage{Input: 1, Output: 2, CacheWrite5m: 7}, true},
		"half a split":             {`{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_1h_input_tokens":7}}`, cost.Usage{Input: 1, Output: 2, CacheWrite1h: 7}, true},
		"a split that is short":    {`{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":6,"ephemeral_1h_input_tokens":0}}`, cost.Usage{}, false},
		"a split without a sum":    {`{"input_tokens":1,"output_tokens":2,"cache_creation":{"ephemeral_5m_input_tokens":6,"ephemeral_1h_input_tokens":0}}`, cost.Usage{}, false},
		"a split beyond the sum":   {`{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":8,"ephemeral_1h_input_tokens":9223372036854775807}}`, cost.Usage{}, false},
		"a split of another type":  {`{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":7,"cache_creation":7}`, cost.Usage{}, false},
		"a negative part":          {`{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":8,"ephemeral_1h_input_tokens":-1}}`, cost.Usage{}, false},
		"nothing":                  {`{}`, cost.Usage{}, false},
		"null":                     {`null`, cost.Usage{}, false},
		"another type":             {`17`, cost.Usage{}, false},
		"a list":                   {`[1,2]`, cost.Usage{}, false},
		"no output":                {`{"input_tokens":1}`, cost.Usage{}, false},
		"no input":                 {`{"output_tokens":1}`, cost.Usage{}, false},
		"a null input":             {`{"input_tokens":null,"output_tokens":1}`, cost.Usage{}, false},
		"a null output":            {`{"input_tokens":1,"output_tokens":null}`, cost.Usage{}, false},
		"all zero":                 {`{"input_tokens":0,"output_tokens":0}`, cost.Usage{}, false},
		"a negative input":         {`{"input_tokens":-1,"output_tokens":1}`, cost.Usage{}, false},
		"a negative output":        {`{"input_tokens":1,"output_tokens":-1}`, cost.Usage{}, false},
		"a negative cache":         {`{"input_tokens":1,"output_tokens":1,"cache_read_input_tokens":-1}`, cost.Usage{}, false},
		"a text":                   {`{"input_tokens":"12","output_tokens":1}`, cost.Usage{}, false},
		"a fraction":               {`{"input_tokens":1,"output_tokens":1.5}`, cost.Usage{}, false},
		"an exponent":              {`{"input_tokens":1e3,"output_tokens":1}`, cost.Usage{}, false},
		"a boolean":                {`{"input_tokens":true,"output_tokens":1}`, cost.Usage{}, false},
		"a cache of another type":  {`{"input_tokens":1,"output_tokens":1,"cache_read_input_tokens":{}}`, cost.Usage{}, false},
		"more than any model":      {`{"input_tokens":1,"output_tokens":999999999}`, cost.Usage{}, false},
		"a prompt beyond them all": {`{"input_tokens":99999999,"output_tokens":1}`, cost.Usage{}, false},
		"beyond 64 bits":           {`{"input_tokens":1,"output_tokens":18446744073709551617}`, cost.Usage{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.True(t, json.Valid([]byte(test.usage)))
			reply, err := call(t, responds(200, message(with("usage", json.RawMessage(test.usage)))))
			require.NoError(t, err, "the answer is there, whatever was counted")
			require.Equal(t, "hello", reply.Text)
			require.Equal(t, test.ok, reply.UsageOK)
			require.Equal(t, test.want, reply.Usage)
		})
	}
}

// TestWritesWithoutASplit: they were written for as long as the request asked.
func TestWritesWithoutASplit(t *testing.T) {
	t.Parallel()
	for cache, want := range map[cost.Cache]cost.Usage{
		cost.NoCache: {Input: 1, Output: 2, CacheWrite5m: 7},
		cost.Cache5m: {Input: 1, Output: 2, CacheWrite5m: 7},
		cost.Cache1h: {Input: 1, Output: 2, CacheWrite1h: 7},
	} {
		for _, split := range []string{"", `,"cache_creation":null`} {
			usage := `{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":7` + split + `}`
			p := serve(t, responds(200, message(with("usage", json.RawMessage(usage)))))
			r := request()
			r.Cache = cache
			reply, err := newModel(t, p.URL, nil).Call(t.Context(), r)
			require.NoError(t, err)
			require.True(t, reply.UsageOK)
			require.Equal(t, want, reply.Usage, "asked for %q", cache)
		}
		usage := `{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":7,` +
			`"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4}}`
		p := serve(t, responds(200, message(with("usage", json.RawMessage(usage)))))
		r := request()
		r.Cache = cache
		reply, err := newModel(t, p.URL, nil).Call(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, cost.Usage{Input: 1, Output: 2, CacheWrite5m: 3, CacheWrite1h: 4}, reply.Usage, "what is said counts")
	}
}

func TestUsageLeftOut(t *testing.T) {
	t.Parallel()
	reply, err := call(t, responds(200, message(func(m object) { delete(m, "usage") })))
	require.NoError(t, err)
	require.False(t, reply.UsageOK)
	require.Equal(t, "hello", reply.Text)
}

// TestBodiesThatAreNoMessage: a 200 was billed, most likely, and what it said is lost.
func TestBodiesThatAreNoMessage(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing":              "",
		"cut JSON":             message()[:60],
		"no JSON":              "<html>hello</html>",
		"two messages":         message() + message(),
		"a message and more":   message() + "x",
		"null":                 "null",
		"a list":               "[" + message() + "]",
		"a text":               `"hello"`,
		"a number":             "5",
		"an empty object":      "{}",
		"an error":             errorBody("overloaded_error", "Overloaded"),
		"an error of tomorrow": errorBody("new_error", "New"),
		"another object":       message(with("type", "completion")),
		"a type of no text":    message(with("type", 5)),
		"very deep JSON":       strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, err := call(t, responds(200, body))
			require.Equal(t, fault.Unavailable, fault.KindOf(err))
			require.True(t, fault.Unknown(err))
			require.Equal(t, ports.Reply{Answer: job.Answer{RequestID: "req_123"}}, reply)
			require.EqualError(t, err, "claudemodel: call claude-haiku-5-5: 200 with a body that is no message (request req_123)"+
				map[string]string{"an error": " - Overloaded", "an error of tomorrow": " - New"}[name])
		})
	}
}

func TestContentTypeDoesNotMatter(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"text/plain", "text/html; charset=utf-8", "application/problem+json", "nonsense;;"} {
		reply, err := call(t, responds(200, message(), "Content-Type", contentType))
		require.NoError(t, err, contentType)
		require.Equal(t, "hello", reply.Text)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	headers := []string{
		"anthropic-ratelimit-requests-limit", "1000", "anthropic-ratelimit-requests-remaining", "999",
		"anthropic-ratelimit-requests-reset", "2026-03-01T12:00:01Z",
		"anthropic-ratelimit-input-tokens-limit", "2000000", "anthropic-ratelimit-input-tokens-remaining", "1998000",
		"anthropic-ratelimit-input-tokens-reset", "2026-03-01T12:00:02Z",
		"anthropic-ratelimit-output-tokens-limit", "400000", "anthropic-ratelimit-output-tokens-remaining", "396000",
		"anthropic-ratelimit-output-tokens-reset", "2026-03-01T12:00:03.5Z",
		"anthropic-ratelimit-tokens-limit", "2400000", "anthropic-ratelimit-tokens-remaining", "0",
		"anthropic-ratelimit-tokens-reset", "2026-03-01T14:00:04+02:00",
	}
	at := func(ms int) time.Time { return time.Date(2026, time.March, 1, 12, 0, 0, ms*1e6, time.UTC) }
	want := ports.Limits{
		Requests: ports.Limit{Known: true, Max: 1000, Remaining: 999, Reset: at(1000)},
		Input:    ports.Limit{Known: true, Max: 2_000_000, Remaining: 1_998_000, Reset: at(2000)},
		Output:   ports.Limit{Known: true, Max: 400_000, Remaining: 396_000, Reset: at(3500)},
		Tokens:   ports.Limit{Known: true, Max: 2_400_000, Remaining: 0, Reset: at(4000)},
	}
	reply, err := call(t, responds(200, message(), headers...))
	require.NoError(t, err)
	require.Equal(t, want, reply.Limits)

	reply, err = call(t, responds(429, errorBody("rate_limit_error", "Slow down"), headers...))
	require.ErrorIs(t, err, fault.Throttled)
	require.Equal(t, want, reply.Limits, "they come with refusals too")
	require.Equal(t, "req_123", reply.RequestID)
}

// TestLimitsAreNotSwapped sends the headers of one bucket at a time, so that none can be taken from another's.
func TestLimitsAreNotSwapped(t *testing.T) {
	t.Parallel()
	reset := time.Date(2026, time.March, 1, 12, 0, 1, 0, time.UTC)
	for bucket, field := range map[string]func(*ports.Limits) *ports.Limit{
		"requests":      func(l *ports.Limits) *ports.Limit { return &l.Requests },
		"input-tokens":  func(l *ports.Limits) *ports.Limit { return &l.Input },
		"output-tokens": func(l *ports.Limits) *ports.Limit { return &l.Output },
		"tokens":        func(l *ports.Limits) *ports.Limit { return &l.Tokens },
	} {
		name := "anthropic-ratelimit-" + bucket
		var want ports.Limits
		*field(&want) = ports.Limit{Known: true, Max: 70, Remaining: 7, Reset: reset}
		reply, err := call(t, responds(200, message(), name+"-limit", "70", name+"-remaining", "7", name+"-reset", "2026-03-01T12:00:01Z"))
		require.NoError(t, err)
		require.Equal(t, want, reply.Limits, bucket)
	}
}

func TestLimitsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	const bucket = "anthropic-ratelimit-input-tokens"
	for name, headers := range map[string][]string{
		"no reset":         {bucket + "-limit", "5", bucket + "-remaining", "5"},
		"no remaining":     {bucket + "-limit", "5", bucket + "-reset", "2026-03-01T12:00:01Z"},
		"no limit":         {bucket + "-remaining", "5", bucket + "-reset", "2026-03-01T12:00:01Z"},
		"a negative limit": {bucket + "-limit", "-5", bucket + "-remaining", "5", bucket + "-reset", "2026-03-01T12:00:01Z"},
		"a negative rest":  {bucket + "-limit", "5", bucket + "-remaining", "-5", bucket + "-reset", "2026-03-01T12:00:01Z"},
		"words":            {bucket + "-limit", "many", bucket + "-remaining", "5", bucket + "-reset", "2026-03-01T12:00:01Z"},
		"another date":     {bucket + "-limit", "5", bucket + "-remaining", "5", bucket + "-reset", "Sun, 01 Mar 2026 12:00:01 GMT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, err := call(t, responds(200, message(), headers...))
			require.NoError(t, err)
			require.Equal(t, ports.Limits{}, reply.Limits)
		})
	}
}
