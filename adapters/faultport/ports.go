package faultport

import (
	"context"
	"errors"
	"time"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// Store wraps a store: Store.Get, Store.List and Store.Update. A lost acknowledgement of an Update is one that its
// adapter could not make up for by running the decision again.
func (p *Plan) Store(inner ports.Store) ports.Store { return &store{p, inner} }

type store struct {
	plan  *Plan
	inner ports.Store
}

func (s *store) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	return call(ctx, s.plan, "Store.Get", func() (ports.Record, error) { return s.inner.Get(ctx, key) })
}

func (s *store) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	return call(ctx, s.plan, "Store.List", func() (ports.Page, error) { return s.inner.List(ctx, r) })
}

func (s *store) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	// own is the decision's own error once the Update has ended with it. It never left this machine, so it cannot get lost.
	var own error
	err := do(ctx, s.plan, "Store.Update", func() error {
		var last error
		err := s.inner.Update(ctx, keys, func(tx ports.Tx) error {
			last = decide(tx)
			return last
		})
		if last != nil && errors.Is(err, last) {
			own = err
		}
		return err
	})
	if own != nil {
		return own
	}
	return err
}

// Queue wraps a queue: Queue.Send, Queue.Receive, Queue.Ack and Queue.Return. A Receive whose acknowledgement is lost
// leaves its messages hidden until their visibility ends.
func (p *Plan) Queue(inner ports.Queue) ports.Queue { return &queue{sender{p, inner}, inner} }

// Sender wraps the sending half of a queue: Queue.Send.
func (p *Plan) Sender(inner ports.Sender) ports.Sender { return &sender{p, inner} }

type sender struct {
	plan  *Plan
	inner ports.Sender
}

func (s *sender) Send(ctx context.Context, messages ...ports.Message) error {
	return do(ctx, s.plan, "Queue.Send", func() error { return s.inner.Send(ctx, messages...) })
}

type queue struct {
	sender
	inner ports.Queue
}

func (q *queue) Receive(ctx context.Context, limit int, until time.Time) ([]ports.Delivery, error) {
	return call(ctx, q.plan, "Queue.Receive", func() ([]ports.Delivery, error) { return q.inner.Receive(ctx, limit, until) })
}

func (q *queue) Ack(ctx context.Context, receipt string) error {
	return do(ctx, q.plan, "Queue.Ack", func() error { return q.inner.Ack(ctx, receipt) })
}

func (q *queue) Return(ctx context.Context, receipt string, delay time.Duration) error {
	return do(ctx, q.plan, "Queue.Return", func() error { return q.inner.Return(ctx, receipt, delay) })
}

// Model wraps a model: Model.Call. A lost acknowledgement is an answer that was billed and never arrived.
func (p *Plan) Model(inner ports.Model) ports.Model { return &model{p, inner} }

type model struct {
	plan  *Plan
	inner ports.Model
}

func (m *model) Call(ctx context.Context, request job.Request) (ports.Reply, error) {
	return call(ctx, m.plan, "Model.Call", func() (ports.Reply, error) { return m.inner.Call(ctx, request) })
}

// Notifier wraps a notifier: Notifier.Notify.
func (p *Plan) Notifier(inner ports.Notifier) ports.Notifier { return &notifier{p, inner} }

type notifier struct {
	plan  *Plan
	inner ports.Notifier
}

func (n *notifier) Notify(ctx context.Context, notice ports.Notice) error {
	return do(ctx, n.plan, "Notifier.Notify", func() error { return n.inner.Notify(ctx, notice) })
}

// Observer wraps an observer: Observer.Observe. It has no outcome: Fail and Hang lose the event, LoseAck changes nothing.
func (p *Plan) Observer(inner ports.Observer) ports.Observer { return &observer{p, inner} }

type observer struct {
	plan  *Plan
	inner ports.Observer
}

func (o *observer) Observe(ctx context.Context, event ports.Event) {
	_ = do(ctx, o.plan, "Observer.Observe", func() error {
		o.inner.Observe(ctx, event)
		return nil
	})
}
