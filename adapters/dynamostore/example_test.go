package dynamostore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore/internal/dynamofake"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// printer is an Observer that prints what each request of the store took.
type printer struct{}

func (printer) Observe(_ context.Context, e ports.Event) {
	line := fmt.Sprintln(" ", e.Detail, e.ReadUnits, "read", e.WriteUnits, "written", e.Fault)
	fmt.Println(strings.TrimRight(line, " \n"))
}

// A record that is created costs one write; what changes together is one transaction at twice the price, and a page of
// text takes the units of what it is compressed to.
func Example() {
	ctx := context.Background()
	// A program makes the client from its configuration: dynamodb.NewFromConfig(cfg).
	client := clientOf("http://dynamodb.test", &http.Client{Transport: direct(dynamofake.New(nil))})
	_ = dynamostore.CreateTable(ctx, client, "marketbrewer")
	store, err := dynamostore.New(client, "marketbrewer", porttest.NewClock(time.Unix(1_800_000_000, 0)), porttest.NewIDs(1),
		&dynamostore.Options{Observer: printer{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	page := ports.Record{Key: ports.Key{Partition: "pages", Sort: "1"}, Body: []byte(strings.Repeat("plumbers in Gloucester ", 300))}
	count := ports.Key{Partition: "pages", Sort: "count"}

	fmt.Println("a page:")
	createPage := func(tx ports.Tx) error { tx.Create(page); return nil }
	_ = store.Update(ctx, nil, createPage)

	fmt.Println("the same page:")
	err = store.Update(ctx, nil, createPage)
	fmt.Println(errors.Is(err, fault.Conflict), err)

	fmt.Println("another page, and the count of both:")
	page.Key.Sort = "2"
	_ = store.Update(ctx, []ports.Key{count}, func(tx ports.Tx) error {
		tx.Get(count)
		tx.Put(ports.Record{Key: count, Body: []byte("2")})
		tx.Create(page)
		return nil
	})
	// Output:
	// a page:
	//   PutItem 0 read 1 written
	// the same page:
	//   PutItem 0 read 1 written conflict
	// true dynamostore: create pages/1: it exists already
	// another page, and the count of both:
	//   GetItem 1 read 0 written
	//   TransactWriteItems 0 read 4 written
}
