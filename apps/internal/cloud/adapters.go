package cloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/guardmodel"
	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/adapters/ssmsecrets"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Records are the store and the queue. They need an Access, settings.Shared, a watch, a clock and ids.
var Records = wire.NewSet(
	NewDynamoDB, NewSQS,
	NewStore, wire.Bind(new(ports.Store), new(*dynamostore.Store)),
	NewQueue, wire.Bind(new(ports.Sender), new(*sqsqueue.Queue)),
)

// Voice is Claude, behind a guard, with the key from the Parameter Store. It needs an Access, settings.Claude and
// settings.Calls, a watch, a clock and ids.
var Voice = wire.NewSet(NewSSM, NewSecrets, NewClaude, NewModel, wire.Bind(new(ports.BatchModel), new(*claudemodel.Model)))

// NewStore returns the store of a table.
func NewStore(client *dynamodb.Client, s settings.Shared, w *Watch, clock ports.Clock, ids ports.IDs) (*dynamostore.Store, error) {
	return dynamostore.New(client, s.Table, clock, ids, &dynamostore.Options{Observer: w})
}

// NewQueue returns the queue of parcels.
func NewQueue(client *sqs.Client, s settings.Shared, w *Watch, clock ports.Clock, ids ports.IDs) (*sqsqueue.Queue, error) {
	return sqsqueue.New(client, s.QueueURL, clock, ids, &sqsqueue.Options{Observer: w})
}

// NewSecrets returns the secrets that calls need. They are read when somebody needs them, or begins to.
func NewSecrets(client *ssm.Client, c settings.Claude, w *Watch, clock ports.Clock, ids ports.IDs) *ssmsecrets.Secrets {
	return ssmsecrets.New(client, []string{c.KeyParameter}, clock, ids, &ssmsecrets.Options{Observer: w})
}

// NewClaude returns the client of Claude. A key that is refused is read again.
func NewClaude(c settings.Claude, calls settings.Calls, secrets *ssmsecrets.Secrets) (*claudemodel.Model, error) {
	return claudemodel.New("", &claudemodel.Options{
		BaseURL: c.BaseURL, Timeout: calls.CallTimeout,
		Key: func(ctx context.Context, refused ports.Secret) (ports.Secret, error) {
			return secrets.Renewed(ctx, c.KeyParameter, refused)
		},
	})
}

// NewNotifier returns the notifier of the queue of notices; nil when there is no such queue.
func NewNotifier(client *sqs.Client, address settings.NoticesQueueURL, w *Watch, clock ports.Clock, ids ports.IDs) (*sqsqueue.Notifier, error) {
	if address == "" {
		return nil, nil
	}
	queue, err := sqsqueue.New(client, string(address), clock, ids, &sqsqueue.Options{Observer: w})
	if err != nil {
		return nil, err
	}
	return sqsqueue.NewNotifier(queue), nil
}

// NewModel puts the guard around Claude.
func NewModel(claude *claudemodel.Model, w *Watch, clock ports.Clock) ports.Model {
	return guardmodel.New(claude, clock, &guardmodel.Options{Observer: w})
}
