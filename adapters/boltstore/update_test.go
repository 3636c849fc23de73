package boltstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// A decision that takes longer than many commits is run again, because what changed meanwhile is forgotten.
func TestASlowDecisionIsRunAgain(t *testing.T) {
	t.Parallel()
	store := open(t, storePath(t), newClock(), nil)
	require.NoError(t, store.Update(t.Context(), nil, put(keyA, "first")))
	runs := 0
	require.NoError(t, store.Update(t.Context(), []ports.Key{keyA}, func(tx ports.Tx) error {
		runs++
		record, _ := tx.Get(keyA)
		if runs == 1 {
			require.NoError(t, store.Update(t.Context(), nil, put(keyA, "second")))
			for i := range 20 {
				require.NoError(t, store.Update(t.Context(), nil, put(numbered(i), "")))
			}
		}
		tx.Put(ports.Record{Key: keyA, Body: append([]byte("after "), record.Body...)})
		return nil
	}))
	require.Equal(t, 2, runs)
	require.Equal(t, "after second", body(t, store, keyA))
}

func TestAnUpdateThatLosesEveryTryWinsUnderTheLock(t *testing.T) {
	t.Parallel()
	store := open(t, storePath(t), newClock(), nil)
	runs := 0
	require.NoError(t, store.Update(t.Context(), []ports.Key{keyA}, func(tx ports.Tx) error {
		record, _ := tx.Get(keyA)
		if runs++; runs <= 8 {
			require.NoError(t, store.Update(t.Context(), nil, put(keyA, fmt.Sprint(runs))))
		} else {
			tx.Get(numbered(1)) // learnt under the lock
		}
		tx.Put(ports.Record{Key: keyA, Body: append([]byte("after "), record.Body...)})
		return nil
	}))
	require.Equal(t, 10, runs)
	require.Equal(t, "after 8", body(t, store, keyA))

	// Under the lock too a failing decision leaves the store usable.
	for _, fail := range []func(){func() { panic(errDisk) }, func() {}} {
		runs = 0
		func() {
			defer func() { _ = recover() }()
			err := store.Update(t.Context(), []ports.Key{keyA, numbered(1)}, func(tx ports.Tx) error {
				tx.Get(keyA)
				tx.Get(numbered(1))
				if runs++; runs <= 8 {
					require.NoError(t, store.Update(t.Context(), nil, put(keyA, fmt.Sprint(runs))))
					return nil
				}
				fail()
				return errDisk
			})
			require.Equal(t, errDisk, err)
		}()
		require.Equal(t, 9, runs)
	}
	require.Equal(t, "8", body(t, store, keyA))
}

func TestADecisionThatNeverAsksForTheSameIsThrottled(t *testing.T) {
	t.Parallel()
	store := open(t, storePath(t), newClock(), nil)
	runs := 0
	err := store.Update(t.Context(), nil, func(tx ports.Tx) error {
		runs++
		tx.Get(numbered(runs))
		return nil
	})
	require.ErrorIs(t, err, fault.Throttled)
	require.NoError(t, store.Update(t.Context(), nil, put(keyA, "usable")))
}

func TestATxUsedTooLatePanics(t *testing.T) {
	t.Parallel()
	store := open(t, storePath(t), newClock(), nil)
	var kept ports.Tx
	require.NoError(t, store.Update(t.Context(), nil, func(tx ports.Tx) error { kept = tx; return nil }))
	require.PanicsWithValue(t, "boltstore: a Tx was used after its decision had returned", func() { kept.Get(keyA) })
	require.PanicsWithValue(t, "boltstore: a Tx was used after its decision had returned", func() { kept.Delete(keyA) })
}

// The file may grow only so far. What does not fit is refused as a whole, what was told is kept, and with more room it goes on.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	path := storePath(t)
	store := open(t, path, newClock(), &boltstore.Options{MaxSize: 20 << 20})
	large := string(make([]byte, ports.MaxBody))
	told := 0
	for ; ; told++ {
		err := store.Update(t.Context(), nil, put(numbered(told), large))
		if err == nil {
			continue
		}
		require.ErrorIs(t, err, fault.Unavailable)
		require.False(t, fault.Unknown(err))
		break
	}
	require.Greater(t, told, 10)
	_, err := store.Get(t.Context(), numbered(told))
	require.ErrorIs(t, err, fault.NotFound)
	require.NoError(t, store.Close())

	store = open(t, path, newClock(), nil)
	for i := range told {
		require.Equal(t, large, body(t, store, numbered(i)))
	}
	require.NoError(t, store.Update(t.Context(), nil, put(numbered(told), large)))
}

