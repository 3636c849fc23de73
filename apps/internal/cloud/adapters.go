package cloud

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Records are the store and the queue. They need an Access, settings.Shared, a watch, a clock and ids.
var Records = wire.NewSet(
	NewDynamoDB, NewSQS,
	NewStore, wire.Bind(new(ports.Store), new(*dynamostore.Store)),
	NewQueue, wire.Bind(new(ports.Sender), new(*sqsqueue.Queue)),
)

// NewStore returns the store of a table.
func NewStore(client *dynamodb.Client, s settings.Shared, w *Watch, clock ports.Clock, ids ports.IDs) (*dynamostore.Store, error) {
	return dynamostore.New(client, s.Table, clock, ids, &dynamostore.Options{Observer: w})
}

// NewQueue returns the queue of parcels.
func NewQueue(client *sqs.Client, s settings.Shared, w *Watch, clock ports.Clock, ids ports.IDs) (*sqsqueue.Queue, error) {
	return sqsqueue.New(client, s.QueueURL, clock, ids, &sqsqueue.Options{Observer: w})
}
