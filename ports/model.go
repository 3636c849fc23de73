package ports

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/job"
)

// Model makes one call to a language model. It is safe for concurrent use.
type Model interface {
	// Call sends the request once and never again by itself, with one exception: a request whose key was refused (401), which
	// is before any work, may be sent once more with a key that was read afresh. The money of a call follows from its error:
	//
	//  1. No error: the answer arrived whole. It is billed by its usage; Answer.UsageOK false means that is not known,
	//     Answer.Unbilled true that nothing is billed for it.
	//  2. Throttled, Overloaded, Rejected, Unauthorized, SpendCap: refused before any work, not billed. RetryAfter is set
	//     on the error when the provider said it.
	//  3. Unavailable with Unknown false: the request never left this machine, or was refused for its key and no other key
	//     could be read; not billed.
	//  4. Any error with Unknown true: it may have been done and billed. So may any other error.
	//
	// The call ends when ctx does.
	Call(ctx context.Context, request job.Request) (Reply, error)
}

// Reply is an answer with what its envelope said. Limits and RequestID may be set beside an error too.
type Reply struct {
	job.Answer
	// Limits is what the provider said of the remaining quota; its zero value when it said nothing.
	Limits Limits
	// Tripped is true, beside an error, when the adapter has seen so many failures that it makes no calls for a while:
	// whoever shares the provider should make none either.
	Tripped bool
}

// Limits is the state of the provider's token buckets for the model, as sent with a response.
type Limits struct {
	Requests, Input, Output, Tokens Limit
}

// Limit is one bucket.
type Limit struct {
	// Known is false when the response did not carry this bucket.
	Known bool
	// Max and Remaining are requests or tokens; Remaining is rounded by the provider.
	Max, Remaining int64
	// Reset is when the bucket will be full again, not when the next request is allowed.
	Reset time.Time
}
