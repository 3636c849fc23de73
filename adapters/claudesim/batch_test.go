package claudesim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

const batchesPath = "/v1/messages/batches"

// batch is a batch as the tests read it.
type batch struct {
	ID, Type  string
	Status    string `json:"processing_status"`
	Counts    counts `json:"request_counts"`
	Created   string `json:"created_at"`
	Expires   string `json:"expires_at"`
	Ended     string `json:"ended_at"`
	Canceled  string `json:"cancel_initiated_at"`
	Archived  string `json:"archived_at"`
	Results   string `json:"results_url"`
	RequestID string `json:"-"`
}

type counts struct{ Processing, Succeeded, Errored, Canceled, Expired int }

// result is one line of a batch's results.
type result struct {
	ID     string `json:"custom_id"`
	Result struct {
		Type    string
		Message message
		Error   struct {
			Type  string
			Error struct{ Type, Message string }
		}
	}
}

// batchOf is the body of a batch of the given params; the ids are line-0, line-1 and so on.
func batchOf(params ...string) string {
	lines := make([]string, len(params))
	for i, p := range params {
		lines[i] = fmt.Sprintf(`{"custom_id":"line-%d","params":%s}`, i, p)
	}
	return `{"requests":[` + strings.Join(lines, ",") + `]}`
}

// manyPages is the params of n pages.
func manyPages(n int) []string {
	params := make([]string, n)
	for i := range n {
		params[i] = askPage(i)
	}
	return params
}

func (f *fixture) batch(method, path, body string, edits ...edit) batch {
	f.Helper()
	r := f.send(method, batchesPath+path, body, edits...)
	require.NoError(f, r.err)
	require.Equal(f, http.StatusOK, r.status, string(r.body))
	var b batch
	require.NoError(f, json.Unmarshal(r.body, &b))
	b.RequestID = r.header.Get("Request-Id")
	return b
}

func (f *fixture) results(id string) []result {
	f.Helper()
	r := f.send(http.MethodGet, batchesPath+"/"+id+"/results", "")
	require.NoError(f, r.err)
	require.Equal(f, http.StatusOK, r.status, string(r.body))
	require.Equal(f, "application/x-jsonl", r.header.Get("Content-Type"))
	return readResults(f.T, string(r.body))
}

func readResults(t *testing.T, body string) []result {
	t.Helper()
	var all []result
	for line := range strings.Lines(body) {
		var one result
		require.NoError(t, json.Unmarshal([]byte(line), &one))
		all = append(all, one)
	}
	return all
}

// setupBatches starts a simulator on a clock that the test moves.
func setupBatches(t *testing.T, options claudesim.Options) (*fixture, *wallClock) {
	t.Helper()
	clock := newWallClock()
	options.Now = clock.Now
	return setup(t, options), clock
}

func TestBatchLife(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{})
	began := clock.Now()
	b := f.batch(http.MethodPost, "", batchOf(manyPages(20)...))
	require.Regexp(t, `^msgbatch_01[0-9A-Za-z]{22}$`, b.ID)
	require.Equal(t, "message_batch", b.Type)
	require.Equal(t, "in_progress", b.Status)
	require.Equal(t, counts{Processing: 20}, b.Counts)
	require.Equal(t, "2026-11-01T12:00:00.000000Z", b.Created)
	require.Equal(t, "2026-11-02T12:00:00.000000Z", b.Expires)
	require.Empty(t, b.Ended+b.Canceled+b.Archived+b.Results)

	early := f.send(http.MethodGet, batchesPath+"/"+b.ID+"/results", "")
	require.Equal(t, http.StatusBadRequest, early.status)
	require.Equal(t, http.StatusBadRequest, f.send(http.MethodDelete, batchesPath+"/"+b.ID, "").status)

	progress := map[int64]bool{}
	for b.Status == "in_progress" {
		clock.Add(10 * time.Second)
		b = f.batch(http.MethodGet, "/"+b.ID, "")
		progress[f.sim.Bill().Requests] = true
		if b.Status == "in_progress" {
			require.Equal(t, counts{Processing: 20}, b.Counts, "all of them until the whole batch has ended")
		}
	}
	require.Greater(t, len(progress), 10, "lines are done, and billed, one after the other")
	require.Equal(t, "ended", b.Status)
	require.Equal(t, counts{Succeeded: 20}, b.Counts)
	require.Equal(t, f.server.URL+batchesPath+"/"+b.ID+"/results", b.Results)
	ended, err := time.Parse(time.RFC3339Nano, b.Ended)
	require.NoError(t, err)
	require.WithinRange(t, ended, began.Add(3*time.Minute), clock.Now())

	results := f.results(b.ID)
	require.Len(t, results, 20)
	require.Equal(t, results, f.results(b.ID), "the same each time")
	order := make([]string, 0, 20)
	for _, r := range results {
		require.Equal(t, "succeeded", r.Result.Type)
		require.True(t, validText(t, r.Result.Message.text()))
		order = append(order, r.ID)
	}
	require.False(t, slices.IsSorted(order), "shuffled")

	clock.Add(29 * 24 * time.Hour)
	require.NotEmpty(t, f.batch(http.MethodGet, "/"+b.ID, "").Archived)
	require.Equal(t, http.StatusNotFound, f.send(http.MethodGet, batchesPath+"/"+b.ID+"/results", "").status)
	deleted := f.send(http.MethodDelete, batchesPath+"/"+b.ID, "")
	require.JSONEq(t, `{"id":"`+b.ID+`","type":"message_batch_deleted"}`, string(deleted.body))
	require.Equal(t, http.StatusNotFound, f.send(http.MethodGet, batchesPath+"/"+b.ID, "").status)
}