// A disk that fails every write: updates fail as not done, and what is there can be read.
func TestABrokenDisk(t *testing.T) {
	t.Parallel()
	store, err := boltstore.Open(storePath(t), newClock(), nil)
	require.NoError(t, err)
	require.NoError(t, store.Update(t.Context(), nil, put(keyA, "before")))
	require.NoError(t, store.CloseFile())
	err = store.Update(t.Context(), nil, put(keyA, "after"))
	require.ErrorIs(t, err, fault.Unavailable)
	require.True(t, fault.Unknown(err), "with no way to look, nobody can say what the disk has")
	require.Error(t, store.Update(t.Context(), nil, put(keyA, "after")))
	require.ErrorIs(t, store.Close(), fault.Unavailable)
}

func TestAKindIsAShortWord(t *testing.T) {
	t.Parallel()
	store := open(t, storePath(t), newClock(), nil)
	for _, test := range []struct {
		length int
		want   error
	}{{512, nil}, {513, fault.Invalid}} {
		kind := strings.Repeat("k", test.length)
		err := store.Update(t.Context(), nil, func(tx ports.Tx) error {
			tx.Create(ports.Record{Key: numbered(test.length), Kind: kind})
			return nil
		})
		require.ErrorIs(t, err, test.want)
		if test.want == nil {
			record, err := store.Get(t.Context(), numbered(test.length))
			require.NoError(t, err)
			require.Equal(t, kind, record.Kind)
		}
	}
}

func TestExpiredRecordsLeaveTheFile(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		path, clock := storePath(t), newClock()
		store := open(t, path, clock, &boltstore.Options{KeepExpired: keep})
		for i := range 100 {
			require.NoError(t, store.Update(t.Context(), nil, func(tx ports.Tx) error {
				tx.Create(ports.Record{Key: numbered(i), Expires: clock.Now().Add(time.Minute)})
				return nil
			}))
		}
		clock.Advance(2 * time.Minute)
		for range 10 {
			require.NoError(t, store.Update(t.Context(), nil, put(keyA, "a commit that clears up")))
		}
		require.NoError(t, store.Close())
		db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
		require.NoError(t, err)
		want := map[bool][2]int{false: {1, 0}, true: {101, 100}}[keep]
		require.NoError(t, db.View(func(tx *bolt.Tx) error {
			require.Equal(t, want[0], tx.Bucket([]byte("records")).Stats().KeyN)
			require.Equal(t, want[1], tx.Bucket([]byte("expiry")).Stats().KeyN)
			return nil
		}))
		require.NoError(t, db.Close())
	}
}
func TestAPageIsCutShort(t *testing.T) {
	t.Parallel()
	clock := newClock()
	store := open(t, storePath(t), clock, &boltstore.Options{KeepExpired: true})
	large := string(make([]byte, ports.MaxBody))
	for i := range 6 {
		require.NoError(t, store.Update(t.Context(), nil, put(numbered(i), large)))
	}
	page, err := store.List(t.Context(), ports.Range{Partition: "n"})
	require.NoError(t, err)
	require.Len(t, page.Records, 3, "the first that passes 1 MiB ends the page")
	require.NotEmpty(t, page.Cursor)

	// So do records that are only passed over: here more than four pages of them, then one to be shown.
	for first := 0; first < 4200; first += ports.MaxRecords {
		require.NoError(t, store.Update(t.Context(), nil, func(tx ports.Tx) error {
			for i := first; i < first+ports.MaxRecords; i++ {
				key := ports.Key{Partition: "expired", Sort: numbered(i).Sort}
				tx.Create(ports.Record{Key: key, Expires: clock.Now()})
			}
			return nil
		}))
	}
	require.NoError(t, store.Update(t.Context(), nil, put(ports.Key{Partition: "expired", Sort: "shown"}, "")))
	page, err = store.List(t.Context(), ports.Range{Partition: "expired"})
	require.NoError(t, err)
	require.Empty(t, page.Records)
	require.NotEmpty(t, page.Cursor)
	page, err = store.List(t.Context(), ports.Range{Partition: "expired", Cursor: page.Cursor})
	require.NoError(t, err)
	require.Len(t, page.Records, 1)
	require.Empty(t, page.Cursor)
}
