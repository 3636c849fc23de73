package main

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/functiontest"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

func TestAStartAsksNobody(t *testing.T) {
	t.Parallel()
	functiontest.AsksNobody(t, start)
}

func TestEachProblemIsALine(t *testing.T) {
	t.Parallel()
	functiontest.TellsProblems(t, "worker", start)
}

func TestTheProgramAsksForWork(t *testing.T) {
	require.True(t, functiontest.AsksForWork(t, functiontest.Environ("http://127.0.0.1:1"), main), "it wants to hear of its end")
}

const message = `{"schema":1,"job":"0190f7a2-0000-7000-8000-000000000001","tenant":"acme","parcel":3,"request_id":"req-1"}`

func event(bodies ...string) events.SQSEvent {
	var e events.SQSEvent
	for i, body := range bodies {
		e.Records = append(e.Records, events.SQSMessage{MessageId: string(rune('a' + i)), Body: body, EventSource: "aws:sqs"})
	}
	return e
}

// TestAnUnknownJob is done with: its message is told of, and the key for Claude is read beside.
func TestAnUnknownJob(t *testing.T) {
	t.Parallel()
	s := functiontest.NewServices(t, functiontest.Empty)
	var out bytes.Buffer
	w, code := start(&locked{out: &out}, functiontest.Environ(s.URL))
	require.Zero(t, code)
	response, err := w.Handle(functiontest.Invocation(t), event(message))
	require.NoError(t, err)
	require.Empty(t, response.BatchItemFailures)
	require.Contains(t, s.Requests(), "GetItem")
	require.Contains(t, out.String(), `"_aws"`, "what was counted is written at the end")
	var seen []any
	for _, line := range functiontest.Told(t, out.String()) {
		if line["job"] != nil {
			seen = append(seen, line["request_id"])
		}
	}
	require.Contains(t, seen, "req-1")
	require.NotContains(t, strings.ToLower(out.String()), "canary")
	w.Stop()
}

// TestNoTable: nothing can be worked on for now, and the message cannot be sent anew, so that it comes again by itself.
func TestNoTable(t *testing.T) {
	t.Parallel()
	s := functiontest.NewServices(t, functiontest.NoTable)
	var out bytes.Buffer
	w, code := start(&locked{out: &out}, functiontest.Environ(s.URL))
	require.Zero(t, code)
	response, err := w.Handle(functiontest.Invocation(t), event(message, "nonsense"))
	require.NoError(t, err)
	require.Len(t, response.BatchItemFailures, 1)
	require.Equal(t, "a", response.BatchItemFailures[0].ItemIdentifier)
	require.Contains(t, s.Requests(), "SendMessageBatch")
	require.Contains(t, s.Sent()[0], `0190f7a2-0000-7000-8000-000000000001`)
	require.NotContains(t, strings.ToLower(out.String()), "canary")
}

// locked is an output for goroutines that go on beside the test: a reading of the key may be told of late.
type locked struct {
	mu  sync.Mutex
	out io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

// TestWhatAdaptersRefuse: should a setting get past its check, the adapter that it is for has the last word.
func TestWhatAdaptersRefuse(t *testing.T) {
	t.Parallel()
	access, err := cloud.NewAccess(functiontest.Environ("http://127.0.0.1:1"))
	require.NoError(t, err)
	for name, change := range map[string]func(*settings.Worker){
		"table":   func(s *settings.Worker) { s.Table = "" },
		"queue":   func(s *settings.Worker) { s.QueueURL = "parcels" },
		"prices":  func(s *settings.Worker) { s.Prices = "{}" },
		"lease":   func(s *settings.Worker) { s.Lease = time.Second },
		"address": func(s *settings.Worker) { s.BaseURL = "claude" },
	} {
		s, err := settings.Load[settings.Worker](functiontest.Environ("http://127.0.0.1:1"))
		require.NoError(t, err)
		change(&s)
		_, err = newWorker(access, io.Discard, "worker", s.Shared, s.Claude, s.Calls)
		require.Error(t, err, name)
	}
}
