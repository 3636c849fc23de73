package claudemodel

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// maxAnswer is the largest body of a response in bytes. The largest answer of any model is far below it.
const maxAnswer = 8 << 20

// errTooLarge is the end of a body that is larger than maxAnswer.
var errTooLarge = errors.New("the answer is larger than 8 MiB")

// exchange is all that is known of one request: what it is for, what came back, and how far it got.
type exchange struct {
	// doing and wants are for messages: "call claude-haiku-5-5" and "message".
	doing, wants string
	// prompts are the texts of the request that must not get into a message; mute says that they are too many to look for.
	prompts []string
	mute    bool
	// names: the address names something that the provider may not have.
	names bool
	// streams: the body of a 200 is left in stream for the caller to read, and to close.
	streams bool
	stream  io.ReadCloser

	// status is 0 while there is no response; whole says that the body is all of it.
	status int
	header http.Header
	body   []byte
	whole  bool
	// err is why there is no response, or not all of it; ended is the error of the caller's context when it had ended by
	// then.
	err   error
	ended error
	// keyless is why there is no key: the request was not sent, or refused for its key and not sent again.
	keyless error

	// begun: the request was handed to the HTTP client. reports: that is one which tells of its connections. connected:
	// it has got one, from which moment on it may write.
	begun, reports, connected atomic.Bool
}

// exchangeKey is the context key of the exchange that a request belongs to.
type exchangeKey struct{}

// within returns ctx with the exchange in it, and with ears in the transport.
//
// The transport looks for a second connection in one case only: the first one, an idle one, turned out to be closed
// before a single byte was written to it. So connected need not be taken back then; leaving it set errs on the side of
// money.
func (x *exchange) within(ctx context.Context) context.Context {
	return context.WithValue(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { x.reports.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { x.connected.Store(true) },
	}), exchangeKey{}, x)
}

// receive takes over a response and reads its body, unless that is a stream.
func (x *exchange) receive(response *http.Response) error {
	x.status, x.header = response.StatusCode, response.Header
	if x.streams && x.status == http.StatusOK {
		x.stream = response.Body
		return nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		body, err = nil, errTooLarge
	}
	x.body, x.whole = body, err == nil
	return err
}

// end notes what the client says in the end.
func (x *exchange) end(ctx context.Context, err error) {
	x.err = err
	if !x.whole {
		x.ended = ctx.Err()
	}
}

// again makes the exchange that of another request, after one that was refused.
func (x *exchange) again() {
	x.status, x.header, x.body, x.whole, x.err, x.ended = 0, nil, nil, false, nil, nil
	x.begun.Store(false)
	x.reports.Store(false)
	x.connected.Store(false)
}

// maybeSent reports whether any of the request may have left this machine. A client that does not report is taken to
// have sent it.
func (x *exchange) maybeSent() bool {
	return x.begun.Load() && (x.connected.Load() || !x.reports.Load())
}

// requestID is the provider's name for the request; empty when it gave none.
func (x *exchange) requestID() string { return x.header.Get("request-id") }
