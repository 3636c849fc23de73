package porttest

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// StoreUnderTest is an empty store, the power over its time, and what its adapter promises beyond the port.
type StoreUnderTest struct {
	// Store is empty and of nobody else.
	Store ports.Store
	// Clock is the time by which its records expire.
	Clock *ManualClock
	// Optimistic promises that decisions run outside any lock, so that the suite may write in the middle of one. It does so
	// to bring about, without chance, the conflicts and torn views that the port says are never acted upon.
	Optimistic bool
	// Reopen ends the store and returns it opened again with the same records; nil when they do not outlive it.
	Reopen func(t *testing.T) ports.Store
	// LoseAcks makes the store not learn the outcome of its next n commits, which are applied; nil when it always learns.
	LoseAcks func(n int)
}

// storeTest is one test of the suite. Each gets a store of its own.
type storeTest func(t *testing.T, s *storeKit)

// Store proves a ports.Store. The factory is called once for each subtest, and once more to see what it promises. A
// store that can be set not to delete expired records is proved both ways, by two calls.
func Store(t *testing.T, factory func(t *testing.T) StoreUnderTest) {
	tests := map[string]storeTest{}
	for _, group := range []map[string]storeTest{
		storeGets, storeUpdates, storeCreates, storeDecisions, storeRaces, storeLimits, storeExpiries, storeLists,
		storePages, storeCrashes, storeRandoms,
	} {
		maps.Copy(tests, group)
	}
	promised := factory(t)
	if promised.Optimistic {
		maps.Copy(tests, storeConflicts)
	}
	if promised.Reopen != nil {
		maps.Copy(tests, storeReopens)
	}
	if promised.LoseAcks != nil {
		maps.Copy(tests, storeLostAcks)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, &storeKit{t: t, StoreUnderTest: factory(t)})
		})
	}
}

// storeKit is a store with the few words that most tests are written in. Its methods fail the test.
type storeKit struct {
	StoreUnderTest
	t *testing.T
}

// storeKey returns a key of the one partition that most tests stay in.
func storeKey(sort string) ports.Key { return ports.Key{Partition: "partition", Sort: sort} }

// update runs an Update. An Update that lost too often against others is begun again, as its caller would.
func (s *storeKit) update(decide func(ports.Tx) error, keys ...ports.Key) error {
	for {
		err := s.Store.Update(s.t.Context(), keys, decide)
		if !errors.Is(err, fault.Throttled) {
			return err
		}
	}
}

// write puts a record over whatever is there.
func (s *storeKit) write(record ports.Record) {
	s.t.Helper()
	require.NoError(s.t, s.update(func(tx ports.Tx) error {
		tx.Get(record.Key)
		tx.Put(record)
		return nil
	}, record.Key))
}

// put writes a record with a body that never expires.
func (s *storeKit) put(key ports.Key, body string) {
	s.t.Helper()
	s.write(ports.Record{Key: key, Kind: "test", Body: []byte(body)})
}

func (s *storeKit) delete(key ports.Key) {
	s.t.Helper()
	require.NoError(s.t, s.update(func(tx ports.Tx) error {
		tx.Get(key)
		tx.Delete(key)
		return nil
	}, key))
}

// get returns a record that must be there.
func (s *storeKit) get(key ports.Key) ports.Record {
	s.t.Helper()
	record, err := s.Store.Get(s.t.Context(), key)
	require.NoError(s.t, err)
	require.Equal(s.t, key, record.Key)
	require.Positive(s.t, record.Version)
	return record
}

// body returns the body of a record that must be there.
func (s *storeKit) body(key ports.Key) string {
	s.t.Helper()
	return string(s.get(key).Body)
}

// absent demands that neither Get nor List nor a decision sees the record.
func (s *storeKit) absent(key ports.Key) {
	s.t.Helper()
	_, err := s.Store.Get(s.t.Context(), key)
	require.ErrorIs(s.t, err, fault.NotFound)
	for _, record := range s.list(ports.Range{Partition: key.Partition}) {
		require.NotEqual(s.t, key, record.Key)
	}
	require.NoError(s.t, s.update(func(tx ports.Tx) error {
		if record, there := tx.Get(key); there {
			return fault.New(fault.Conflict, "a decision sees %v", record)
		}
		return nil
	}, key))
}

// list walks a range to its end. It demands that every page keeps to its limit.
func (s *storeKit) list(r ports.Range) []ports.Record {
	s.t.Helper()
	records, err := storeWalk(s.t.Context(), s.Store, r)
	require.NoError(s.t, err)
	return records
}

func storeWalk(ctx context.Context, store ports.Store, r ports.Range) ([]ports.Record, error) {
	var records []ports.Record
	limit := r.Limit
	if limit == 0 {
		limit = ports.MaxList
	}
	// A store that never ends a list would be walked for ever.
	for range 100_000 {
		page, err := store.List(ctx, r)
		if err != nil {
			return nil, err
		}
		if len(page.Records) > limit {
			return nil, fault.New(fault.Internal, "a page has %d records, the limit is %d", len(page.Records), limit)
		}
		records = append(records, page.Records...)
		if page.Cursor == "" {
			return records, nil
		}
		r.Cursor = page.Cursor
	}
	return nil, fault.New(fault.Internal, "a list has not ended after 100,000 pages")
}

// sorts returns the sort keys of records, in their order.
func sorts(records []ports.Record) []string {
	keys := make([]string, len(records))
	for i, record := range records {
		keys[i] = record.Key.Sort
	}
	return keys
}

// in is a time so much later than now.
func (s *storeKit) in(d time.Duration) time.Time { return s.Clock.Now().Add(d) }
