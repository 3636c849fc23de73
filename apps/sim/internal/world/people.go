package world

import (
	"math/rand/v2"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
)

// populate starts the machines and the people, but for those that are left out.
func (w *World) populate(without map[string]bool) {
	for range w.config.Machines {
		m := w.start()
		w.machines = append(w.machines, m)
		m.run()
	}
	w.Go(w.ground, w.supervise).Tag = &person{"supervisor", w.stream(99)}
	actors := []struct {
		name string
		do   func()
	}{
		{"killer", w.kill}, {"clocks", w.setClocks}, {"letters", w.readDeadLetters},
		{"operator", w.operate}, {"operator2", w.operate}, {"client1", func() { w.client(1) }}, {"client2", func() { w.client(2) }},
		{"backup", w.backUp}, {"weather", w.change}, {"switch", w.throwSwitch},
	}
	for i, a := range actors {
		if !without[a.name] {
			w.Go(w.ground, a.do).Tag = &person{a.name, w.stream(100 + uint64(i))}
		}
	}
}

// person is somebody outside of all machines.
type person struct {
	name string
	dice *rand.Rand
}

// String is the name, for reports.
func (p *person) String() string { return p.name }

// Actors are the names that Options.Without knows. There is no run without a supervisor: who dies would stay dead.
func Actors() []string {
	return []string{"killer", "clocks", "letters", "operator", "operator2", "client1", "client2", "backup", "weather", "switch"}
}

// rest waits for a while, and reports whether there is still something to do then.
func (w *World) rest(least, most time.Duration) bool {
	at := w.Now().Add(w.between(least, most))
	w.WaitUntil(func() bool { return w.over || !w.Now().Before(at) }, at)
	return !w.over
}

// supervise starts a machine in the place of one that has died or stopped. On one machine with an embedded store every
// start is a new incarnation of the store.
func (w *World) supervise() {
	for {
		w.Wait(func() bool { return w.over || w.vacancy() >= 0 && !w.restoring })
		if w.over {
			return
		}
		at := w.vacancy()
		if !w.calm && !w.rest(0, 3*time.Minute) {
			return
		}
		if w.restoring {
			continue
		}
		w.replace(at)
	}
}

func (w *World) replace(at int) {
	if w.config.Machines == 1 && !w.config.Functions && w.machines[at].host.Dead() {
		w.generation++
	}
	w.reach.Hit(chance.Machine, chance.Cold)
	m := w.start()
	w.machines[at] = m
	m.run()
}

func (w *World) vacancy() int {
	for i, m := range w.machines {
		if m.gone() {
			return i
		}
	}
	return -1
}

// kill ends machines at any moment, also in the middle of an Update.
func (w *World) kill() {
	if w.config.Intensity == 0 {
		return
	}
	for w.rest(time.Minute, 30*time.Minute) && !w.calm {
		m := w.machines[w.roll().IntN(len(w.machines))]
		switch {
		case m.host.Dead() || m.stopping:
		case w.percent(30):
			w.reach.Hit(chance.Machine, chance.Drained)
			w.note(m.host.Name, "stop", "", "")
			m.stop()
		default:
			w.reach.Hit(chance.Machine, chance.Killed)
			w.note(m.host.Name, "killed", "", "")
			m.host.Kill()
		}
	}
}

// setClocks sets the clocks of machines to other times, within the margin of each other unless clocks are wild.
func (w *World) setClocks() {
	if w.config.Intensity == 0 {
		return
	}
	for w.rest(time.Minute, 40*time.Minute) && !w.calm {
		m := w.machines[w.roll().IntN(len(w.machines))]
		w.reach.Hit(chance.ClockNow, chance.ClockJump)
		m.host.Offset = w.deviation()
		w.note(m.host.Name, "clock set", m.host.Offset.String(), "")
	}
}

// readDeadLetters sends dead letters back to the queue, or hands them to the engine.
func (w *World) readDeadLetters() {
	most := 10 * time.Minute
	if w.config.Grim {
		most = time.Minute
	}
	for w.rest(most/10, most) {
		if w.config.Grim && !w.calm {
			w.queue.giveUp(w.roll())
		}
		for len(w.queue.dead) > 0 && !w.over {
			l := w.queue.dead[0]
			w.queue.dead = w.queue.dead[1:]
			if w.calm || !w.config.Grim && w.percent(50) {
				w.reach.Hit(chance.QueueItself, chance.Redrive)
				w.queue.add(l.message, 0)
				continue
			}
			var err error
			if !w.on(func(m *Machine) { err = m.engine.DeadLetter(m.ctx, l.message.Body) }) || err != nil {
				w.queue.dead = append(w.queue.dead, l)
				break
			}
		}
	}
}

// on runs something on a machine that is up and waits for its end; false when there was none, or it died on the way.
func (w *World) on(do func(*Machine)) bool {
	if w.restoring {
		return false
	}
	var up []*Machine
	for _, m := range w.machines {
		if !m.gone() && !m.stopping && !m.ahead {
			up = append(up, m)
		}
	}
	if len(up) == 0 {
		return false
	}
	m, done := up[w.roll().IntN(len(up))], false
	w.asked++
	defer func() { w.asked-- }()
	m.spawn(func() {
		do(m)
		done = true
	})
	w.Wait(func() bool { return done || m.host.Dead() })
	return done
}
