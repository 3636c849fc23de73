package emfmetrics_test

import (
	"context"
	"os"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/emfmetrics"
	"github.com/marketbrewer/marketbrewer/ports"
)

func Example() {
	clock := &watchClock{now: time.Date(2026, time.March, 1, 12, 30, 0, 0, time.UTC)}
	metrics := emfmetrics.New(os.Stdout, clock, &emfmetrics.Options{Service: "worker", Stage: "prod"})
	ctx := context.Background()
	metrics.Observe(ctx, ports.Event{Name: ports.EventTaskEnded, Detail: "completed"})
	metrics.Observe(ctx, ports.Event{Name: ports.EventTaskEnded, Detail: "completed"})
	_ = metrics.Flush(ctx)
	// Output:
	// {"_aws":{"Timestamp":1772368200000,"CloudWatchMetrics":[{"Namespace":"MarketBrewer","Dimensions":[["Service","Stage"]],"Metrics":[{"Name":"PagesCompleted","Unit":"Count"},{"Name":"PagesFailed","Unit":"Count"},{"Name":"Calls","Unit":"Count"},{"Name":"CallsFailed","Unit":"Count"},{"Name":"PartialFailures","Unit":"Count"},{"Name":"Alerts","Unit":"Count"}]}]},"Service":"worker","Stage":"prod","PagesCompleted":2,"PagesFailed":0,"Calls":0,"CallsFailed":0,"PartialFailures":0,"Alerts":0}
}
