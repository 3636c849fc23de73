package lambdasim

import (
	"context"
	"errors"
	"math"
	"path"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// SQS is the Source that reads a queue of Amazon SQS, or of a server that speaks its protocol.
type SQS struct {
	client *sqs.Client
	url    string
	region string
	arn    string
}

var _ Source = (*SQS)(nil)

// NewSQS returns a source that polls the queue at url. The region and the queue's account go into the events alone.
func NewSQS(client *sqs.Client, url, region, account string) *SQS {
	return &SQS{client: client, url: url, region: region, arn: "arn:aws:sqs:" + region + ":" + account + ":" + path.Base(url)}
}

// Receive is Source's. Waits are rounded up to whole seconds, as SQS knows no shorter ones. Errors: fault.Unavailable.
func (s *SQS) Receive(ctx context.Context, most int, wait time.Duration) ([]events.SQSMessage, error) {
	out, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:                    &s.url,
		MaxNumberOfMessages:         int32(most),                               // at most 10
		WaitTimeSeconds:             int32(math.Ceil(min(wait.Seconds(), 20))), // the most that SQS takes
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		MessageAttributeNames:       []string{"All"},
	})
	if err != nil {
		return nil, failure(ctx, "receive", err)
	}
	messages := make([]events.SQSMessage, 0, len(out.Messages))
	for _, m := range out.Messages {
		messages = append(messages, s.message(m))
	}
	return messages, nil
}

// message gives a message the form that it has in Lambda's event.
func (s *SQS) message(m types.Message) events.SQSMessage {
	record := events.SQSMessage{
		MessageId:              aws.ToString(m.MessageId),
		ReceiptHandle:          aws.ToString(m.ReceiptHandle),
		Body:                   aws.ToString(m.Body),
		Md5OfBody:              aws.ToString(m.MD5OfBody),
		Md5OfMessageAttributes: aws.ToString(m.MD5OfMessageAttributes),
		Attributes:             m.Attributes,
		MessageAttributes:      map[string]events.SQSMessageAttribute{},
		EventSourceARN:         s.arn,
		EventSource:            "aws:sqs",
		AWSRegion:              s.region,
	}
	for name, a := range m.MessageAttributes {
		record.MessageAttributes[name] = events.SQSMessageAttribute{
			StringValue: a.StringValue, BinaryValue: a.BinaryValue, DataType: aws.ToString(a.DataType),
			StringListValues: []string{}, BinaryListValues: [][]byte{},
		}
	}
	return record
}

// Delete is Source's. Errors: fault.Unavailable, also when only some of the messages could not be deleted.
func (s *SQS) Delete(ctx context.Context, handles []string) error {
	entries := make([]types.DeleteMessageBatchRequestEntry, 0, len(handles))
	for i, handle := range handles {
		entries = append(entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(handle)})
	}
	out, err := s.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &s.url, Entries: entries})
	if err != nil {
		return failure(ctx, "delete", err)
	}
	if len(out.Failed) > 0 {
		return fault.New(fault.Unavailable, "lambdasim: delete: %d of %d messages: %s",
			len(out.Failed), len(handles), aws.ToString(out.Failed[0].Code))
	}
	return nil
}

// failure maps the SDK's errors. A poller does the same after all of them: it waits and goes on.
func failure(ctx context.Context, action string, err error) error {
	if ended := ctx.Err(); ended != nil && errors.Is(err, ended) {
		return ended
	}
	return fault.New(fault.Unavailable, "lambdasim: %s: %w", action, err)
}
