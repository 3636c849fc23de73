package backoffice

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

// WebhookDelivery is one message to one receiver, as it is sent.
type WebhookDelivery struct {
	// ID is the webhook-id, the same over all attempts: 1 to 64 of A-Z a-z 0-9 _ -.
	ID string
	// URL is where to, as CheckURL allows it.
	URL string
	// Body is the JSON text that is signed, at most 20 KiB.
	Body []byte
	// Secrets sign it, each by itself: whsec_ and base64, the newest first.
	Secrets []ports.Secret
}

// Words for why an attempt came to nothing, as they stand in the log of deliveries.
const (
	// FailureStatus: the receiver answered with another status than 2xx.
	FailureStatus = "status"
	// FailureTimeout: its whole answer did not come in time.
	FailureTimeout = "timeout"
	// FailureAddress: its name led to an address that is not public.
	FailureAddress = "address"
	// FailureName: its name led nowhere.
	FailureName = "name"
	// FailureTLS: no encrypted connection to the right party came about.
	FailureTLS = "tls"
	// FailureConnection: the connection failed, or broke before the answer.
	FailureConnection = "connection"
	// FailureRequest: the delivery breaks a rule of the sender, and nothing was sent.
	FailureRequest = "request"
)

// WebhookResult is what an attempt came to.
type WebhookResult struct {
	// Status is the HTTP status, 0 when no answer came.
	Status int
	// RetryAfter is how long the receiver asked to wait, at most 24 hours; 0 when it did not say.
	RetryAfter time.Duration
	// Duration is how long the attempt took.
	Duration time.Duration
	// Failure is one of the words above, empty for a success.
	Failure string
}

// WebhookSender sends deliveries. It is safe for concurrent use.
type WebhookSender interface {
	// Send makes one attempt and returns nil when the receiver has answered 2xx; the result is filled in either way. It ends
	// within 15 seconds. Errors: Invalid (the delivery breaks a rule), Rejected (redirected, refused, or the address is not
	// public), Throttled, Unavailable (unknown when the receiver may have got it), and the context's own.
	Send(ctx context.Context, d WebhookDelivery) (WebhookResult, error)
}
