package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// walker lets processes, people and accidents do as they please, all from one seed.
type walker struct {
	*world
	random    *rand.Rand
	processes []*process
	// drained are those that were told to stop and may not have ended yet.
	drained []*process
	epoch   int64
	options engine.Options
	ids     []job.ID
	// latest is the latest time that the clock has shown before it was set back.
	latest time.Time
	// calm ends the accidents; dear lets some answers cost more than their bound.
	calm, dear bool
	log        []string
}

// TestRandomWalk runs jobs through everything that can happen to them, with all invariants checked after every commit;
// once the accidents stop, everything comes to rest within a bounded number of sweeps.
func TestRandomWalk(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seeds) {
		walk(t, seed)
		if t.Failed() {
			return
		}
	}
}

func walk(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	w := &walker{random: r, options: engine.Options{
		ParcelSize: 1 + r.IntN(4), Calls: 1 + r.IntN(8), FlushResults: 1 + r.IntN(4), FlushAfter: time.Duration(r.IntN(4)) * time.Second,
		CallTimeout: time.Minute, Fresh: 5 * time.Second,
	}}
	defer func() {
		if t.Failed() {
			t.Logf("seed %d: %v", seed, w.log)
		}
	}()
	options := w.options
	w.world = newWorld(t, &options)
	w.wrap = w.breakStore
	w.main = w.start(&options)
	w.processes = []*process{w.main}
	w.dear = seed%10 == 0
	w.checks.loose = w.dear
	w.oracle.script = w.answer
	w.hooks.LoseAck = func([]ports.Key) bool { return !w.calm && r.IntN(40) == 0 }
	w.newJob()
	for range 60 + r.IntN(120) {
		w.act()
		for range r.IntN(30) {
			w.step(r.IntN)
		}
		if w.checks.broken != "" {
			require.Empty(t, w.checks.broken, "seed %d", seed)
			return
		}
	}
	w.calmDown()
	w.checks.settled()
	require.Empty(t, w.checks.broken, "seed %d", seed)
	w.reconcile(w.statement())
	w.square()
	w.allSlots()
	w.sound()
}

// allSlots checks that the process which is left can have as many calls open as ever.
func (w *walker) allSlots() {
	// A breaker that the accidents have opened is closed by a probe.
	w.now = w.now.Add(2 * time.Hour)
	require.Equal(w.t, job.StateCompleted, w.rest(w.submit(1)).State)
	w.now = w.now.Add(time.Minute)
	w.oracle.most = 0
	w.oracle.script = func(plea) said { return slow(time.Minute - time.Second) }
	id := w.submit(12)
	for parcel := range w.job(id).Layout.Parcels() {
		w.work(w.main, &letter{body: job.ParcelNote(w.job(id), parcel).Pack()})
	}
	w.settle(first)
	w.now = w.now.Add(3 * time.Second) // the last one has waited for more slots than there are
	w.settle(first)
	require.Equal(w.t, min(w.options.Calls, 12), w.oracle.most, "slots were lost")
	w.busy()
}

func (w *walker) note(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf(format, args...))
}

func (w *walker) any() *process { return w.processes[w.random.IntN(len(w.processes))] }

func (w *walker) newJob() {
	tasks := 1 + w.random.IntN(14)
	limit := cost.Pico(0)
	if w.random.IntN(3) == 0 {
		limit = cost.Pico(1+w.random.IntN(6*tasks)) * 200_000_000
	}
	calm := w.calm
	w.calm = true
	defer func() { w.calm = calm }()
	id := w.submit(tasks, capped(limit), func(s *engine.Submission) {
		s.Limits = job.Limits{Judged: 1 + w.random.IntN(3), Unknown: 1 + w.random.IntN(3), GiveUpAfter: time.Hour}
	})
	w.ids = append(w.ids, id)
	w.note("job of %d for %s", tasks, limit)
}

