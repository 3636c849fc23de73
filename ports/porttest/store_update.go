package porttest

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

var storeUpdates = map[string]storeTest{
	"Update/WritesSeveralRecords":        updateSeveral,
	"Update/OwnWritesDoNotShow":          updateOwnWrites,
	"Update/VersionsGoUp":                updateVersions,
	"Update/ADeletedRecordIsGone":        updateDelete,
	"Update/DeletingAnAbsentDoesNothing": updateDeleteAbsent,
	"Update/NoVersionComesTwice":         updateNoRepeat,
	"Update/NothingIsAllowed":            updateNothing,
	"Update/NamedKeysNeedNotBeRead":      updateNamed,
	"Update/KeyFirstLearntInsideDecide":  updateLearns,
	"Update/AChainOfKeysIsFollowed":      updateChain,
	"Update/EndedContextWritesNothing":   updateEnded,
}

// updateSeveral writes, replaces and deletes in several partitions at once.
func updateSeveral(t *testing.T, s *storeKit) {
	old, gone := ports.Key{Partition: "one", Sort: "old"}, ports.Key{Partition: "two", Sort: "gone"}
	created, added := ports.Key{Partition: "three", Sort: "created"}, ports.Key{Partition: "one", Sort: "added"}
	s.put(old, "before")
	s.put(gone, "before")
	require.NoError(t, s.update(func(tx ports.Tx) error {
		for _, key := range []ports.Key{old, gone, added} {
			tx.Get(key)
		}
		tx.Put(ports.Record{Key: old, Body: []byte("after")})
		tx.Put(ports.Record{Key: added, Body: []byte("after")})
		tx.Create(ports.Record{Key: created, Body: []byte("after")})
		tx.Delete(gone)
		return nil
	}, old, gone, added))
	for _, key := range []ports.Key{old, created, added} {
		require.Equal(t, "after", s.body(key))
	}
	s.absent(gone)
}

func updateOwnWrites(t *testing.T, s *storeKit) {
	old, added := storeKey("old"), storeKey("added")
	s.put(old, "before")
	require.NoError(t, s.update(func(tx ports.Tx) error {
		before, _ := tx.Get(old)
		_, there := tx.Get(added)
		tx.Delete(old)
		tx.Put(ports.Record{Key: added})
		again, still := tx.Get(old)
		_, now := tx.Get(added)
		if there || now || !still || string(again.Body) != "before" || again.Version != before.Version {
			return errors.New("a decision saw its own writes")
		}
		return nil
	}, old, added))
	s.absent(old)
	require.Empty(t, s.body(added))
}

func updateVersions(t *testing.T, s *storeKit) {
	key := storeKey("a")
	last := int64(0)
	for range 5 {
		s.put(key, "the same")
		version := s.get(key).Version
		require.Greater(t, version, last)
		last = version
		require.NoError(t, s.update(func(tx ports.Tx) error {
			if record, _ := tx.Get(key); record.Version != version {
				return errors.New("a decision sees another version than Get")
			}
			return nil
		}, key))
	}
}

func updateDelete(t *testing.T, s *storeKit) {
	s.put(storeKey("a"), "a")
	s.put(storeKey("b"), "b")
	s.delete(storeKey("a"))
	s.absent(storeKey("a"))
	require.Equal(t, "b", s.body(storeKey("b")))
	s.put(storeKey("a"), "again")
	require.Equal(t, "again", s.body(storeKey("a")))
}

func updateDeleteAbsent(t *testing.T, s *storeKit) {
	s.delete(storeKey("a"))
	s.absent(storeKey("a"))
	s.put(storeKey("a"), "a")
	require.Equal(t, "a", s.body(storeKey("a")))
}

// updateNoRepeat deletes and writes again: whoever read the first record must be able to tell.
func updateNoRepeat(t *testing.T, s *storeKit) {
	key := storeKey("a")
	last := int64(0)
	for i := range 6 {
		if i%2 == 0 {
			s.put(key, "same")
		} else {
			require.NoError(t, s.update(func(tx ports.Tx) error {
				tx.Create(ports.Record{Key: key, Kind: "test", Body: []byte("same")})
				return nil
			}))
		}
		version := s.get(key).Version
		require.Greater(t, version, last)
		last = version
		s.delete(key)
	}
}

func updateNothing(t *testing.T, s *storeKit) {
	require.NoError(t, s.update(func(ports.Tx) error { return nil }))
	require.NoError(t, s.update(func(ports.Tx) error { return nil }, storeKey("a"), storeKey("a")))
	require.Empty(t, s.list(ports.Range{Partition: "partition"}))
}

// updateNamed names some keys twice and some for nothing.
func updateNamed(t *testing.T, s *storeKit) {
	a, b, c := storeKey("a"), storeKey("b"), storeKey("c")
	s.put(a, "a")
	require.NoError(t, s.update(func(tx ports.Tx) error {
		record, _ := tx.Get(a)
		tx.Create(ports.Record{Key: c, Body: record.Body})
		return nil
	}, a, b, a, b))
	require.Equal(t, "a", s.body(c))
	s.absent(b)
}

func updateLearns(t *testing.T, s *storeKit) {
	key := storeKey("learnt")
	s.put(key, "value")
	var seen []string
	require.NoError(t, s.update(func(tx ports.Tx) error {
		record, there := tx.Get(key)
		if !there {
			seen = append(seen, "nothing")
			tx.Put(ports.Record{Key: key, Body: []byte("made up")})
			return nil
		}
		seen = append(seen, string(record.Body))
		tx.Put(ports.Record{Key: key, Body: append([]byte("more "), record.Body...)})
		return nil
	}))
	require.Equal(t, "value", seen[len(seen)-1])
	require.Equal(t, "more value", s.body(key))
}

// updateChain makes each record name the next one, so that every run learns of one more key.
func updateChain(t *testing.T, s *storeKit) {
	const length = 12
	for i := range length {
		s.put(storeKey(number(i)), number(i+1))
	}
	require.NoError(t, s.update(func(tx ports.Tx) error {
		name := number(0)
		for {
			record, there := tx.Get(storeKey(name))
			if !there {
				tx.Put(ports.Record{Key: storeKey(name), Body: []byte("end")})
				return nil
			}
			name = string(record.Body)
		}
	}))
	require.Equal(t, "end", s.body(storeKey(number(length))))
	require.Len(t, s.list(ports.Range{Partition: "partition"}), length+1)
}

func updateEnded(t *testing.T, s *storeKit) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Store.Update(ctx, nil, func(tx ports.Tx) error {
		tx.Create(ports.Record{Key: storeKey("a")})
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, kindIn(err))
	s.absent(storeKey("a"))
}

// kindIn is the kind that an error was given, empty when it has none.
func kindIn(err error) fault.Kind {
	var kind fault.Kind
	errors.As(err, &kind)
	return kind
}
