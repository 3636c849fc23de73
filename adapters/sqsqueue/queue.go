package sqsqueue

import (
	"context"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// DefaultRetries is how often a request is repeated when Options does not say: with all waits about 5 seconds.
	DefaultRetries = 6
	// DefaultTimeout bounds one request when Options does not say.
	DefaultTimeout = 10 * time.Second
)

// Options are the settings of a Queue. Nil, and each field's zero value, are sensible.
type Options struct {
	// Observer is told of every message that is received (EventMessageReceived) and of every failure that is tried
	// again (EventFault); nil means nobody.
	Observer ports.Observer
	// Retries is how often a request is repeated after a refusal or a failure; 0 means DefaultRetries, a negative number
	// never. The caller's deadline ends them too.
	Retries int
	// Timeout bounds one request, beside the context's deadline and besides the time that a Receive waits for messages; 0
	// or less means DefaultTimeout.
	Timeout time.Duration
}

// Queue is one queue of SQS.
type Queue struct {
	client   *sqs.Client
	url      string
	clock    ports.Clock
	ids      ports.IDs
	observer ports.Observer
	retries  int
	timeout  time.Duration
}

var _ ports.Queue = (*Queue)(nil)

// New returns the queue at the URL. It sends nothing. Errors: Invalid for a URL that is none.
func New(client *sqs.Client, queueURL string, clock ports.Clock, ids ports.IDs, options *Options) (*Queue, error) {
	u, err := url.Parse(queueURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, fault.New(fault.Invalid,
			"sqsqueue: the queue's URL is not an absolute http or https URL: give what the console or QueueURL shows")
	}
	if options == nil {
		options = &Options{}
	}
	q := &Queue{
		client: client, url: queueURL, clock: clock, ids: ids,
		observer: options.Observer, retries: options.Retries, timeout: options.Timeout,
	}
	if q.retries == 0 {
		q.retries = DefaultRetries
	}
	if q.timeout <= 0 {
		q.timeout = DefaultTimeout
	}
	return q, nil
}

// QueueURL finds the URL of a queue by its name, in the client's account and region. The client's own retries apply: the
// question has no effect. Errors: NotFound, Unauthorized, Throttled, Unavailable.
func QueueURL(ctx context.Context, client *sqs.Client, name string) (string, error) {
	out, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	switch {
	case err != nil && ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", failure("find queue "+name, err)
	}
	return aws.ToString(out.QueueUrl), nil
}
