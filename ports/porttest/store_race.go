package porttest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// The races put many goroutines to work at once. What they prove holds in whatever order they run.
var storeRaces = map[string]storeTest{
	"Update/TwoWritersOneWins":                  raceCreate,
	"Update/FiftyConcurrentIncrementsNoneLost":  raceIncrements,
	"Update/ConcurrentTransfersKeepTheSum":      raceTransfers,
	"Update/RecordsChangedTogetherAreSeenEqual": raceTorn,
	"Update/OneOfManyCreatorsWins":              raceCreators,
	"Update/FailuresBesideLoseOnlyTheirOwn":     raceFailures,
}

// together runs fn with 0 .. n-1 side by side and returns what each said.
func sideBySide(n int, fn func(i int) error) []error {
	results := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { results[i] = fn(i) })
	}
	group.Wait()
	return results
}

func raceCreate(t *testing.T, s *storeKit) {
	for round := range 20 {
		key := storeKey(number(round))
		results := sideBySide(2, func(i int) error { return s.update(create(key, strconv.Itoa(i))) })
		winner := 0
		if results[0] != nil {
			winner = 1
		}
		require.NoError(t, results[winner])
		require.ErrorIs(t, results[1-winner], fault.Conflict)
		require.Equal(t, strconv.Itoa(winner), s.body(key))
	}
}

// increment adds to a number in a record.
func increment(key ports.Key, by int) func(ports.Tx) error {
	return func(tx ports.Tx) error {
		record, _ := tx.Get(key)
		n, _ := strconv.Atoi(string(record.Body))
		tx.Put(ports.Record{Key: key, Body: []byte(strconv.Itoa(n + by))})
		return nil
	}
}

func raceIncrements(t *testing.T, s *storeKit) {
	key := storeKey("counter")
	for _, err := range sideBySide(50, func(int) error { return s.update(increment(key, 1), key) }) {
		require.NoError(t, err)
	}
	require.Equal(t, "50", s.body(key))
}

func raceTransfers(t *testing.T, s *storeKit) {
	const accounts, each = 5, 20
	key := func(i int) ports.Key {
		return ports.Key{Partition: "account " + strconv.Itoa(i%accounts), Sort: "balance"}
	}
	for _, err := range sideBySide(8, func(worker int) error {
		for i := range each {
			from, to := key(worker+i), key(worker+2*i+1)
			if from == to {
				continue
			}
			if err := s.update(func(tx ports.Tx) error {
				return errors.Join(increment(from, -i)(tx), increment(to, i)(tx))
			}, from, to); err != nil {
				return err
			}
		}
		return nil
	}) {
		require.NoError(t, err)
	}
	sum := 0
	for i := range accounts {
		balance, err := strconv.Atoi(s.body(key(i)))
		require.NoError(t, err)
		sum += balance
	}
	require.Zero(t, sum)
}

// raceTorn changes records always together. Neither a decision without writes nor one that fails may end with a view in
// which they differ.
func raceTorn(t *testing.T, s *storeKit) {
	keys := []ports.Key{storeKey("a"), {Partition: "other", Sort: "b"}, storeKey("c")}
	write := func(i int) error {
		return s.update(func(tx ports.Tx) error {
			for _, key := range keys {
				tx.Get(key)
				tx.Put(ports.Record{Key: key, Body: []byte(strconv.Itoa(i))})
			}
			return nil
		}, keys...)
	}
	require.NoError(t, write(0))
	view := func(tx ports.Tx) string {
		text := ""
		for _, key := range keys {
			record, _ := tx.Get(key)
			text += " " + string(record.Body)
		}
		return text
	}
	for _, err := range sideBySide(6, func(worker int) error {
		for i := range 40 {
			if err := readTorn(s, keys, view, worker, i, write); err != nil {
				return err
			}
		}
		return nil
	}) {
		require.NoError(t, err)
	}
}

func readTorn(s *storeKit, keys []ports.Key, view func(ports.Tx) string, worker, i int, write func(int) error) error {
	var seen string
	look := func(tx ports.Tx) error { seen = view(tx); return nil }
	switch worker % 3 {
	case 0:
		return write(i)
	case 1:
		if err := s.update(look, keys[:worker%2]...); err != nil {
			return err
		}
	default:
		failed := errors.New("failed")
		if err := s.update(func(tx ports.Tx) error { return errors.Join(look(tx), failed) }, keys...); !errors.Is(err, failed) {
			return fmt.Errorf("got %w", err)
		}
	}
	var a, b, c int
	if _, err := fmt.Sscan(seen, &a, &b, &c); err != nil || a != b || b != c {
		return fmt.Errorf("a torn view: %s: %w", seen, err)
	}
	return nil
}

func raceCreators(t *testing.T, s *storeKit) {
	won := 0
	for i, err := range sideBySide(20, func(i int) error { return s.update(create(storeKey("a"), strconv.Itoa(i))) }) {
		if err == nil {
			won++
			require.Equal(t, strconv.Itoa(i), s.body(storeKey("a")))
			continue
		}
		require.ErrorIs(t, err, fault.Conflict)
	}
	require.Equal(t, 1, won)
}

// raceFailures mixes updates that fail in every way with such that succeed, all at the same time.
func raceFailures(t *testing.T, s *storeKit) {
	own := errors.New("own")
	s.put(storeKey("there"), "before")
	results := sideBySide(60, func(i int) (err error) {
		decide := create(storeKey(number(i)), "created")
		switch i % 5 {
		case 1:
			return s.update(func(tx ports.Tx) error { return errors.Join(decide(tx), own) })
		case 2:
			defer func() { err, _ = recover().(error) }()
			return s.update(func(tx ports.Tx) error { _ = decide(tx); panic(own) })
		case 3:
			return s.update(func(tx ports.Tx) error { tx.Put(ports.Record{Key: storeKey("unread")}); return decide(tx) })
		case 4:
			return s.update(func(tx ports.Tx) error { return errors.Join(decide(tx), create(storeKey("there"), "after")(tx)) })
		}
		return s.update(decide)
	})
	for i, want := range []error{nil, own, own, fault.Invalid, fault.Conflict} {
		for at := i; at < len(results); at += 5 {
			require.ErrorIs(t, results[at], want)
			if want == nil {
				require.Equal(t, "created", s.body(storeKey(number(at))))
			} else {
				s.absent(storeKey(number(at)))
			}
		}
	}
	require.Equal(t, "before", s.body(storeKey("there")))
}