func validText(t *testing.T, text string) bool {
	t.Helper()
	var document map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &document))
	return validPage(document)
}

// TestBatchMoney: a line costs half of what its call would, and the bill names it.
func TestBatchMoney(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{BatchTime: claudesim.NoLatency})
	b := f.batch(http.MethodPost, "", batchOf(askPage(1), askPage(2, `inference_geo:"us"`), ask(`model:"claude-sonnet-5-5"`, "thinking:")))
	require.Equal(t, "ended", b.Status)
	clock.Add(time.Second)
	charges := map[string]claudesim.Charge{}
	for _, c := range f.sim.Charges() {
		require.Equal(t, b.RequestID, c.RequestID)
		require.Equal(t, b.ID, c.BatchID)
		require.True(t, c.Batch)
		require.False(t, c.Answered, "nobody has read it yet")
		charges[c.CustomID] = c
	}
	require.Len(t, charges, 3)
	total := claudesim.PicoUSD(0)
	for _, r := range f.results(b.ID) {
		usage := r.Result.Message.Usage
		require.Equal(t, "batch", usage.Tier)
		want := price(usage.Input, usage.Output) / 2
		switch r.ID {
		case "line-1":
			want = want * 11 / 10
		case "line-2":
			want *= 20
		}
		require.Equal(t, want, charges[r.ID].Amount, r.ID)
		total += want
	}
	f.results(b.ID)
	require.Equal(t, claudesim.Bill{Requests: 3, Answered: 3, Total: total, AnsweredTotal: total, Batched: 3, BatchedTotal: total}, f.sim.Bill())
}

func TestBatchCancel(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{})
	b := f.batch(http.MethodPost, "", batchOf(manyPages(30)...))
	for f.sim.Bill().Requests < 10 {
		clock.Add(10 * time.Second)
	}
	done := int(f.sim.Bill().Requests)
	b = f.batch(http.MethodPost, "/"+b.ID+"/cancel", "")
	require.Equal(t, "canceling", b.Status)
	require.NotEmpty(t, b.Canceled)
	require.Equal(t, counts{Processing: 30}, b.Counts)
	clock.Add(29 * time.Second)
	require.Equal(t, "canceling", f.batch(http.MethodPost, "/"+b.ID+"/cancel", "").Status, "twice is once")
	clock.Add(time.Second)
	b = f.batch(http.MethodGet, "/"+b.ID, "")
	require.Equal(t, "ended", b.Status)
	require.Equal(t, counts{Succeeded: done, Canceled: 30 - done}, b.Counts)
	clock.Add(time.Hour)
	require.EqualValues(t, done, f.sim.Bill().Requests, "nothing is billed after the cancelling")
	canceled := 0
	for _, r := range f.results(b.ID) {
		if r.Result.Type == "canceled" {
			canceled++
		}
	}
	require.Equal(t, 30-done, canceled)
	require.Equal(t, http.StatusBadRequest, f.send(http.MethodPost, batchesPath+"/"+b.ID+"/cancel", "").status)
}

func TestBatchExpires(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{BatchTime: 100 * time.Hour})
	b := f.batch(http.MethodPost, "", batchOf(manyPages(40)...))
	clock.Add(24*time.Hour - time.Second)
	require.Equal(t, "in_progress", f.batch(http.MethodGet, "/"+b.ID, "").Status)
	clock.Add(time.Second)
	b = f.batch(http.MethodGet, "/"+b.ID, "")
	require.Equal(t, "ended", b.Status)
	require.Positive(t, b.Counts.Succeeded)
	require.Positive(t, b.Counts.Expired)
	require.Equal(t, 40, b.Counts.Succeeded+b.Counts.Expired)
	require.Equal(t, b.Expires, b.Ended)
	require.EqualValues(t, b.Counts.Succeeded, f.sim.Bill().Requests)
}

