package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// world is a whole system on one thread: a store, a queue that the test empties, a provider with its own bill, and any
// number of processes with an engine each. Every commit of the store is followed by a look at all that must always hold.
type world struct {
	*coop
	t      testing.TB
	ctx    context.Context
	store  *memstore.Store
	mail   *mailbox
	oracle *oracle
	// batches is the provider's batch lane.
	batches *batches
	ids     *porttest.SeededIDs
	seen    *porttest.Recorder
	kind    *probe
	checks  *checks
	// main is the process that stories use; wrap, if any, comes between a new process and the ports that it gets.
	main  *process
	wrap  func(*engine.Ports)
	hooks memstore.Hooks
	// verified is set when the books were forged, so that the test's end does not look at them again.
	verified bool
}

// process is one engine with its way to the ports. A dead one gets nothing done any more.
type process struct {
	*engine.Engine
	w      *world
	ctx    context.Context
	cancel context.CancelFunc
	dead   bool
	// calls counts its calls of the store and queue; at dies the process dies in the call of that number: after it took
	// effect if after is set, before otherwise.
	calls, dies int
	after       bool
	// died is called once when the process has died.
	died func()
}

var errDead = errors.New("the process is dead")

// options of stories: parcels of three tasks, so that small jobs have several parcels and shards.
func small() *engine.Options { return &engine.Options{ParcelSize: 3, FlushAfter: time.Second} }

func newWorld(t testing.TB, options *engine.Options) *world {
	w := &world{coop: newCoop(), t: t, ctx: context.Background(), ids: porttest.NewIDs(7), seen: &porttest.Recorder{}, kind: &probe{}}
	w.mail = &mailbox{w: w}
	w.oracle = &oracle{w: w, counts: map[string]int{}, script: func(plea) said { return ok() }}
	w.batches = newBatches(w)
	w.checks = newChecks(w)
	w.store = memstore.New(w.coop, w.storeOptions())
	w.main = w.start(options)
	t.Cleanup(func() {
		if !t.Failed() && !w.verified {
			w.sound()
		}
	})
	return w
}

// storeOptions let others move before each commit, and look at everything after it.
func (w *world) storeOptions() *memstore.Options {
	return &memstore.Options{Hooks: memstore.Hooks{
		BeforeCommit: func(keys []ports.Key) {
			w.giveWay()
			if w.hooks.BeforeCommit != nil {
				w.hooks.BeforeCommit(keys)
			}
		},
		AfterCommit: func(keys []ports.Key) {
			w.checks.look(keys)
			if w.hooks.AfterCommit != nil {
				w.hooks.AfterCommit(keys)
			}
		},
		LoseAck: func(keys []ports.Key) bool { return w.hooks.LoseAck != nil && w.hooks.LoseAck(keys) },
	}}
}

// start makes a process.
func (w *world) start(options *engine.Options) *process {
	p := &process{w: w}
	p.ctx, p.cancel = context.WithCancel(w.ctx)
	all := engine.Ports{
		Store: w.store, Queue: w.mail, Model: w.oracle, Clock: w.coop, Group: w.coop, IDs: w.ids, Observer: w.seen, Notifier: w.seen,
		Batch: w.batches,
	}
	if w.wrap != nil {
		w.wrap(&all)
	}
	all.Store, all.Queue, all.Batch = &mortalStore{p, all.Store}, &mortalQueue{p, all.Queue}, &mortalBatch{p, all.Batch}
	var err error
	p.Engine, err = engine.New(all, []job.Kind{w.kind}, options)
	require.NoError(w.t, err)
	return p
}

// die ends the process: nothing that it begins from now on has an effect.
func (p *process) die() {
	p.dead = true
	p.cancel()
	if p.died != nil {
		p.died()
		p.died = nil
	}
}

// call makes one call of a port, unless the process is dead or dies in it.
func (p *process) call(fn func() error) error {
	p.w.giveWay()
	p.calls++
	mine := p.calls
	if mine == p.dies && !p.after {
		p.die()
	}
	if p.dead {
		return errDead
	}
	err := fn()
	if mine == p.dies {
		p.die()
	}
	if p.dead {
		return errDead
	}
	return err
}

type mortalStore struct {
	p     *process
	inner ports.Store
}

func (s *mortalStore) Get(ctx context.Context, key ports.Key) (record ports.Record, err error) {
	err = s.p.call(func() (err error) {
		record, err = s.inner.Get(ctx, key)
		return err
	})
	return record, err
}

func (s *mortalStore) List(ctx context.Context, r ports.Range) (page ports.Page, err error) {
	err = s.p.call(func() (err error) {
		page, err = s.inner.List(ctx, r)
		return err
	})
	return page, err
}

func (s *mortalStore) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	return s.p.call(func() error { return s.inner.Update(ctx, keys, decide) })
}

type mortalQueue struct {
	p     *process
	inner ports.Sender
}

func (q *mortalQueue) Send(ctx context.Context, messages ...ports.Message) error {
	return q.p.call(func() error { return q.inner.Send(ctx, messages...) })
}

// letter is a message in the queue.
type letter struct {
	body  []byte
	at    time.Time
	taken bool
}

// mailbox is a queue that delivers what and when the test says.
type mailbox struct {
	w       *world
	letters []*letter
	sent    int
	err     error
}

func (m *mailbox) Send(_ context.Context, messages ...ports.Message) error {
	if m.err != nil {
		return m.err
	}
	for _, message := range messages {
		m.sent++
		m.letters = append(m.letters, &letter{body: slices.Clone(message.Body), at: m.w.now.Add(message.Delay)})
	}
	return nil
}

// due are the messages that can be delivered now.
func (m *mailbox) due() []*letter {
	var due []*letter
	for _, l := range m.letters {
		if !l.taken && !m.w.now.Before(l.at) {
			due = append(due, l)
		}
	}
	return due
}

