package sqsqueue_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

type (
	queue   = sqsqueue.Queue
	options = sqsqueue.Options
)

func newQueue(t *testing.T, client *sqs.Client, url string, clock ports.Clock, options *options) *queue {
	t.Helper()
	q, err := sqsqueue.New(client, url, clock, porttest.NewIDs(1), options)
	require.NoError(t, err)
	return q
}

// TestQueue is the suite over HTTP against the fake, which keeps the order and delivers once; SQS promises neither.
func TestQueue(t *testing.T) {
	t.Parallel()
	features := porttest.QueueFeatures{Visibility: time.Minute, MaxReceives: 3}
	porttest.Queue(t, features, func(t *testing.T) (ports.Queue, porttest.Time) {
		q, f := setup(t, nil, nil)
		return q, porttest.Time{Clock: f.clock, Elapse: f.clock.Advance}
	})
}
