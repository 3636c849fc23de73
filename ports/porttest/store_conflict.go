package porttest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// The conflicts write in the middle of a decision, once, and demand that the run which saw too little or too old a view
// does not count.
var storeConflicts = map[string]storeTest{
	"Conflict/AWriteOverAChangedRecordIsRunAgain":      conflictPut,
	"Conflict/ARecordThatWasOnlyReadIsValidated":       conflictReadOnly,
	"Conflict/AnAbsentRecordThatAppearedIsSeen":        conflictAppeared,
	"Conflict/ADeletedRecordIsSeen":                    conflictDeleted,
	"Conflict/ARecordDeletedAndCreatedAgainIsSeen":     conflictRecreated,
	"Conflict/ADecisionWithoutWritesIsValidated":       conflictNoWrites,
	"Conflict/AnErrorOfATornViewIsNotReturned":         conflictError,
	"Conflict/APanicOfATornViewIsForgotten":            conflictPanic,
	"Conflict/ABrokenRuleOfATornViewIsForgotten":       conflictRule,
	"Conflict/ACreateThatLostItsReasonIsNoConflict":    conflictCreate,
	"Conflict/ANamedPlaceThatWasTakenIsAConflict":      conflictNamed,
	"Conflict/AnExpiredRecordWrittenOverIsSeen":        conflictExpired,
	"Conflict/AnExpiredRecordCreatedOverIsSeen":        conflictExpiredCreated,
	"Conflict/ManyLossesInARowStillEnd":                conflictMany,
	"Conflict/AWriteToAnotherRecordOfThePartitionIsNo": conflictUnrelated,
}

// once returns a function that calls fn the first time.
func once(fn func()) func() {
	called := false
	return func() {
		if !called {
			called = true
			fn()
		}
	}
}

func conflictPut(t *testing.T, s *storeKit) {
	key := storeKey("a")
	s.put(key, "first")
	interfere := once(func() { s.put(key, "second") })
	var seen []string
	require.NoError(t, s.update(func(tx ports.Tx) error {
		record, _ := tx.Get(key)
		seen = append(seen, string(record.Body))
		interfere()
		tx.Put(ports.Record{Key: key, Body: []byte("after " + string(record.Body))})
		return nil
	}, key))
	require.Equal(t, []string{"first", "second"}, seen)
	require.Equal(t, "after second", s.body(key))
}

func conflictReadOnly(t *testing.T, s *storeKit) {
	read, written := storeKey("read"), ports.Key{Partition: "other", Sort: "written"}
	s.put(read, "first")
	interfere := once(func() { s.put(read, "second") })
	require.NoError(t, s.update(func(tx ports.Tx) error {
		record, _ := tx.Get(read)
		interfere()
		tx.Create(ports.Record{Key: written, Body: record.Body})
		return nil
	}, read))
	require.Equal(t, "second", s.body(written))
}

func conflictAppeared(t *testing.T, s *storeKit) {
	key := storeKey("a")
	interfere := once(func() { s.put(key, "theirs") })
	err := s.update(func(tx ports.Tx) error {
		if _, there := tx.Get(key); there {
			return fault.New(fault.Locked, "another has it")
		}
		interfere()
		tx.Put(ports.Record{Key: key, Body: []byte("ours")})
		return nil
	}, key)
	require.ErrorIs(t, err, fault.Locked)
	require.Equal(t, "theirs", s.body(key))
}

func conflictDeleted(t *testing.T, s *storeKit) {
	key := storeKey("a")
	s.put(key, "first")
	interfere := once(func() { s.delete(key) })
	require.NoError(t, s.update(func(tx ports.Tx) error {
		record, there := tx.Get(key)
		interfere()
		if there {
			tx.Put(ports.Record{Key: key, Body: append([]byte("more "), record.Body...)})
		}
		return nil
	}, key))
	s.absent(key)
}

func conflictRecreated(t *testing.T, s *storeKit) {
	key := storeKey("a")
	s.put(key, "same")
	interfere := once(func() {
		s.delete(key)
		s.put(key, "same")
	})
	runs := 0
	require.NoError(t, s.update(func(tx ports.Tx) error {
		runs++
		tx.Get(key)
		interfere()
		tx.Put(ports.Record{Key: key, Body: []byte("after")})
		return nil
	}, key))
	require.Equal(t, 2, runs)
}

// pair writes two records that are always changed together, and returns them with a change to both.
func (s *storeKit) pair() (a, b ports.Key, change func()) {
	s.t.Helper()
	a, b = storeKey("a"), ports.Key{Partition: "other", Sort: "b"}
	both := func(body string) {
		require.NoError(s.t, s.update(func(tx ports.Tx) error {
			for _, key := range []ports.Key{a, b} {
				tx.Get(key)
				tx.Put(ports.Record{Key: key, Body: []byte(body)})
			}
			return nil
		}, a, b))
	}
	both("first")
	return a, b, once(func() { both("second") })
}

// equal reports whether a decision sees the same in both records; between the two reads it interferes.
func equal(tx ports.Tx, a, b ports.Key, interfere func()) bool {
	first, _ := tx.Get(a)
	interfere()
	second, _ := tx.Get(b)
	return string(first.Body) == string(second.Body)
}

