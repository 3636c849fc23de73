package sqsqueue_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// known checks that a receipt is one of the fake's, whether its delivery goes on or not.
func (f *fake) known(receipt string) string {
	if !strings.HasPrefix(receipt, "r-") || strings.HasSuffix(receipt, "x") {
		return "ReceiptHandleIsInvalid"
	}
	return ""
}

func receiptOf(handle string) string {
	return strings.TrimPrefix(strings.TrimSuffix(handle, "!"), "r-")
}

func (f *fake) send(ctx context.Context, in input) (out any, code string) {
	size, ids := 0, map[string]bool{}
	for _, e := range in.Entries {
		size += len(e.MessageBody)
		ids[e.ID] = true
		for name, a := range e.Attributes {
			size += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
		}
	}
	switch {
	case len(in.Entries) == 0:
		return nil, "EmptyBatchRequest"
	case len(in.Entries) > 10:
		return nil, "TooManyEntriesInBatchRequest"
	case len(ids) < len(in.Entries):
		return nil, "BatchEntryIdsNotDistinct"
	case size > 1<<20:
		return nil, "BatchRequestTooLong"
	}
	type taken struct {
		ID   string `json:"Id"`
		Name string `json:"MessageId"`
		MD5  string `json:"MD5OfMessageBody"`
	}
	var successful []taken
	var failed []map[string]any
	for _, e := range in.Entries {
		if code := wrong(e); code != "" {
			failed = append(failed, map[string]any{"Id": e.ID, "Code": code, "SenderFault": true, "Message": e.MessageBody})
			continue
		}
		successful = append(successful, taken{e.ID, "m", md5Of(e.MessageBody)})
		f.add(ctx, e)
	}
	return map[string]any{"Successful": successful, "Failed": failed}, ""
}

func (f *fake) add(ctx context.Context, e entry) {
	e.sent = f.clock.Now()
	message := ports.Message{Delay: time.Duration(e.DelaySeconds) * time.Second}
	if e.MessageGroupID != nil {
		message.Group = *e.MessageGroupID
	}
	f.mu.Lock()
	message.Body = []byte(strconv.Itoa(len(f.messages)))
	f.messages = append(f.messages, e)
	f.mu.Unlock()
	_ = f.queue.Send(ctx, message)
}

func wrong(e entry) string {
	if e.DelaySeconds < 0 || e.DelaySeconds > 900 || len(e.Attributes) > 10 {
		return "InvalidParameterValue"
	}
	if g := e.MessageGroupID; g != nil && (*g == "" || len(*g) > 128 || strings.ContainsFunc(*g, func(r rune) bool { return r <= ' ' || r > '~' })) {
		return "InvalidParameterValue"
	}
	for _, r := range e.MessageBody {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFD || r == 0xFFFE || r == 0xFFFF {
			return "InvalidMessageContents"
		}
	}
	return ""
}

func md5Of(body string) string {
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

func (f *fake) receive(ctx context.Context, in input) (out any, code string) {
	if in.MaxNumberOfMessages < 1 || in.MaxNumberOfMessages > 10 || in.WaitTimeSeconds < 0 || in.WaitTimeSeconds > 20 {
		return nil, "InvalidParameterValue"
	}
	f.mu.Lock()
	f.waits = append(f.waits, in.WaitTimeSeconds)
	f.mu.Unlock()
	until := f.clock.Now().Add(time.Duration(in.WaitTimeSeconds) * time.Second)
	deliveries, err := f.queue.Receive(ctx, in.MaxNumberOfMessages, until)
	if err != nil {
		return nil, "InternalError"
	}
	var messages []map[string]any
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range deliveries {
		number, _ := strconv.Atoi(string(d.Body))
		e := f.messages[number]
		attributes := map[string]attribute{}
		for _, name := range in.MessageAttributes {
			if a, ok := e.Attributes[name]; ok {
				attributes[name] = a
			}
		}
		all := map[string]string{"ApproximateReceiveCount": strconv.Itoa(d.Count),
			"SentTimestamp": strconv.FormatInt(e.sent.UnixMilli(), 10)}
		if d.Group != "" {
			all["MessageGroupId"] = d.Group
		}
		system := map[string]string{}
		for _, name := range in.SystemAttributes {
			if value, ok := all[name]; ok {
				system[name] = value
			}
		}
		messages = append(messages, map[string]any{"MessageId": "m", "Body": e.MessageBody, "MD5OfBody": md5Of(e.MessageBody),
			"ReceiptHandle": "r-" + d.Receipt + "!", "Attributes": system, "MessageAttributes": attributes})
	}
	return map[string]any{"Messages": messages}, ""
}

// setup returns a queue on a new fake; change, if given, changes its options.
func setup(t *testing.T, transport http.RoundTripper, options *options) (*queue, *fake) {
	t.Helper()
	f := newFake(t)
	return newQueue(t, f.client(t, transport), f.URL+"/000000000000/parcels", f.clock, options), f
}

// required fails a test for an error.
func required(t *testing.T, err error) {
	t.Helper()
	require.NoError(t, err)
}

// note is the body of a message about a parcel.
func note(requestID string) []byte {
	return job.ParcelNote(&job.Job{ID: "0190f7a2-0000-7000-8000-000000000001", Tenant: "t", RequestID: requestID}, 17).Pack()
}
