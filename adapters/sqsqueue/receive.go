package sqsqueue

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// longestPoll is how long one request can wait for messages.
const longestPoll = 20 * time.Second

// Receive takes up to limit messages, ten in a request. See ports.Queue. It waits in whole seconds, so that it may return
// up to a second later than asked; a request that waits is not cut short, for it may just be getting a message. What it
// has it returns, also when the request for more fails. A request that fails is repeated while there is time: without a time
// to wait it is made once.
func (q *Queue) Receive(ctx context.Context, limit int, until time.Time) ([]ports.Delivery, error) {
	if limit < 1 {
		return nil, fault.New(fault.Invalid, "sqsqueue: receive: limit is %d, it must be at least 1", limit)
	}
	for {
		left := until.Sub(q.clock.Now())
		deliveries, err := q.poll(ctx, min(limit, perRequest), until)
		if err != nil {
			return nil, err
		}
		if len(deliveries) > 0 {
			return q.more(ctx, deliveries, limit), nil
		}
		if left <= longestPoll {
			return nil, nil
		}
	}
}

// more receives without waiting as long as each request gives all that it may.
func (q *Queue) more(ctx context.Context, deliveries []ports.Delivery, limit int) []ports.Delivery {
	for full := len(deliveries) == perRequest; full && len(deliveries) < limit; {
		most := min(limit-len(deliveries), perRequest)
		next, err := q.poll(ctx, most, q.clock.Now())
		if err != nil {
			break // those in hand must not be lost for it: they would stay hidden for the visibility time
		}
		deliveries = append(deliveries, next...)
		full = len(next) == most
	}
	return deliveries
}

// poll asks for up to ten messages, and waits for the first until the given time, if that is not too long for one request.
func (q *Queue) poll(ctx context.Context, most int, until time.Time) ([]ports.Delivery, error) {
	now := q.clock.Now()
	if until.Before(now) {
		until = now
	}
	var out *sqs.ReceiveMessageOutput
	err := q.repeat(ctx, until, func(ctx context.Context) *fault.Error {
		pause := seconds(until.Sub(q.clock.Now()), longestPoll) // what an earlier try took is not waited for again
		return q.attempt(ctx, q.timeout+time.Duration(pause)*time.Second, func(ctx context.Context) *fault.Error {
			var err error
			out, err = q.receive(ctx, most, pause)
			if err != nil {
				return failure("receive", err)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	deliveries := make([]ports.Delivery, len(out.Messages))
	for i, message := range out.Messages {
		deliveries[i] = q.delivery(ctx, message)
	}
	return deliveries, nil
}

func (q *Queue) receive(ctx context.Context, most int, pause int32) (*sqs.ReceiveMessageOutput, error) {
	return q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.url, MaxNumberOfMessages: int32(most), WaitTimeSeconds: pause,
		MessageAttributeNames: []string{AttributeRequestID, AttributeEncoding, AttributeGroup, AttributeDelay},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{
			types.MessageSystemAttributeNameApproximateReceiveCount,
			types.MessageSystemAttributeNameMessageGroupId,
			types.MessageSystemAttributeNameSentTimestamp,
		},
	}, once)
}

// delivery reads a message.
func (q *Queue) delivery(ctx context.Context, message types.Message) ports.Delivery {
	body := decoded(aws.ToString(message.Body), aws.ToString(message.MessageAttributes[AttributeEncoding].StringValue))
	d := ports.Delivery{
		Message: ports.Message{Body: body, Group: message.Attributes[string(types.MessageSystemAttributeNameMessageGroupId)]},
		Receipt: aws.ToString(message.ReceiptHandle),
	}
	if group := message.MessageAttributes[AttributeGroup].BinaryValue; groupID(string(group)) == d.Group {
		d.Group = string(group)
	}
	count, _ := strconv.Atoi(message.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
	d.Count = max(count, 1)
	q.tell(ctx, message, d)
	return d
}

// tell reports a delivery to the observer.
func (q *Queue) tell(ctx context.Context, message types.Message, d ports.Delivery) {
	if q.observer == nil {
		return
	}
	event := ports.Event{
		Name: ports.EventMessageReceived, Tenant: d.Group, Count: d.Count,
		RequestID: aws.ToString(message.MessageAttributes[AttributeRequestID].StringValue),
	}
	if note, err := job.ReadNote(d.Body); err == nil {
		event.Job = string(note.Job)
		if note.Parcel != nil {
			event.Parcel = *note.Parcel
		}
	}
	event.Duration = lay(q.clock.Now(), message.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)],
		aws.ToString(message.MessageAttributes[AttributeDelay].StringValue))
	q.observe(ctx, event)
}
