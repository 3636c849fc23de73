package lambdaworker

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Options are the settings of a Worker and of a Sweeper; each zero value means the default that its comment names.
type Options struct {
	// Reserve is how long before the invocation's deadline the work on messages must be over, so that there is time to hand
	// back what is left. Default 2 seconds. Work itself settles what it has some seconds earlier: the engine's FlushBefore.
	Reserve time.Duration
	// Rest is how long a message rests whose work could not be done for now. Default 30 seconds, half of it at chance.
	Rest time.Duration
	// Parcels is how many messages of a batch are worked on at once. With many more than the calls can keep busy each would
	// get few calls, and settle few results at a time. Default 2 x Calls / 25 + 2.
	Parcels int
	// Calls is the engine's own number of calls at once, for the default of Parcels. Default 50.
	Calls int
	// After is called at the end of each invocation, with what is left of its time: to write what was measured. Default:
	// nothing.
	After func(context.Context)
}

func (o *Options) withDefaults() Options {
	var set Options
	if o != nil {
		set = *o
	}
	if set.Reserve == 0 {
		set.Reserve = 2 * time.Second
	}
	if set.Rest == 0 {
		set.Rest = 30 * time.Second
	}
	if set.Calls == 0 {
		set.Calls = 50
	}
	if set.Parcels == 0 {
		set.Parcels = 2*set.Calls/job.ParcelSize + 2
	}
	if set.After == nil {
		set.After = func(context.Context) {}
	}
	return set
}

// Worker works on batches of messages.
type Worker struct {
	engine  *engine.Engine
	options Options
}

// NewWorker returns a worker for one engine. The options may be nil.
func NewWorker(e *engine.Engine, options *Options) *Worker {
	return &Worker{engine: e, options: options.withDefaults()}
}

// Stop ends leasing, as on SIGTERM: what has come back is settled, and messages that were not begun are handed back. It
// may be called at any time, and cannot be undone.
func (w *Worker) Stop() { w.engine.Drain() }

// Handle works on all messages of the batch side by side, and names those that must come again. The mapping must report
// batch item failures; the error is always nil, so that one message's trouble is not that of the whole batch.
//
// A message that can never be worked on is done with, and the observer knows. One that cannot be worked on for now (the
// store is throttled or away, a newer version wrote it) is sent anew to rest a while, so that an outage of an hour does not
// use up its receives: those count crashes. Any other failure is left to the queue, which gives the message up after some.
func (w *Worker) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	defer w.options.After(ctx)
	working, cancel := withReserve(ctx, w.engine.Clock, w.options.Reserve)
	defer cancel()
	return each(ctx, w.engine, event.Records, w.options.Parcels, func(m *events.SQSMessage) error {
		w.received(ctx, m)
		err := w.engine.Work(working, []byte(m.Body))
		if err != nil {
			err = w.handBack(ctx, m, err)
		}
		return err
	}), nil
}

// received tells how long a message lay, and how often it has come.
func (w *Worker) received(ctx context.Context, m *events.SQSMessage) {
	now := w.engine.Clock.Now()
	event := ports.Event{Name: ports.EventMessageReceived, At: now, Tenant: m.Attributes["MessageGroupId"], Count: 1}
	if n, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"]); err == nil {
		event.Count = n
	}
	if sent, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64); err == nil {
		event.Duration = max(now.Sub(time.UnixMilli(sent)), 0)
	}
	if id := m.MessageAttributes["request_id"].StringValue; id != nil {
		event.RequestID = *id
	}
	w.engine.Observer.Observe(ctx, event)
}

// handBack sends a message anew when it is only for now that it could not be worked on. It returns the cause when the
// message has to come again by itself.
func (w *Worker) handBack(ctx context.Context, m *events.SQSMessage, cause error) error {
	if !forNow(cause) || ctx.Err() != nil {
		return cause
	}
	rest := w.options.Rest/2 + time.Duration(w.engine.IDs.Jitter()*float64(w.options.Rest/2))
	if after := fault.RetryAfter(cause); after > rest {
		rest = min(after, engine.MaxDelay)
	}
	err := w.engine.Queue.Send(ctx, ports.Message{Body: []byte(m.Body), Group: m.Attributes["MessageGroupId"], Delay: rest})
	if err != nil {
		return cause
	}
	report(ctx, w.engine, cause)
	return nil
}

// forNow reports whether the same work may succeed later although nothing is done about it.
func forNow(err error) bool {
	switch fault.KindOf(err) {
	case fault.Throttled, fault.Overloaded, fault.Unavailable, fault.Locked, fault.Newer, fault.Unauthorized:
		return true
	}
	return isEnd(err)
}
