// Package functiontest is what the tests of the functions' programs share: a server that stands for AWS, the least environment, and
// what holds for every function. Tests alone import it.
package functiontest

import (
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
)

// Services is a server that stands for all of AWS. DynamoDB's answers are given, the others' are refusals.
type Services struct {
	*httptest.Server
	dynamo func(w http.ResponseWriter, target string)

	mu    sync.Mutex
	asked []string
	sent  []string
}

// NewServices returns a server that is closed with the test.
func NewServices(t *testing.T, dynamo func(w http.ResponseWriter, target string)) *Services {
	t.Helper()
	s := &Services{dynamo: dynamo}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP implements http.Handler.
func (s *Services) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	service, target, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	s.mu.Lock()
	s.asked = append(s.asked, target)
	if service == "AmazonSQS" {
		s.sent = append(s.sent, string(body))
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if strings.HasPrefix(service, "DynamoDB") {
		s.dynamo(w, target)
		return
	}
	refuse(w, "AccessDeniedException")
}

// Requests are the operations that were asked for so far.
func (s *Services) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// Sent are the requests that SQS got so far.
func (s *Services) Sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

func refuse(w http.ResponseWriter, code string) {
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws#" + code, "message": "there is none"})
}

// Empty is a table without records.
func Empty(w http.ResponseWriter, _ string) {
	_, _ = io.WriteString(w, `{"Items":[],"Count":0,"ScannedCount":0,"Responses":{},"UnprocessedKeys":{}}`)
}

// NoTable is what DynamoDB says of a table that is not there.
func NoTable(w http.ResponseWriter, _ string) { refuse(w, "ResourceNotFoundException") }

// Environ is the least environment of the worker and of the sweeper, with all of AWS at one address. Later lines win.
func Environ(aws string, more ...string) []string {
	return append([]string{
		"AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=AKIACANARY", "AWS_SECRET_ACCESS_KEY=canary-secret", "AWS_SESSION_TOKEN=canary-token",
		"AWS_ENDPOINT_URL=" + aws, "MB_STAGE=dev", "MB_RELEASE=v7", "MB_TABLE=table", "MB_QUEUE_URL=" + aws + "/000000000000/parcels",
		"MB_FUNCTION_TIMEOUT=300s", "MB_CLAUDE_KEY_PARAMETER=/key", "MB_VISIBILITY=1805s", "MB_MAX_CONCURRENCY=2", "MB_BATCH_SIZE=4",
	}, more...)
}

// Told are the lines of a log that are no metrics.
func Told(t *testing.T, out string) (list []map[string]any) {
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

// Invocation is the context of one.
func Invocation(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
