package claudemodel

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"time"
)

// sender is what the client sends its requests through. It reads each response whole, into the exchange that the
// request belongs to.
type sender struct {
	http interface {
		Do(*http.Request) (*http.Response, error)
	}
	// reports is true when the client is known to tell of its connections.
	reports bool
}

func newSender(options *Options) *sender {
	switch client := options.HTTPClient.(type) {
	case nil:
		return &sender{http: &http.Client{Transport: newTransport(options), CheckRedirect: stay}, reports: true}
	case *http.Client:
		copied := *client
		copied.CheckRedirect = stay
		_, reports := client.Transport.(*http.Transport)
		return &sender{http: &copied, reports: reports}
	default:
		return &sender{http: client}
	}
}

// stay keeps a client from following redirects: a second address would get the prompt, and the key with it.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// newTransport is for hundreds of calls at once to one host: their connections are all kept, where the standard
// transport keeps two. HTTP/1.1 alone, because a request there has its connection to itself: one broken connection is
// one unknown outcome, and the transport sends a POST again in no case but one: nothing of it was written.
func newTransport(options *Options) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:                  options.Proxy,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    512,
		IdleConnTimeout:        50 * time.Second, // below the minute after which servers and balancers hang up
		MaxResponseHeaderBytes: 64 << 10,
		WriteBufferSize:        32 << 10, // most requests in one write
		Protocols:              protocols,
	}
}

// Do is called by the client, once for each call.
func (s *sender) Do(request *http.Request) (*http.Response, error) {
	x := request.Context().Value(exchangeKey{}).(*exchange)
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	x.reports.Store(s.reports)
	x.begun.Store(true)
	response, err := s.http.Do(request)
	if err != nil {
		return nil, err
	}
	if err := x.receive(response); err != nil {
		return nil, err
	}
	if x.stream == nil {
		response.Body = io.NopCloser(bytes.NewReader(x.body))
	}
	return response, nil
}

func (s *sender) close() {
	if client, ok := s.http.(*http.Client); ok {
		client.CloseIdleConnections()
	}
}
