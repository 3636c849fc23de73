package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// hctx has another name than its method Context, so that it can be embedded.
type hctx = huma.Context

// answer holds what a row answers until it has been checked. Streams pass through.
type answer struct {
	hctx
	header http.Header
	w      http.ResponseWriter
	status int
	buffer bytes.Buffer
	// body is the request's, when it was read before.
	body []byte
	// sent is true once any of it is on its way.
	sent    bool
	checked bool
}

// Unwrap lets huma find the request.
func (h *answer) Unwrap() huma.Context { return h.hctx }

// SetStatus implements huma.Context.
func (h *answer) SetStatus(status int) { h.status = status }

// Status implements huma.Context.
func (h *answer) Status() int { return h.status }

// BodyWriter implements huma.Context.
func (h *answer) BodyWriter() io.Writer { return &h.buffer }

// BodyReader implements huma.Context.
func (h *answer) BodyReader() io.Reader {
	if h.body != nil {
		return bytes.NewReader(h.body)
	}
	return h.hctx.BodyReader()
}

// stream begins an answer that is sent while it is made.
func (h *answer) stream(status int, contentType string) io.Writer {
	h.sent, h.status = true, status
	h.header.Set("Content-Type", contentType)
	h.w.WriteHeader(status)
	return h.w
}

func (h *answer) problem(p *Problem) {
	h.buffer.Reset()
	h.status = p.Status
	p.headers(h.header)
	h.header.Del("Etag") // that of the answer which it takes the place of
	h.header.Set("Cache-Control", "no-store")
	h.header.Set("Content-Type", problemType)
	_ = json.NewEncoder(&h.buffer).Encode(p) // texts and numbers always marshal
}

func (h *answer) replay(stored backoffice.Answer) {
	h.status, h.checked = stored.Status, true
	for name, value := range stored.Header {
		h.header.Set(name, value)
	}
	h.header.Set("Idempotency-Replayed", "true")
	h.buffer.Write(stored.Body)
}

// finish checks the answer, keeps it for the request's key, notes a failure in the trail, and sends it.
func (a *API) finish(req *http.Request, c *call, held *answer) {
	if held.sent {
		return
	}
	tagged := c.route.polled() && held.status == http.StatusOK && c.problem == nil
	if tagged && held.unchanged(req) { // nothing of it is sent, so nothing of it is checked
		held.header.Del("Content-Type")
		held.w.WriteHeader(http.StatusNotModified)
		return
	}
	a.check(req, c, held)
	a.keep(req, c, held)
	if (c.route.changes() && held.status >= 400 || denies(held.status)) && held.header.Get("Idempotency-Replayed") == "" {
		a.noteFailure(req, c, held.status)
	}
	if held.status == 0 {
		held.status = c.route.status
	}
	if held.status != http.StatusNoContent {
		held.header.Set("Content-Length", strconv.Itoa(held.buffer.Len()))
	}
	held.sent = true
	held.w.WriteHeader(held.status)
	_, _ = held.w.Write(held.buffer.Bytes())
}

// unchanged sets the ETag and reports whether the caller has this very answer.
func (h *answer) unchanged(req *http.Request) bool {
	tag := h.header.Get("Etag")
	if tag == "" {
		sum := sha256.Sum256(h.buffer.Bytes())
		tag = `"` + hex.EncodeToString(sum[:12]) + `"`
		h.header.Set("Etag", tag)
	}
	h.header.Set("Cache-Control", "private, no-cache")
	h.header.Add("Vary", "Authorization, Cookie")
	for _, has := range strings.Split(req.Header.Get("If-None-Match"), ",") {
		if has = strings.TrimSpace(has); has == "*" || strings.TrimPrefix(has, "W/") == tag {
			return true
		}
	}
	return false
}
