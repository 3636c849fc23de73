package lambdahttp

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// AnswerLimit is the largest body of an answer, in bytes as it travels: as a JSON string with its escapes, or as base64, whichever is shorter.
// Lambda's limit is 6 MB for the whole of it; half a MiB of that is left to the headers.
const AnswerLimit = 5<<20 + 512<<10

// Options change a Handler. The zero value is sensible.
type Options struct {
	// Panic is told what the handler panicked with, in the panicking goroutine with its stack still there. http.ErrAbortHandler is not told,
	// as net/http does not log it. Nil tells nobody. The answer never contains it.
	Panic func(any)
}

// function is a type of lambda.Start's.
type function = func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

// Handler makes a Lambda handler of an HTTP handler. Its error is always nil: the gateway would make a 500 of it without a word.
//
// What the HTTP handler sees and says is as with net/http, but for this:
//   - Repeated headers arrive as one, joined by commas. Hop-by-hop headers are dropped in both directions.
//   - The path has been decoded by the gateway, twice (captures in github.com/hotsock/voker/pull/8): %2F is a slash like any other and what
//     follows %3F is lost, so ids in paths must do without either. A path that arrives encoded keeps its encoding.
//   - A stage other than $default is taken off the path's beginning.
//   - RemoteAddr has port 0, as the gateway names none. TLS is nil. X-Forwarded-For is partly the client's word: use RemoteAddr.
//   - An answer leaves when the handler returns: flushing, interim answers (1xx) and trailers do nothing.
//   - An answer of more than AnswerLimit becomes a 500. A panic becomes a 500 too, whatever was written before.
//
// The request's context ends when the invocation's does, or when the handler returns.
func Handler(h http.Handler, o *Options) function {
	if o == nil {
		o = &Options{}
	}
	return func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		ctx, cancel := context.WithCancel(context.WithValue(ctx, idKey{}, event.RequestContext.RequestID))
		defer cancel()
		r, err := request(ctx, event)
		if err != nil {
			return malformed().answer(event, nil), nil
		}
		w := &writer{header: http.Header{}, head: r.Method == http.MethodHead}
		if !o.serve(h, w, r) && !w.overflow { // a handler may panic because its answer was cut off
			return broken().answer(event, w.header), nil
		}
		return w.answer(event), nil
	}
}

// serve has the handler answer and returns whether it came to its end.
func (o *Options) serve(h http.Handler, w http.ResponseWriter, r *http.Request) (ended bool) {
	defer func() {
		said := recover()
		if said != nil && said != http.ErrAbortHandler && o.Panic != nil { //nolint:errorlint // net/http compares panics so
			o.Panic(said)
		}
	}()
	h.ServeHTTP(w, r)
	return true
}

// idKey is the gateway's request id in a context.
type idKey struct{}

// RequestID returns the id that the gateway gave the request (its logs and the client's Apigw-Requestid header have it), or "" in
// a context of another origin. It is about 16 characters of base64, "=" included.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(idKey{}).(string)
	return id
}
