package memstore_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// underTest makes stores with the given options for the suite.
func underTest(options memstore.Options) func(*testing.T) porttest.StoreUnderTest {
	return func(*testing.T) porttest.StoreUnderTest {
		var lose atomic.Int64
		options := options
		options.Hooks.LoseAck = func([]ports.Key) bool { return lose.Add(-1) >= 0 }
		clock := porttest.NewClock(time.Date(2026, time.April, 1, 12, 0, 0, 0, time.UTC))
		return porttest.StoreUnderTest{
			Store:      memstore.New(clock, &options),
			Clock:      clock,
			Optimistic: true,
			LoseAcks:   func(n int) { lose.Store(int64(n)) },
		}
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	porttest.Store(t, underTest(memstore.Options{}))
}

func TestStoreThatKeepsExpired(t *testing.T) {
	t.Parallel()
	porttest.Store(t, underTest(memstore.Options{KeepExpired: true}))
}
