//go:build services

package lambdasim_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
)

// queues makes a queue that gives its messages to a dead-letter queue at the third receive, and returns their URLs.
func queues(t *testing.T, c *sqs.Client) (url, dead string) {
	t.Helper()
	name := "lambdasim-" + uuid.NewString()
	create := func(name string, attributes map[string]string) string {
		out, err := c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
		require.NoError(t, err)
		t.Cleanup(func() {
			_, err := c.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: out.QueueUrl})
			require.NoError(t, err)
		})
		return *out.QueueUrl
	}
	dead = create(name+"-dead", nil)
	arn, err := c.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &dead, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	require.NoError(t, err)
	return create(name, map[string]string{
		"VisibilityTimeout": "3",
		"RedrivePolicy":     fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"2"}`, arn.Attributes["QueueArn"]),
	}), dead
}

// A poison message is tried twice and ends in the dead-letter queue; the others are deleted.
func TestMappingOnSQS(t *testing.T) {
	t.Parallel()
	endpoint := os.Getenv("MB_TEST_SQS")
	if endpoint == "" {
		t.Fatal("MB_TEST_SQS is not set: start the services first")
	}
	c := client(endpoint)
	url, dead := queues(t, c)
	w := setup(t, "items")
	m, stop := run(t, lambdasim.MappingConfig{
		Source: lambdasim.NewSQS(c, url, "us-east-1", "000000000000"), Function: w, ReportBatchItemFailures: true,
		MaximumConcurrency: 2,
	})
	for i := range 30 {
		body := fmt.Sprintf("good %d", i)
		if i == 7 {
			body = "poison"
		}
		_, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body, MessageAttributes: map[string]types.MessageAttributeValue{
			"correlation": {DataType: aws.String("String"), StringValue: &body},
		}})
		require.NoError(t, err)
	}
	// A fresh receive each second: what is received here is counted by nobody.
	require.Eventually(t, func() bool {
		out, err := c.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{QueueUrl: &dead, WaitTimeSeconds: 1})
		return err == nil && len(out.Messages) == 1 && *out.Messages[0].Body == "poison"
	}, time.Minute, 10*time.Millisecond)
	stop()
	counts := m.Counts()
	t.Logf("%+v", counts)
	require.Equal(t, 29, counts.Deleted)
	require.Equal(t, 2, counts.FailedItems)
	require.Equal(t, 31, counts.Messages)
	require.Zero(t, counts.FailedBatches)
	left, err := c.GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	require.NoError(t, err)
	require.Equal(t, "0", left.Attributes["ApproximateNumberOfMessages"])
	require.Equal(t, "0", left.Attributes["ApproximateNumberOfMessagesNotVisible"])
}
