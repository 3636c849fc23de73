package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// Two records change together or not at all; a decision that refuses writes nothing.
func Example() {
	ctx := context.Background()
	store := memstore.New(porttest.NewClock(time.Unix(1_800_000_000, 0)), nil)
	stock, order := ports.Key{Partition: "shop", Sort: "stock"}, ports.Key{Partition: "shop", Sort: "order"}

	buy := func(tx ports.Tx) error {
		left, _ := tx.Get(stock)
		if len(left.Body) == 0 {
			return fault.New(fault.Conflict, "sold out")
		}
		tx.Put(ports.Record{Key: stock, Kind: "stock", Body: left.Body[1:]})
		tx.Create(ports.Record{Key: order, Kind: "order", Body: left.Body[:1]})
		return nil
	}
	fmt.Println(store.Update(ctx, []ports.Key{stock}, buy))

	_ = store.Update(ctx, nil, func(tx ports.Tx) error {
		tx.Create(ports.Record{Key: stock, Kind: "stock", Body: []byte("A")})
		return nil
	})
	fmt.Println(store.Update(ctx, []ports.Key{stock}, buy))

	_, err := store.Get(ctx, ports.Key{Partition: "shop", Sort: "nothing"})
	fmt.Println(errors.Is(err, fault.NotFound), err)

	page, _ := store.List(ctx, ports.Range{Partition: "shop"})
	for _, record := range page.Records {
		fmt.Printf("%s %q\n", record.Key.Sort, record.Body)
	}
	// Output:
	// sold out
	// <nil>
	// true memstore: get shop/nothing: no such record
	// order "A"
	// stock ""
}
