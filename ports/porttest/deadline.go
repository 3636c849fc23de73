package porttest

import (
	"context"
	"slices"
	"sync"
	"time"
)

// deadline is a context that ends at a time of a ManualClock. It has a channel and an AfterFunc of its own, so that the
// contexts which package context derives from it take its error over, and no goroutine is needed for that.
type deadline struct {
	context.Context
	at time.Time

	mu    sync.Mutex
	done  chan struct{}
	err   error
	after []*func()
}

// WithDeadline returns a context that ends when the clock is moved to the time or past it.
func (c *ManualClock) WithDeadline(parent context.Context, at time.Time) (context.Context, context.CancelFunc) {
	d := &deadline{Context: parent, at: at, done: make(chan struct{})}
	if earlier, ok := parent.Deadline(); ok && earlier.Before(at) {
		d.at = earlier
	}
	if err := parent.Err(); err != nil {
		d.end(err)
	}
	stop := context.AfterFunc(parent, func() { d.end(parent.Err()) })
	cancelAlarm, waiting := c.add(&alarm{at: at, ring: func() { d.end(context.DeadlineExceeded) }})
	if !waiting {
		d.end(context.DeadlineExceeded)
		cancelAlarm = func() {}
	}
	return d, func() {
		stop()
		cancelAlarm()
		d.end(context.Canceled)
	}
}

// Deadline is the earlier one of this context and its parent.
func (d *deadline) Deadline() (time.Time, bool) { return d.at, true }

// Done is closed when the time has come, the parent has ended or the context was cancelled.
func (d *deadline) Done() <-chan struct{} { return d.done }

// Err looks at the parent too: what package context does when that ends comes a moment later.
func (d *deadline) Err() error {
	if err := d.Context.Err(); err != nil {
		d.end(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// AfterFunc is what package context looks for in a parent that is not its own.
func (d *deadline) AfterFunc(f func()) (stop func() bool) {
	d.mu.Lock()
	if d.err != nil {
		d.mu.Unlock()
		go f() // not here: the caller may hold a lock that f needs
		return func() bool { return false }
	}
	entry := &f
	d.after = append(d.after, entry)
	d.mu.Unlock()
	return func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		n := len(d.after)
		d.after = slices.DeleteFunc(d.after, func(other *func()) bool { return other == entry })
		return len(d.after) < n
	}
}

// end ends the context with the error, once.
func (d *deadline) end(err error) {
	d.mu.Lock()
	if d.err != nil {
		d.mu.Unlock()
		return
	}
	d.err = err
	after := d.after
	d.after = nil
	close(d.done)
	d.mu.Unlock()
	for _, f := range after {
		(*f)()
	}
}

// sortAlarms orders alarms by their times; those of one time stay in the order in which they were set.
func sortAlarms(alarms []*alarm) {
	slices.SortStableFunc(alarms, func(a, b *alarm) int { return a.at.Compare(b.at) })
}
