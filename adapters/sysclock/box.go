package sysclock

import (
	"context"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

// box hands a value straight to the taker that has waited longest, or keeps it for the next one. So a Put wakes one
// taker, never all of them.
type box struct {
	mu     sync.Mutex
	values ring
	// The takers that wait, oldest first, in a list of their own so that any of them can leave at once.
	first, last *taker
	// spare are takers that are done, kept so that a wait allocates nothing. They stay with their box: channels and
	// timers may not cross from one test's bubble into another.
	spare  *taker
	spares int
}

// maxSpares bounds what a box keeps after a rush, at about 300 bytes each.
const maxSpares = 256

var _ ports.Box = (*box)(nil)

// taker is one waiting Take. It is listed exactly until a value is put into given.
type taker struct {
	prev, next *taker
	listed     bool
	given      chan any
	timer      *time.Timer
}

// Put adds a value.
func (b *box) Put(value any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.first; t != nil {
		b.leave(t)
		t.given <- value // room for one, and nobody else puts into it
		return
	}
	b.values.push(value)
}

// Take removes the oldest value.
func (b *box) Take(ctx context.Context, until time.Time) (any, bool) {
	b.mu.Lock()
	if value, ok := b.values.pop(); ok {
		b.mu.Unlock()
		return value, true
	}
	if ctx.Err() != nil || passed(until) {
		b.mu.Unlock()
		return nil, false
	}
	t := b.taker()
	b.join(t)
	b.mu.Unlock()
	defer b.keep(t)
	if !until.IsZero() {
		t.timer.Reset(time.Until(until))
		defer t.timer.Stop()
	}
	return b.wait(ctx, t, until)
}

// wait is the part of Take that blocks. Without a time the timer is stopped and never fires.
func (b *box) wait(ctx context.Context, t *taker, until time.Time) (any, bool) {
	for {
		select {
		case value := <-t.given:
			return value, true
		case <-ctx.Done():
			return b.giveUp(t)
		case <-t.timer.C:
		}
		if passed(until) {
			return b.giveUp(t)
		}
		t.timer.Reset(time.Until(until)) // the wall clock was set back
	}
}

// giveUp ends a wait. A value that was handed over in the same moment is taken all the same: it is lost otherwise.
func (b *box) giveUp(t *taker) (any, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.listed {
		b.leave(t)
		return nil, false
	}
	return <-t.given, true
}

// taker returns a taker that nobody uses.
func (b *box) taker() *taker {
	if t := b.spare; t != nil {
		b.spare, t.next = t.next, nil
		b.spares--
		return t
	}
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &taker{given: make(chan any, 1), timer: timer}
}

// keep takes back a taker that has left the list and whose channel is empty.
func (b *box) keep(t *taker) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spares < maxSpares {
		t.next, b.spare = b.spare, t
		b.spares++
	}
}

func (b *box) join(t *taker) {
	t.listed, t.prev = true, b.last
	if b.last == nil {
		b.first = t
	} else {
		b.last.next = t
	}
	b.last = t
}

func (b *box) leave(t *taker) {
	if t.prev == nil {
		b.first = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		b.last = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.listed, t.prev, t.next = false, nil, nil
}

// passed reports whether a Take may wait no longer; the zero time never passes.
func passed(until time.Time) bool {
	return !until.IsZero() && !time.Now().Before(until)
}
