package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

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
	functiontest.TellsProblems(t, "sweeper", start)
}

func TestTheProgramAsksForWork(t *testing.T) {
	functiontest.AsksForWork(t, functiontest.Environ("http://127.0.0.1:1"), main)
}

const schedule = `{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}`

func TestASweepOfAnEmptyTable(t *testing.T) {
	t.Parallel()
	s := functiontest.NewServices(t, functiontest.Empty)
	var out bytes.Buffer
	f, code := start(&out, functiontest.Environ(s.URL))
	require.Zero(t, code)
	answer, err := f.Handle(functiontest.Invocation(t), json.RawMessage(schedule))
	require.NoError(t, err)
	require.Nil(t, answer)
	require.NotContains(t, s.Requests(), "GetParameters", "no key is needed for it")
	require.NotContains(t, strings.ToLower(out.String()), "canary")
}

func TestASweepWithoutATable(t *testing.T) {
	t.Parallel()
	s := functiontest.NewServices(t, functiontest.NoTable)
	var out bytes.Buffer
	f, code := start(&out, functiontest.Environ(s.URL))
	require.Zero(t, code)
	_, err := f.Handle(functiontest.Invocation(t), json.RawMessage(schedule))
	require.ErrorContains(t, err, "there is no table")
	require.Contains(t, out.String(), "there is no table")
	require.NotContains(t, strings.ToLower(out.String()+err.Error()), "canary")
}

// TestTheOfficeHasItsTurn: what a sweep reads, and then what is due of the office.
func TestTheOfficeHasItsTurn(t *testing.T) {
	t.Parallel()
	s := functiontest.NewServices(t, functiontest.Empty)
	f, code := start(io.Discard, functiontest.Environ(s.URL))
	require.Zero(t, code)
	letters, err := json.Marshal(map[string]any{"Records": []map[string]string{{"eventSource": "aws:sqs", "messageId": "m", "body": "{}"}}})
	require.NoError(t, err)
	_, err = f.Handle(functiontest.Invocation(t), letters)
	require.NoError(t, err)
	before := len(s.Requests())
	_, err = f.Handle(functiontest.Invocation(t), json.RawMessage(schedule))
	require.NoError(t, err)
	require.Greater(t, len(s.Requests())-before, 1)
}

// TestWhatAdaptersRefuse: should a setting get past its check, the adapter that it is for has the last word.
func TestWhatAdaptersRefuse(t *testing.T) {
	t.Parallel()
	access, err := cloud.NewAccess(functiontest.Environ("http://127.0.0.1:1"))
	require.NoError(t, err)
	for name, change := range map[string]func(*settings.Sweeper){
		"table":   func(s *settings.Sweeper) { s.Table = "" },
		"queue":   func(s *settings.Sweeper) { s.QueueURL = "parcels" },
		"prices":  func(s *settings.Sweeper) { s.Prices = "{}" },
		"lease":   func(s *settings.Sweeper) { s.Lease = time.Second },
		"address": func(s *settings.Sweeper) { s.BaseURL = "claude" },
		"notices": func(s *settings.Sweeper) { s.NoticesQueueURL = "notices" },
	} {
		s, err := settings.Load[settings.Sweeper](functiontest.Environ("http://127.0.0.1:1"))
		require.NoError(t, err)
		change(&s)
		_, err = newSweeper(access, io.Discard, "sweeper", s.Shared, s.Claude, s.Calls, s.NoticesQueueURL)
		require.Error(t, err, name)
	}
}
