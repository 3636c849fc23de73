package world

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/coop"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/work"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Machine is one process with an engine, and its way to the ports.
type Machine struct {
	w      *World
	host   *coop.Host
	dice   *rand.Rand
	ctx    context.Context
	cancel context.CancelFunc
	engine *engine.Engine
	model  ports.Model
	worker *localworker.Worker
	// stopping is set once it was told to stop; running counts its loops.
	stopping bool
	running  int
	// invocations counts those of functions.
	invocations int
	// told is what the provider has told this machine and its next write to the record of the model must have. faults counts
	// what has gone wrong with its calls.
	told   books.Told
	faults int
	// answers are the strands that have heard an answer and not told of it.
	answers map[*coop.Strand]bool
	// ahead is true for another version of the kind, old for one that writes schema 0.
	ahead, old bool
	// loseAck makes the store lose the outcome of this machine's next commit.
	loseAck bool
}

// task is what a strand of a machine works on: one delivery of a message.
type task struct {
	m *Machine
	// job is whose parcel it is, wish the job's last wish when the message was received.
	job  job.ID
	wish int64
	// closed are the shards that were last read closed, by partition.
	closed map[string]bool
	// sent counts the messages that were sent, troubled is set when a call failed.
	sent     int
	troubled bool
}

// acting is the machine whose strand is moving.
func (w *World) acting() *Machine {
	if s := w.Current(); s != nil {
		if t, is := s.Tag.(*task); is {
			return t.m
		}
	}
	return nil
}

func (w *World) task() *task {
	t, _ := w.Current().Tag.(*task)
	return t
}

// engineOptions are what every machine of this run has.
func (w *World) engineOptions() engine.Options {
	c := w.config
	o := engine.Options{
		ParcelSize: c.ParcelSize, Calls: c.Calls, FlushResults: c.FlushResults, FlushAfter: c.FlushAfter, CallTimeout: c.CallTimeout,
		Margin: Margin, Epoch: w.generation, KeyLife: c.KeyLife,
	}
	if c.KeyLife == 0 {
		o.KeyLife = -1
	}
	return o
}

// start makes a machine.
func (w *World) start() *Machine {
	w.started++
	m := &Machine{
		w: w, host: w.Host(fmt.Sprintf("m%d", w.started)), dice: w.stream(1000 + uint64(w.started)), answers: map[*coop.Strand]bool{},
	}
	if !w.calm {
		if w.config.OtherVersion && w.percent(30) {
			m.ahead = true
			w.reach.Hit(chance.Machine, chance.OtherVersion)
		}
		if w.config.OldSchema && w.percent(50) {
			m.old = true
			w.reach.Hit(chance.Machine, chance.OldSchema)
		}
		if w.percent(50) {
			w.reach.Hit(chance.ClockNow, chance.Skew)
			m.host.Offset = w.deviation()
		}
	}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	kind := work.Kind{}
	if m.ahead {
		kind.Ahead = 1
	}
	options := w.engineOptions()
	m.model = modelPort{m}
	if w.config.Guard {
		m.model = &guard{inner: m.model, m: m}
	}
	m.model = hearing{m.model, m}
	e, err := engine.New(engine.Ports{
		Store: storePort{m}, Queue: queuePort{m}, Model: m.model, Batch: batchPort{m}, Clock: clockPort{m.host, m}, Group: m.host,
		IDs: machineIDs{w.ids, m}, Observer: observerPort{m}, Notifier: notifierPort{m},
	}, []job.Kind{kind}, &options)
	if err != nil {
		panic("world: " + err.Error())
	}
	m.engine = e
	w.note(m.host.Name, "start", "", "")
	return m
}

// deviation draws how far a clock is off: half the margin at most, so that any two are within it, or anything.
func (w *World) deviation() time.Duration {
	most := Margin/2 - 100*time.Millisecond
	if w.config.Wild {
		most = time.Hour
	}
	return w.between(-most, most)
}

// run lets the machine work until it is told to stop.
func (m *Machine) run() {
	if m.w.config.Functions {
		m.functions()
		return
	}
	m.worker = localworker.New(m.engine, queuePort{m}, &localworker.Options{Parcels: 3})
	m.loop(func() {
		// As the one binary does on start: what its last run left goes on at once.
		_ = m.engine.Restart(m.ctx)
		_ = m.worker.Run(m.ctx)
	})
}

func (m *Machine) loop(fn func()) {
	m.running++
	m.spawn(func() {
		defer func() { m.running-- }()
		fn()
	})
}

// spawn runs something on the machine.
func (m *Machine) spawn(fn func()) *coop.Strand {
	s := m.w.Go(m.host, fn)
	s.Tag = &task{m: m, closed: map[string]bool{}}
	return s
}

// stop tells the machine to finish what it has begun.
func (m *Machine) stop() {
	m.stopping = true
	if m.worker != nil {
		m.worker.Stop()
		return
	}
	m.engine.Drain()
	m.cancel()
}

func (m *Machine) gone() bool { return m.host.Dead() || m.stopping && m.running == 0 }

func (m *Machine) lease() time.Duration { return m.w.lease() }

// lease is how long the engine leases a parcel by default.
func (w *World) lease() time.Duration { return 2*w.config.CallTimeout + 4*Margin }

func unavailable(what string) *fault.Error {
	return fault.New(fault.Unavailable, "sim: %s: out of reach", what)
}
