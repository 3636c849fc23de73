package memstore_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

var (
	keyA = ports.Key{Partition: "p", Sort: "a"}
	keyB = ports.Key{Partition: "p", Sort: "b"}
)

func setup(t *testing.T, hooks memstore.Hooks) *memstore.Store {
	t.Helper()
	return memstore.New(porttest.NewClock(time.Unix(1_800_000_000, 0)), &memstore.Options{Hooks: hooks})
}

func put(key ports.Key, body string) func(ports.Tx) error {
	return func(tx ports.Tx) error {
		tx.Get(key)
		tx.Put(ports.Record{Key: key, Body: []byte(body)})
		return nil
	}
}

func body(t *testing.T, store *memstore.Store, key ports.Key) string {
	t.Helper()
	record, err := store.Get(t.Context(), key)
	require.NoError(t, err)
	return string(record.Body)
}

func TestHooksAreCalledInOrder(t *testing.T) {
	t.Parallel()
	var calls []string
	note := func(name string) func([]ports.Key) {
		return func(keys []ports.Key) {
			for _, key := range keys {
				name += " " + key.Sort
			}
			calls = append(calls, name)
		}
	}
	store := memstore.New(porttest.NewClock(time.Unix(0, 0)), &memstore.Options{Hooks: memstore.Hooks{
		BeforeFetch:  func(keys []ports.Key) { note("fetch")(keys) },
		BeforeDecide: func(keys []ports.Key) { note("decide")(keys) },
		BeforeCommit: func(keys []ports.Key) { note("commit")(keys) },
		AfterCommit:  func(keys []ports.Key) { note("committed")(keys) },
		LoseAck:      func(keys []ports.Key) bool { note("ack")(keys); return false },
	}})
	require.NoError(t, store.Update(t.Context(), []ports.Key{keyA, keyB}, func(tx ports.Tx) error {
		tx.Create(ports.Record{Key: ports.Key{Partition: "p", Sort: "c"}})
		return put(keyA, "a")(tx)
	}))
	require.Equal(t, []string{"fetch a", "fetch b", "decide a b", "commit a c", "committed a c", "ack a c"}, calls)
	calls = nil
	require.Equal(t, "a", body(t, store, keyA))
	require.NoError(t, store.Update(t.Context(), []ports.Key{keyA}, func(tx ports.Tx) error { tx.Get(keyA); return nil }))
	require.Equal(t, []string{"fetch a", "fetch a", "decide a", "commit a"}, calls)
}

// Between the fetches of two records that are changed together another Update changes both.
func TestATornFetchIsNotActedUpon(t *testing.T) {
	t.Parallel()
	var store *memstore.Store
	both := func(text string) error {
		return store.Update(t.Context(), []ports.Key{keyA, keyB}, func(tx ports.Tx) error {
			return errors.Join(put(keyA, text)(tx), put(keyB, text)(tx))
		})
	}
	armed := false
	store = setup(t, memstore.Hooks{BeforeFetch: func(keys []ports.Key) {
		if armed && keys[0] == keyB {
			armed = false
			require.NoError(t, both("second"))
		}
	}})
	require.NoError(t, both("first"))
	for _, decided := range []error{nil, fault.Budget} {
		armed = true
		var views []string
		err := store.Update(t.Context(), []ports.Key{keyA, keyB}, func(tx ports.Tx) error {
			a, _ := tx.Get(keyA)
			b, _ := tx.Get(keyB)
			views = append(views, string(a.Body)+" "+string(b.Body))
			return decided
		})
		require.Equal(t, decided, err)
		require.Len(t, views, 2)
		require.Equal(t, "second second", views[1])
		require.NoError(t, both("first"))
	}
}

