package claudesim_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

func TestAnswerHasEveryField(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	var body map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(f.post(ask(`inference_geo:"us"`)).body, &body))
	require.ElementsMatch(t, []string{"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "stop_details", "usage"}, keys(body))
	require.Regexp(t, `^"msg_01[0-9A-Za-z]{22}"$`, string(body["id"]))
	require.Equal(t, `"assistant"`, string(body["role"]))
	require.Equal(t, `"end_turn"`, string(body["stop_reason"]))
	require.Equal(t, "null", string(body["stop_sequence"]))
	require.Equal(t, "null", string(body["stop_details"]))
	var usage map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(body["usage"], &usage))
	require.ElementsMatch(t, []string{"input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
		"cache_creation", "output_tokens_details", "server_tool_use", "service_tier", "speed", "inference_geo"}, keys(usage))
	require.Equal(t, `"standard"`, string(usage["service_tier"]))
	require.Equal(t, `"us"`, string(usage["inference_geo"]))
	require.Equal(t, `{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}`, string(usage["cache_creation"]))
}

func keys(m map[string]json.RawMessage) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	return names
}

func TestOutputTokensAreCountedFromTheText(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	m := f.post(askPage(1)).message(t)
	require.EqualValues(t, (utf8.RuneCountInString(m.text())*2+4)/5, m.Usage.Output)
}

func TestPromptTokensStayBelowTheReservation(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	for _, text := range []string{"x", "Short.", strings.Repeat("word ", 2000), strings.Repeat("áéíóú ", 500), strings.Repeat("日本", 900)} {
		content, _ := json.Marshal(text)
		body := ask(`messages:[{"role":"user","content":`+string(content)+`}]`, format(pageSchema), `system:"Be brief."`)
		input := f.post(body).message(t).Usage.Input
		most := (len(text)+len("Be brief.")+1)/2 + 1000
		require.LessOrEqual(t, input, int64(most))
		require.GreaterOrEqual(t, input, int64(utf8.RuneCountInString(text)*2/5))
	}
	long := `{"type":"object","additionalProperties":false,"properties":{"a":{"type":"string","description":"` + strings.Repeat("x", 90_000) + `"}}}`
	require.LessOrEqual(t, f.post(ask(format(long))).message(t).Usage.Input, int64(1014), "a large schema is capped too")
}

func TestMaxTokensCutsTheAnswer(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	for _, most := range []string{"1", "2", "3", "50", "51"} {
		m := f.post(askPage(1, "max_tokens:"+most)).message(t)
		require.Equal(t, "max_tokens", m.StopReason)
		require.Equal(t, most, string(mustJSON(m.Usage.Output)))
		require.LessOrEqual(t, (utf8.RuneCountInString(m.text())*2+4)/5, int(m.Usage.Output))
		require.False(t, json.Valid([]byte(m.text())))
	}
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func TestThinkingComesFirstAndIsCounted(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	m := f.post(ask("thinking:")).message(t)
	require.Len(t, m.Content, 2)
	require.Equal(t, "thinking", m.Content[0].Type)
	require.NotEmpty(t, m.Content[0].Signature)
	require.Positive(t, m.Usage.Thinking.Tokens)
	require.EqualValues(t, (utf8.RuneCountInString(m.text())*2+4)/5, m.Usage.Output-m.Usage.Thinking.Tokens)

	only := f.post(ask("thinking:", "max_tokens:10")).message(t)
	require.Equal(t, "max_tokens", only.StopReason)
	require.Len(t, only.Content, 1, "all tokens went into thinking")
	require.EqualValues(t, 10, only.Usage.Output)

	budget := f.post(ask(`model:"claude-haiku-4-5"`, `thinking:{"type":"enabled","budget_tokens":1024}`, `output_config:{"effort":"max"}`)).message(t)
	require.LessOrEqual(t, budget.Usage.Thinking.Tokens, int64(1024))
}

func TestStopSequences(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	whole := f.post(ask()).message(t).text()
	words := strings.Fields(whole)
	m := f.post(ask(`stop_sequences:["nowhere","` + words[5] + `"]`)).message(t)
	if m.StopReason == "end_turn" {
		// Another body is another draw; any text has a full stop.
		m = f.post(ask(`stop_sequences:["."]`)).message(t)
	}
	require.Equal(t, "stop_sequence", m.StopReason)
	require.NotNil(t, m.StopSequence)
	require.NotContains(t, m.text(), *m.StopSequence)
}

func TestPagesKeepToTheirSchemaAndFacts(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(pageSchema))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("page.json", document))
	compiled := compiler.MustCompile("page.json")
	bodies := map[string]bool{}
	for n := range 30 {
		text := f.post(askPage(n)).message(t).text()
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		require.NoError(t, err)
		require.NoError(t, compiled.Validate(value))
		require.True(t, strings.HasPrefix(text, `{"title":`), "required properties come in schema order")
		var page struct {
			Title, Body, CTA string
			Sections         []struct{ Heading, Content string }
		}
		require.NoError(t, json.Unmarshal([]byte(text), &page))
		require.Contains(t, page.Title, "Emergency Plumber")
		require.Contains(t, page.Body, "(978) 555-0142")
		require.Equal(t, "Call us today", page.CTA)
		require.Contains(t, page.Body, "Town"+string(mustJSON(n)))
		words := len(strings.Fields(page.Body))
		for _, s := range page.Sections {
			words += len(strings.Fields(s.Content))
		}
		require.GreaterOrEqual(t, words, 350)
		require.LessOrEqual(t, words, 500)
		bodies[page.Body] = true
	}
	require.Len(t, bodies, 30)
}

