package world

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// queue is a standard queue of a cloud: at least once, in any order, with a visibility time, and dead letters after too
// many receipts.
type queue struct {
	w       *World
	letters []*letter
	dead    []*letter
	receipt int
}

// letter is one message. It is hidden until visible, by the true time.
type letter struct {
	message  ports.Message
	visible  time.Time
	receipts []string
	count    int
	// working is true from a receipt to the acknowledgement or return.
	working bool
}

func (q *queue) add(message ports.Message, delay time.Duration) {
	message.Body = slices.Clone(message.Body)
	q.letters = append(q.letters, &letter{message: message, visible: q.w.Now().Add(delay)})
}

// redeliver makes every message visible that is being worked on.
func (q *queue) redeliver() {
	for _, l := range q.letters {
		if l.working {
			l.visible = q.w.Now()
		}
	}
}

// due are the messages that can be received now; those received too often become dead letters.
func (q *queue) due() []*letter {
	var due []*letter
	q.letters = slices.DeleteFunc(q.letters, func(l *letter) bool {
		if l.visible.After(q.w.Now()) {
			return false
		}
		if l.working {
			l.working = false
			q.w.reach.Hit(chance.QueueItself, chance.Expired)
		}
		if q.w.config.MaxReceives > 0 && l.count >= q.w.config.MaxReceives {
			q.w.reach.Hit(chance.QueueItself, chance.DeadLetter)
			q.dead = append(q.dead, l)
			return true
		}
		due = append(due, l)
		return false
	})
	return due
}

// next is when the earliest message becomes visible.
func (q *queue) next() time.Time {
	var at time.Time
	for _, l := range q.letters {
		if at.IsZero() || l.visible.Before(at) {
			at = l.visible
		}
	}
	return at
}

// giveUp makes a dead letter of a message that waits.
func (q *queue) giveUp(dice *rand.Rand) {
	if len(q.letters) == 0 {
		return
	}
	at := dice.IntN(len(q.letters))
	if l := q.letters[at]; !l.working {
		q.w.reach.Hit(chance.QueueItself, chance.DeadLetter)
		q.letters, q.dead = slices.Delete(q.letters, at, at+1), append(q.dead, l)
	}
}

func (q *queue) find(receipt string) *letter {
	for _, l := range q.letters {
		if slices.Contains(l.receipts, receipt) {
			return l
		}
	}
	return nil
}

func (q *queue) take(l *letter) ports.Delivery {
	q.receipt++
	receipt := fmt.Sprintf("r%d", q.receipt)
	l.receipts = append(l.receipts, receipt)
	l.count++
	l.visible, l.working = q.w.Now().Add(q.w.config.Visibility), true
	return ports.Delivery{Message: ports.Message{Body: l.message.Body, Group: l.message.Group}, Receipt: receipt, Count: l.count}
}

// queuePort is a machine's way to the queue.
type queuePort struct{ m *Machine }

var _ ports.Queue = queuePort{}

// Send implements ports.Sender.
func (p queuePort) Send(ctx context.Context, messages ...ports.Message) error {
	q, w := p.m.w.queue, p.m.w
	return p.m.call(ctx, chance.QueueSend, "Queue.Send", fmt.Sprint(len(messages)), func(kind chance.Kind) error {
		if kind == chance.LostRequest || kind == chance.Throttle {
			return map[chance.Kind]error{chance.LostRequest: unavailable("send"), chance.Throttle: fault.New(fault.Throttled, "sim: send")}[kind]
		}
		n := len(messages)
		switch {
		case kind == chance.Partial && n > 1:
			w.reach.Hit(chance.QueueSend, kind)
			n = w.roll().IntN(n)
		case kind == chance.Lost:
			n = 0
		}
		for _, message := range messages[:n] {
			message.Body = p.m.agedNote(message.Body)
			delay := message.Delay
			if kind == chance.Delayed {
				delay += w.between(0, 20*time.Minute)
			}
			q.add(message, delay)
			if kind == chance.Twice {
				q.add(message, w.between(0, time.Minute))
			}
		}
		if t := w.task(); t != nil {
			t.sent, t.troubled = t.sent+n, t.troubled || n < len(messages)
		}
		switch {
		case n < len(messages) && kind == chance.Partial:
			return fault.New(fault.Unavailable, "sim: send: some entries failed")
		case kind == chance.LostAck:
			w.reach.Hit(chance.QueueSend, kind)
			return unavailable("send").MaybeDone()
		}
		return nil
	})
}

