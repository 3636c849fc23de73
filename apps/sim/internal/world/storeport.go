package world

import (
	"context"
	"strings"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// storePort is a machine's way to the store.
type storePort struct{ m *Machine }

var _ ports.Store = storePort{}

func text(key ports.Key) string { return key.Partition + " " + key.Sort }

// broken are the faults that all calls of a store share: nothing is done.
func broken(kind chance.Kind) error {
	switch kind {
	case chance.LostRequest:
		return unavailable("store")
	case chance.Unsure:
		return unavailable("store").MaybeDone()
	case chance.Denied:
		return fault.New(fault.Unauthorized, "sim: store: denied")
	case chance.Throttle:
		return fault.New(fault.Throttled, "sim: store: throttled")
	case chance.Conflict:
		return fault.New(fault.Throttled, "sim: store: lost every try to others")
	}
	return nil
}

// Get implements ports.Store.
func (s storePort) Get(ctx context.Context, key ports.Key) (record ports.Record, err error) {
	err = s.m.call(ctx, chance.StoreGet, "Store.Get", text(key), func(kind chance.Kind) error {
		if err := broken(kind); err != nil {
			return err
		}
		record, err = s.m.w.store.Get(ctx, key)
		if err == nil {
			s.m.w.task().sees(record)
		}
		return err
	})
	return record, err
}

// sees notes whether whoever works on the task has read a shard closed.
func (t *task) sees(record ports.Record) {
	if t == nil || record.Key.Sort != "header" || !strings.Contains(record.Key.Partition, "/s") {
		return
	}
	if shard, err := job.UnpackShard(record.Body); err == nil {
		t.closed[record.Key.Partition] = shard.Gate != job.GateOpen
	}
}

// List implements ports.Store.
func (s storePort) List(ctx context.Context, r ports.Range) (page ports.Page, err error) {
	err = s.m.call(ctx, chance.StoreList, "Store.List", r.Partition+" "+r.From, func(kind chance.Kind) error {
		if err := broken(kind); err != nil {
			return err
		}
		if kind == chance.ShortPage {
			s.m.w.reach.Hit(chance.StoreList, kind)
			r.Limit = 1
		}
		page, err = s.m.w.store.List(ctx, r)
		return err
	})
	return page, err
}

// Update implements ports.Store.
func (s storePort) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) (err error) {
	what := ""
	if len(keys) > 0 {
		what = text(keys[len(keys)-1])
		if keys[0].Partition == "provider" {
			// What it has been told by now is in the write, or in the next one when nothing is written.
			strand := s.m.w.Current()
			s.m.answered(strand)
			telling := &telling{Told: s.m.told}
			s.m.told = books.Told{}
			s.m.w.telling[strand] = telling
			defer func() {
				delete(s.m.w.telling, strand)
				if err != nil || !telling.written {
					s.m.told = s.m.told.Plus(telling.Told)
				}
			}()
		}
	}
	return s.m.call(ctx, chance.StoreUpdate, "Store.Update", what, func(kind chance.Kind) error {
		if err := broken(kind); err != nil {
			return err
		}
		wrote := false
		t := s.m.w.task()
		s.m.loseAck = kind == chance.Rerun
		err := s.m.w.store.Update(ctx, keys, func(tx ports.Tx) error {
			wrote = false
			return decide(&seenTx{tx, t, s.m, &wrote})
		})
		if kind == chance.Rerun && !s.m.loseAck {
			s.m.w.reach.Hit(chance.StoreUpdate, kind)
		}
		s.m.loseAck = false
		if kind == chance.LostAck && err == nil && wrote {
			s.m.w.reach.Hit(chance.StoreUpdate, kind)
			return unavailable("store").MaybeDone()
		}
		return err
	})
}

// telling is what a write to the record of the model says that was told, and whether there was a write.
type telling struct {
	books.Told
	written bool
}

// seenTx notes what a decision reads, and writes as an older program did.
type seenTx struct {
	ports.Tx
	task  *task
	m     *Machine
	wrote *bool
}

// Get implements ports.Tx.
func (t *seenTx) Get(key ports.Key) (ports.Record, bool) {
	record, found := t.Tx.Get(key)
	if found {
		t.task.sees(record)
	}
	return record, found
}

// Put implements ports.Tx.
func (t *seenTx) Put(record ports.Record) {
	*t.wrote = true
	t.Tx.Put(t.m.aged(record))
}

// Create implements ports.Tx.
func (t *seenTx) Create(record ports.Record) {
	*t.wrote = true
	t.Tx.Create(t.m.aged(record))
}

// Delete implements ports.Tx.
func (t *seenTx) Delete(key ports.Key) {
	*t.wrote = true
	t.Tx.Delete(key)
}
