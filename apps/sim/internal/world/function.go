package world

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// functions drives the engine as a platform of functions does: invocations with a deadline that get a batch of messages,
// one after the other in each of three lanes, and a schedule for the sweeper.
func (m *Machine) functions() {
	for range 3 {
		m.loop(func() {
			for m.ctx.Err() == nil {
				m.invoke()
			}
		})
	}
	m.loop(func() {
		for m.ctx.Err() == nil {
			_, _ = m.engine.Sweep(m.ctx)
			_ = m.host.Sleep(m.ctx, m.host.Now().Add(time.Minute))
		}
	})
}

// invoke receives a batch and works on it until the deadline, at which the platform kills the machine. What failed comes
// again, the rest is removed from the queue by the platform.
func (m *Machine) invoke() {
	deliveries, err := queuePort{m}.Receive(m.ctx, m.w.config.Batch, m.host.Now().Add(time.Hour))
	if err != nil || len(deliveries) == 0 {
		_ = m.host.Sleep(m.ctx, m.host.Now().Add(time.Second))
		return
	}
	if m.invocations++; m.invocations > 1 {
		m.w.reach.Hit(chance.Machine, chance.Warm)
	}
	deadline := m.host.Now().Add(m.w.config.Deadline)
	// Stopping drains; it does not cut off what an invocation has begun.
	ctx, cancel := m.host.WithDeadline(context.Background(), deadline)
	defer cancel()
	done := false
	m.watch(&done, deadline)
	failed := make([]error, len(deliveries))
	_ = m.host.Run(ctx, len(deliveries), func(ctx context.Context, i int) error {
		m.takeUp(deliveries[i])
		if failed[i] = m.engine.Work(ctx, deliveries[i].Body); failed[i] == nil {
			_ = queuePort{m}.Ack(context.Background(), deliveries[i].Receipt)
		}
		return nil
	})
	done = true
	for i, d := range deliveries {
		if failed[i] != nil {
			_ = queuePort{m}.Return(context.Background(), d.Receipt, m.w.between(0, time.Minute))
		}
	}
}

// takeUp begins the work on a delivery.
func (m *Machine) takeUp(d ports.Delivery) {
	t := &task{m: m, closed: map[string]bool{}}
	if note, err := job.ReadNote(d.Body); err == nil {
		t.job, t.wish = note.Job, m.w.books.Wish(note.Job)
	}
	m.w.Current().Tag = t
}

// watch kills the machine when the invocation has not ended a moment after its deadline.
func (m *Machine) watch(done *bool, deadline time.Time) {
	m.w.Go(m.w.ground, func() {
		at := deadline.Add(-m.host.Offset).Add(m.w.between(0, 2*time.Second))
		m.w.WaitUntil(func() bool { return *done || m.host.Dead() || !m.w.Now().Before(at) }, at)
		if !*done && !m.host.Dead() {
			m.w.reach.Hit(chance.Machine, chance.AtDeadline)
			m.w.note(m.host.Name, "killed", "at the deadline", "")
			m.host.Kill()
		}
	})
}