func (m *mailbox) drop(l *letter) {
	m.letters = slices.DeleteFunc(m.letters, func(other *letter) bool { return other == l })
}

// lose loses all messages.
func (m *mailbox) lose() { m.letters = nil }

// work begins the delivery of a message to a process; it goes on while others do.
func (w *world) work(p *process, l *letter) *strand {
	l.taken = true
	ctx := p.ctx
	return w.spawn(func() {
		err := p.Work(ctx, l.body)
		l.taken = false
		if err == nil {
			w.mail.drop(l)
			return
		}
		l.at = w.now.Add(time.Second)
	})
}

// do runs something of a process to its end while others move, and lets time pass when nobody can move without it.
func (w *world) do(fn func()) {
	s := w.spawn(fn)
	for !s.done {
		if w.step(first) {
			continue
		}
		at, some := w.wake()
		if !some {
			w.t.Fatal("nobody can move")
		}
		w.now = at
	}
}

// drain delivers every message that is due, one after the other, until none is.
func (w *world) drain() {
	for n := 0; ; n++ {
		due := w.mail.due()
		if len(due) == 0 {
			return
		}
		require.Less(w.t, n, 5000, "messages without end")
		w.do(func() { w.settleOne(due[0]) })
	}
}

// deliver brings a fresh message of a parcel to the main process and waits until it is done with it.
func (w *world) deliver(id job.ID, parcel int) {
	w.do(func() { w.settleOne(&letter{body: job.ParcelNote(w.job(id), parcel).Pack()}) })
}

// settleOne delivers one message and waits for its end.
func (w *world) settleOne(l *letter) {
	s := w.work(w.main, l)
	w.park(func() bool { return s.done }, time.Time{})
}

// sweep lets the main process sweep once.
func (w *world) sweep() engine.Swept {
	var swept engine.Swept
	var err error
	w.do(func() { swept, err = w.main.Sweep(w.main.ctx) })
	require.NoError(w.t, err)
	return swept
}

// minute lets a minute pass and sweeps.
func (w *world) minute() engine.Swept {
	w.now = w.now.Add(time.Minute)
	return w.sweep()
}

// rest delivers and sweeps, minute by minute, until the job has ended or is paused.
func (w *world) rest(id job.ID) *job.Job {
	for range 600 {
		w.drain()
		w.minute()
		w.drain()
		if j := w.job(id); j.State.Ended() || j.State == job.StatePaused {
			return j
		}
	}
	w.t.Fatalf("job %s does not come to rest: %+v", id, w.progress(id))
	return nil
}

func (w *world) job(id job.ID) *job.Job {
	j, err := w.main.Job(w.ctx, id)
	require.NoError(w.t, err)
	return j
}

func (w *world) progress(id job.ID) engine.Progress {
	p, err := w.main.Progress(w.ctx, id)
	require.NoError(w.t, err)
	return p
}

// task reads one task.
func (w *world) task(id job.ID, ordinal int) job.Task {
	var task job.Task
	require.NoError(w.t, w.main.Tasks(w.ctx, id, ordinal, func(v engine.TaskView) bool {
		task = v.Task
		return false
	}))
	return task
}

// submit makes a probe job of so many tasks.
func (w *world) submit(tasks int, change ...func(*engine.Submission)) job.ID {
	s := engine.Submission{Tenant: "acme", Kind: "probe", Input: probeInput{Name: fmt.Sprintf("j%d", w.checks.names()), Tasks: tasks}.bytes()}
	for _, c := range change {
		c(&s)
	}
	receipt, err := w.main.Submit(w.ctx, s)
	require.NoError(w.t, err)
	return receipt.Job.ID
}

func capped(limit cost.Pico) func(*engine.Submission) {
	return func(s *engine.Submission) { s.Cap = limit }
}

// events counts what the observer was told of a name.
func (w *world) events(name ports.EventName) int { return len(w.seen.Events(name)) }

// sound fails the test if anything that must always hold did not, and looks at every book in full.
func (w *world) sound() {
	w.t.Helper()
	require.Empty(w.t, w.checks.broken, "an invariant was broken")
	for _, id := range w.checks.jobs() {
		report, err := w.main.verify(id)
		require.NoError(w.t, err)
		require.Empty(w.t, report.Problems, "job %s", id)
	}
}

// verify looks with a process that is alive.
func (p *process) verify(id job.ID) (engine.Report, error) {
	if p.dead {
		p = p.w.start(small())
	}
	return p.Verify(p.w.ctx, id)
}

// backup is the store as it stood at a moment, and how long the provider's bill was then.
type backup struct {
	store  *memstore.Store
	billed int
}

func (w *world) backup() backup {
	return backup{w.store.Clone(w.coop, w.storeOptions()), len(w.oracle.bill)}
}

// rewind restores the store from a backup; messages are lost. Processes that are to go on with it must be moved.
func (w *world) rewind(b backup) {
	w.store = b.store
	w.mail.lose()
	w.checks.books, w.checks.closed = map[job.ID]*books{}, map[string]time.Time{}
	for i := b.billed; i < len(w.oracle.bill); i++ {
		w.oracle.bill[i].lost = true
	}
	for _, id := range w.checks.jobs() {
		w.checks.job(id)
	}
}

// put writes a record past the engine, as nobody should.
func (w *world) put(key ports.Key, body []byte) {
	require.NoError(w.t, w.store.Update(w.ctx, []ports.Key{key}, func(tx ports.Tx) error {
		tx.Get(key)
		if body == nil {
			tx.Delete(key)
		} else {
			tx.Put(ports.Record{Key: key, Kind: "forged", Body: body})
		}
		return nil
	}))
}
