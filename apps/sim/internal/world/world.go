// Package world is one simulated run: the real engine on a few machines, every port of theirs replaced by one that the seed
// rules, a provider with its own bill, people who submit, pause and cancel, and books that are checked after every commit.
package world

import (
	"io"
	"math/rand/v2"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/coop"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// epoch is when every run begins.
var epoch = time.Date(2026, 11, 30, 22, 30, 0, 0, time.UTC)

// World is one run.
type World struct {
	*coop.Scheduler
	config Config
	inject chance.Injector
	reach  *chance.Reach
	// dice are for what happens outside of machines and people, which have dice of their own, turns for who moves next:
	// without one fault or one of them, the others do as they did.
	dice, turns *rand.Rand
	store       *memstore.Store
	queue       *queue
	provider    *provider
	batches     *batches
	ids         *ids
	books       *books.Books
	trace       *trace
	machines    []*Machine
	started     int
	generation  int64
	// ground is the host of those who never die: people and the platform.
	ground *coop.Host
	// calm ends all faults, over lets everybody who waits for something to do go home.
	calm, over bool
	// asked is how many people wait for a machine to do what they asked it to.
	asked int
	// calls counts calls of ports, asks what operators have asked for.
	calls     int
	asks      int
	history   history
	delivered map[string]bool
	notices   map[string]string
	looking   bool
	backups   []backup
	// telling is what the write to the model's record has that a strand has under way.
	telling map[*coop.Strand]*telling
	// stopped are the jobs whose last create was refused because the provider stops all calls.
	stopped map[job.ID]stop
	// tally is what happened, in numbers.
	tally Tally
	// pending are lines of the bill that a restore could not book at once, because what they were for is under way;
	// generations are the batches that a restore has found known.
	pending     []engine.Billed
	generations map[string]bool
	// restoring is true while the store is set back and nobody may work.
	restoring bool
}

// Options are how a run is watched and shrunk.
type Options struct {
	// Trace, if set, is written one line per event.
	Trace io.Writer
	// Keep, if set, says which of the drawn faults happen, by their number.
	Keep func(number int) bool
	// Without names actors that do nothing.
	Without map[string]bool
}

// Result is what a run came to.
type Result struct {
	Config Config
	// Broken is the first rule that was broken, or empty.
	Broken string
	// Hash is of the trace; Steps, Calls and Faults count moves, port calls and faults.
	Hash                 uint64
	Steps, Calls, Faults int
	Reach                *chance.Reach
	// Illegal is set when the submissions are not linearizable.
	Illegal bool
	// Drift sums the differences between ledger and bill.
	Drift cost.Pico
	Tally Tally
}

// Tally counts what a run has come to: calls, those that found their prefix kept, probes of an open breaker, and batches.
type Tally struct{ Calls, Warm, Probes, Batches int }

// Add adds another run's.
func (t *Tally) Add(other Tally) {
	t.Calls, t.Warm, t.Probes, t.Batches = t.Calls+other.Calls, t.Warm+other.Warm, t.Probes+other.Probes, t.Batches+other.Batches
}

// Run makes the run of a configuration.
func Run(c Config, o *Options) Result {
	if o == nil {
		o = &Options{}
	}
	w := newWorld(c, o)
	random := chance.NewRandom(rand.New(rand.NewPCG(c.Seed, 1)), c.Intensity, w.allows)
	random.Keep = o.Keep
	w.inject = random
	w.populate(o.Without)
	w.storm()
	random.Off = true
	w.settle()
	r := w.result()
	r.Faults = random.Drew()
	return r
}

func newWorld(c Config, o *Options) *World {
	w := &World{
		Scheduler: coop.New(epoch), config: c, reach: chance.NewReach(), trace: newTrace(o.Trace),
		dice: rand.New(rand.NewPCG(c.Seed, 2)), turns: rand.New(rand.NewPCG(c.Seed, 3)),
		telling: map[*coop.Strand]*telling{}, stopped: map[job.ID]stop{}, delivered: map[string]bool{}, notices: map[string]string{},
	}
	w.Pick = w.turns.IntN
	if c.Stay > 0 {
		w.Stay = func() bool { return w.turns.IntN(100) < c.Stay }
	}
	w.ground = w.Host("people")
	w.ids = &ids{dice: rand.New(rand.NewPCG(c.Seed, 4)), owners: map[ports.Token]*Machine{}}
	w.store = memstore.New(w.ground, w.storeOptions())
	w.queue = &queue{w: w}
	w.provider, w.batches = newProvider(w), &batches{w: w}
	w.newBooks()
	w.Panicked = func(value any, stack []byte) { w.books.Fail("panic: %v\n%s", value, stack) }
	return w
}

func (w *World) newBooks() {
	c := w.config
	w.books = books.New(rawStore{w}, w.Now, books.Rules{
		CallTimeout: c.CallTimeout, Margin: Margin, Fresh: 5 * time.Second, Loose: c.Dear, Wild: c.Wild, KeyLife: c.KeyLife,
		Epoch: func() int64 { return w.generation }, Slots: c.Calls * c.Machines,
		Paced: !c.Lying, Rates: [3]int64{int64(c.RPM), int64(c.ITPM), int64(c.OTPM)},
		Saw: func(kind chance.Kind) { w.reach.Hit(chance.Effect, kind) },
	})
}

// allows says which faults this run may have at all.
func (w *World) allows(p chance.Pair) bool {
	switch p.Kind {
	case chance.UsageAbove:
		return w.config.Dear
	case chance.Jump, chance.Redeliver:
		return false
	}
	return true
}

func (w *World) broken() bool { return w.books.Broken() != "" }

// storm is the time of faults: until its end, or until enough has moved.
func (w *World) storm() {
	end := epoch.Add(w.config.Horizon)
	for step := 0; step < w.config.Steps && w.Now().Before(end) && !w.broken(); step++ {
		w.turn()
	}
}

// turn lets one strand move, and time pass when none can; now and then it passes by itself.
func (w *World) turn() bool {
	if w.turns.IntN(64) == 0 {
		w.Advance(time.Duration(w.turns.IntN(2000)) * time.Millisecond)
	}
	if w.Step() {
		return true
	}
	at, some := w.Wake()
	if !some {
		return false
	}
	w.Advance(at.Sub(w.Now()))
	return true
}

func (w *World) result() Result {
	w.Close()
	w.tally.Probes = w.books.Probes
	return Result{
		Tally:  w.tally,
		Config: w.config, Broken: w.books.Broken(), Hash: w.trace.hash, Calls: w.calls, Reach: w.reach,
		Drift: w.books.Drift, Illegal: !w.history.legal(w.config.KeyLife),
	}
}
