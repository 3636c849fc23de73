package world

import (
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// throwSwitch switches the spending of all jobs off and on again. Whoever does not know whether it was done may leave it at that.
func (w *World) throwSwitch() {
	if !w.config.Switched {
		return
	}
	every, off := 12*time.Minute, 8*time.Minute
	if w.config.Hasty {
		every, off = time.Minute, 30*time.Second
	}
	for w.rest(0, every) && !w.calm {
		w.spend(false)
		if !w.rest(0, off) || w.calm {
			return // whoever settles the run switches it on
		}
		w.spend(true)
	}
}

// spend switches spending off or on, and reports whether that is known to be done. When it is off, and nothing went wrong on the
// way, every job has followed.
func (w *World) spend(on bool) bool {
	kind := map[bool]chance.Kind{false: chance.DoSwitchOff, true: chance.DoSwitchOn}[on]
	w.note("operator", string(kind), "", "")
	w.reach.Hit(chance.Operator, kind)
	done := false
	w.on(func(m *Machine) {
		_, number := w.books.Off()
		ctx := engine.WithOrigin(m.ctx, engine.Origin{Actor: "operator", Along: func(ports.Tx, *job.Job) error {
			_, before := w.books.Off()
			number = before + 1
			return nil
		}})
		err := m.engine.SetSpending(ctx, on, "")
		w.trace.text(string(fault.KindOf(err)))
		if done = err == nil; done && !on && m.ctx.Err() == nil && !w.task().troubled {
			w.books.Obeyed(number)
		}
	})
	return done
}

// offIn is how long the switch stays off in the time without faults: long enough for every job to follow it.
func (w *World) offIn() time.Duration { return w.followIn() + 5*time.Minute }

// followIn is how long a job may take to follow the switch: a sweep comes each minute, and what a machine was held up in when
// the faults ended may last for two leases.
func (w *World) followIn() time.Duration { return 2*w.lease() + 5*time.Minute }

// switchOn switches spending on once it has been off for long enough, and reports whether it is on.
func (w *World) switchOn(calm time.Time) bool {
	off, _ := w.books.Off()
	if off && w.Now().Sub(calm) > w.offIn() {
		w.spend(true)
	}
	return !off
}
