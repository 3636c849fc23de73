package porttest

import (
	"context"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

// ManualClock is a clock that stands still until it is moved. It is safe for concurrent use.
type ManualClock struct {
	mu  sync.Mutex
	now time.Time
	// alarms are the sleepers and deadlines that wait, in the order in which they began to.
	alarms []*alarm
	// changed is closed, and replaced, whenever an alarm is added.
	changed chan struct{}
}

var _ ports.Clock = (*ManualClock)(nil)

// alarm is something to be done at a time. Sleeps are told from deadlines for AwaitSleepers.
type alarm struct {
	at    time.Time
	sleep bool
	ring  func()
}

// NewClock returns a clock that says start, in UTC.
func NewClock(start time.Time) *ManualClock {
	return &ManualClock{now: start.UTC().Round(0), changed: make(chan struct{})}
}

// Now is the time that the clock was last set to.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on. A negative duration moves it back.
func (c *ManualClock) Advance(d time.Duration) {
	c.move(func(now time.Time) time.Time { return now.Add(d) })
}

// Set moves the clock to a time, forwards or backwards.
func (c *ManualClock) Set(to time.Time) {
	c.move(func(time.Time) time.Time { return to.UTC().Round(0) })
}

// move sets the time and then does what has become due, in the order of the times. All of it sees the new time.
func (c *ManualClock) move(to func(time.Time) time.Time) {
	c.mu.Lock()
	c.now = to(c.now)
	var due, later []*alarm
	for _, a := range c.alarms {
		if a.at.After(c.now) {
			later = append(later, a)
		} else {
			due = append(due, a)
		}
	}
	c.alarms = later
	c.mu.Unlock()
	sortAlarms(due)
	for _, a := range due {
		a.ring()
	}
}

// Sleep blocks until the clock is moved to the time or past it.
func (c *ManualClock) Sleep(ctx context.Context, until time.Time) error {
	rung := make(chan struct{})
	cancel, waiting := c.add(&alarm{at: until, sleep: true, ring: func() { close(rung) }})
	if !waiting {
		return nil
	}
	defer cancel()
	select {
	case <-rung:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// AwaitSleepers returns when at least n calls of Sleep are waiting, so that a test can move the clock knowing that it
// is waited for. Deadlines do not count. It returns the context's error if that ends first.
func (c *ManualClock) AwaitSleepers(ctx context.Context, n int) error {
	for {
		sleeping, changed := c.sleepers()
		if sleeping >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *ManualClock) sleepers() (int, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, a := range c.alarms {
		if a.sleep {
			n++
		}
	}
	return n, c.changed
}

// add makes an alarm wait, unless its time has come. The function that it returns takes it back.
func (c *ManualClock) add(a *alarm) (cancel func(), waiting bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !a.at.After(c.now) {
		return nil, false
	}
	c.alarms = append(c.alarms, a)
	close(c.changed)
	c.changed = make(chan struct{})
	return func() { c.remove(a) }, true
}

func (c *ManualClock) remove(a *alarm) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, other := range c.alarms {
		if other == a {
			c.alarms = append(c.alarms[:i:i], c.alarms[i+1:]...)
			return
		}
	}
}
