package lambdasim

import (
	"bytes"
	"encoding/json"

	"github.com/aws/aws-lambda-go/events"
)

// batch is the messages of one invocation, encoded as they come, because the payload's limit is in encoded bytes.
type batch struct {
	most    int // messages
	ids     []string
	handles []string
	records bytes.Buffer
	full    bool
}

// envelope is what surrounds the records.
const envelope = `{"Records":[]}`

// add takes messages until the batch is full and returns the others.
func (b *batch) add(messages []events.SQSMessage) []events.SQSMessage {
	for i, m := range messages {
		if !b.take(m) {
			return messages[i:]
		}
	}
	return nil
}

// take takes one message if it fits.
func (b *batch) take(m events.SQSMessage) bool {
	var record bytes.Buffer
	encoder := json.NewEncoder(&record)
	encoder.SetEscapeHTML(false) // Lambda does not either, and markup would count sixfold
	_ = encoder.Encode(m)        // strings and bytes can always be encoded
	encoded := bytes.TrimSpace(record.Bytes())
	if b.full || len(b.ids) > 0 && len(envelope)+b.records.Len()+len(encoded)+1 > PayloadLimit {
		b.full = true
		return false
	}
	if len(b.ids) > 0 {
		b.records.WriteByte(',')
	}
	b.records.Write(encoded)
	b.ids, b.handles = append(b.ids, m.MessageId), append(b.handles, m.ReceiptHandle)
	b.full = len(b.ids) >= b.most
	return true
}

// room is how many messages the next receive may bring.
func (b *batch) room() int { return min(ReceiveMost, b.most-len(b.ids)) }

// event is the payload of the invocation.
func (b *batch) event() []byte {
	return []byte(`{"Records":[` + b.records.String() + `]}`)
}

// succeeded returns the receipt handles of what the failed ones leave.
func (b *batch) succeeded(failed map[string]bool) []string {
	var handles []string
	for i, id := range b.ids {
		if !failed[id] {
			handles = append(handles, b.handles[i])
		}
	}
	return handles
}
