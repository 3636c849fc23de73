package lambdaworker

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// each does the same with every message of a batch, some of them at once, and names those that failed. A panic ends its
// lane; what no lane has come to has failed too.
func each(ctx context.Context, e *engine.Engine, records []events.SQSMessage, atOnce int, do func(*events.SQSMessage) error) events.SQSEventResponse {
	done := make([]bool, len(records))
	// Messages wait in the box for a lane that is free.
	waiting := e.Group.NewBox()
	for i := range records {
		waiting.Put(i)
	}
	past := time.Unix(1, 0)
	err := e.Group.Run(ctx, min(atOnce, len(records)), func(ctx context.Context, _ int) error {
		var first error
		for {
			i, more := waiting.Take(ctx, past)
			if !more {
				return first
			}
			err := do(&records[i.(int)])
			done[i.(int)] = err == nil
			if first == nil {
				first = err
			}
		}
	})
	if err != nil {
		report(ctx, e, err)
	}
	var r events.SQSEventResponse
	for i := range records {
		if !done[i] {
			r.BatchItemFailures = append(r.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: records[i].MessageId})
		}
	}
	if n := len(r.BatchItemFailures); n > 0 {
		e.Observer.Observe(ctx, ports.Event{Name: ports.EventMessageReturned, At: e.Clock.Now(), Count: n})
	}
	return r
}

func report(ctx context.Context, e *engine.Engine, err error) {
	e.Observer.Observe(ctx, ports.Event{Name: ports.EventFault, At: e.Clock.Now(), Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
}
