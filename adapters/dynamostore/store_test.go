package dynamostore_test

import (
	"testing"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
	"github.com/stretchr/testify/require"
)

// underTest makes stores for the suite, on a fake each. The TTL of the table deletes at once, or never.
func underTest(deletes bool) func(*testing.T) porttest.StoreUnderTest {
	return func(t *testing.T) porttest.StoreUnderTest {
		clock := porttest.NewClock(start)
		lose, ids := &loseAcks{}, porttest.NewIDs(1)
		options := &dynamofake.Options{Fault: lose.fault}
		if deletes {
			options.Now = clock.Now
		}
		_, client := serve(t, options)
		open := func(t *testing.T) ports.Store {
			store, err := dynamostore.New(client, tableName, restless{clock}, ids, nil)
			require.NoError(t, err)
			return store
		}
		return porttest.StoreUnderTest{
			Store:      open(t),
			Clock:      clock,
			Optimistic: true,
			// No program starts again within the microseconds that its writes took.
			Reopen:   func(t *testing.T) ports.Store { clock.Advance(100 * time.Microsecond); return open(t) },
			LoseAcks: func(n int) { lose.left.Store(int64(n)) },
		}
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	porttest.Store(t, underTest(false))
}

func TestStoreWhoseTTLDeletesAtOnce(t *testing.T) {
	t.Parallel()
	porttest.Store(t, underTest(true))
}
