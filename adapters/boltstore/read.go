package boltstore

import (
	"context"

	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Get implements ports.Store. It sees what is on disk: every Update that has returned, and none that is on its way.
func (s *Store) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	if err := ctx.Err(); err != nil {
		return ports.Record{}, err
	}
	if err := storetx.CheckKey("boltstore", key); err != nil {
		return ports.Record{}, err
	}
	if err := s.enter(); err != nil {
		return ports.Record{}, err
	}
	defer s.leave()
	now := s.clock.Now().Unix()
	var record *ports.Record
	err := s.view(func(records *bolt.Bucket) (err error) {
		record, err = read(records, key)
		return err
	})
	if err != nil {
		return ports.Record{}, err
	}
	if record == nil || storetx.Expired(record, now) {
		return ports.Record{}, fault.New(fault.NotFound, "boltstore: get %s: no such record", storetx.Text(key))
	}
	return *record, nil
}

// readAll fetches the records of a run that are not fetched yet from the disk, in one read transaction.
func (s *Store) readAll(t *tx) error {
	return s.view(func(records *bolt.Bucket) error {
		for i := range t.Entries {
			e := &t.Entries[i]
			if e.Fetched {
				continue
			}
			stored, err := read(records, e.Key)
			if err != nil {
				return err
			}
			e.Stored, e.Fetched, e.Own.from = stored, true, nil
		}
		return nil
	})
}

// read copies one record out of the file; nil when there is none.
func read(records *bolt.Bucket, key ports.Key) (*ports.Record, error) {
	var room [128]byte
	value := records.Get(appendKey(room[:0], key))
	if value == nil {
		return nil, nil
	}
	return decode(key, value)
}

// view runs fn on the records in a read transaction, which must be short: while it is open the file cannot reuse pages,
// and sometimes not grow. Damage that bbolt meets on the way becomes a Corrupt error.
func (s *Store) view(fn func(records *bolt.Bucket) error) (err error) {
	begun, before := false, guard()
	defer func() {
		endGuard(before)
		if met := recover(); met != nil {
			met := damage(met)
			if err = met; !begun {
				// bbolt met the damage while it held its own locks, and holds them for ever.
				s.stuck.Store(met)
			}
		}
	}()
	tx, err := s.db.Begin(false)
	if err != nil {
		return failure("read", err)
	}
	begun = true
	defer func() { _ = tx.Rollback() }()
	return fn(tx.Bucket(recordsBucket))
}
