package world

import (
	"context"
	"fmt"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/ports"
)

// rawStore reads records for the books: at once, and without being seen.
type rawStore struct{ w *World }

// Read implements books.Store.
func (r rawStore) Read(key ports.Key) ([]byte, bool) {
	defer r.w.look()()
	record, err := r.w.store.Get(context.Background(), key)
	return record.Body, err == nil
}

// All implements books.Store.
func (r rawStore) All(partition, prefix string) []ports.Record {
	defer r.w.look()()
	var records []ports.Record
	for at := ports.Prefix(partition, prefix); ; {
		page, err := r.w.store.List(context.Background(), at)
		if err != nil {
			panic("world: " + err.Error())
		}
		records = append(records, page.Records...)
		if at.Cursor = page.Cursor; at.Cursor == "" {
			return records
		}
	}
}

// Partitions implements books.Store.
func (r rawStore) Partitions() []string { return r.w.store.Partitions() }

// look keeps the store's hooks quiet until the returned function is called.
func (w *World) look() func() {
	before := w.looking
	w.looking = true
	return func() { w.looking = before }
}

func (w *World) storeOptions() *memstore.Options {
	return &memstore.Options{Hooks: memstore.Hooks{
		BeforeFetch:  func([]ports.Key) { w.maybeYield() },
		BeforeCommit: func([]ports.Key) { w.maybeYield() },
		AfterCommit: func(keys []ports.Key) {
			defer w.look()()
			w.showPace(keys)
			var told books.Told
			if t := w.telling[w.Current()]; t != nil {
				told, t.written = t.Told, true
			}
			told.Answering = w.answering()
			w.books.Committed(keys, told)
		},
		LoseAck: func([]ports.Key) bool {
			if m := w.acting(); m != nil && m.loseAck {
				m.loseAck = false
				return true
			}
			return false
		},
	}}
}

// showPace writes the provider's record to a trace that somebody reads.
func (w *World) showPace(keys []ports.Key) {
	if w.trace.out == nil || keys[0].Partition != "provider" {
		return
	}
	body, _ := rawStore{w}.Read(keys[0])
	fmt.Fprintf(w.trace.out, "%14s  record   %s\n", w.Now().Sub(epoch), body)
}

// maybeYield lets others move in the middle of an Update.
func (w *World) maybeYield() {
	if !w.looking && w.Current() != nil && w.config.Yield > 0 && w.turns.IntN(100) < w.config.Yield {
		w.GiveWay()
	}
}
