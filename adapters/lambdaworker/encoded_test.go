package lambdaworker_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// wire is the queue adapter of SQS and Lambda behind it: what was sent is handed over as Lambda does. That the adapter writes bodies
// like this is shown by its own tests.
type wire struct{ records []events.SQSMessage }

// Send takes everything.
func (w *wire) Send(_ context.Context, messages ...ports.Message) error {
	for _, message := range messages {
		m := record(fmt.Sprint("m-", len(w.records)), message.Body)
		if strings.ContainsRune(m.Body, '\uFFFF') {
			encoding := sqsqueue.Base64
			m.Body = base64.StdEncoding.EncodeToString(message.Body)
			m.MessageAttributes = map[string]events.SQSMessageAttribute{sqsqueue.AttributeEncoding: {StringValue: &encoding, DataType: "String"}}
		}
		w.records = append(w.records, m)
	}
	return nil
}

// take is what was sent since the last time.
func (w *wire) take() []events.SQSMessage {
	taken := w.records
	w.records = nil
	return taken
}

// wired has the function's engine send by the queue adapter of SQS.
func wired(w *world) *wire {
	sent := &wire{}
	w.wrap = func(p *engine.Ports) { p.Queue = sent }
	w.start()
	return sent
}

// TestWhatSQSCannotCarry is about a body that the queue adapter sends in base64: a request id may have any character.
func TestWhatSQSCannotCarry(t *testing.T) {
	t.Parallel()
	const id = "order \uFFFF 7"
	order := engine.Submission{Tenant: "acme", Kind: "notes", Input: make([]byte, 30), RequestID: id}

	story(t, "IsWorkedOn", func(t *testing.T, w *world) {
		sent := wired(w)
		receipt, err := w.engine.Submit(t.Context(), order)
		require.NoError(t, err)
		records := sent.take()
		require.NotContains(t, records[0].Body, "{", "this one is about base64")
		for len(records) > 0 {
			require.Empty(t, w.invoke(5*time.Minute, records...))
			records = sent.take()
		}
		require.Equal(t, job.StateCompleted, w.progress(receipt.Job.ID).Job.State)
		require.Empty(t, w.faults())
		require.Equal(t, id, w.told(ports.EventMessageReceived)[0].RequestID)
	})

	story(t, "ComesAnewAsItWas", func(t *testing.T, w *world) {
		sent := wired(w)
		_, err := w.engine.Submit(t.Context(), order)
		require.NoError(t, err)
		records := sent.take()
		w.start(faultport.Rule{Method: "Store.Get", Effect: faultport.Fail, Err: fault.New(fault.Throttled, "store: slow down")})
		require.Empty(t, w.invoke(5*time.Minute, records[0]))
		again := sent.take()
		require.Len(t, again, 1)
		require.Equal(t, records[0].Body, again[0].Body)
		require.Equal(t, records[0].MessageAttributes, again[0].MessageAttributes)
	})

	story(t, "IsTakenInWhenItWasGivenUp", func(t *testing.T, w *world) {
		sent := wired(w)
		receipt, err := w.engine.Submit(t.Context(), order)
		require.NoError(t, err)
		records := sent.take()
		for range 3 {
			event, err := json.Marshal(events.SQSEvent{Records: records})
			require.NoError(t, err)
			out, err := w.sweeper.Handle(t.Context(), event)
			require.NoError(t, err)
			require.Empty(t, failures(out.(events.SQSEventResponse)))
		}
		require.Positive(t, w.progress(receipt.Job.ID).Counts[job.TaskFailed], "the third time its pages fail")
	})

	story(t, "IsTakenAsItStandsWhenItIsNotWhatItSays", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		plain := parcel(id, 0)
		encoding := sqsqueue.Base64
		plain.MessageAttributes = map[string]events.SQSMessageAttribute{sqsqueue.AttributeEncoding: {StringValue: &encoding, DataType: "String"}}
		require.Empty(t, w.invoke(5*time.Minute, plain))
		require.Equal(t, job.StateCompleted, w.progress(id).Job.State)
	})
}
