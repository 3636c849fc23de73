package cloud

import (
	"context"
	"errors"

	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/adapters/webhooks"
	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Serving is the API's part: an office with its jobs, over an engine that takes orders and runs no work. What it cannot do itself the
// sweeper does. It needs an Access, the function's name, the settings, a writer for the log, and the options of both.
var Serving = wire.NewSet(
	wiring.Machine, wiring.Kinds, NewWatch, wire.Bind(new(ports.Observer), new(*Watch)), Records,
	wire.InterfaceValue(new(ports.Model), Silent{}), wire.Struct(new(engine.Ports), "Store", "Queue", "Model", "Clock", "Group", "IDs", "Observer"),
	engine.New, office.Rooms,
)

// Keeping is the sweeper's part of the office: notices become deliveries of it, due ones are made, and deleted businesses removed.
var Keeping = wire.NewSet(office.Rooms, NewNotices, NewRooms, wire.Value((*backoffice.JobOptions)(nil)), wire.Struct(new(office.Upkeep), "*"))

// NewRooms are the office's options of a function that delivers to webhooks.
func NewRooms(clock ports.Clock) *backoffice.Options {
	return &backoffice.Options{Webhooks: webhooks.New(clock, nil)}
}

// notices are those who take each notice.
type notices []ports.Notifier

// NewNotices gives notices to the office, and to the queue of notices where there is one. A notice stays in the outbox until both have
// it; each may get it more than once, with the same id.
func NewNotices(o *backoffice.Office, queue *sqsqueue.Notifier) ports.Notifier {
	if queue == nil {
		return o
	}
	return notices{o, queue}
}

// Notify implements ports.Notifier. One who cannot take a notice does not keep the others from it.
func (n notices) Notify(ctx context.Context, notice ports.Notice) error {
	var all error
	for _, one := range n {
		all = errors.Join(all, one.Notify(ctx, notice))
	}
	return all
}

// NewSweepOptions are the options of a sweeper. Most sweeps need no key, and read none. After each sweep the office has its turn.
func NewSweepOptions(calls settings.Calls, w *Watch, keep *office.Upkeep) *lambdaworker.Options {
	return &lambdaworker.Options{Reserve: calls.Reserve, Calls: calls.Calls, After: w.Flush, Also: func(ctx context.Context) error {
		_, err := keep.Round(ctx)
		return err
	}}
}

// Silent is the model of a function that makes no calls.
type Silent struct{}

// Call refuses.
func (Silent) Call(context.Context, job.Request) (ports.Reply, error) {
	return ports.Reply{}, fault.New(fault.Internal, "cloud: this function makes no calls")
}
