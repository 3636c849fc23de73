package lambdaworker

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/events"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
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
	Records []events.SQSMessage `json:"Records"`
	// Source is that of a schedule's event.
	Source string `json:"source"`
}

// Handle sweeps for the event of a schedule, and takes in the messages of a dead-letter queue; it answers those as a batch
// in part. Errors: Invalid for any other event; of a sweep, the first that it met, after it has swept what it could.
func (s *Sweeper) Handle(ctx context.Context, event json.RawMessage) (any, error) {
	defer s.options.After(ctx)
	var t trigger
	if err := json.Unmarshal(event, &t); err != nil || len(t.Records) == 0 && t.Source == "" {
		return nil, fault.New(fault.Invalid, "lambdaworker: the sweeper takes events of a schedule and of a queue, and this is neither")
	}
	working, cancel := withReserve(ctx, s.engine.Clock, s.options.Reserve)
	defer cancel()
	if len(t.Records) > 0 {
		// One that cannot be taken now comes again: the queue keeps it for days.
		return each(ctx, s.engine, t.Records, len(t.Records), func(m *events.SQSMessage) error {
			return s.engine.DeadLetter(working, []byte(m.Body))
		}), nil
	}
	_, err := s.engine.Sweep(working)
	if err != nil {
		report(ctx, s.engine, err)
	}
	return nil, err
}
