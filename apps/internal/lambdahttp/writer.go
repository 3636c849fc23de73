package lambdahttp

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// errTooLarge is what a handler gets that writes on and on.
var errTooLarge = errors.New("lambdahttp: the answer is too large")

// writer collects an answer.
type writer struct {
	header   http.Header // the handler's, for as long as it may change
	sent     http.Header // as they were when the answer began; nil before
	status   int
	body     []byte
	head     bool // of a HEAD request
	overflow bool // more was written than can travel
}

var (
	_ http.ResponseWriter = (*writer)(nil)
	_ http.Flusher        = (*writer)(nil)
)

func (w *writer) Header() http.Header { return w.header }

// WriteHeader begins the answer. As with net/http, what is no status is a bug of the caller's, and the second call does nothing.
func (w *writer) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("lambdahttp: WriteHeader: %d is no status", status))
	}
	if w.sent != nil || status < 200 {
		return
	}
	w.status, w.sent = status, w.header.Clone()
}

// Write keeps what is written as far as it may travel, so that a handler that writes without end fills no memory.
func (w *writer) Write(p []byte) (int, error) {
	w.Flush()
	switch {
	case !bodyAllowed(w.status):
		return 0, http.ErrBodyNotAllowed
	case w.overflow || len(w.body)+len(p) > AnswerLimit:
		w.overflow, w.body = true, nil
		return 0, errTooLarge
	}
	w.body = append(w.body, p...)
	return len(p), nil
}

// Flush begins the answer and sends nothing.
func (w *writer) Flush() { w.WriteHeader(http.StatusOK) }

// answer is what was collected, once the handler has returned.
func (w *writer) answer(event events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	w.Flush()
	text, encoded, fits := travelling(w.body)
	if w.overflow || !fits {
		return tooLarge().answer(event, w.header)
	}
	if w.head {
		text, encoded = "", false
	}
	answer := events.APIGatewayV2HTTPResponse{StatusCode: w.status, Body: text, IsBase64Encoded: encoded}
	answer.Headers, answer.Cookies = said(w)
	return answer
}

// bodyAllowed says whether an answer with this status can have a body (RFC 9110, 6.4.1).
func bodyAllowed(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}
