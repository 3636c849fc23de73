package memqueue_test

import (
	"context"
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// One tenant's three parcels do not hold up another's one, and what is not acknowledged comes again.
func Example() {
	ctx := context.Background()
	clock := porttest.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	queue := memqueue.New(clock, &memqueue.Options{Visibility: time.Minute})
	for _, parcel := range []string{"busy/1", "busy/2", "busy/3", "calm/1"} {
		_ = queue.Send(ctx, ports.Message{Body: []byte(parcel), Group: parcel[:4]})
	}
	for range 2 {
		deliveries, _ := queue.Receive(ctx, 10, clock.Now())
		for i, delivery := range deliveries {
			fmt.Printf("%s, receipt %d\n", delivery.Body, delivery.Count)
			if i > 0 {
				_ = queue.Ack(ctx, delivery.Receipt)
			}
		}
		clock.Advance(time.Minute)
	}
	// Output:
	// busy/1, receipt 1
	// calm/1, receipt 1
	// busy/2, receipt 1
	// busy/3, receipt 1
	// busy/1, receipt 2
}
