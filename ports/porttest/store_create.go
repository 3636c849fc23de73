package porttest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

var storeCreates = map[string]storeTest{
	"Create/OfANewRecord":                 createNew,
	"Create/OverAnExistingOneIsAConflict": createExisting,
	"Create/AfterReadingItsAbsence":       createAfterGet,
	"Create/AfterReadingItIsAConflict":    createAfterThere,
	"Create/AfterADelete":                 createAfterDelete,
}

// number is a name whose order is that of the numbers.
func number(i int) string { return fmt.Sprintf("%06d", i) }

func create(key ports.Key, body string) func(ports.Tx) error {
	return func(tx ports.Tx) error {
		tx.Create(ports.Record{Key: key, Kind: "test", Body: []byte(body)})
		return nil
	}
}

func createNew(t *testing.T, s *storeKit) {
	require.NoError(t, s.update(create(storeKey("a"), "a")))
	require.NoError(t, s.update(create(storeKey("b"), "b"), storeKey("b")))
	require.Equal(t, "a", s.body(storeKey("a")))
	require.Equal(t, "b", s.body(storeKey("b")))
}

func createExisting(t *testing.T, s *storeKit) {
	there, other, read := storeKey("there"), storeKey("other"), storeKey("read")
	s.put(there, "first")
	s.put(read, "before")
	version := s.get(there).Version
	err := s.update(func(tx ports.Tx) error {
		tx.Get(read)
		tx.Put(ports.Record{Key: read, Body: []byte("after")})
		tx.Create(ports.Record{Key: other})
		tx.Create(ports.Record{Key: there, Body: []byte("second")})
		return nil
	}, read)
	require.ErrorIs(t, err, fault.Conflict)
	require.False(t, fault.Unknown(err))
	require.Contains(t, err.Error(), there.Sort)
	require.Equal(t, "first", s.body(there))
	require.Equal(t, version, s.get(there).Version)
	require.Equal(t, "before", s.body(read))
	s.absent(other)
}

func createAfterGet(t *testing.T, s *storeKit) {
	require.NoError(t, s.update(func(tx ports.Tx) error {
		if _, there := tx.Get(storeKey("a")); there {
			return errors.New("it is there")
		}
		tx.Create(ports.Record{Key: storeKey("a"), Body: []byte("a")})
		return nil
	}, storeKey("a")))
	require.Equal(t, "a", s.body(storeKey("a")))
}

func createAfterThere(t *testing.T, s *storeKit) {
	s.put(storeKey("a"), "first")
	err := s.update(func(tx ports.Tx) error {
		tx.Get(storeKey("a"))
		tx.Create(ports.Record{Key: storeKey("a"), Body: []byte("second")})
		return nil
	}, storeKey("a"))
	require.ErrorIs(t, err, fault.Conflict)
	require.Equal(t, "first", s.body(storeKey("a")))
}

func createAfterDelete(t *testing.T, s *storeKit) {
	s.put(storeKey("a"), "first")
	s.delete(storeKey("a"))
	require.NoError(t, s.update(create(storeKey("a"), "second")))
	require.Equal(t, "second", s.body(storeKey("a")))
}
