package ports_test

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// tally counts in a record of any store: a decision reads, decides and writes, and may be run several times.
func tally(ctx context.Context, store ports.Store, by int) (now int, err error) {
	key := ports.Key{Partition: "shop/1", Sort: "visits"}
	err = store.Update(ctx, []ports.Key{key}, func(tx ports.Tx) error {
		record, _ := tx.Get(key)
		now, _ = strconv.Atoi(string(record.Body))
		now += by
		tx.Put(ports.Record{Key: key, Kind: "tally", Body: []byte(strconv.Itoa(now))})
		return nil
	})
	return now, err
}

// A rule is written against the port, and works on whatever store it is given.
func ExampleStore() {
	store := memstore.New(porttest.NewClock(time.Unix(1_800_000_000, 0)), nil)
	for range 3 {
		fmt.Println(tally(context.Background(), store, 2))
	}
	// Output:
	// 2 <nil>
	// 4 <nil>
	// 6 <nil>
}

// A Secret hides from whatever prints it; only a conversion shows it.
func ExampleSecret() {
	key := ports.Secret("sk-1234")
	fmt.Printf("%s %x %v\n", key, key, struct{ Key ports.Secret }{key})
	fmt.Println(len(string(key)))
	// Output:
	// [redacted] [redacted] {[redacted]}
	// 7
}
