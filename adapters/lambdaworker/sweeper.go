package lambdaworker

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Sweeper sweeps on a schedule, and takes in what the queue has given up.
type Sweeper struct {
	engine  *engine.Engine
	options Options
}

// NewSweeper returns a sweeper for one engine. The options may be nil.
func NewSweeper(e *engine.Engine, options *Options) *Sweeper {
	return &Sweeper{engine: e, options: options.withDefaults()}
}

// trigger is as much of an event as shows what has triggered the function.
type trigger struct {
	Records    []events.SQSMessage `json:"Records"`
	DetailType string              `json:"detail-type"`
}

const (
	// scheduled is the detail-type of a rule's and of a schedule's event, queued the source of a queue's records.
	scheduled = "Scheduled Event"
	queued    = "aws:sqs"
)

func (t *trigger) ofQueue() bool {
	for i := range t.Records {
		if t.Records[i].EventSource != queued {
			return false
		}
	}
	return len(t.Records) > 0
}

// Handle sweeps for the event of a schedule, and takes in the messages of a dead-letter queue; it answers those as a batch
// in part. Errors: Invalid for any other event; of a sweep, the first that it met, after it has swept what it could. A sweep
// that runs out of time ends with the context's error, and the next one finds what it has left.
func (s *Sweeper) Handle(ctx context.Context, event json.RawMessage) (any, error) {
	s.options.Before(ctx)
	defer s.options.finish(ctx, s.engine.Clock)
	var t trigger
	err := json.Unmarshal(event, &t)
	working, cancel := withReserve(ctx, s.engine.Clock, s.options.Reserve)
	defer cancel()
	switch {
	case err == nil && t.ofQueue():
		return s.takeIn(ctx, working, t.Records), nil
	case err == nil && len(t.Records) == 0 && t.DetailType == scheduled:
		return nil, s.sweep(ctx, working)
	}
	return nil, fault.New(fault.Invalid, "lambdaworker: the sweeper takes events of a schedule and of a queue, and this is neither")
}

// takeIn takes in dead letters. One that cannot be taken now comes again: the queue keeps it for days.
func (s *Sweeper) takeIn(ctx, working context.Context, records []events.SQSMessage) events.SQSEventResponse {
	return each(ctx, s.engine, records, s.options.Parcels, func(m *events.SQSMessage) error {
		return s.engine.DeadLetter(working, bodyOf(m))
	})
}

// sweep leaves a quarter of its time to Also, so that a sweep that never finds an end does not keep it from its turn.
func (s *Sweeper) sweep(ctx, working context.Context) error {
	sweeping, cancel := working, context.CancelFunc(func() {})
	if deadline, some := working.Deadline(); some {
		sweeping, cancel = withReserve(working, s.engine.Clock, deadline.Sub(s.engine.Clock.Now())/4)
	}
	_, err := s.engine.Sweep(sweeping)
	cancel()
	if err = errors.Join(err, s.options.Also(working)); err != nil {
		s.engine.Observer.Observe(ctx, ports.Event{Name: ports.EventFault, At: s.engine.Clock.Now(), Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
	}
	return err
}
