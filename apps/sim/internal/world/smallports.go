package world

import (
	"context"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/coop"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// clockPort is the machine's clock, which may wake late.
type clockPort struct {
	*coop.Host
	m *Machine
}

// Sleep implements ports.Clock.
func (c clockPort) Sleep(ctx context.Context, until time.Time) error {
	return c.m.call(ctx, chance.ClockSleep, "Clock.Sleep", "", func(kind chance.Kind) error {
		if kind == chance.Oversleep {
			until = until.Add(c.m.w.between(0, c.m.lease()))
		}
		return c.Host.Sleep(ctx, until)
	})
}

// observerPort notes events, and finds those that must never be told.
type observerPort struct{ m *Machine }

var _ ports.Observer = observerPort{}

// Observe implements ports.Observer.
func (o observerPort) Observe(_ context.Context, e ports.Event) {
	w := o.m.w
	if o.m.host.Dead() {
		return
	}
	w.trace.text(string(e.Name))
	if e.Name == ports.EventCall {
		o.m.answered(w.Current())
	}
	switch {
	case e.Name == ports.EventCorrupt:
		w.books.Fail("the engine found a damaged record: %s", e.Detail)
	case e.Fault == string(fault.Internal) && e.Detail != clientBug && !strings.Contains(e.Detail, "context "):
		w.books.Fail("the engine has a bug: %s", e.Detail)
	case e.Name == ports.EventPlanDiffers && !o.m.ahead:
		w.books.Fail("a machine of the job's own version found another plan: %s", e.Detail)
	}
}

// notifierPort delivers notices to whoever listens.
type notifierPort struct{ m *Machine }

var _ ports.Notifier = notifierPort{}

// Notify implements ports.Notifier.
func (n notifierPort) Notify(ctx context.Context, notice ports.Notice) error {
	w := n.m.w
	return n.m.call(ctx, chance.NotifierNotify, "Notifier.Notify", notice.ID, func(kind chance.Kind) error {
		if kind == chance.LostRequest {
			return unavailable("notify")
		}
		if was, known := w.notices[notice.ID]; known && was != string(notice.Body) {
			w.books.Fail("notice %s says another thing than before", notice.ID)
		}
		w.notices[notice.ID] = string(notice.Body)
		if _, there := (rawStore{w}).Read(ports.Key{Partition: "outbox", Sort: notice.ID}); !there && kind == chance.None && !w.delivered[notice.ID] {
			w.books.Fail("notice %s is delivered, and the outbox does not have it", notice.ID)
		}
		w.delivered[notice.ID] = true
		if kind == chance.LostAck {
			w.reach.Hit(chance.NotifierNotify, kind)
			return unavailable("notify").MaybeDone()
		}
		return nil
	})
}
