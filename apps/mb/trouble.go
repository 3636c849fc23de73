package main

import (
	"context"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// leastFailures is how many updates fail before a store is in trouble: one alone may be chance.
const leastFailures = 3

// storeTrouble is how long the updates of a store have been failing. Some may succeed between, on a full disk those that
// need no more room: only a page that comes to its end shows that the work goes on.
type storeTrouble struct {
	mu    sync.Mutex
	since time.Time
	count int
	why   string
}

// failed takes an update's error.
func (t *storeTrouble) failed(at time.Time, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count == 0 {
		t.since = at
	}
	t.count, t.why = t.count+1, fault.OneLine(err, 300)
}

// over forgets what was: the work goes on.
func (t *storeTrouble) over() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count = 0
}

// failing returns since when the updates fail, and why; the zero time when they do not.
func (t *storeTrouble) failing() (time.Time, string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.count < leastFailures {
		return time.Time{}, ""
	}
	return t.since, t.why
}

// watched is a store whose trouble is noted.
type watched struct {
	ports.Store
	clock   ports.Clock
	trouble *storeTrouble
}

var _ ports.Store = watched{}

// Update is the store's own.
func (w watched) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	err := w.Store.Update(ctx, keys, decide)
	if fault.KindOf(err) == fault.Unavailable && ctx.Err() == nil {
		w.trouble.failed(w.clock.Now(), err)
	}
	return err
}
