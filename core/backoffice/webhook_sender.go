package backoffice

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

// WebhookDelivery is one signed message to a receiver.
type WebhookDelivery struct {
	// ID stays the same over all tries.
	ID, URL string
	Body    []byte
	// Secrets sign it; during a rotation there are two.
	Secrets []ports.Secret
}

// WebhookResult is what a receiver said.
type WebhookResult struct {
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// RetryAfter is how long the receiver asked to wait, 0 when it did not say.
	RetryAfter time.Duration
	Duration   time.Duration
}

// WebhookSender sends a delivery once. Only a 2xx status is no error. It is safe for concurrent use.
type WebhookSender interface {
	Send(ctx context.Context, d WebhookDelivery) (WebhookResult, error)
}
