package lambdasim

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// ReceiveMost is how many messages one receive or one delete may name, as in SQS.
const ReceiveMost = 10

// Source is the queue that a Mapping polls. Messages have Lambda's form already.
type Source interface {
	// Receive returns up to most messages (1 to ReceiveMost). When there are none it waits for the first, about as long as told (0 to
	// 20 s; a source may round up to whole seconds), and returns none after that. What it returned is invisible until its visibility
	// timeout. It ends with the context's error.
	Receive(ctx context.Context, most int, wait time.Duration) ([]events.SQSMessage, error)
	// Delete deletes up to ReceiveMost messages by receipt handle. An error means that at least one may still be there; deleting a
	// deleted one is no error.
	Delete(ctx context.Context, handles []string) error
}

// Counts are what a Mapping has done. Requests counts for the bill; see Units.
type Counts struct {
	Receives      int // requests that got at least one message
	EmptyReceives int // requests that got none
	ReceiveErrors int // requests that failed
	Deletes       int // requests, repeated ones too
	DeleteErrors  int // of those
	Units         int // billed requests in all: each started 64 KB of a receive or delete is one
	Messages      int // received, second deliveries too
	Deleted       int // messages
	Batches       int // that were invoked, throttled ones included
	Throttled     int // refused invocations; each is tried again
	Dropped       int // batches given back because they were throttled until their visibility timeout
	FailedBatches int // invocations that failed as a whole: all messages come back
	FailedItems   int // messages reported as failed in answers that count
	Pollers       int // most at one time
}

// requestUnit is the part of a payload that SQS bills as one request. Source: AWS's price list of SQS.
const requestUnit = 64 << 10

// units returns the billed requests of one call.
func units(bytes int) int { return max(1, (bytes+requestUnit-1)/requestUnit) }

// size returns the bytes of a message as SQS counts them: body, and names, types and values of its attributes.
func size(m events.SQSMessage) int {
	n := len(m.Body)
	for name, a := range m.MessageAttributes {
		n += len(name) + len(a.DataType) + len(a.BinaryValue)
		if a.StringValue != nil {
			n += len(*a.StringValue)
		}
	}
	return n
}
