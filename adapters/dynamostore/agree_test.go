package dynamostore_test

import (
	"testing"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// inMemory makes the store that this one is compared with.
func inMemory(*testing.T) porttest.StoreUnderTest {
	clock := porttest.NewClock(start)
	return porttest.StoreUnderTest{Store: memstore.New(clock, nil), Clock: clock}
}

func TestAgreesWithMemstore(t *testing.T) {
	t.Parallel()
	porttest.StoresAgree(t, []uint64{11, 12, 13, 14}, underTest(false), inMemory)
	porttest.StoresAgree(t, []uint64{15, 16, 17, 18}, underTest(true), inMemory)
}