// TestBatchSpeed: a batch's times are the wall's, so that a day is a minute and a half at speed 960.
func TestBatchSpeed(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{Speed: 960, BatchTime: 100 * time.Hour})
	b := f.batch(http.MethodPost, "", batchOf(manyPages(2)...))
	require.Equal(t, "2026-11-01T12:01:30.000000Z", b.Expires)
	clock.Add(90 * time.Second)
	require.Equal(t, "ended", f.batch(http.MethodGet, "/"+b.ID, "").Status)
}

// TestBatchParamsAreCheckedLate: what a line asks for is judged when it is done.
func TestBatchParamsAreCheckedLate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ params, kind, want string }{
		"Stream":        {ask("stream:true"), "invalid_request_error", "stream: not supported in Message Batches"},
		"Speed":         {ask(`speed:"fast"`), "invalid_request_error", "speed: not supported in Message Batches"},
		"MaxTokensZero": {ask("max_tokens:0"), "invalid_request_error", "max_tokens: Input should be greater"},
		"MaxTokens":     {ask("max_tokens:128001"), "invalid_request_error", "128001 > 128000"},
		"Model":         {ask(`model:"gpt-7"`), "not_found_error", "model: gpt-7"},
		"Temperature":   {ask("temperature:0.2"), "invalid_request_error", "temperature: non-default"},
		"Empty":         {"{}", "invalid_request_error", "model: Field required"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := setupBatches(t, claudesim.Options{BatchTime: claudesim.NoLatency})
			b := f.batch(http.MethodPost, "", batchOf(test.params))
			require.Equal(t, counts{Errored: 1}, b.Counts)
			r := f.results(b.ID)[0].Result
			require.Equal(t, "errored", r.Type)
			require.Equal(t, "error", r.Error.Type)
			require.Equal(t, test.kind, r.Error.Error.Type)
			require.Contains(t, r.Error.Error.Message, test.want)
			require.Zero(t, f.sim.Bill())
		})
	}
	t.Run("LongOutput", func(t *testing.T) {
		t.Parallel()
		f, _ := setupBatches(t, claudesim.Options{BatchTime: claudesim.NoLatency})
		body := batchOf(ask("max_tokens:300000"), ask("max_tokens:300001"))
		require.Equal(t, counts{Errored: 2}, f.batch(http.MethodPost, "", body, with("Anthropic-Beta", "other")).Counts)
		require.Equal(t, counts{Succeeded: 1, Errored: 1}, f.batch(http.MethodPost, "", body, with("Anthropic-Beta", "other, output-300k-2026-03-24")).Counts)
		require.Equal(t, http.StatusBadRequest, f.post(ask("max_tokens:300000"), with("Anthropic-Beta", "output-300k-2026-03-24")).status)
	})
}

func TestBatchCreateIsChecked(t *testing.T) {
	t.Parallel()
	line := func(id string) string { return `{"custom_id":"` + id + `","params":{}}` }
	many := strings.Repeat(line("a")+",", 100_000) + line("a")
	tests := map[string]struct{ body, want string }{
		"NotJSON":      {"{", "not valid JSON"},
		"Null":         {"null", "not valid JSON"},
		"NoRequests":   {"{}", "requests: Field required"},
		"Extra":        {`{"requests":[],"name":"x"}`, "name: Extra inputs"},
		"NotAList":     {`{"requests":{}}`, "requests: Input should be a valid list"},
		"Empty":        {`{"requests":[]}`, "requests: List should have at least 1 item"},
		"TooMany":      {`{"requests":[` + many + `]}`, "requests: List should have at most 100000 items"},
		"NoID":         {`{"requests":[{"params":{}}]}`, "requests.0.custom_id: String should match pattern"},
		"IDEmpty":      {`{"requests":[` + line("") + `]}`, "requests.0.custom_id"},
		"IDLong":       {`{"requests":[` + line(strings.Repeat("a", 65)) + `]}`, "requests.0.custom_id"},
		"IDCharacters": {`{"requests":[` + line("a.b") + `]}`, "requests.0.custom_id"},
		"IDTwice":      {`{"requests":[` + line("a") + "," + line("b") + "," + line("a") + `]}`, "requests.2.custom_id: custom_id must be unique"},
		"NoParams":     {`{"requests":[{"custom_id":"a"}]}`, "requests.0.params: Field required"},
		"ParamsNull":   {`{"requests":[{"custom_id":"a","params":null}]}`, "requests.0.params: Field required"},
		"LineExtra":    {`{"requests":[{"custom_id":"a","params":{},"x":1}]}`, "requests.0.x: Extra inputs"},
	}
	f := setup(t, claudesim.Options{})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := f.send(http.MethodPost, batchesPath, test.body)
			require.Equal(t, http.StatusBadRequest, r.status)
			require.Contains(t, string(r.body), test.want)
			requireEnvelope(t, r)
		})
	}
	t.Run("Key", func(t *testing.T) {
		t.Parallel()
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			require.Equal(t, http.StatusUnauthorized, f.send(method, batchesPath, "{}", without("X-Api-Key")).status)
		}
		require.Equal(t, http.StatusUnauthorized, f.send(http.MethodGet, batchesPath+"/x", "", without("X-Api-Key")).status)
	})
	t.Run("TooLarge", func(t *testing.T) {
		t.Parallel()
		huge := func(r *http.Request) { r.ContentLength = 256<<20 + 1 }
		sim, err := claudesim.New(nil)
		require.NoError(t, err)
		w := serveTo(sim, http.MethodPost, batchesPath, "{}", huge)
		require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
		require.Contains(t, w.Body.String(), "<html>")
	})
}

