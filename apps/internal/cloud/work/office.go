package work

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/adapters/webhooks"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Keeping is the sweeper's part of the office: notices become deliveries of it, due ones are made, and deleted businesses removed.
var Keeping = wire.NewSet(office.Rooms, NewLearner, NewNotices, NewRooms, wire.Value((*backoffice.JobOptions)(nil)), wire.Struct(new(office.Upkeep), "*"))

// NewRooms are the office's options of a function that delivers to webhooks.
func NewRooms(clock ports.Clock, group ports.Group) *backoffice.Options {
	return &backoffice.Options{Webhooks: webhooks.New(clock, nil), Group: group}
}

// notices are those who take each notice.
type notices []ports.Notifier

// NewNotices gives notices to the office, to who learns from ended jobs, and to the queue of notices where there is one. A notice stays
// in the outbox until all have it; each may get it more than once, with the same id.
func NewNotices(o *backoffice.Office, l *Learner, queue *sqsqueue.Notifier) ports.Notifier {
	if queue == nil {
		return notices{o, l}
	}
	return notices{o, l, queue}
}

// Notify implements ports.Notifier. One who cannot take a notice does not keep the others from it.
func (n notices) Notify(ctx context.Context, notice ports.Notice) error {
	var all error
	for _, one := range n {
		all = errors.Join(all, one.Notify(ctx, notice))
	}
	return all
}

// NewSweepOptions are the options of a sweeper. Most sweeps need no key, and read none. After each sweep the office has its turn, and
// then later forecasts.
func NewSweepOptions(calls settings.Calls, w *cloud.Watch, keep *office.Upkeep, e *engine.Engine, l *Learner) *lambdaworker.Options {
	return &lambdaworker.Options{Reserve: calls.Reserve, Calls: calls.Calls, After: w.Flush, Also: func(ctx context.Context) error {
		_, err := keep.Round(ctx)
		l.Learn(ctx, e)
		return err
	}}
}

// NewNotifier returns the notifier of the queue of notices; nil when there is no such queue.
func NewNotifier(client *sqs.Client, address settings.NoticesQueueURL, w *cloud.Watch, clock ports.Clock, ids ports.IDs) (*sqsqueue.Notifier, error) {
	if address == "" {
		return nil, nil
	}
	queue, err := sqsqueue.New(client, string(address), clock, ids, &sqsqueue.Options{Observer: w})
	if err != nil {
		return nil, err
	}
	return sqsqueue.NewNotifier(queue), nil
}
