package claudemodel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// session is what one conversation with the provider is made of: calls, in a fixed order, and their outcomes.
type session struct {
	model *claudemodel.Model
	// elapse lets time pass at the provider.
	elapse   func(time.Duration)
	outcomes []outcome
}

// outcome is what came of one call, as it stands in a recording.
type outcome struct {
	Call  string       `json:"call"`
	Value any          `json:"value,omitempty"`
	Error *failureSeen `json:"error,omitempty"`
}

type failureSeen struct {
	Kind       fault.Kind    `json:"kind"`
	Unknown    bool          `json:"unknown"`
	RetryAfter time.Duration `json:"retry_after_ns"`
	Message    string        `json:"message"`
}

func (s *session) note(call string, value any, err error) {
	o := outcome{Call: call, Value: value}
	if err != nil {
		o.Error = &failureSeen{fault.KindOf(err), fault.Unknown(err), fault.RetryAfter(err), err.Error()}
	}
	s.outcomes = append(s.outcomes, o)
}

func (s *session) call(request job.Request) {
	reply, err := s.model.Call(context.Background(), request)
	s.note("call", reply, err)
}

func (s *session) create(lines []ports.BatchLine) string {
	batch, err := s.model.CreateBatch(context.Background(), lines)
	s.note("create", batch, err)
	return batch.ID
}

func (s *session) get(id string) {
	batch, err := s.model.GetBatch(context.Background(), id)
	s.note("get", batch, err)
}

func (s *session) list(since time.Time) {
	batches, err := s.model.ListBatches(context.Background(), since)
	s.note("list", batches, err)
}

func (s *session) cancel(id string) {
	batch, err := s.model.CancelBatch(context.Background(), id)
	s.note("cancel", batch, err)
}

func (s *session) results(id string) {
	var all []ports.BatchResult
	err := s.model.BatchResults(context.Background(), id, func(result ports.BatchResult) error {
		all = append(all, result)
		return nil
	})
	s.note("results", all, err)
}

// page is the request of a page: with a schema whose order is no alphabet's, and a prefix long enough to be kept.
func page(n int) job.Request {
	return job.Request{
		Model: "claude-haiku-5-5", System: strings.Repeat("Answer in JSON, as a plumber would: \"short\" & <plain>.\n", 60),
		Prompt: fmt.Sprintf("Page %d: drains in Dover, Gr\u00fc\u00dfe.", n), MaxTokens: 900, Cache: cost.Cache1h,
		Schema: []byte(`{"type":"object","properties":{"title":{"type":"string"},"body":{"type":"string"}},` +
			`"required":["title","body"],"additionalProperties":false}`),
	}
}

// conversations are what is recorded, by the name of the file.
var conversations = map[string]struct {
	options claudesim.Options
	// body is what the provider says instead of what the simulator would, with the status.
	status int
	body   string
	talk   func(s *session)
}{
	"message": {talk: func(s *session) { s.call(request()) }},
	// The second page reads what the first had stored.
	"schema-cache":    {talk: func(s *session) { s.call(page(1)); s.call(page(2)) }},
	"throttled":       {options: claudesim.Options{Faults: claudesim.Faults{Status429: 1}}, talk: func(s *session) { s.call(request()) }},
	"spend-cap":       {options: claudesim.Options{SpendCap: 1}, talk: func(s *session) { s.call(request()); s.call(request()) }},
	"own-limit":       {status: 400, body: limit400("API"), talk: func(s *session) { s.call(request()) }},
	"workspace-limit": {status: 400, body: limit400("workspace API"), talk: func(s *session) { s.call(request()) }},
	"overloaded":      {options: claudesim.Options{Faults: claudesim.Faults{Status529: 1}}, talk: func(s *session) { s.call(request()) }},
	"batch": {talk: func(s *session) {
		bad := page(3)
		bad.MaxTokens = 10_000_001
		id := s.create([]ports.BatchLine{{ID: "page-1-a1", Request: page(1)}, {ID: "page-2-a1", Request: request()}, {ID: "page-3-a1", Request: bad}})
		s.get(id)
		s.elapse(23 * time.Hour)
		s.get(id)
		s.results(id)
		s.cancel(id)
		s.list(time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC))
	}},
	"batch-cancelled": {talk: func(s *session) {
		id := s.create([]ports.BatchLine{{ID: "page-1-a1", Request: request()}})
		s.cancel(id)
		s.elapse(time.Hour)
		s.results(id)
		s.get("msgbatch_unknown")
	}},
}

// TestRecordings plays what was recorded: the adapter must send the same requests, to the byte, and make the same of the
// responses. With -update they are recorded anew against the simulator.
func TestRecordings(t *testing.T) {
	t.Parallel()
	for name, conversation := range conversations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("testdata", name+".json")
			if *update {
				s := simulate(t, conversation.options)
				recorder := record(t, answering(s.Config.Handler, conversation.status, conversation.body))
				session := &session{model: newModel(t, recorder.URL, nil), elapse: s.time.Elapse}
				conversation.talk(session)
				recorder.save(t, file, session.outcomes)
			}
			player := play(t, file)
			session := &session{model: newModel(t, player.URL, nil), elapse: func(time.Duration) {}}
			conversation.talk(session)
			player.ended(t)
			got, err := json.MarshalIndent(session.outcomes, "", "  ")
			require.NoError(t, err)
			require.JSONEq(t, string(player.recording.Outcomes), string(got))
		})
	}
}

// TestRecordingsHaveNoSecret looks for what must not be in a file that is committed.
func TestRecordingsHaveNoSecret(t *testing.T) {
	t.Parallel()
	if *update {
		t.Skip("the files are being written")
	}
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.Len(t, files, len(conversations), "a recording of nothing, or none of something")
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, secretIn(string(text)), file)
	}
	leak := recording{Exchanges: []recorded{{
		Request:  recordedRequest{Path: "/v1?key=" + testKey, Headers: map[string]string{"accept": testKey}, Body: testKey},
		Response: recordedResponse{Headers: map[string]string{"request-id": testKey}, Body: "no such key: " + testKey},
	}}}
	text, err := json.Marshal(leak)
	require.NoError(t, err)
	require.Error(t, secretIn(string(text)), "it would be found")
	require.NoError(t, secretIn(scrub(string(text))), "and is taken out")
}

// secretIn is an error if a text holds a key, or a header that carries one.
func secretIn(text string) error {
	lower := strings.ToLower(text)
	for _, secret := range []string{testKey, testKey[3:], "sk-", "x-api-key", "authorization", "bearer", "127.0.0.1"} {
		if strings.Contains(lower, secret) {
			return errors.New("it has " + secret)
		}
	}
	return nil
}
