package memstore_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestClone(t *testing.T) {
	t.Parallel()
	clock := porttest.NewClock(time.Unix(1_800_000_000, 0))
	store := memstore.New(clock, nil)
	expiring := ports.Key{Partition: "q", Sort: "expiring"}
	require.NoError(t, store.Update(t.Context(), nil, put(keyA, "a")))
	require.NoError(t, store.Update(t.Context(), nil, put(keyB, "b")))
	require.NoError(t, store.Update(t.Context(), nil, func(tx ports.Tx) error {
		tx.Get(keyB)
		tx.Delete(keyB)
		tx.Create(ports.Record{Key: expiring, Expires: clock.Now().Add(time.Second)})
		return nil
	}))
	before, err := store.Get(t.Context(), keyA)
	require.NoError(t, err)

	clone := store.Clone(clock, nil)
	names := clone.Partitions()
	slices.Sort(names)
	require.Equal(t, []string{"p", "q"}, names)
	require.NoError(t, store.Update(t.Context(), nil, put(keyA, "changed in the store")))
	require.NoError(t, clone.Update(t.Context(), nil, put(keyB, "changed in the clone")))

	require.Equal(t, "a", body(t, clone, keyA))
	require.Equal(t, "changed in the store", body(t, store, keyA))
	_, err = store.Get(t.Context(), keyB)
	require.ErrorIs(t, err, fault.NotFound)
	record, err := clone.Get(t.Context(), keyB)
	require.NoError(t, err)
	require.Greater(t, record.Version, before.Version, "versions go on in the clone")

	clock.Advance(time.Minute)
	require.NoError(t, clone.Update(t.Context(), nil, put(keyA, "a commit that clears up")))
	require.Equal(t, []string{"p"}, clone.Partitions())
}

// A partition from which everything was removed is forgotten, and one with many holes is swept.
func TestDeletedRecordsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	store := setup(t, memstore.Hooks{})
	key := func(i int) ports.Key { return ports.Key{Partition: "p", Sort: fmt.Sprintf("%03d", i*37%101)} }
	for range 3 {
		for i := range 101 {
			require.NoError(t, store.Update(t.Context(), nil, put(key(i), "x")))
		}
		page, err := store.List(t.Context(), ports.Range{Partition: "p"})
		require.NoError(t, err)
		require.Len(t, page.Records, 101)
		for i := range 101 {
			require.NoError(t, store.Update(t.Context(), nil, func(tx ports.Tx) error {
				tx.Get(key(i))
				tx.Delete(key(i))
				return nil
			}))
			page, err := store.List(t.Context(), ports.Range{Partition: "p"})
			require.NoError(t, err)
			require.Len(t, page.Records, 100-i)
		}
		require.Empty(t, store.Partitions())
	}
}

func TestAPageIsCutShort(t *testing.T) {
	t.Parallel()
	store := setup(t, memstore.Hooks{})
	large := string(make([]byte, ports.MaxBody))
	for i := range 6 {
		require.NoError(t, store.Update(t.Context(), nil, put(ports.Key{Partition: "p", Sort: fmt.Sprint(i)}, large)))
	}
	page, err := store.List(t.Context(), ports.Range{Partition: "p"})
	require.NoError(t, err)
	require.Len(t, page.Records, 3, "the first that passes 1 MiB ends the page")
	require.NotEmpty(t, page.Cursor)
}

func TestATxUsedTooLatePanics(t *testing.T) {
	t.Parallel()
	store := setup(t, memstore.Hooks{})
	var kept ports.Tx
	require.NoError(t, store.Update(t.Context(), nil, func(tx ports.Tx) error { kept = tx; return nil }))
	for _, use := range []func(){
		func() { kept.Get(keyA) },
		func() { kept.Put(ports.Record{Key: keyA}) },
		func() { kept.Create(ports.Record{Key: keyA}) },
		func() { kept.Delete(keyA) },
	} {
		require.PanicsWithValue(t, "memstore: a Tx was used after its decision had returned", use)
	}
}
