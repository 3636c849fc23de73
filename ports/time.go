package ports

import (
	"context"
	"time"
)

// Clock is where time comes from. It is safe for concurrent use.
type Clock interface {
	// Now is the current time in UTC. It may jump in either direction.
	Now() time.Time
	// Sleep returns nil at the given time or later, at once if it has passed, and the context's error if that ends first.
	Sleep(ctx context.Context, until time.Time) error
	// WithDeadline is context.WithDeadline on this clock. The cancel function must be called.
	WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc)
}

// Group runs functions side by side. It is safe for concurrent use.
type Group interface {
	// Run calls fn with 0 .. n-1, side by side, and returns when all calls have returned. The context of the calls is
	// ctx itself: one failing call does not end the others. The error joins those of all calls in the order of their
	// numbers; a panic counts as that call's failure, of kind Internal. n below 1 does nothing.
	Run(ctx context.Context, n int, fn func(ctx context.Context, i int) error) error
	// NewBox returns an empty Box.
	NewBox() Box
}

// Box passes values between the functions of a Group, first in, first out. It is safe for concurrent use.
type Box interface {
	// Put adds a value and never blocks.
	Put(value any)
	// Take removes the oldest value. With none there it waits until the given time (the zero time: for ever; one that
	// has passed: not at all) or until ctx ends, then says false. A value that is there is taken even when ctx has ended.
	Take(ctx context.Context, until time.Time) (any, bool)
}

// Token is 128 bits that nobody else has drawn.
type Token [16]byte

// IDs is where names and chance come from. It is safe for concurrent use.
type IDs interface {
	// NewID is a UUID version 7 in its text form; ids drawn later by the same process sort after it.
	NewID() string
	// NewToken is unpredictable and unique.
	NewToken() Token
	// Jitter is uniform in [0, 1).
	Jitter() float64
}
