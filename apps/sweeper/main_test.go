package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// services is a server that stands for all of AWS. DynamoDB's answers are given, the others' are refusals.
type services struct {
	*httptest.Server
	dynamo func(w http.ResponseWriter, target string)

	mu    sync.Mutex
	asked []string
	// bodies are what was sent to queues.
	bodies []string
}

func newServices(t *testing.T, dynamo func(w http.ResponseWriter, target string)) *services {
	t.Helper()
	s := &services{dynamo: dynamo}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *services) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	service, target, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	s.mu.Lock()
	s.asked = append(s.asked, target)
	if service == "AmazonSQS" {
		s.bodies = append(s.bodies, string(body))
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if strings.HasPrefix(service, "DynamoDB") {
		s.dynamo(w, target)
		return
	}
	refuse(w, "AccessDeniedException")
}

func (s *services) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func refuse(w http.ResponseWriter, code string) {
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws#" + code, "message": "there is none"})
}

// empty is a table without records.
func empty(w http.ResponseWriter, _ string) {
	_, _ = io.WriteString(w, `{"Items":[],"Count":0,"ScannedCount":0,"Responses":{},"UnprocessedKeys":{}}`)
}

// noTable is what DynamoDB says of a table that is not there.
func noTable(w http.ResponseWriter, _ string) { refuse(w, "ResourceNotFoundException") }

// environ is the least environment of the function, with all of AWS at one address. Later lines win.
func environ(aws string, more ...string) []string {
	return append([]string{
		"AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=AKIACANARY", "AWS_SECRET_ACCESS_KEY=canary-secret", "AWS_SESSION_TOKEN=canary-token",
		"AWS_ENDPOINT_URL=" + aws, "MB_STAGE=dev", "MB_RELEASE=v7", "MB_TABLE=table", "MB_QUEUE_URL=" + aws + "/000000000000/parcels",
		"MB_FUNCTION_TIMEOUT=300s", "MB_CLAUDE_KEY_PARAMETER=/key", "MB_VISIBILITY=1805s", "MB_MAX_CONCURRENCY=2", "MB_BATCH_SIZE=4",
	}, more...)
}

// told are the lines of a log that are no metrics.
func told(t *testing.T, out string) (list []map[string]any) {
	t.Helper()
	for line := range strings.Lines(out) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields))
		if fields["_aws"] == nil {
			list = append(list, fields)
		}
	}
	return list
}

// invocation is the context of one.
func invocation(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestAStartAsksNobody(t *testing.T) {
	t.Parallel()
	s := newServices(t, empty)
	var out bytes.Buffer
	function, code := start(&out, environ(s.URL))
	require.Zero(t, code)
	require.NotNil(t, function)
	require.Empty(t, s.requests())
	require.Empty(t, out.String())
}

func TestEachProblemIsALine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change []string
		want   []string
	}{
		"nothing of AWS": {[]string{"AWS_REGION=", "AWS_ACCESS_KEY_ID="}, []string{"AWS_REGION is not set", "AWS_ACCESS_KEY_ID is not set"}},
		"both":           {[]string{"AWS_REGION=", "MB_TABLE=", "MB_CALLS=many"}, []string{"AWS_REGION is not set", "MB_TABLE is not set", `MB_CALLS "many" is no`}},
		"values":         {[]string{"MB_STAGE=x", "MB_QUEUE_URL=parcels", "MB_LEASE=1s"}, []string{"MB_STAGE", "MB_QUEUE_URL", "MB_LEASE"}},
		"prices":         {[]string{"MB_PRICES={}"}, []string{"MB_PRICES"}},
	} {
		var out bytes.Buffer
		function, code := start(&out, environ("http://127.0.0.1:1", test.change...))
		require.Nil(t, function, name)
		require.Equal(t, 1, code, name)
		lines := told(t, out.String())
		require.Len(t, lines, len(test.want), out.String())
		for i, want := range test.want {
			require.Contains(t, lines[i]["detail"], want, name)
			require.Equal(t, "sweeper", lines[i]["function"])
		}
		require.NotContains(t, strings.ToLower(out.String()), "canary", name)
	}
}

const schedule = `{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}`

func TestASweepOfAnEmptyTable(t *testing.T) {
	t.Parallel()
	s := newServices(t, empty)
	var out bytes.Buffer
	f, code := start(&out, environ(s.URL))
	require.Zero(t, code)
	answer, err := f.Handle(invocation(t), json.RawMessage(schedule))
	require.NoError(t, err)
	require.Nil(t, answer)
	require.NotContains(t, s.requests(), "GetParameters", "no key is needed for it")
	require.NotContains(t, strings.ToLower(out.String()), "canary")
}

func TestASweepWithoutATable(t *testing.T) {
	t.Parallel()
	s := newServices(t, noTable)
	var out bytes.Buffer
	f, code := start(&out, environ(s.URL))
	require.Zero(t, code)
	_, err := f.Handle(invocation(t), json.RawMessage(schedule))
	require.ErrorContains(t, err, "there is no table")
	require.Contains(t, out.String(), "there is no table")
	require.NotContains(t, strings.ToLower(out.String()+err.Error()), "canary")
}

// TestNoticesAreReadOnlyWhereTheyGoSomewhere: without a queue for them the outbox is left alone.
func TestNoticesAreReadOnlyWhereTheyGoSomewhere(t *testing.T) {
	t.Parallel()
	read := map[bool]int{}
	for _, notices := range []bool{false, true} {
		s := newServices(t, empty)
		set := environ(s.URL)
		if notices {
			set = append(set, "MB_NOTICES_QUEUE_URL="+s.URL+"/000000000000/notices")
		}
		f, code := start(io.Discard, set)
		require.Zero(t, code)
		_, err := f.Handle(invocation(t), json.RawMessage(schedule))
		require.NoError(t, err)
		read[notices] = len(s.requests())
	}
	require.Equal(t, read[false]+1, read[true])
}

// TestWhatAdaptersRefuse: should a setting get past its check, the adapter that it is for has the last word.
func TestWhatAdaptersRefuse(t *testing.T) {
	t.Parallel()
	access, err := cloud.NewAccess(environ("http://127.0.0.1:1"))
	require.NoError(t, err)
	for name, change := range map[string]func(*settings.Sweeper){
		"table":   func(s *settings.Sweeper) { s.Table = "" },
		"queue":   func(s *settings.Sweeper) { s.QueueURL = "parcels" },
		"prices":  func(s *settings.Sweeper) { s.Prices = "{}" },
		"lease":   func(s *settings.Sweeper) { s.Lease = time.Second },
		"address": func(s *settings.Sweeper) { s.BaseURL = "claude" },
		"notices": func(s *settings.Sweeper) { s.NoticesQueueURL = "notices" },
	} {
		s, err := settings.Load[settings.Sweeper](environ("http://127.0.0.1:1"))
		require.NoError(t, err)
		change(&s)
		_, err = newSweeper(access, io.Discard, "sweeper", s.Shared, s.Claude, s.Calls, s.NoticesQueueURL)
		require.Error(t, err, name)
	}
}
