package ports

import (
	"context"
	"time"
)

// MaxSend is how many messages one Send takes.
const MaxSend = 1000

// Message is what a queue carries. It names work and never holds content.
type Message struct {
	// Body is 1 byte to 64 KiB.
	Body []byte
	// Group is the fairness group, a tenant; empty for none. It orders nothing.
	Group string
	// Delay is how long the queue hides the message first, 0 to 15 minutes; longer waits are cut to that.
	Delay time.Duration
}

// Sender is the half of a queue that the engine needs.
type Sender interface {
	// Send hands over messages. They may be delivered more than once, late, in any order, or (after an error marked
	// unknown, or without any error) never: whoever sends must be able to find lost work in the store.
	// Errors: Invalid (nothing sent), Throttled, Unavailable; some of the messages may have been sent.
	Send(ctx context.Context, messages ...Message) error
}

// Delivery is one receipt of a message.
type Delivery struct {
	Message
	// Receipt names this delivery for Ack and Return. A later delivery of the message has another one.
	Receipt string
	// Count is how many times the message has been received, this time included; at least 1.
	Count int
}

// Queue is at-least-once delivery. It is safe for concurrent use.
type Queue interface {
	Sender
	// Receive returns up to limit messages (at least 1) and hides each from other receivers for the queue's visibility
	// time. With none there it waits until the given time, then returns none without an error; a time that has passed
	// means no waiting. Errors: Throttled, Unavailable.
	Receive(ctx context.Context, limit int, until time.Time) ([]Delivery, error)
	// Ack removes a message for good. A receipt that is no longer valid is no error: the message then comes again.
	Ack(ctx context.Context, receipt string) error
	// Return makes a message visible again after the delay. A receipt that is no longer valid is no error.
	Return(ctx context.Context, receipt string, delay time.Duration) error
}
