package claudesim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// fixture is a simulator behind a real HTTP server.
type fixture struct {
	*testing.T
	sim    *claudesim.Sim
	server *httptest.Server
}

// setup starts a simulator; without a latency of their own, the options get none.
func setup(t *testing.T, options claudesim.Options) *fixture {
	t.Helper()
	if options.Latency == 0 {
		options.Latency = claudesim.NoLatency
	}
	sim, err := claudesim.New(&options)
	require.NoError(t, err)
	f := &fixture{T: t, sim: sim, server: httptest.NewServer(sim)}
	t.Cleanup(func() {
		sim.Close()
		f.server.Close()
	})
	return f
}

// reply is an HTTP answer; err is what the client got instead of a whole one.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error
}

func (r reply) message(t *testing.T) message {
	t.Helper()
	require.NoError(t, r.err)
	require.Equal(t, http.StatusOK, r.status, string(r.body))
	var m message
	require.NoError(t, json.Unmarshal(r.body, &m))
	return m
}

// message is the part of an answer that the tests look at.
type message struct {
	ID, Type, Role, Model string
	Content               []struct{ Type, Text, Signature string }
	StopReason            string  `json:"stop_reason"`
	StopSequence          *string `json:"stop_sequence"`
	Usage                 struct {
		Input    int64 `json:"input_tokens"`
		Write    int64 `json:"cache_creation_input_tokens"`
		Read     int64 `json:"cache_read_input_tokens"`
		Creation struct {
			Short int64 `json:"ephemeral_5m_input_tokens"`
			Long  int64 `json:"ephemeral_1h_input_tokens"`
		} `json:"cache_creation"`
		Output   int64  `json:"output_tokens"`
		Tier     string `json:"service_tier"`
		Thinking struct {
			Tokens int64 `json:"thinking_tokens"`
		} `json:"output_tokens_details"`
	}
}

func (m message) text() string {
	for _, block := range m.Content {
		if block.Type == "text" {
			return block.Text
		}
	}
	return ""
}

// edit changes a valid request before it is sent.
type edit func(*http.Request)

func without(header string) edit { return func(r *http.Request) { r.Header.Del(header) } }

func with(header, value string) edit { return func(r *http.Request) { r.Header.Set(header, value) } }

func (f *fixture) send(method, path, body string, edits ...edit) reply {
	r, err := http.NewRequestWithContext(f.Context(), method, f.server.URL+path, strings.NewReader(body))
	require.NoError(f, err)
	r.Header.Set("X-Api-Key", "sk-test")
	r.Header.Set("Anthropic-Version", "2023-06-01")
	r.Header.Set("Content-Type", "application/json")
	for _, e := range edits {
		e(r)
	}
	response, err := f.server.Client().Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, content, err}
}

func (f *fixture) post(body string, edits ...edit) reply {
	return f.send(http.MethodPost, "/v1/messages", body, edits...)
}

// ask is a valid body with the thinking of Haiku 5.5 off; members are added or replaced.
func ask(members ...string) string {
	all := map[string]json.RawMessage{
		"model": json.RawMessage(`"claude-haiku-5-5"`), "max_tokens": json.RawMessage(`4096`),
		"messages": json.RawMessage(`[{"role":"user","content":"Say something about the sea."}]`),
		"thinking": json.RawMessage(`{"type":"disabled"}`),
	}
	for _, m := range members {
		name, value, _ := strings.Cut(m, ":")
		if value == "" {
			delete(all, name)
			continue
		}
		all[name] = json.RawMessage(value)
	}
	body, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(body)
}

const pageSchema = `{"type":"object","additionalProperties":false,"required":["title","meta_description","h1","body","sections","cta"],` +
	`"properties":{"title":{"type":"string"},"meta_description":{"type":"string"},"h1":{"type":"string"},"body":{"type":"string"},` +
	`"sections":{"type":"array","minItems":1,"items":{"type":"object","additionalProperties":false,"required":["heading","content"],` +
	`"properties":{"heading":{"type":"string"},"content":{"type":"string"}}}},"cta":{"type":"string"}}}`

// askPage is the request for page n.
func askPage(n int, members ...string) string {
	prompt := fmt.Sprintf("Write the page.\nbusiness_name: Harbor Plumbing\ncity: Town%d\nstate: MA\nphone: (978) 555-0142\n"+
		"primary_keyword: emergency plumber\nword_count: 400\ncontent_language: English\ncta_text: Call us today", n)
	content, _ := json.Marshal(prompt)
	return ask(append([]string{`messages:[{"role":"user","content":` + string(content) + `}]`, format(pageSchema)}, members...)...)
}

func format(schema string) string {
	return `output_config:{"format":{"type":"json_schema","schema":` + schema + `}}`
}

// bill reads /sim/bill as text, which has one exact form.
func (f *fixture) bill() string {
	r := f.send(http.MethodGet, "/sim/bill", "")
	require.NoError(f, r.err)
	return string(bytes.TrimSpace(r.body))
}

func billText(requests, answered int, total, answeredUSD string) string {
	return fmt.Sprintf(`{"requests":%d,"answered":%d,"total_usd":"%s","answered_usd":"%s","batched":0,"batched_usd":"0.000000000000","cache_write_tokens":0,"cache_read_tokens":0}`,
		requests, answered, total, answeredUSD)
}

// price is Haiku 5.5 in pico-dollars, worked out by hand: 0.10 and 0.50 dollars per million tokens, five
// times as much for everything above 100,000 prompt tokens.
func price(input, output int64) claudesim.PicoUSD {
	if input > 100_000 {
		return claudesim.PicoUSD(input*500_000 + output*2_500_000)
	}
	return claudesim.PicoUSD(input*100_000 + output*500_000)
}
