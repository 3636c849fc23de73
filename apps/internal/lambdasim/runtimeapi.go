package lambdasim

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Names of the Runtime API, as in the client of aws-lambda-go.
const (
	headerRequestID   = "Lambda-Runtime-Aws-Request-Id"
	headerDeadline    = "Lambda-Runtime-Deadline-Ms"
	headerFunctionARN = "Lambda-Runtime-Invoked-Function-Arn"
	headerTraceID     = "Lambda-Runtime-Trace-Id"
	headerExtensionID = "Lambda-Extension-Identifier"
	trailerErrorType  = "Lambda-Runtime-Function-Error-Type" // an error that a body's reader met on the way
	trailerErrorBody  = "Lambda-Runtime-Function-Error-Body"
)

// routes returns the environment's Runtime API and what of the Extensions API is needed to be sent SIGTERM.
func (e *environment) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", e.handleNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", e.handleResponse)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", e.handleError)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", e.handleInitError)
	mux.HandleFunc("POST /2020-01-01/extension/register", e.handleRegister)
	mux.HandleFunc("GET /2020-01-01/extension/event/next", e.handleEvent)
	return mux
}

// handleNext completes the invocation at hand and blocks until there is another.
func (e *environment) handleNext(w http.ResponseWriter, r *http.Request) {
	e.idle(time.Now())
	select {
	case in := <-e.work:
		e.mu.Lock()
		e.current = in
		e.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set(headerRequestID, in.id)
		w.Header().Set(headerDeadline, strconv.FormatInt(in.deadline.UnixMilli(), 10))
		w.Header().Set(headerFunctionARN, e.config.arn())
		w.Header().Set(headerTraceID, traceID(in.begin))
		_, _ = w.Write(in.payload)
	case <-r.Context().Done():
	}
}

// idle notes that the process waits for work.
func (e *environment) idle(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.init == 0 {
		e.init = now.Sub(e.started)
		e.ready <- struct{}{}
	}
	if e.current != nil {
		close(e.current.done)
		e.current = nil
	}
}

// handleResponse takes the answer of the invocation at hand.
func (e *environment) handleResponse(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, PayloadLimit))
	var beyond *http.MaxBytesError
	switch {
	case errors.As(err, &beyond):
		tooLarge := &FunctionError{ErrorTooLarge, "Response payload size exceeded maximum allowed payload size (6291556 bytes)."}
		if e.answer(r.PathValue("id"), nil, tooLarge) {
			refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", tooLarge.Message)
			return
		}
	case err != nil:
		return // the process died while it wrote; its exit is the outcome
	}
	accept(w, e.answer(r.PathValue("id"), body, trailerError(r.Trailer)))
}

// trailerError returns the error that broke the answer's body off.
func trailerError(trailer http.Header) *FunctionError {
	kind := trailer.Get(trailerErrorType)
	if kind == "" {
		return nil
	}
	fail := FunctionError{Type: kind}
	if body, err := base64.StdEncoding.DecodeString(trailer.Get(trailerErrorBody)); err == nil {
		_ = json.Unmarshal(body, &fail)
	}
	return &fail
}

// handleError takes the failure of the invocation at hand.
func (e *environment) handleError(w http.ResponseWriter, r *http.Request) {
	accept(w, e.answer(r.PathValue("id"), nil, readError(r.Body)))
}

// handleInitError takes the failure of the init.
func (e *environment) handleInitError(w http.ResponseWriter, r *http.Request) {
	fail := readError(r.Body)
	e.mu.Lock()
	e.initFail = fail
	e.mu.Unlock()
	accept(w, true)
}

// readError reads an error as the Runtime API defines it; one that cannot be read is an error all the same.
func readError(body io.Reader) *FunctionError {
	var fail FunctionError
	if err := json.NewDecoder(io.LimitReader(body, PayloadLimit)).Decode(&fail); err != nil {
		fail.Message = "the function reported an error that is not JSON"
	}
	fail.Type = or(fail.Type, "Runtime.UnknownReason")
	return &fail
}

// answer stores the outcome of the invocation at hand and says whether the identifier names it. The first outcome stands.
func (e *environment) answer(id string, body []byte, fail *FunctionError) bool {
	now, rss := time.Now(), e.process.maxRSS()
	e.mu.Lock()
	defer e.mu.Unlock()
	in := e.current
	if in == nil || in.id != id || !in.answered.IsZero() {
		return false
	}
	in.answered, in.rss, in.fail = now, rss, fail
	if fail == nil {
		in.answer = body
	}
	return true
}

// handleRegister registers the extension inside aws-lambda-go that wants SIGTERM before the end.
func (e *environment) handleRegister(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Lambda-Extension-Name") == "" {
		refuse(w, http.StatusForbidden, "Extension.InvalidExtensionName", "Empty extension name")
		return
	}
	e.mu.Lock()
	e.sigterm = true
	e.mu.Unlock()
	w.Header().Set(headerExtensionID, uuid.NewString())
	writeJSON(w, http.StatusOK, map[string]string{"functionName": e.config.Name, "functionVersion": "$LATEST", "handler": "bootstrap"})
}

// handleEvent blocks for good: an extension that listens to no event gets none.
func (e *environment) handleEvent(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get(headerExtensionID) == "" {
		refuse(w, http.StatusForbidden, "Extension.MissingExtensionIdentifier", "Missing extension identifier")
		return
	}
	<-r.Context().Done()
}

// accept answers a report.
func accept(w http.ResponseWriter, known bool) {
	if !known {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	writeJSON(w, http.StatusAccepted, map[string]string{"status": "OK"})
}

// refuse answers with an error of the Runtime API.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	writeJSON(w, status, FunctionError{Type: kind, Message: message})
}

// writeJSON writes an answer.
func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// traceID makes the trace header of an invocation that nobody samples.
func traceID(at time.Time) string {
	random := uuid.New()
	root := strconv.FormatInt(at.Unix(), 16)
	const hexDigits = "0123456789abcdef"
	text := make([]byte, 0, 2*len(random))
	for _, b := range random {
		text = append(text, hexDigits[b>>4], hexDigits[b&15])
	}
	return "Root=1-" + root + "-" + string(text[:24]) + ";Parent=" + string(text[16:]) + ";Sampled=0"
}
