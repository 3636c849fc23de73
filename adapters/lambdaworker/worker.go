package lambdaworker

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Worker works on batches of messages.
type Worker struct {
	engine  *engine.Engine
	options Options
}

// NewWorker returns a worker for one engine. The options may be nil.
func NewWorker(e *engine.Engine, options *Options) *Worker {
	return &Worker{engine: e, options: options.withDefaults()}
}

// Stop ends leasing, as on SIGTERM: what has come back is settled, messages that were not begun are handed back, and After is
// called at once: the process may be killed half a second later. It may be called at any time, and cannot be undone.
func (w *Worker) Stop() {
	w.engine.Drain()
	w.options.finish(context.Background(), w.engine.Clock)
}

// Handle works on all messages of the batch side by side, and names those that must come again. The mapping must report
// batch item failures; the error is always nil, so that one message's trouble is not that of the whole batch.
//
// A message that can never be worked on, or whose job has a damaged record, is done with, and the observer knows. One that
// cannot be worked on for now (the store is throttled or away, a newer version wrote it) is sent anew to rest a while, so that an
// outage of an hour does not use up its receives: those count crashes. Any other failure is left to the queue, which gives the
// message up after some.
func (w *Worker) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	w.options.Before(ctx)
	defer w.options.finish(ctx, w.engine.Clock)
	handing, cancel := withReserve(ctx, w.engine.Clock, w.options.Reserve/4)
	defer cancel()
	working, cancelWork := withReserve(ctx, w.engine.Clock, w.options.Reserve)
	defer cancelWork()
	return each(ctx, w.engine, event.Records, w.options.Parcels, func(m *events.SQSMessage) error {
		w.engine.Observer.Observe(ctx, received(m, w.engine.Clock.Now()))
		err := w.engine.Work(working, bodyOf(m))
		if err != nil && forNow(err) {
			return w.handBack(handing, m, err)
		}
		return err
	}), nil
}

// handBack sends a message anew that could not be worked on for now. When that fails too it returns the cause of the former:
// the message has to come again by itself. What is sent anew is young and received for the first time: unless the time was just
// over, the event alone shows that it has come back, however long the outage lasts.
func (w *Worker) handBack(ctx context.Context, m *events.SQSMessage, cause error) error {
	rest := w.options.Rest/2 + time.Duration(w.engine.IDs.Jitter()*float64(w.options.Rest/2))
	if after := fault.RetryAfter(cause); after > rest {
		rest = min(after, engine.MaxDelay)
	}
	if err := w.engine.Queue.Send(ctx, anew(m, rest)); err != nil {
		return fault.New(fault.KindOf(cause), "%w; nor could the message be sent anew: %w", cause, err)
	}
	report(ctx, w.engine, m, cause)
	if isAway(cause) {
		event := of(m)
		event.Name, event.At, event.Count = ports.EventMessageReturned, w.engine.Clock.Now(), 1
		w.engine.Observer.Observe(ctx, event)
	}
	return nil
}

// forNow reports whether the same work may succeed later although nothing is done about it here.
func forNow(err error) bool { return isAway(err) || isEnd(err) }

// isAway reports whether something that the work needs is out of reach.
func isAway(err error) bool {
	switch fault.KindOf(err) {
	case fault.Throttled, fault.Overloaded, fault.Unavailable, fault.Locked, fault.Newer, fault.Unauthorized:
		return true
	}
	return false
}
