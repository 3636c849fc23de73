package claudemodel_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "record the exchanges in testdata anew")

// recording is the file of one conversation.
type recording struct {
	Exchanges []recorded      `json:"exchanges"`
	Outcomes  json.RawMessage `json:"outcomes"`
}

type recorded struct {
	Request  recordedRequest  `json:"request"`
	Response recordedResponse `json:"response"`
}

// recordedRequest has the headers that mean something to the provider. The key is left out, and so is what the client
// says of itself and its machine.
type recordedRequest struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body,omitempty"`
}

type recordedResponse struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

var requestHeaders = []string{"accept", "content-type", "anthropic-version", "anthropic-beta", "x-stainless-retry-count", "x-stainless-timeout"}

func requestOf(r *http.Request) recordedRequest {
	body, _ := io.ReadAll(r.Body)
	seen := recordedRequest{Method: r.Method, Path: r.URL.RequestURI(), Headers: map[string]string{}, Body: string(body)}
	for _, name := range requestHeaders {
		if value := r.Header.Get(name); value != "" {
			seen.Headers[name] = value
		}
	}
	return seen
}

// scrub takes the key out of a text.
func scrub(text string) string { return strings.ReplaceAll(text, testKey, "[key]") }

// recorder stands before a provider and keeps what passes.
type recorder struct {
	*httptest.Server
	mu        sync.Mutex
	exchanges []recorded
}

func record(t *testing.T, provider http.Handler) *recorder {
	t.Helper()
	r := &recorder{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		seen := requestOf(request)
		request.Body = io.NopCloser(strings.NewReader(seen.Body))
		buffer := httptest.NewRecorder()
		provider.ServeHTTP(buffer, request)
		response := recordedResponse{Status: buffer.Code, Headers: map[string]string{}, Body: buffer.Body.String()}
		response.Body = strings.ReplaceAll(response.Body, "http://"+request.Host, "https://api.anthropic.com")
		for name := range buffer.Header() {
			if name = strings.ToLower(name); matters(name) {
				response.Headers[name] = buffer.Header().Get(name)
			}
		}
		r.mu.Lock()
		r.exchanges = append(r.exchanges, recorded{seen, response})
		r.mu.Unlock()
		response.write(w)
	}))
	t.Cleanup(r.Close)
	return r
}

// matters tells the headers of a response that an adapter may read.
func matters(name string) bool {
	return strings.HasPrefix(name, "anthropic-ratelimit-") || strings.HasPrefix(name, "retry-after") ||
		slices.Contains([]string{"content-type", "request-id", "x-should-retry"}, name)
}

func (r recordedResponse) write(w http.ResponseWriter) {
	for name, value := range r.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(r.Status)
	_, _ = io.WriteString(w, r.Body)
}

// save writes the file. It is readable: no character of a body is written as a number where it need not be.
func (r *recorder) save(t *testing.T, file string, outcomes []outcome) {
	t.Helper()
	raw, err := json.Marshal(outcomes)
	require.NoError(t, err)
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(recording{r.exchanges, raw}))
	require.NoError(t, os.MkdirAll("testdata", 0o755))
	require.NoError(t, os.WriteFile(file, []byte(scrub(text.String())), 0o644))
}

// answering is a provider that says the body, or else what the next handler does.
func answering(next http.Handler, status int, body string) http.Handler {
	if body == "" {
		return next
	}
	return responds(status, body)
}

// player answers with what was recorded, in that order.
type player struct {
	*httptest.Server
	recording recording
	mu        sync.Mutex
	next      int
	wrong     []string
}

func play(t *testing.T, file string) *player {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err, "record it with: go test ./adapters/claudemodel -run TestRecordings -update")
	p := &player{}
	require.NoError(t, json.Unmarshal(text, &p.recording))
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.next == len(p.recording.Exchanges) {
			p.wrong = append(p.wrong, "one request more: "+request.URL.Path)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		exchange := p.recording.Exchanges[p.next]
		p.next++
		want, _ := json.MarshalIndent(exchange.Request, "", " ")
		got, _ := json.MarshalIndent(requestOf(request), "", " ")
		if !bytes.Equal(want, got) || request.Header.Get("x-api-key") != testKey {
			p.wrong = append(p.wrong, "sent "+string(got)+"\nrecorded "+string(want))
		}
		exchange.Response.write(w)
	}))
	t.Cleanup(p.Close)
	return p
}

// ended checks that all that was recorded was asked for, and nothing else.
func (p *player) ended(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Empty(t, p.wrong)
	require.Equal(t, len(p.recording.Exchanges), p.next)
}
