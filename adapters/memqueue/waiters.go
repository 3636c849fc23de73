package memqueue

import (
	"context"
	"time"
)

// waiters are the Receives that sleep, in the order in which they began to. Only the first is ever woken; it takes what
// it wants and wakes the next on its way out. So a message wakes one receiver, not all, and no message is forgotten: at
// any time one of them wakes by itself no later than the next item becomes visible, or has been woken and not yet looked.
type waiters struct {
	first, last *waiter
}

type waiter struct {
	prev, next *waiter
	listed     bool
	// context is what the waiter sleeps in; cancel wakes it. Wake is when it wakes by itself.
	context context.Context
	cancel  context.CancelFunc
	wake    time.Time
}

// nudge wakes the first waiter if there is something visible, or something that will be before it wakes by itself.
func (q *Queue) nudge() {
	w := q.waiters.first
	if w == nil {
		return
	}
	next, ok := q.hidden.next()
	if q.ready.size == 0 && !(ok && next.Before(w.wake)) {
		return
	}
	q.waiters.remove(w)
	w.cancel()
}

func (l *waiters) add(w *waiter) {
	w.listed, w.prev = true, l.last
	if l.last == nil {
		l.first = w
	} else {
		l.last.next = w
	}
	l.last = w
}

// remove takes w out of the list if it is in it.
func (l *waiters) remove(w *waiter) {
	if !w.listed {
		return
	}
	if w.prev == nil {
		l.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.listed, w.prev, w.next = false, nil, nil
}