// answer is what the provider does with a call.
func (w *walker) answer(plea) said {
	r := w.random
	s := ok()
	if w.calm {
		return s
	}
	switch n := r.IntN(20); n {
	case 0, 1:
		s = again("OUTPUT_INVALID")
	case 2:
		s = failing("REFUSED")
	case 3:
		s = refused(fault.Throttled, time.Duration(r.IntN(90))*time.Second)
	case 4:
		s = refused(fault.Overloaded, 0)
	case 5:
		s = unknown(r.IntN(2) == 0)
	case 6:
		s.silent = true
	case 7:
		s.hang = true
	case 8:
		s = refused(fault.Rejected, 0)
	case 9:
		if r.IntN(5) == 0 {
			s = refused(fault.Unauthorized, 0)
		}
	case 10:
		s.crash = r.IntN(3) == 0
	}
	s.usage = cost.Usage{Input: 1 + int64(r.IntN(999)), Output: 1 + int64(r.IntN(999))}
	if w.dear && r.IntN(6) == 0 {
		s.usage.Input += 20_000
	}
	if r.IntN(2) == 0 {
		s.took = time.Duration(r.IntN(50)) * time.Second
	}
	return s
}

// act does one thing.
func (w *walker) act() {
	r := w.random
	id := w.ids[r.IntN(len(w.ids))]
	p := w.any()
	switch n := r.IntN(40); {
	case n < 14:
		w.deliver(p)
	case n < 18:
		w.note("sweep")
		w.spawn(func() { _, _ = p.Sweep(p.ctx) })
	case n < 24:
		w.pass()
	case n == 24:
		w.note("jump")
		w.now = w.now.Add(time.Duration(r.IntN(20)) * time.Minute)
	case n == 25:
		w.note("lost messages")
		w.mail.lose()
	case n == 26:
		w.note("cancel")
		w.spawn(func() { _, _ = p.Cancel(p.ctx, id, "") })
	case n == 27:
		w.note("pause")
		w.spawn(func() { _, _ = p.Pause(p.ctx, id, "") })
	case n == 28, n == 29:
		w.note("resume")
		limit := cost.Pico(0)
		if r.IntN(2) == 0 {
			limit = w.books(id).job.Cap + cost.Pico(r.IntN(5))*500_000_000
		}
		w.spawn(func() { _, _ = p.Resume(p.ctx, id, limit) })
	case n < 33:
		w.retry(p, id)
	case n == 33:
		w.crash()
	case n == 34 && len(w.processes) < 3:
		w.note("another process")
		options := w.options
		options.Epoch = w.epoch
		w.processes = append(w.processes, w.start(&options))
	case n == 35 && len(w.ids) < 3:
		w.newJob()
	case n == 36:
		w.deadLetter(p)
	case n == 37:
		w.stepBack()
	case n == 38:
		w.note("verify")
		w.spawn(func() {
			if report, err := p.Verify(p.ctx, id); err == nil && !report.OK() {
				w.checks.fail("verify of a live job: %+v", report.Problems)
			}
		})
	case n == 39:
		w.stop()
	}
}

// breakStore lets calls of a process's store fail, some before and some after they took effect.
func (w *walker) breakStore(p *engine.Ports) {
	fails := func(odds int) error {
		if w.calm || w.random.IntN(odds) > 0 {
			return nil
		}
		return fault.New([]fault.Kind{fault.Throttled, fault.Unavailable, fault.Internal}[w.random.IntN(3)], "the store has a bad day")
	}
	p.Store = &faulty{
		Store: p.Store,
		get:   func(ports.Key) error { return fails(150) },
		list:  func(ports.Range) error { return fails(150) },
		update: func(_ []ports.Key, do func() error) error {
			if err := fails(60); err != nil {
				return err
			}
			err := do()
			if lost := fails(60); lost != nil && err == nil {
				return fault.New(fault.Unavailable, "the store did not answer").MaybeDone()
			}
			return err
		},
	}
}

// stop drains a process and starts another in its place; what it has begun goes on to its end.
func (w *walker) stop() {
	w.note("drain")
	at := w.random.IntN(len(w.processes))
	w.processes[at].Drain()
	w.drained = append(w.drained, w.processes[at])
	options := w.options
	options.Epoch = w.epoch
	w.processes[at] = w.start(&options)
	w.main = w.processes[at]
}