// conflictNoWrites names one record or none, so that the others are fetched after they were changed.
func conflictNoWrites(t *testing.T, s *storeKit) {
	a, b, interfere := s.pair()
	for _, keys := range [][]ports.Key{{a}, {b}, {a, b}, nil} {
		same := false
		var body string
		require.NoError(t, s.update(func(tx ports.Tx) error {
			same = equal(tx, a, b, interfere)
			record, _ := tx.Get(a)
			body = string(record.Body)
			return nil
		}, keys...))
		require.True(t, same)
		require.Equal(t, "second", body)
	}
}

func conflictError(t *testing.T, s *storeKit) {
	a, b, interfere := s.pair()
	calls := 0
	require.NoError(t, s.update(func(tx ports.Tx) error {
		calls++
		if first, _ := tx.Get(a); calls == 1 {
			tx.Get(b)
			interfere()
			return errors.New("based on " + string(first.Body))
		}
		return nil
	}, a, b))
	require.Greater(t, calls, 1)
}

func conflictPanic(t *testing.T, s *storeKit) {
	a, b, interfere := s.pair()
	calls := 0
	require.NoError(t, s.update(func(tx ports.Tx) error {
		calls++
		if equal(tx, a, b, func() {}); calls == 1 {
			interfere()
			panic("based on what has gone")
		}
		return nil
	}, a, b))
	require.Equal(t, 2, calls)
}

func conflictRule(t *testing.T, s *storeKit) {
	a, b, interfere := s.pair()
	calls := 0
	require.NoError(t, s.update(func(tx ports.Tx) error {
		calls++
		if equal(tx, a, b, func() {}); calls == 1 {
			interfere()
			tx.Put(ports.Record{Key: storeKey("unread")})
		}
		return nil
	}, a, b))
	require.Equal(t, 2, calls)
}

// conflictCreate takes the next free number from a counter. Another takes the same one in between: that is a reason to
// run again, not to fail.
func conflictCreate(t *testing.T, s *storeKit) {
	counter := storeKey("counter")
	s.put(counter, number(1))
	take := func(interfere func()) error {
		return s.update(func(tx ports.Tx) error {
			record, _ := tx.Get(counter)
			interfere()
			tx.Put(ports.Record{Key: counter, Body: []byte(string(record.Body) + "'")})
			tx.Create(ports.Record{Key: storeKey("item " + string(record.Body))})
			return nil
		}, counter)
	}
	require.NoError(t, take(once(func() { require.NoError(t, take(func() {})) })))
	require.Len(t, s.list(ports.Prefix("partition", "item ")), 2)
	require.Equal(t, number(1)+"''", s.body(counter))
}

// conflictNamed creates a record whose place was looked at before the decision ran, and has been taken since.
func conflictNamed(t *testing.T, s *storeKit) {
	key := storeKey("a")
	interfere := once(func() { s.put(key, "theirs") })
	err := s.update(func(tx ports.Tx) error {
		interfere()
		return create(key, "ours")(tx)
	}, key)
	require.ErrorIs(t, err, fault.Conflict)
	require.Equal(t, "theirs", s.body(key))
}

func conflictExpired(t *testing.T, s *storeKit) {
	key := storeKey("a")
	s.expired(key)
	interfere := once(func() { s.put(key, "theirs") })
	err := s.update(func(tx ports.Tx) error {
		if _, there := tx.Get(key); there {
			return fault.New(fault.Locked, "another has it")
		}
		interfere()
		tx.Put(ports.Record{Key: key, Body: []byte("ours")})
		return nil
	}, key)
	require.ErrorIs(t, err, fault.Locked)
	require.Equal(t, "theirs", s.body(key))
}

func conflictExpiredCreated(t *testing.T, s *storeKit) {
	key := storeKey("a")
	s.expired(key)
	interfere := once(func() { s.put(key, "theirs") })
	err := s.update(func(tx ports.Tx) error {
		interfere()
		return create(key, "ours")(tx)
	})
	require.ErrorIs(t, err, fault.Conflict)
	require.Equal(t, "theirs", s.body(key))
}

// conflictMany loses some tries in a row, then is left alone: the Update ends well, or gives up having written nothing.
func conflictMany(t *testing.T, s *storeKit) {
	key := storeKey("a")
	s.put(key, number(0))
	losses := 0
	require.NoError(t, s.update(func(tx ports.Tx) error {
		record, _ := tx.Get(key)
		if losses < 5 {
			losses++
			s.put(key, number(losses))
		}
		tx.Put(ports.Record{Key: key, Body: append([]byte("after "), record.Body...), Expires: time.Time{}})
		return nil
	}, key))
	require.Equal(t, "after "+number(5), s.body(key))
}

func conflictUnrelated(t *testing.T, s *storeKit) {
	key := storeKey("a")
	runs := 0
	require.NoError(t, s.update(func(tx ports.Tx) error {
		runs++
		tx.Get(key)
		s.put(storeKey("b"), number(runs))
		tx.Put(ports.Record{Key: key})
		return nil
	}, key))
	require.Equal(t, 1, runs)
}
