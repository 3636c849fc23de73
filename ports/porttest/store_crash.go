package porttest

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

var storeCrashes = map[string]storeTest{
	"Crash/ARepeatedUpdateKnowsItsOwnWrite":   crashRepeat,
	"Crash/ARepeatedFailureStaysHarmless":     crashRepeatRefused,
	"Crash/AnUpdateInPanicLeavesWhatIsStored": crashPanicked,
}

var storeReopens = map[string]storeTest{
	"Reopen/KeepsEveryRecord":              reopenKeeps,
	"Reopen/KnowsItsOwnWriteAfterTheCrash": reopenRepeat,
	"Reopen/VersionsGoOn":                  reopenVersions,
	"Reopen/WhatHasExpiredStaysAbsent":     reopenExpired,
}

var storeLostAcks = map[string]storeTest{
	"LostAck/TheUpdateRunsAgainAndKnowsItsOwnWrite": lostAck,
	"LostAck/EveryPartOfALargerUpdateHappensOnce":   lostAckSeveral,
	"LostAck/TooManyLeaveTheOutcomeUnknown":         lostAcks,
}

// forgetful loses what its store answers to the first updates: they are done, and their caller does not learn of it.
type forgetful struct {
	ports.Store
	forget int
}

func (f *forgetful) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	err := f.Store.Update(ctx, keys, decide)
	if f.forget == 0 {
		return err
	}
	f.forget--
	return fault.New(fault.Unavailable, "the answer was lost").MaybeDone()
}

// payOnce pays an amount into an account under a name, unless that has been done: the form that every decision takes
// which may be run a second time.
func payOnce(name string, amount int) func(ports.Tx) error {
	account, receipt := storeKey("account"), storeKey("receipt "+name)
	return func(tx ports.Tx) error {
		if _, done := tx.Get(receipt); done {
			return nil
		}
		tx.Put(ports.Record{Key: receipt})
		return increment(account, amount)(tx)
	}
}

func crashRepeat(t *testing.T, s *storeKit) {
	store := &forgetful{Store: s.Store, forget: 3}
	for i := range 5 {
		for {
			err := store.Update(t.Context(), nil, payOnce(number(i), 10))
			if err == nil {
				break
			}
			require.True(t, fault.Unknown(err))
		}
	}
	require.Equal(t, "50", s.body(storeKey("account")))
}

func crashRepeatRefused(t *testing.T, s *storeKit) {
	store := &forgetful{Store: s.Store, forget: 1}
	require.True(t, fault.Unknown(store.Update(t.Context(), nil, create(storeKey("a"), "ours"))))
	require.ErrorIs(t, store.Update(t.Context(), nil, create(storeKey("a"), "again")), fault.Conflict)
	require.Equal(t, "ours", s.body(storeKey("a")))
}

// crashPanicked lets every second update die in its decision.
func crashPanicked(t *testing.T, s *storeKit) {
	key := storeKey("counter")
	for i := range 20 {
		func() {
			defer func() { _ = recover() }()
			_ = s.update(func(tx ports.Tx) error {
				err := increment(key, 1)(tx)
				if i%2 == 1 {
					panic("crash")
				}
				return err
			}, key)
		}()
	}
	require.Equal(t, "10", s.body(key))
}

func reopenKeeps(t *testing.T, s *storeKit) {
	names := s.createMany(120, []byte("body"))
	s.delete(storeKey(names[3]))
	s.put(storeKey(names[4]), "changed")
	before := s.list(ports.Range{Partition: "partition"})
	for range 3 {
		s.Store = s.Reopen(t)
		require.Equal(t, before, s.list(ports.Range{Partition: "partition"}))
	}
	s.absent(storeKey(names[3]))
	require.Equal(t, "changed", s.body(storeKey(names[4])))
}

// reopenRepeat loses the answer together with the process that waited for it.
func reopenRepeat(t *testing.T, s *storeKit) {
	for i := range 4 {
		lost := &forgetful{Store: s.Store, forget: 1}
		require.Error(t, lost.Update(t.Context(), nil, payOnce(number(i), 10)))
		s.Store = s.Reopen(t)
		require.NoError(t, s.update(payOnce(number(i), 10)))
	}
	require.Equal(t, "40", s.body(storeKey("account")))
}

func reopenVersions(t *testing.T, s *storeKit) {
	last := int64(0)
	for i := range 6 {
		s.put(storeKey("a"), strconv.Itoa(i))
		version := s.get(storeKey("a")).Version
		require.Greater(t, version, last)
		last = version
		if i%2 == 0 {
			s.delete(storeKey("a"))
		}
		s.Store = s.Reopen(t)
	}
}

func reopenExpired(t *testing.T, s *storeKit) {
	s.expired(storeKey("a"))
	s.Store = s.Reopen(t)
	s.absent(storeKey("a"))
	require.NoError(t, s.update(create(storeKey("a"), "over")))
	s.Store = s.Reopen(t)
	require.Equal(t, "over", s.body(storeKey("a")))
}

func lostAck(t *testing.T, s *storeKit) {
	for i := range 5 {
		runs := 0
		s.LoseAcks(1)
		require.NoError(t, s.Store.Update(t.Context(), nil, func(tx ports.Tx) error {
			runs++
			return payOnce(number(i), 10)(tx)
		}))
		require.Greater(t, runs, 1)
	}
	require.Equal(t, "50", s.body(storeKey("account")))
}

func lostAckSeveral(t *testing.T, s *storeKit) {
	s.put(storeKey("old"), "old")
	s.LoseAcks(1)
	require.NoError(t, s.Store.Update(t.Context(), nil, func(tx ports.Tx) error {
		if _, there := tx.Get(storeKey("old")); there {
			tx.Delete(storeKey("old"))
		}
		return errors.Join(payOnce("one", 10)(tx), payOnce("two", 0)(&quiet{tx}))
	}))
	s.absent(storeKey("old"))
	require.Equal(t, "10", s.body(storeKey("account")))
	require.Len(t, s.list(ports.Prefix("partition", "receipt ")), 2)
}

// quiet drops writes to the account, which a second payment of the same update would write twice.
type quiet struct{ ports.Tx }

func (q *quiet) Put(record ports.Record) {
	if record.Key != storeKey("account") {
		q.Tx.Put(record)
	}
}

// lostAcks never recognises its own write, as no decision should, and loses every answer.
func lostAcks(t *testing.T, s *storeKit) {
	s.LoseAcks(1000)
	err := s.Store.Update(t.Context(), nil, increment(storeKey("counter"), 1))
	s.LoseAcks(0)
	require.ErrorIs(t, err, fault.Unavailable)
	require.True(t, fault.Unknown(err))
	s.put(storeKey("counter"), "usable")
	require.Equal(t, "usable", s.body(storeKey("counter")))
}
