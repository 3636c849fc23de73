package lambdahttp

import (
	"bytes"
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// request makes of an event what net/http would have made of the request. An error means a body or a method that is none.
func request(ctx context.Context, event events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body, err := content(event)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, event.RequestContext.HTTP.Method, "/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.GetBody = nil // for clients
	r.Header = headers(event, len(body))
	r.URL = location(event)
	r.RequestURI = r.URL.RequestURI()
	r.Host = event.RequestContext.DomainName
	if r.Host == "" {
		r.Host = hostHeader(event)
	}
	if ip := event.RequestContext.HTTP.SourceIP; ip != "" {
		r.RemoteAddr = net.JoinHostPort(ip, "0") // who splits host and port under net/http does so here
	}
	return r, nil
}

// content is the body's bytes.
func content(event events.APIGatewayV2HTTPRequest) ([]byte, error) {
	if event.IsBase64Encoded {
		return base64.StdEncoding.DecodeString(event.Body)
	}
	return []byte(event.Body), nil
}

// headers are those of the request: without those of the connection, with all cookies, and with the body's true length.
func headers(event events.APIGatewayV2HTTPRequest, length int) http.Header {
	header := http.Header{}
	for name, value := range event.Headers {
		header.Set(name, value)
	}
	for _, name := range hopByHop() {
		header.Del(name)
	}
	header.Del("Host") // net/http has it in Request.Host alone
	if len(event.Cookies) > 0 {
		header.Set("Cookie", strings.Join(event.Cookies, "; "))
	}
	if header.Get("Content-Length") != "" || length > 0 {
		header.Set("Content-Length", strconv.Itoa(length))
	}
	return header
}

func hostHeader(event events.APIGatewayV2HTTPRequest) string {
	for name, value := range event.Headers {
		if strings.EqualFold(name, "host") {
			return value
		}
	}
	return ""
}

// hopByHop are the headers of one connection (RFC 9110, 7.6.1, and those of the RFCs before). What a client's Connection header names
// besides is kept: it could name what the gateway added.
func hopByHop() []string {
	return []string{
		"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	}
}