func TestAnUpdateThatLosesEveryTryWinsUnderTheLock(t *testing.T) {
	t.Parallel()
	var store *memstore.Store
	others := 0
	armed := false
	store = setup(t, memstore.Hooks{BeforeCommit: func([]ports.Key) {
		if armed {
			armed = false
			others++
			require.NoError(t, store.Update(t.Context(), nil, put(keyA, strconv.Itoa(others))))
			armed = true
		}
	}})
	require.NoError(t, store.Update(t.Context(), nil, put(keyA, "0")))
	armed = true
	runs := 0
	require.NoError(t, store.Update(t.Context(), []ports.Key{keyA}, func(tx ports.Tx) error {
		runs++
		record, _ := tx.Get(keyA)
		if runs > 8 {
			tx.Get(keyB) // learnt under the lock
		}
		tx.Put(ports.Record{Key: keyA, Body: append([]byte("after "), record.Body...)})
		return nil
	}))
	require.Equal(t, 8, others)
	require.Equal(t, 10, runs)
	require.Equal(t, "after 8", body(t, store, keyA))
}

func TestADecisionThatNeverAsksForTheSameIsThrottled(t *testing.T) {
	t.Parallel()
	store := setup(t, memstore.Hooks{})
	runs := 0
	err := store.Update(t.Context(), nil, func(tx ports.Tx) error {
		runs++
		tx.Get(ports.Key{Partition: "p", Sort: strconv.Itoa(runs)})
		return nil
	})
	require.ErrorIs(t, err, fault.Throttled)
	require.NoError(t, store.Update(t.Context(), nil, put(keyA, "usable")))
}

// A process that dies after the commit has written, and one that dies before it has not.
func TestACrashInAHook(t *testing.T) {
	t.Parallel()
	crash := func(bool) {}
	store := setup(t, memstore.Hooks{
		BeforeCommit: func([]ports.Key) { crash(false) },
		AfterCommit:  func([]ports.Key) { crash(true) },
	})
	for _, after := range []bool{false, true} {
		crash = func(committed bool) {
			if committed == after {
				panic("crash")
			}
		}
		require.PanicsWithValue(t, "crash", func() { _ = store.Update(t.Context(), nil, put(keyA, "a")) })
		crash = func(bool) {}
		_, err := store.Get(t.Context(), keyA)
		require.Equal(t, after, err == nil)
	}
}

func TestAnEndedContextEndsTheRepeating(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	store := setup(t, memstore.Hooks{BeforeDecide: func(keys []ports.Key) {
		if len(keys) == 1 {
			cancel()
		}
	}})
	err := store.Update(ctx, nil, put(keyA, "a"))
	require.NoError(t, err, "the run that had begun counts")
	err = store.Update(ctx, nil, put(keyA, "b"))
	require.Equal(t, context.Canceled, err)
	ctx, cancel = context.WithCancel(t.Context())
	err = store.Update(ctx, nil, func(tx ports.Tx) error {
		cancel()
		return put(keyA, "c")(tx)
	})
	require.Equal(t, context.Canceled, err, "the run that learnt of the key does not count, and no other is begun")
	require.Equal(t, "a", body(t, store, keyA))
}

func TestALostAcknowledgementMakesErrorsUnknown(t *testing.T) {
	t.Parallel()
	lose := true
	store := setup(t, memstore.Hooks{LoseAck: func([]ports.Key) bool { return lose }})
	err := store.Update(t.Context(), nil, func(tx ports.Tx) error { tx.Create(ports.Record{Key: keyA}); return nil })
	require.ErrorIs(t, err, fault.Conflict, "a decision that cannot know its own write")
	require.True(t, fault.Unknown(err))

	own := fault.New(fault.Budget, "own")
	err = store.Update(t.Context(), nil, func(tx ports.Tx) error {
		if _, done := tx.Get(keyB); done {
			return own
		}
		tx.Put(ports.Record{Key: keyB})
		return nil
	})
	require.Same(t, own, err)
	require.False(t, fault.Unknown(err), "the decision's error is its own")
	lose = false
	err = store.Update(t.Context(), nil, func(tx ports.Tx) error { tx.Create(ports.Record{Key: keyA}); return nil })
	require.False(t, fault.Unknown(err))
}
