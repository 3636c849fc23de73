package memqueue

import (
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

// item is one message of the queue. It is in exactly one place: ready, or hidden. While it is received, its receipt is
// set and names it among the flights.
type item struct {
	message ports.Message
	count   int
	receipt string

	// visible, order and place belong to the schedule.
	visible time.Time
	order   uint64
	place   int
}

// hide makes an item visible at a time: at once if that has come.
func (q *Queue) hide(it *item, visible, now time.Time) {
	if !visible.After(now) {
		q.show(it)
		return
	}
	q.hidden.add(it, visible)
}

// show makes an item visible now, or a dead letter if it has been received too often.
func (q *Queue) show(it *item) {
	if q.dead != nil && q.maxReceives > 0 && it.count >= q.maxReceives {
		q.dead.bury(it)
		return
	}
	q.ready.push(it)
}

// bury takes over an item from the queue whose dead letters these are. That queue's lock is held: locks are always
// taken in this direction.
func (q *Queue) bury(it *item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it.count = 0
	q.ready.push(it)
	q.nudge()
}

// unhide takes an item out of the schedule. If it was received, that delivery is over.
func (q *Queue) unhide(it *item) {
	delete(q.flights, it.receipt)
	it.receipt = ""
	q.hidden.remove(it)
}

// surface shows every item whose time has come. The delivery of one that was received and not acknowledged is over.
func (q *Queue) surface(now time.Time) {
	for {
		next, ok := q.hidden.next()
		if !ok || next.After(now) {
			return
		}
		it := q.hidden.first()
		q.unhide(it)
		q.show(it)
	}
}
