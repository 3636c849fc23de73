package lambdaworker

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// The attributes of SQS that are read, and the queue adapter's own ones: for a group that cannot be a MessageGroupId, for a
// body that SQS cannot carry as it is, with the one encoding that there is, and for the delay that a message was sent with.
const (
	receivesAttribute = "ApproximateReceiveCount"
	sentAttribute     = "SentTimestamp"
	groupAttribute    = "MessageGroupId"
	longGroup         = "group"
	encodingAttribute = "encoding"
	inBase64          = "base64"
	delayAttribute    = "delay"
)

// bodyOf is the body as it was sent. One that is not written as its attribute says is taken as it stands: the engine judges it.
func bodyOf(m *events.SQSMessage) []byte {
	if encoding := m.MessageAttributes[encodingAttribute].StringValue; encoding != nil && *encoding == inBase64 {
		if decoded, err := base64.StdEncoding.DecodeString(m.Body); err == nil {
			return decoded
		}
	}
	return []byte(m.Body)
}

// of is an event with the names that the message gives. A stranger's words are not repeated: only what can be the id of a job
// and of a tenant is taken for one.
func of(m *events.SQSMessage) ports.Event {
	note, err := job.ReadNote(bodyOf(m))
	if err != nil || !isID(string(note.Job)) || note.Tenant != "" && !isID(note.Tenant) {
		return ports.Event{}
	}
	event := ports.Event{Tenant: note.Tenant, Job: string(note.Job), RequestID: note.RequestID}
	if note.Parcel != nil {
		event.Parcel = *note.Parcel
	}
	return event
}

// isID reports whether a text is 1 to 64 letters, digits, dashes and underscores, as ids of jobs and tenants are.
func isID(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
}

// received is the event of a message's arrival: how long it lay after the delay that it was sent with, and how often it has come.
func received(m *events.SQSMessage, now time.Time) ports.Event {
	event := of(m)
	event.Name, event.At, event.Count = ports.EventMessageReceived, now, 1
	if n, err := strconv.Atoi(m.Attributes[receivesAttribute]); err == nil {
		event.Count = max(n, 1)
	}
	if sent, err := strconv.ParseInt(m.Attributes[sentAttribute], 10, 64); err == nil {
		event.Duration = max(now.Sub(time.UnixMilli(sent))-delayOf(m), 0)
	}
	return event
}

// delayOf is the delay that a message was sent with.
func delayOf(m *events.SQSMessage) time.Duration {
	text := m.MessageAttributes[delayAttribute].StringValue
	if text == nil {
		return 0
	}
	n, _ := strconv.Atoi(*text)
	return time.Duration(min(max(n, 0), int(engine.MaxDelay/time.Second))) * time.Second
}

// anew is the same message, to be sent once more. Its group is the tenant that it names: MessageGroupId can be a hash, which
// is still better than none where the note cannot be read, or is of before notes named their tenant.
func anew(m *events.SQSMessage, delay time.Duration) ports.Message {
	group := m.Attributes[groupAttribute]
	if long := m.MessageAttributes[longGroup].BinaryValue; len(long) > 0 {
		group = string(long)
	}
	if note, err := job.ReadNote(bodyOf(m)); err == nil && note.Tenant != "" {
		group = note.Tenant
	}
	return ports.Message{Body: bodyOf(m), Group: group, Delay: delay}
}
