package lambdaworker

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// each does the same with every message of a batch, some of them at once, and names those that failed: the observer is told
// of each of these. A damaged record stays one however often its message comes: the engine has alerted somebody, and once it is
// mended the sweeper finds what is open.
func each(ctx context.Context, e *engine.Engine, records []events.SQSMessage, atOnce int, do func(*events.SQSMessage) error) events.SQSEventResponse {
	done := make([]bool, len(records))
	// Messages wait in the box for a lane that is free.
	waiting := e.Group.NewBox()
	for i := range records {
		waiting.Put(i)
	}
	past := time.Unix(1, 0)
	_ = e.Group.Run(ctx, min(atOnce, len(records)), func(ctx context.Context, _ int) error {
		for {
			i, more := waiting.Take(ctx, past)
			if !more {
				return nil
			}
			m := &records[i.(int)]
			err := guarded(do, m)
			if err != nil {
				report(ctx, e, m, err)
			}
			done[i.(int)] = err == nil || fault.KindOf(err) == fault.Corrupt
		}
	}) // no lane has an error of its own
	return answer(ctx, e, records, done)
}

// guarded turns a panic into the failure of its message, which is given up when it comes again and again. Others of the batch
// are not touched: left alone, the panic would end the process and all that it has open.
func guarded(do func(*events.SQSMessage) error, m *events.SQSMessage) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "lambdaworker: work on a message panicked: %v", p)
		}
	}()
	return do(m)
}

// answer names the messages that are not done, each once: a queue may have put one twice into a batch.
func answer(ctx context.Context, e *engine.Engine, records []events.SQSMessage, done []bool) events.SQSEventResponse {
	var r events.SQSEventResponse
	named := map[string]bool{}
	for i := range records {
		if id := records[i].MessageId; !done[i] && !named[id] {
			named[id] = true
			r.BatchItemFailures = append(r.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
		}
	}
	if n := len(r.BatchItemFailures); n > 0 {
		e.Observer.Observe(ctx, ports.Event{Name: ports.EventMessageReturned, At: e.Clock.Now(), Count: n})
	}
	return r
}

// report tells of a failure about one message.
func report(ctx context.Context, e *engine.Engine, m *events.SQSMessage, err error) {
	event := of(m)
	event.Name, event.At, event.Fault, event.Detail = ports.EventFault, e.Clock.Now(), string(fault.KindOf(err)), fault.OneLine(err, 300)
	e.Observer.Observe(ctx, event)
}
