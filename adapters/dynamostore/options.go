package dynamostore

import (
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

// Options are the settings of a Store; their zero value suits programs.
type Options struct {
	// Observer is told of every request as ports.EventStoreUsed; nil tells nobody. The units of a request whose condition
	// did not hold are worked out from the sizes, because DynamoDB bills them without saying so.
	Observer ports.Observer
	// Retries is how often one request is sent again after a failure that may pass; 0 means 8, a negative number never.
	Retries int
	// Losses is how many runs of one Update may lose against other writers before it ends as Throttled; 0 means 12.
	Losses int
	// Timeout is how long one attempt may take; 0 means 5 s. The context's own deadline holds for all attempts together.
	Timeout time.Duration
	// Backoff is the longest pause before the first retry; each further one may be twice as long, up to MaxBackoff. The
	// pause is drawn between zero and that. 0 means 25 ms.
	Backoff time.Duration
	// MaxBackoff is the longest pause; 0 means 2 s.
	MaxBackoff time.Duration
}

// filled returns the options with their zero values replaced.
func (o *Options) filled() Options {
	var f Options
	if o != nil {
		f = *o
	}
	f.Retries = max(or(f.Retries, 8), 0)
	f.Losses = max(or(f.Losses, 12), 1)
	f.Timeout = or(f.Timeout, 5*time.Second)
	f.Backoff = or(f.Backoff, 25*time.Millisecond)
	f.MaxBackoff = or(f.MaxBackoff, 2*time.Second)
	return f
}

func or[T int | time.Duration](value, otherwise T) T {
	if value == 0 {
		return otherwise
	}
	return value
}
