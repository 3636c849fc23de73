package sqsqueue

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Send sends the messages ten at a time, in their order. See ports.Sender. It stops at the first ten of which some cannot
// be sent. An error is marked unknown if any message of the call was sent or may have been: that of a message which the
// service refuses for good (Invalid) too, when others were taken.
func (q *Queue) Send(ctx context.Context, messages ...ports.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := check(messages); err != nil {
		return err
	}
	for at := 0; at < len(messages); at += perRequest {
		b := newBatch(messages[at:min(at+perRequest, len(messages))])
		if err := q.attempts(ctx, q.timeout, func(ctx context.Context) *fault.Error { return q.try(ctx, b) }); err != nil {
			return b.mark(err, at > 0)
		}
	}
	return nil
}

// batch is what of up to ten messages has not been taken yet.
type batch struct {
	open []types.SendMessageBatchRequestEntry
	// sent: some were taken. refused is the last refusal for good; what was refused so is not sent again.
	sent    bool
	refused *fault.Error
}

func newBatch(messages []ports.Message) *batch {
	b := &batch{open: make([]types.SendMessageBatchRequestEntry, len(messages))}
	for i, message := range messages {
		b.open[i] = entryOf(i, message)
	}
	return b
}

// try sends what is open once. The answer of a request that succeeded says of each message whether it was taken.
func (q *Queue) try(ctx context.Context, b *batch) *fault.Error {
	doing := fmt.Sprintf("send %d messages", len(b.open))
	out, err := q.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.url, Entries: b.open}, once)
	if err != nil {
		return failure(doing, err)
	}
	return b.settle(doing, out)
}

// settle keeps what is to be sent again. A message that the answer does not mention is sent again: it may arrive twice,
// but is not lost.
func (b *batch) settle(doing string, out *sqs.SendMessageBatchOutput) *fault.Error {
	taken, failed := map[string]bool{}, map[string]types.BatchResultErrorEntry{}
	for _, entry := range out.Successful {
		taken[aws.ToString(entry.Id)] = true
	}
	for _, entry := range out.Failed {
		failed[aws.ToString(entry.Id)] = entry
	}
	var open []types.SendMessageBatchRequestEntry
	var last *fault.Error
	for _, entry := range b.open {
		id := aws.ToString(entry.Id)
		result, told := failed[id]
		switch {
		case taken[id]:
			b.sent = true
		case told && result.SenderFault && !throttles(aws.ToString(result.Code)):
			b.refused = entryFailure(fault.Invalid, doing, id, result)
		case told && throttles(aws.ToString(result.Code)):
			open, last = append(open, entry), entryFailure(fault.Throttled, doing, id, result)
		case told:
			open, last = append(open, entry), entryFailure(fault.Unavailable, doing, id, result).MaybeDone()
		default:
			open = append(open, entry)
			last = fault.New(fault.Unavailable, "sqsqueue: %s: the answer does not mention message %s", doing, id).MaybeDone()
		}
	}
	b.open = open
	if last != nil {
		return last
	}
	return b.refused
}

// throttles reports whether the code of one message is a refusal because of a rate limit.
func throttles(code string) bool {
	kind, _ := judge(nil, code, 400)
	return kind == fault.Throttled
}

func entryFailure(kind fault.Kind, doing, id string, result types.BatchResultErrorEntry) *fault.Error {
	return fault.New(kind, "sqsqueue: %s: message %s: %s", doing, id, strconv.Quote(aws.ToString(result.Code)))
}

// mark marks an error as unknown if messages were sent before it.
func (b *batch) mark(err error, before bool) error {
	if failed, ok := err.(*fault.Error); ok && (b.sent || before) { //nolint:errorlint // what attempts made, not what it holds
		return failed.MaybeDone()
	}
	return err
}
