package lambdaworker

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// The attributes of SQS that are read, and the queue adapter's own one for a group that cannot be a MessageGroupId.
const (
	receivesAttribute = "ApproximateReceiveCount"
	sentAttribute     = "SentTimestamp"
	groupAttribute    = "MessageGroupId"
	longGroup         = "group"
)

// of is an event with the names that the message gives. A stranger's words are not repeated: only what can be the id of a job
// and of a tenant is taken for one.
func of(m *events.SQSMessage) ports.Event {
	note, err := job.ReadNote([]byte(m.Body))
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

// received is the event of a message's arrival: how long it lay, and how often it has come.
func received(m *events.SQSMessage, now time.Time) ports.Event {
	event := of(m)
	event.Name, event.At, event.Count = ports.EventMessageReceived, now, 1
	if n, err := strconv.Atoi(m.Attributes[receivesAttribute]); err == nil {
		event.Count = max(n, 1)
	}
	if sent, err := strconv.ParseInt(m.Attributes[sentAttribute], 10, 64); err == nil {
		event.Duration = max(now.Sub(time.UnixMilli(sent)), 0)
	}
	return event
}

// anew is the same message, to be sent once more. Its group is the tenant that it names: MessageGroupId can be a hash, which
// is still better than none where the note cannot be read, or is of before notes named their tenant.
func anew(m *events.SQSMessage, delay time.Duration) ports.Message {
	group := m.Attributes[groupAttribute]
	if long := m.MessageAttributes[longGroup].BinaryValue; len(long) > 0 {
		group = string(long)
	}
	if note, err := job.ReadNote([]byte(m.Body)); err == nil && note.Tenant != "" {
		group = note.Tenant
	}
	return ports.Message{Body: []byte(m.Body), Group: group, Delay: delay}
}