// Receive implements ports.Queue.
func (p queuePort) Receive(ctx context.Context, limit int, until time.Time) (got []ports.Delivery, err error) {
	q, w := p.m.w.queue, p.m.w
	err = p.m.call(ctx, chance.QueueReceive, "Queue.Receive", "", func(kind chance.Kind) error {
		switch kind {
		case chance.LostRequest:
			return unavailable("receive")
		case chance.Throttle:
			return fault.New(fault.Throttled, "sim: receive")
		}
		due := q.await(ctx, p.m, until)
		if ctx.Err() != nil && len(due) == 0 {
			return ctx.Err()
		}
		for len(due) > 0 && len(got) < limit {
			at := 0
			if kind == chance.Reorder && len(due) > 1 {
				w.reach.Hit(chance.QueueReceive, kind)
				at = w.roll().IntN(len(due))
			}
			l := due[at]
			due = slices.Delete(due, at, at+1)
			got = append(got, q.take(l))
			if kind == chance.Duplicate {
				w.reach.Hit(chance.QueueReceive, kind)
				l.visible = w.Now()
			}
		}
		if kind == chance.Unseen && len(got) > 0 {
			w.reach.Hit(chance.QueueReceive, kind)
			got = nil
		}
		for _, d := range got {
			w.note(p.m.host.Name, "received", string(d.Body), d.Receipt)
			p.m.takeUp(d)
		}
		return nil
	})
	return got, err
}

// await waits for a message that can be received.
func (q *queue) await(ctx context.Context, m *Machine, until time.Time) []*letter {
	for {
		due := q.due()
		if len(due) > 0 || ctx.Err() != nil || !m.host.Now().Before(until) {
			return due
		}
		wake := until
		if next := q.next(); !next.IsZero() && next.Add(m.host.Offset).Before(until) {
			wake = next.Add(m.host.Offset)
		}
		known := len(q.letters)
		q.w.WaitUntil(func() bool {
			return ctx.Err() != nil || len(q.letters) != known || !m.host.Now().Before(wake)
		}, wake)
	}
}

// Ack implements ports.Queue.
func (p queuePort) Ack(ctx context.Context, receipt string) error {
	q, w := p.m.w.queue, p.m.w
	p.mayAck(receipt)
	return p.m.call(ctx, chance.QueueAck, "Queue.Ack", receipt, func(kind chance.Kind) error {
		if kind == chance.LostRequest {
			return unavailable("ack")
		}
		l := q.find(receipt)
		switch {
		case l == nil || kind == chance.Lost:
		case kind == chance.Later:
			l.visible, l.working = w.Now().Add(w.between(10*time.Minute, 30*time.Minute)), false
		default:
			q.letters = slices.DeleteFunc(q.letters, func(other *letter) bool { return other == l })
		}
		if kind == chance.LostAck {
			w.reach.Hit(chance.QueueAck, kind)
			return unavailable("ack").MaybeDone()
		}
		return nil
	})
}

// mayAck checks that a message is acknowledged only when the store alone shows what must happen next and when: not while its
// parcel could start a task that nobody has, unless another message of it was sent.
func (p queuePort) mayAck(receipt string) {
	w, l := p.m.w, p.m.w.queue.find(receipt)
	t := w.task()
	if l == nil || t == nil || t.troubled || t.sent > 0 || p.m.stopping || p.m.ahead {
		return
	}
	note, err := job.ReadNote(l.message.Body)
	if err != nil || note.Parcel == nil || t.wish != w.books.Wish(note.Job) {
		return // whoever wished something of the job since then sends for its parcels
	}
	if w.books.Runnable(books.Message{Job: note.Job, Parcel: *note.Parcel}) {
		w.books.Fail("the message of job %s parcel %d is acknowledged, and its tasks are queued and not leased", note.Job, *note.Parcel)
	}
}

// Return implements ports.Queue.
func (p queuePort) Return(ctx context.Context, receipt string, delay time.Duration) error {
	q, w := p.m.w.queue, p.m.w
	return p.m.call(ctx, chance.QueueReturn, "Queue.Return", receipt, func(kind chance.Kind) error {
		if kind == chance.LostRequest {
			return unavailable("return")
		}
		if l := q.find(receipt); l != nil && kind != chance.Lost {
			l.visible, l.working = w.Now().Add(delay), false
		}
		if kind == chance.LostAck {
			w.reach.Hit(chance.QueueReturn, kind)
			return unavailable("return").MaybeDone()
		}
		return nil
	})
}
