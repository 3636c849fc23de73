package lambdasim

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// InvokeHTTP invokes the function with a request, as an HTTP API with payload format 2.0, stage $default and route $default does, and
// returns the answer that a client would see. What the function does wrong is an answer too: 500 after an error or an answer that cannot be
// read, 503 when it is throttled. There is no authorizer: claims are the caller's business. Errors are Invoke's otherwise.
func (f *Function) InvokeHTTP(ctx context.Context, r *http.Request) (*http.Response, error) {
	event, err := httpEvent(r, f.config.Account)
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
	return httpAnswer(r, result.Payload), nil
}

// httpEvent translates a request. A body that is not text travels as base64.
func httpEvent(r *http.Request, account string) ([]byte, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, fault.New(fault.Invalid, "lambdasim: invoke by HTTP: body: %w", err)
		}
	}
	host := or(r.Host, r.URL.Host)
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "$default", RawPath: or(r.URL.EscapedPath(), "/"), RawQueryString: r.URL.RawQuery,
		Headers: map[string]string{"host": host}, Body: string(body),
	}
	if len(body) > 0 {
		event.Headers["content-length"] = strconv.Itoa(len(body))
	}
	if !utf8.Valid(body) {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	for name, values := range r.Header {
		if name == "Cookie" {
			event.Cookies = strings.Split(strings.Join(values, "; "), "; ")
			continue
		}
		event.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	for name, values := range r.URL.Query() {
		event.QueryStringParameters = put(event.QueryStringParameters, name, strings.Join(values, ","))
	}
	event.RequestContext = httpContext(r, host, account)
	return json.Marshal(event)
}

// put sets a value in a map that may be nil: an event without a query has no field for it.
func put(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// httpContext is the part of the event that the API itself says.
func httpContext(r *http.Request, host, account string) events.APIGatewayV2HTTPRequestContext {
	source, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		source = "127.0.0.1"
	}
	now := time.Now().UTC()
	prefix, _, _ := strings.Cut(host, ".")
	return events.APIGatewayV2HTTPRequestContext{
		RouteKey: "$default", AccountID: account, Stage: "$default", RequestID: uuid.NewString(), APIID: prefix,
		DomainName: host, DomainPrefix: prefix, Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
		HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
			Method: or(r.Method, http.MethodGet), Path: or(r.URL.EscapedPath(), "/"), Protocol: "HTTP/1.1", SourceIP: source, UserAgent: r.UserAgent(),
		},
	}
}

// httpAnswer translates what the function said. An answer without a statusCode is the body of a 200, as format 2.0 has it.
func httpAnswer(r *http.Request, payload []byte) *http.Response {
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
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	return answerOf(r, said.StatusCode, header, body)
}

// plainAnswer is what the API says by itself.
func plainAnswer(r *http.Request, status int, message string) *http.Response {
	return answerOf(r, status, http.Header{"Content-Type": {"application/json"}}, []byte(`{"message":"`+message+`"}`))
}

// answerOf makes a response.
func answerOf(r *http.Request, status int, header http.Header, body []byte) *http.Response {
	return &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}
