package lambdasim

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/aws/aws-lambda-go/events"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// InvokeHTTP invokes the function with a request, as an HTTP API with payload format 2.0, stage $default and route $default does, and
// returns the answer that a client would see. What the function does wrong is an answer too: 500 after an error or an answer that cannot be
// read, 503 when it is throttled, 400 for a path that the API refuses. There is no authorizer: claims are the caller's business. Errors: those
// of a body that cannot be read, else Invoke's.
func (f *Function) InvokeHTTP(ctx context.Context, r *http.Request) (*http.Response, error) {
	if _, err := httpPath(r.URL); err != nil {
		return plainAnswer(r, http.StatusBadRequest, "Bad Request"), nil
	}
	event, err := HTTPEvent(r, f.config.Account)
	if err != nil {
		return nil, err
	}
	result, err := f.Invoke(ctx, event)
	switch {
	case errors.Is(err, fault.Throttled):
		return plainAnswer(r, http.StatusServiceUnavailable, "Service Unavailable"), nil
	case err != nil:
		return nil, err
	case result.Error != nil:
		return plainAnswer(r, http.StatusInternalServerError, "Internal Server Error"), nil
	}
	return HTTPAnswer(r, result.Payload), nil
}

// HTTPAnswer makes of what a function said the answer that the API gives: 500 when it cannot be read. An answer without a statusCode is the
// body of a 200, as format 2.0 has it.
func HTTPAnswer(r *http.Request, payload []byte) *http.Response {
	var fields map[string]json.RawMessage
	if json.Unmarshal(payload, &fields) != nil || fields["statusCode"] == nil {
		return answerOf(r, http.StatusOK, http.Header{"Content-Type": {"application/json"}}, payload)
	}
	var said events.APIGatewayV2HTTPResponse
	if json.Unmarshal(payload, &said) != nil || said.StatusCode < 100 || said.StatusCode > 599 {
		return plainAnswer(r, http.StatusInternalServerError, "Internal Server Error")
	}
	body := []byte(said.Body)
	if said.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(said.Body)
		if err != nil {
			return plainAnswer(r, http.StatusInternalServerError, "Internal Server Error")
		}
		body = decoded
	}
	header := http.Header{}
	for name, value := range said.Headers {
		header.Set(name, value)
	}
	for _, cookie := range said.Cookies {
		header.Add("Set-Cookie", cookie)
	}
	if header.Get("Content-Type") == "" && len(body) > 0 {
		header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	return answerOf(r, said.StatusCode, header, body)
}

// plainAnswer is what the API says by itself.
func plainAnswer(r *http.Request, status int, message string) *http.Response {
	return answerOf(r, status, http.Header{"Content-Type": {"application/json"}}, []byte(`{"message":"`+message+`"}`))
}

// answerOf makes a response. To HEAD, and with a status that has no body, none is sent; a length that was said for HEAD stays.
func answerOf(r *http.Request, status int, header http.Header, body []byte) *http.Response {
	bodiless := status == http.StatusNoContent || status == http.StatusNotModified
	if r.Method == http.MethodHead || bodiless {
		body = nil
	}
	if !bodiless && (r.Method != http.MethodHead || header.Get("Content-Length") == "") {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}
