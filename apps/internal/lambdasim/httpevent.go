package lambdasim

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// HTTPEvent makes of a request the event that an HTTP API with payload format 2.0, stage $default and route $default invokes a function with.
// The account is the caller's AWS account. Errors: fault.Invalid for a body that cannot be read, and for a path that the API refuses.
func HTTPEvent(r *http.Request, account string) ([]byte, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, fault.New(fault.Invalid, "lambdasim: HTTP event: body: %w", err)
		}
	}
	path, err := httpPath(r.URL)
	if err != nil {
		return nil, err
	}
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "$default", RawPath: path, RawQueryString: r.URL.RawQuery, RequestContext: httpContext(r, path, account),
		Cookies: httpCookies(r.Header.Values("Cookie")), Headers: httpHeaders(r, len(body)), Body: string(body),
	}
	if len(body) > 0 && (!isText(r.Header.Get("Content-Type")) || !utf8.Valid(body)) {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	for name, values := range r.URL.Query() {
		event.QueryStringParameters = put(event.QueryStringParameters, name, strings.Join(values, ","))
	}
	return json.Marshal(event)
}

// isText says whether an HTTP API takes a body of this type for text. It encodes all else, forms and a body without a type included
// (measured on AWS, github.com/ministackorg/ministack/pull/766).
func isText(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	switch media {
	case "application/json", "application/xml", "application/javascript":
		return true
	}
	return strings.HasPrefix(media, "text/")
}

// httpPath is the path as an HTTP API passes it on: decoded, cut at a question mark, and decoded again. That is the rule behind ten captures
// from AWS (github.com/hotsock/voker/pull/8); a second decoding that fails is refused there as well.
func httpPath(u *url.URL) (string, error) {
	once, _, _ := strings.Cut(or(u.Path, "/"), "?")
	twice, err := url.PathUnescape(once)
	if err != nil { // whose text has the path in it
		return "", fault.New(fault.Invalid, "lambdasim: HTTP event: the path cannot be decoded twice")
	}
	return twice, nil
}

// httpCookies are the cookies one by one.
func httpCookies(headers []string) (list []string) {
	for cookie := range strings.SplitSeq(strings.Join(headers, ";"), ";") {
		if cookie = strings.TrimSpace(cookie); cookie != "" {
			list = append(list, cookie)
		}
	}
	return list
}

// httpHeaders are the headers in lower case, repeated ones joined, without cookies and those of the connection, with what the API adds.
func httpHeaders(r *http.Request, length int) map[string]string {
	headers := map[string]string{}
	for name, values := range r.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	for _, name := range []string{"cookie", "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"} {
		delete(headers, name)
	}
	headers["host"] = or(r.Host, r.URL.Host)
	if length > 0 || slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, r.Method) {
		headers["content-length"] = strconv.Itoa(length)
	}
	forwarded := append(r.Header.Values("X-Forwarded-For"), sourceIP(r))
	headers["x-forwarded-for"] = strings.Join(forwarded, ", ")
	headers["x-forwarded-port"], headers["x-forwarded-proto"] = "443", "https"
	id := uuid.New()
	headers["x-amzn-trace-id"] = fmt.Sprintf("Root=1-%08x-%s", time.Now().Unix(), hex.EncodeToString(id[:12]))
	return headers
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
func httpContext(r *http.Request, path, account string) events.APIGatewayV2HTTPRequestContext {
	now, id, host := time.Now().UTC(), uuid.New(), or(r.Host, r.URL.Host)
	prefix, _, _ := strings.Cut(host, ".")
	return events.APIGatewayV2HTTPRequestContext{
		RouteKey: "$default", AccountID: account, Stage: "$default", RequestID: base64.StdEncoding.EncodeToString(id[:11]), APIID: prefix,
		DomainName: host, DomainPrefix: prefix, Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
		HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
			Method: or(r.Method, http.MethodGet), Path: path, Protocol: "HTTP/1.1", SourceIP: sourceIP(r), UserAgent: r.UserAgent(),
		},
	}
}

func sourceIP(r *http.Request) string {
	source, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return "127.0.0.1"
	}
	return source
}
