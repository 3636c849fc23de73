package memqueue

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// maxReturn is the longest delay of a Return, the longest visibility that queues in the cloud can be asked for.
const maxReturn = 12 * time.Hour

// Receive takes visible messages, one group after the other. While it waits it sleeps on the clock, to be woken by the
// end of its time, by the moment when the next hidden message becomes visible, or by a message that is sent.
func (q *Queue) Receive(ctx context.Context, limit int, until time.Time) ([]ports.Delivery, error) {
	if limit < 1 {
		return nil, fault.New(fault.Invalid, "memqueue: receive: limit is %d, it must be at least 1", limit)
	}
	w := &waiter{}
	for {
		deliveries, err := q.attempt(ctx, w, limit, until)
		if err != nil || w.context == nil {
			return deliveries, err
		}
		// Its error is that of ctx, or says that somebody has woken this waiter: both are seen by the next attempt.
		_ = q.clock.Sleep(w.context, w.wake)
		w.cancel()
	}
}

// attempt takes what is there, or makes w wait; then w has a context to sleep in.
func (q *Queue) attempt(ctx context.Context, w *waiter, limit int, until time.Time) ([]ports.Delivery, error) {
	now := q.clock.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiters.remove(w)
	w.context = nil
	q.surface(now)
	if err := ctx.Err(); err != nil {
		q.nudge() // for whoever waits: this one may have been woken for a message that it now leaves
		return nil, err
	}
	if q.ready.size > 0 || !now.Before(until) {
		deliveries := q.take(limit, now)
		q.nudge()
		return deliveries, nil
	}
	w.context, w.cancel = context.WithCancel(ctx)
	w.wake = until
	if next, ok := q.hidden.next(); ok && next.Before(until) {
		w.wake = next
	}
	q.waiters.add(w)
	return nil, nil
}

// take delivers up to limit visible messages.
func (q *Queue) take(limit int, now time.Time) []ports.Delivery {
	n := min(limit, q.ready.size)
	if n == 0 {
		return nil
	}
	deliveries := make([]ports.Delivery, n)
	for i := range deliveries {
		it := q.ready.pop()
		it.count++
		q.receipts++
		it.receipt = strconv.FormatUint(q.receipts, 36)
		q.flights[it.receipt] = it
		q.hidden.add(it, now.Add(q.visibility))
		message := it.message
		message.Body = bytes.Clone(message.Body)
		deliveries[i] = ports.Delivery{Message: message, Receipt: it.receipt, Count: it.count}
	}
	return deliveries
}

// Ack removes a message if the receipt is that of its latest delivery and its visibility has not ended.
func (q *Queue) Ack(ctx context.Context, receipt string) error {
	return q.land(ctx, receipt, func(*item, time.Time) {})
}

// Return ends a delivery. The message counts as received all the same. Delays are cut to 0 to 12 hours.
func (q *Queue) Return(ctx context.Context, receipt string, delay time.Duration) error {
	return q.land(ctx, receipt, func(it *item, now time.Time) {
		q.hide(it, now.Add(clamp(delay, maxReturn)), now)
	})
}

// land ends the delivery that the receipt names, if it still goes on, and gives its message to then.
func (q *Queue) land(ctx context.Context, receipt string, then func(*item, time.Time)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := q.clock.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.surface(now)
	if it, ok := q.flights[receipt]; ok {
		q.unhide(it)
		then(it, now)
	}
	q.nudge()
	return nil
}
