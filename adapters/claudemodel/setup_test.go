package claudemodel_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const testKey = "sk-test-0123456789abcdef"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// provider is a server that answers every request in one way.
type provider struct {
	*httptest.Server
	requests atomic.Int32
}

// serve starts a provider. The handler gets requests whose bodies have been read.
func serve(t *testing.T, handler http.HandlerFunc) *provider {
	t.Helper()
	p := &provider{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		p.requests.Add(1)
		handler(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// responds is a handler that says this. Headers are pairs of name and value.
func responds(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("request-id", "req_123")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// newModel returns a Model for an address.
func newModel(t *testing.T, url string, options *claudemodel.Options) *claudemodel.Model {
	t.Helper()
	if options == nil {
		options = &claudemodel.Options{}
	}
	options.BaseURL = url
	model, err := claudemodel.New(testKey, options)
	require.NoError(t, err)
	t.Cleanup(model.Close)
	return model
}

// call makes one call to a provider that responds so.
func call(t *testing.T, handler http.HandlerFunc) (ports.Reply, error) {
	t.Helper()
	p := serve(t, handler)
	reply, err := newModel(t, p.URL, nil).Call(t.Context(), request())
	require.EqualValues(t, 1, p.requests.Load(), "one call is one request")
	return reply, err
}

func request() job.Request {
	return job.Request{Model: "claude-haiku-5-5", System: "Write as a plumber would.", Prompt: "Drains in Dover.", MaxTokens: 900}
}

// object is a JSON object in the making.
type object map[string]any

// message is a whole answer, changed by the given functions.
func message(changes ...func(object)) string {
	m := object{
		"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5",
		"content":     []any{object{"type": "text", "text": "hello"}},
		"stop_reason": "end_turn", "stop_sequence": nil,
		"usage": object{"input_tokens": 12, "output_tokens": 34},
	}
	for _, change := range changes {
		change(m)
	}
	body, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(body)
}

// with sets a field of a message.
func with(field string, value any) func(object) {
	return func(m object) { m[field] = value }
}

// errorBody is the provider's envelope.
func errorBody(kind, text string) string {
	body, err := json.Marshal(object{
		"type": "error", "error": object{"type": kind, "message": text}, "request_id": "req_123",
	})
	if err != nil {
		panic(err)
	}
	return string(body)
}
