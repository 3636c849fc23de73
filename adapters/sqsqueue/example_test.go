package sqsqueue_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// A message comes again until it is acknowledged. The server here stands for SQS; a program makes its client from its
// configuration and finds the queue with QueueURL.
func Example() {
	ctx := context.Background()
	clock := porttest.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	server := httptest.NewServer(&fake{clock: clock, actions: map[string]int{},
		queue: memqueue.New(clock, &memqueue.Options{Visibility: time.Minute})})
	defer server.Close()
	client := sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: aws.AnonymousCredentials{},
		HTTPClient: server.Client()})

	queue, err := sqsqueue.New(client, server.URL+"/000000000000/parcels", clock, porttest.NewIDs(1), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = queue.Send(ctx, ports.Message{Body: []byte(`{"job":"j1","parcel":17}`), Group: "harbor-plumbing", Delay: 1500 * time.Millisecond})
	for range 3 {
		deliveries, _ := queue.Receive(ctx, 10, clock.Now())
		fmt.Println(clock.Now().Format("04:05"), len(deliveries))
		for _, d := range deliveries {
			fmt.Printf("%s of %s, receipt %d\n", d.Body, d.Group, d.Count)
			_ = queue.Return(ctx, d.Receipt, time.Second)
		}
		clock.Advance(time.Second)
	}
	// Output:
	// 00:00 0
	// 00:01 0
	// 00:02 1
	// {"job":"j1","parcel":17} of harbor-plumbing, receipt 1
}
