//go:build services

package sqsqueue_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// TestServerNotifier is the suite on the server; what has arrived is read with the bare client.
func TestServerNotifier(t *testing.T) {
	t.Parallel()
	porttest.Notifier(t, func(t *testing.T) porttest.NotifierUnderTest {
		client, url := server(t, nil)
		n := sqsqueue.NewNotifier(newQueue(t, client, url, sysclock.Clock{}, nil))
		var list []ports.Notice
		return porttest.NotifierUnderTest{Notifier: n, Received: func() []ports.Notice {
			for {
				out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
				require.NoError(t, err)
				for _, m := range out.Messages {
					list = append(list, arrived(t, []byte(aws.ToString(m.Body))))
				}
				if len(out.Messages) == 0 {
					return list
				}
			}
		}}
	})
}