func (w *walker) books(id job.ID) *books { return w.checks.books[id] }

func (w *walker) retry(p *process, id job.ID) {
	var ordinals []int
	for range w.random.IntN(4) {
		ordinals = append(ordinals, w.random.IntN(w.books(id).job.Layout.Tasks))
	}
	limit := w.books(id).job.Cap + cost.Pico(w.random.IntN(4))*2_000_000_000
	w.note("retry %v", ordinals)
	w.spawn(func() { _, _ = p.Retry(p.ctx, id, ordinals, limit) })
}

// deliver gives a message, or a second copy of it, to a process.
func (w *walker) deliver(p *process) {
	due := w.mail.due()
	if len(due) == 0 {
		return
	}
	l := due[w.random.IntN(len(due))]
	if w.random.IntN(5) == 0 {
		l = &letter{body: l.body}
	}
	w.note("work")
	if w.random.IntN(4) > 0 {
		w.work(p, l)
		return
	}
	ctx := p.ctx
	var cancel context.CancelFunc
	p.ctx, cancel = w.WithDeadline(ctx, w.now.Add(time.Duration(30+w.random.IntN(300))*time.Second))
	w.work(p, l)
	p.ctx = ctx
	_ = cancel
}

func (w *walker) deadLetter(p *process) {
	due := w.mail.due()
	if len(due) == 0 {
		return
	}
	l := due[w.random.IntN(len(due))]
	w.note("dead letter")
	w.spawn(func() { _ = p.DeadLetter(p.ctx, l.body) })
}

// stepBack sets the clock back, but never further behind the latest time that it has shown than clocks may deviate.
func (w *walker) stepBack() {
	w.note("step back")
	if w.now.After(w.latest) {
		w.latest = w.now
	}
	back := w.latest.Add(-time.Duration(w.random.IntN(4000)) * time.Millisecond)
	if back.Before(w.now) {
		w.now = back
	}
}

// pass lets time go on to when somebody waits for it, or a little.
func (w *walker) pass() {
	at, some := w.wake()
	if !some || w.random.IntN(3) == 0 {
		at = w.now.Add(time.Duration(w.random.IntN(30_000)) * time.Millisecond)
	}
	if at.After(w.now) {
		w.now = at
	}
}

// crash ends a process and starts another one. A new epoch is only ever begun when all older processes are dead.
func (w *walker) crash() {
	w.note("crash")
	at := w.random.IntN(len(w.processes))
	w.processes[at].die()
	if w.random.IntN(2) == 0 {
		// A new epoch begins with the lock on the store: nobody of before is left, and what the dead had on its way has
		// arrived by then, or never will.
		for _, p := range append(w.processes, w.drained...) {
			p.die()
		}
		w.settle(first)
		w.processes, w.drained = w.processes[:1], nil
		at = 0
		w.epoch++
	}
	options := w.options
	options.Epoch = w.epoch
	w.processes[at] = w.start(&options)
	w.main = w.processes[at]
}

// calmDown ends the accidents and runs until every job has ended.
func (w *walker) calmDown() {
	w.calm = true
	w.note("calm")
	for {
		if w.step(w.random.IntN) {
			continue
		}
		at, some := w.wake()
		if !some {
			break
		}
		w.now = at
	}
	require.Empty(w.t, w.strands, "somebody waits for ever")
	for _, p := range w.processes {
		if !p.dead {
			w.main = p
		}
	}
	for round := 0; ; round++ {
		require.Less(w.t, round, 300, "no rest: %v", w.log)
		w.minute()
		w.drain()
		if w.checks.broken != "" || w.atRest() {
			return
		}
	}
}

// atRest reports whether all jobs have ended; those that are paused are resumed with more money.
func (w *walker) atRest() bool {
	rest := true
	for _, id := range w.ids {
		switch j := w.job(id); {
		case j.State == job.StatePaused:
			rest = false
			w.do(func() { _, _ = w.main.Resume(w.main.ctx, id, j.Cap+20_000_000_000) })
		case !j.State.Ended():
			rest = false
		}
	}
	return rest
}
