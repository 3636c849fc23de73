package claudesim

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

const (
	headerRequestID    = "Request-Id"
	headerOrganization = "Anthropic-Organization-Id"
	headerVersion      = "Anthropic-Version"

	organization = "c1a0de51-0000-4000-8000-000000000001"
	// mostBody is the largest body of Messages and token counting, in bytes.
	mostBody = 32 << 20
)

// addIdentity writes the headers that every answer of the API has; rate limits are those of an idle model
// until the model of the request is known.
func (s *Sim) addIdentity(h http.Header) {
	h.Set(headerRequestID, s.ids.request())
	h.Set(headerOrganization, organization)
	s.addLimits(h, "")
}

// authenticate checks the headers that every request of the API needs. Any key is as good as another unless
// one was chosen.
func (s *Sim) authenticate(r *http.Request) *apiError {
	key := strings.TrimSpace(r.Header.Get("X-Api-Key"))
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && key == "" {
		key = strings.TrimSpace(bearer)
	}
	if key == "" {
		return unauthorized("x-api-key header is required")
	}
	if only, _ := s.key.Load().(string); only != "" && key != only {
		return unauthorized("invalid x-api-key")
	}
	switch version := r.Header.Get(headerVersion); version {
	case "2023-06-01", "2023-01-01":
		return nil
	case "":
		return invalid("anthropic-version: header is required")
	default:
		return invalid("anthropic-version: \"%s\" is not a valid version", version)
	}
}

// readBody reads a JSON body of at most the given number of bytes.
func (s *Sim) readBody(r *http.Request, most int64) ([]byte, *apiError) {
	if r.ContentLength > most {
		drain(r.Body)
		return nil, tooLarge()
	}
	if e := s.authenticate(r); e != nil {
		return nil, e
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, invalid("content-type: must be application/json")
	}
	var b bytes.Buffer
	b.Grow(int(max(r.ContentLength, 0)) + bytes.MinRead)
	if _, err := b.ReadFrom(io.LimitReader(r.Body, most+1)); err != nil {
		return nil, invalid("The request body could not be read")
	}
	if int64(b.Len()) > most {
		drain(r.Body)
		return nil, tooLarge()
	}
	return b.Bytes(), nil
}

// drain reads on for a while, so that a client that is still sending gets to see the answer.
func drain(body io.Reader) { _, _ = io.CopyN(io.Discard, body, 2*mostBody) }

// encode is JSON as the API writes it: without escapes for HTML, without a final newline.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("claudesim: answer cannot be encoded: " + err.Error()) // a bug here: all answers are plain values
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body := encode(v)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody is left to tell
}
