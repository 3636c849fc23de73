package world

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// call makes one call of a port: others may move first, then something may go wrong, then it takes effect.
func (m *Machine) call(ctx context.Context, method chance.Method, name, what string, effect func(chance.Kind) error) error {
	w := m.w
	w.GiveWay()
	kind := w.inject.Draw(method)
	w.calls++
	w.note(m.host.Name, name, what, string(kind))
	if kind != chance.None {
		m.faults++
	}
	switch kind {
	case chance.CrashBefore:
		w.reach.Hit(method, kind)
		m.host.Perish()
	case chance.Freeze, chance.Slow:
		if w.roll().IntN(2) == 0 {
			m.dawdle(ctx, kind)
		} else {
			defer m.dawdle(ctx, kind)
		}
	case chance.Hang:
		_ = m.host.Sleep(ctx, m.host.Now().Add(m.lease()+w.between(0, time.Minute)))
		if err := ctx.Err(); err != nil {
			w.reach.Hit(method, kind)
			return err
		}
	}
	w.hits(method, kind)
	err := effect(kind)
	if err != nil {
		w.trace.text(string(fault.KindOf(err)))
		if t := w.task(); t != nil {
			t.troubled = true
		}
	}
	switch kind {
	case chance.CrashAfter:
		m.host.Perish()
	case chance.Late:
		_ = m.host.Sleep(ctx, m.host.Now().Add(m.lease()+w.between(0, time.Minute)))
	case chance.Jump:
		w.Advance(m.lease() + 2*Margin)
	case chance.Redeliver:
		w.queue.redeliver()
	}
	return err
}

// dawdle lets the machine stand still, or the call take a while.
func (m *Machine) dawdle(ctx context.Context, kind chance.Kind) {
	if m.host.Dead() || m.w.calm {
		return // what was drawn before the calm does not begin in it
	}
	if kind == chance.Slow {
		_ = m.host.Sleep(ctx, m.host.Now().Add(m.w.between(time.Second, 20*time.Second)))
		return
	}
	most := 3 * m.lease()
	if m.w.percent(50) {
		most = 30 * time.Second
	}
	m.host.Freeze(m.w.Now().Add(m.w.between(time.Second, most)))
	m.w.GiveWay()
}

// hits counts a fault that happened, unless its effect counts it by itself.
func (w *World) hits(method chance.Method, kind chance.Kind) {
	switch kind {
	case chance.None, chance.Jump, chance.Redeliver, chance.Rerun, chance.ShortPage, chance.Partial, chance.Reorder, chance.Duplicate, chance.Unseen, chance.LostAck:
		return
	}
	w.reach.Hit(method, kind)
}
