package porttest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// A store's test is the suite of its port, with a new store and its clock for each case.
func ExampleStore() {
	_ = func(t *testing.T) {
		porttest.Store(t, func(*testing.T) porttest.StoreUnderTest {
			clock := porttest.NewClock(time.Unix(1_800_000_000, 0))
			return porttest.StoreUnderTest{Store: memstore.New(clock, nil), Clock: clock}
		})
	}
}

// A test's time stands still until the test moves it, and its ids are the same in each run.
func Example() {
	clock := porttest.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	clock.Advance(90 * time.Second)
	fmt.Println(clock.Now().Format(time.TimeOnly))
	one, other := porttest.NewIDs(7), porttest.NewIDs(7)
	fmt.Println(one.NewID() == other.NewID())
	// Output:
	// 12:01:30
	// true
}
