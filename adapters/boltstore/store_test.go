package boltstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/boltstore"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func newClock() *porttest.ManualClock {
	return porttest.NewClock(time.Date(2026, time.April, 1, 12, 0, 0, 0, time.UTC))
}

func open(t *testing.T, path string, clock ports.Clock, options *boltstore.Options) *boltstore.Store {
	t.Helper()
	store, err := boltstore.Open(path, clock, options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// underTest makes stores with the given options for the suite.
func underTest(options boltstore.Options) func(*testing.T) porttest.StoreUnderTest {
	return func(t *testing.T) porttest.StoreUnderTest {
		path, clock := filepath.Join(t.TempDir(), "store.db"), newClock()
		store := open(t, path, clock, &options)
		return porttest.StoreUnderTest{
			Store:      store,
			Clock:      clock,
			Optimistic: true,
			Reopen: func(t *testing.T) ports.Store {
				require.NoError(t, store.Close())
				store = open(t, path, clock, &options)
				return store
			},
		}
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	porttest.Store(t, underTest(boltstore.Options{}))
}

func TestStoreThatKeepsExpired(t *testing.T) {
	t.Parallel()
	porttest.Store(t, underTest(boltstore.Options{KeepExpired: true}))
}

func TestAgreesWithMemory(t *testing.T) {
	t.Parallel()
	inMemory := func(*testing.T) porttest.StoreUnderTest {
		clock := newClock()
		return porttest.StoreUnderTest{Store: memstore.New(clock, nil), Clock: clock}
	}
	porttest.StoresAgree(t, []uint64{11, 12, 13}, underTest(boltstore.Options{}), inMemory)
}
