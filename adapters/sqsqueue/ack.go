package sqsqueue

import (
	"context"

	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// maxReturn is the longest visibility time that SQS can be asked for, counted from the receipt.
const maxReturn = 12 * time.Hour

// Ack deletes a message. See ports.Queue.
func (q *Queue) Ack(ctx context.Context, receipt string) error {
	return q.land(ctx, receipt, "acknowledge", func(ctx context.Context) error {
		_, err := q.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: &receipt}, once)
		return err
	})
}

// Return shows a message again after the delay, of 0 to 12 hours and rounded up to the second. See ports.Queue. A message
// cannot be hidden for more than 12 hours from its receipt: one that would be comes again at the end of its visibility.
func (q *Queue) Return(ctx context.Context, receipt string, delay time.Duration) error {
	return q.land(ctx, receipt, "return", func(ctx context.Context) error {
		_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl: &q.url, ReceiptHandle: &receipt, VisibilityTimeout: seconds(delay, maxReturn),
		}, once)
		return err
	})
}

// land makes a request about one delivery.
func (q *Queue) land(ctx context.Context, receipt, doing string, request func(context.Context) error) error {
	if receipt == "" {
		return ctx.Err() // names no delivery, and SQS would call the request incomplete
	}
	return q.attempts(ctx, q.timeout, func(ctx context.Context) *fault.Error {
		err := request(ctx)
		if err == nil || ended(err) {
			return nil
		}
		return failure(doing, err)
	})
}

// ended reports whether an error says that a delivery is over: its receipt is none, its visibility has ended, or its
// message is gone. InvalidParameterValue is what SQS says of an expired receipt; of the requests here no other parameter
// can be invalid, but for a visibility that would reach beyond the 12 hours, which leaves the message as it is.
func ended(err error) bool {
	code, _, _ := told(err)
	switch code {
	case "ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue", "InvalidIdFormat":
		return true
	}
	return false
}