func TestOutputTokensOption(t *testing.T) {
	t.Parallel()
	generic := format(`{"type":"object","additionalProperties":false,"required":["a","n","b"],"properties":{"a":{"type":"string"},"n":{"type":"integer"},"b":{"type":"string"}}}`)
	for name, body := range map[string]string{"Plain": ask(), "Generic": ask(generic)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, claudesim.Options{OutputTokens: 1000})
			var counts []int64
			for range 31 {
				counts = append(counts, f.post(body).message(t).Usage.Output)
			}
			slices.Sort(counts)
			require.InDelta(t, 1000, counts[15], 200)
			require.Less(t, counts[0]+200, counts[30], "there is a spread")
		})
	}
	t.Run("Page", func(t *testing.T) {
		t.Parallel()
		short, long := setup(t, claudesim.Options{OutputTokens: 10}), setup(t, claudesim.Options{OutputTokens: 100_000})
		require.Less(t, short.post(askPage(1)).message(t).Usage.Output, long.post(askPage(1)).message(t).Usage.Output)
	})
	t.Run("ShorterThanTheDocument", func(t *testing.T) {
		t.Parallel()
		f := setup(t, claudesim.Options{OutputTokens: 1})
		require.Equal(t, "end_turn", f.post(ask(generic)).message(t).StopReason)
		require.Equal(t, "true", strings.Replace(f.post(ask(format(`{"enum":[true]}`))).message(t).text(), " ", "", -1))
	})
}

func TestSameSeedSameFate(t *testing.T) {
	t.Parallel()
	faults := claudesim.Faults{Status529: 0.2, Truncate: 0.2, Schema: 0.1, Malformed: 0.1, Refusal: 0.1, Usage: 0.1}
	run := func(seed uint64, order []int) map[int][]string {
		sim, err := claudesim.New(&claudesim.Options{Seed: seed, Latency: claudesim.NoLatency, Faults: faults})
		require.NoError(t, err)
		answers := map[int][]string{}
		for _, n := range order {
			w := serve(sim, askPage(n))
			answers[n] = append(answers[n], w.Result().Status+withoutRequestID(w.Body.String()))
		}
		return answers
	}
	order := []int{0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	backwards := slices.Clone(order)
	slices.Reverse(backwards)
	first := run(1, order)
	require.Equal(t, first, run(1, backwards))
	require.NotEqual(t, first, run(2, order))
	require.NotEqual(t, first[0][0], first[0][1], "the same request sent twice is generated twice")
}

func TestResetRepeatsTheRun(t *testing.T) {
	t.Parallel()
	sim, err := claudesim.New(&claudesim.Options{Latency: claudesim.NoLatency})
	require.NoError(t, err)
	first := serve(sim, askPage(1)).Body.String()
	require.NotEqual(t, first, serve(sim, askPage(1)).Body.String())
	sim.Reset()
	require.Equal(t, first, serve(sim, askPage(1)).Body.String())
}

func withoutRequestID(s string) string {
	before, _, _ := strings.Cut(s, `"request_id"`)
	return before
}

// serve hands a request to the simulator without a network.
func serve(sim *claudesim.Sim, body string) *httptest.ResponseRecorder {
	return serveTo(sim, http.MethodPost, "/v1/messages", body)
}

func serveTo(sim *claudesim.Sim, method, path, body string, edits ...edit) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), request(body)
	r.Method, r.URL.Path = method, path
	for _, e := range edits {
		e(r)
	}
	sim.ServeHTTP(w, r)
	return w
}

func request(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/messages", strings.NewReader(body))
	r.Header.Set("X-Api-Key", "k")
	r.Header.Set("Anthropic-Version", "2023-06-01")
	r.Header.Set("Content-Type", "application/json")
	return r
}
