package world

import (
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/work"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// backup is the store as it once stood.
type backup struct {
	at    time.Time
	store *memstore.Store
}

// keptBackups is how many are kept, one for each minute or so.
const keptBackups = 8

// backUp keeps copies of the store, and sets it back to one of them once, as a restore does: every machine is stopped,
// the store is that of some minutes ago, the provider's bill is reconciled, and only then machines start again, in the
// next epoch. Queue and provider have gone on.
func (w *World) backUp() {
	if !w.config.Rewind {
		return
	}
	at := w.Now().Add(w.between(2*time.Minute, max(w.config.Horizon*3/4, 3*time.Minute)))
	for w.rest(20*time.Second, 90*time.Second) && !w.calm {
		if w.Now().After(at) && len(w.backups) > 0 {
			w.rewind(w.backups[w.roll().IntN(len(w.backups))])
			return
		}
		w.backups = append(w.backups, backup{w.Now(), w.store.Clone(w.ground, w.storeOptions())})
		if len(w.backups) > keptBackups {
			w.backups = w.backups[1:]
		}
	}
}

// rewind restores a backup.
func (w *World) rewind(b backup) {
	w.note("restore", "", w.Now().Sub(b.at).String(), "")
	w.reach.Hit(chance.Operator, chance.Rewind)
	w.restoring = true
	for _, m := range w.machines {
		if !m.host.Dead() {
			m.host.Kill()
		}
	}
	w.Wait(func() bool { return w.asked == 0 })
	w.generation++
	w.store = b.store
	w.backups = nil
	w.history.void = true
	w.notices = map[string]string{}
	w.generations = w.orphan()
	w.books = w.books.Restored(func(batch string) bool { return w.generations[batch] })
	w.reconcile()
	w.restoring = false
	w.reconcileLater()
}

// reconcile books the provider's whole bill, however often the store fails in it. It ends when nothing is left to book.
func (w *World) reconcile() {
	for try := 0; ; try++ {
		if try > 500 {
			w.books.Fail("the bill cannot be reconciled")
			return
		}
		m, done, err, bill := w.start(), engine.Reconciled{}, error(nil), w.bill()
		over := false
		m.spawn(func() {
			done, err = m.engine.Reconcile(m.ctx, bill)
			over = true
		})
		w.Wait(func() bool { return over || m.host.Dead() })
		w.note("reconcile", fmt.Sprintf("%d known", done.Known), fmt.Sprintf("%d adjusted, %d added, %d lost", done.Adjusted.Lines, done.Added.Lines, done.Lost.Lines), fmt.Sprint(err))
		if over && err == nil {
			w.pending = nil
			later := map[string]bool{}
			for _, at := range done.Pending {
				w.pending = append(w.pending, bill[at])
				later[bill[at].MessageID] = true
			}
			w.books.Reconciled(later)
			return
		}
		if over && fault.KindOf(err) == fault.Invalid {
			w.books.Fail("the bill is refused: %v", err)
			return
		}
		w.rest(time.Second, time.Minute)
	}
}

// reconcileLater books what could not be booked while a batch had its task, once that has ended.
func (w *World) reconcileLater() {
	for len(w.pending) > 0 && w.rest(time.Minute, 5*time.Minute) {
		bill, done, err := w.pending, engine.Reconciled{}, error(nil)
		if !w.on(func(m *Machine) { done, err = m.engine.Reconcile(m.ctx, bill) }) || err != nil {
			continue
		}
		w.pending = nil
		for _, at := range done.Pending {
			w.pending = append(w.pending, bill[at])
		}
	}
}

// bill is the provider's bill as the engine takes it, but for what batches have done that the engine is to read itself.
func (w *World) bill() []engine.Billed {
	var lines []engine.Billed
	for _, l := range w.books.Lines() {
		if l.Amount == 0 || w.generations[l.Batch] {
			continue
		}
		lines = append(lines, engine.Billed{
			Job: l.Job, Tenant: l.Tenant, Ordinal: l.Ordinal, Model: work.Model, Lane: l.Lane, Usage: l.Usage,
			MessageID: l.Message, RequestID: "req", At: l.At.Add(w.config.CallTimeout),
		})
	}
	return lines
}