func TestBatchLimits(t *testing.T) {
	t.Parallel()
	t.Run("Calls", func(t *testing.T) {
		t.Parallel()
		f, clock := setupBatches(t, claudesim.Options{BatchRPM: 3})
		b := f.batch(http.MethodPost, "", batchOf(ask()))
		require.Equal(t, "3", f.send(http.MethodGet, batchesPath, "").header.Get("Anthropic-Ratelimit-Requests-Limit"))
		f.batch(http.MethodGet, "/"+b.ID, "")
		refused := f.send(http.MethodGet, batchesPath+"/"+b.ID+"/results", "")
		require.Equal(t, http.StatusTooManyRequests, refused.status)
		require.Equal(t, "20", refused.header.Get("Retry-After"))
		require.Contains(t, string(refused.body), "3 batch requests per minute")
		require.Equal(t, http.StatusOK, f.post(ask()).status, "Messages have limits of their own")
		clock.Add(20 * time.Second)
		f.batch(http.MethodGet, "/"+b.ID, "")
	})
	t.Run("Queue", func(t *testing.T) {
		t.Parallel()
		f, clock := setupBatches(t, claudesim.Options{BatchQueue: 5})
		first := f.batch(http.MethodPost, "", batchOf(manyPages(3)...))
		refused := f.send(http.MethodPost, batchesPath, batchOf(manyPages(3)...))
		require.Equal(t, http.StatusTooManyRequests, refused.status)
		require.Contains(t, string(refused.body), "5 queued batch requests")
		require.Equal(t, "60", refused.header.Get("Retry-After"))
		f.batch(http.MethodPost, "", batchOf(manyPages(2)...))
		f.batch(http.MethodPost, "/"+first.ID+"/cancel", "")
		clock.Add(time.Minute)
		f.batch(http.MethodPost, "", batchOf(manyPages(3)...))
	})
	t.Run("SpendCap", func(t *testing.T) {
		t.Parallel()
		f, _ := setupBatches(t, claudesim.Options{SpendCap: 1, BatchTime: claudesim.NoLatency})
		b := f.batch(http.MethodPost, "", batchOf(manyPages(3)...))
		require.Equal(t, counts{Succeeded: 1, Errored: 2}, b.Counts)
		refused := f.send(http.MethodPost, batchesPath, batchOf(ask()))
		require.Equal(t, http.StatusTooManyRequests, refused.status)
		require.Contains(t, string(refused.body), "enforced_spend_limit_reached")
	})
}

func TestBatchList(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{})
	var ids []string
	for n := range 5 {
		ids = append(ids, f.batch(http.MethodPost, "", batchOf(askPage(n))).ID)
		clock.Add(time.Second)
	}
	slices.Reverse(ids)
	list := func(query string) (listed []string, more bool) {
		r := f.send(http.MethodGet, batchesPath+query, "")
		require.Equal(t, http.StatusOK, r.status, string(r.body))
		var l struct {
			Data    []batch
			HasMore bool    `json:"has_more"`
			FirstID *string `json:"first_id"`
			LastID  *string `json:"last_id"`
		}
		require.NoError(t, json.Unmarshal(r.body, &l))
		for _, b := range l.Data {
			listed = append(listed, b.ID)
		}
		if len(listed) > 0 {
			require.Equal(t, listed[0], *l.FirstID)
			require.Equal(t, listed[len(listed)-1], *l.LastID)
		}
		return listed, l.HasMore
	}
	all, more := list("")
	require.Equal(t, ids, all, "newest first")
	require.False(t, more)
	two, more := list("?limit=2")
	require.Equal(t, ids[:2], two)
	require.True(t, more)
	next, _ := list("?limit=2&after_id=" + ids[1])
	require.Equal(t, ids[2:4], next)
	back, _ := list("?limit=2&before_id=" + ids[4])
	require.Equal(t, ids[2:4], back)
	require.Equal(t, http.StatusBadRequest, f.send(http.MethodGet, batchesPath+"?limit=x", "").status)
}
