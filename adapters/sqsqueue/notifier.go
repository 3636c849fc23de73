package sqsqueue

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Notifier delivers notices as messages of a queue of its own, from which others take them as they like.
type Notifier struct{ queue *Queue }

var _ ports.Notifier = (*Notifier)(nil)

// NewNotifier returns a notifier that sends to the queue.
func NewNotifier(queue *Queue) *Notifier { return &Notifier{queue: queue} }

// message is a notice as it is sent: the body stands in it as the object that it is.
type message struct {
	ID     string          `json:"id"`
	Type   string          `json:"type"`
	Tenant string          `json:"tenant"`
	Job    string          `json:"job"`
	At     time.Time       `json:"at"`
	Body   json.RawMessage `json:"body"`
}

// Notify sends the notice as one message of JSON, never in base64: id, type, tenant, job, at (RFC 3339) and body. Its group is
// the tenant. It may arrive more than once, with the same id. See ports.Notifier. Errors: those of Send, and Invalid for a
// notice whose body is no JSON.
func (n *Notifier) Notify(ctx context.Context, notice ports.Notice) error {
	text, err := json.Marshal(message{
		ID: notice.ID, Type: notice.Type, Tenant: notice.Tenant, Job: notice.Job, At: notice.At.UTC(), Body: notice.Body,
	})
	if err != nil {
		return fault.New(fault.Invalid, "sqsqueue: notice %s: its body is no JSON", notice.ID)
	}
	return n.queue.Send(ctx, ports.Message{Body: escaped(text), Group: notice.Tenant})
}

// escaped writes the two characters that JSON may have and SQS cannot carry so that it can: in JSON they stand in texts alone.
func escaped(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("\uFFFE"), []byte(`\ufffe`))
	return bytes.ReplaceAll(text, []byte("\uFFFF"), []byte(`\uffff`))
}
