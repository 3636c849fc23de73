package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/remote"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// clock notes what it was asked to wait for, and does not. It stands still, so that a slow machine adds nothing to a wait.
type clock struct {
	sysclock.Clock
	mu    sync.Mutex
	waits []time.Duration
}

func (c *clock) Now() time.Time { return time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC) }

func (c *clock) Sleep(ctx context.Context, until time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, until.Sub(c.Now()))
	return ctx.Err()
}

// setup serves answers one after the other, the last one again and again, and returns what was asked.
func setup(t *testing.T, answers ...http.HandlerFunc) (*remote.Client, *clock, *[]*http.Request) {
	t.Helper()
	var mu sync.Mutex // a connection that is cut says nothing, so the next one may be served before its handler has ended
	var asked []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r)
		n := len(asked)
		mu.Unlock()
		answers[min(n, len(answers))-1](w, r)
	}))
	t.Cleanup(server.Close)
	waits, n := &clock{}, 0
	c, err := remote.New(server.URL+"/", "mbt_canary", &remote.Options{Clock: waits, Jitter: func() float64 { return 1 }, NewKey: func() string {
		n++
		return fmt.Sprintf("key-%d", n)
	}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, waits, &asked
}

func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const oneJob = `{"job": {"id": "j-1", "status": "running", "counts": {"completed": 2}, "settled": "0.500000000000", "other": 1}}`

func TestAnOrderIsRepeatedUnderItsKey(t *testing.T) {
	t.Parallel()
	c, waits, asked := setup(t, says(503, `{"code": "UNAVAILABLE", "detail": "down"}`, "Retry-After", "7"), says(429, `{"code": "RATE_LIMITED"}`),
		says(409, `{"code": "IDEMPOTENCY_IN_PROGRESS"}`, "Retry-After", "soon"), says(202, oneJob))
	j, err := c.Ask(t.Context(), "b", "j-1", remote.Pause, "lunch")
	require.NoError(t, err)
	require.Equal(t, 2, j.Counts["completed"])
	require.Contains(t, string(j.Raw), `"other": 1`, "the whole object is kept")
	require.Equal(t, []time.Duration{7 * time.Second, 500 * time.Millisecond, time.Second}, waits.waits)
	require.Len(t, *asked, 4)
	for _, r := range *asked {
		require.Equal(t, "/api/businesses/b/jobs/j-1/pause", r.URL.Path)
		require.Equal(t, "key-1", r.Header.Get("Idempotency-Key"))
		require.Equal(t, "Bearer mbt_canary", r.Header.Get("Authorization"))
	}
	_, err = c.Ask(t.Context(), "b", "j-1", remote.Cancel, "")
	require.NoError(t, err)
	require.Equal(t, "key-2", (*asked)[4].Header.Get("Idempotency-Key"), "another order has another key")
}

func TestItGivesUp(t *testing.T) {
	t.Parallel()
	c, waits, asked := setup(t, says(503, "no"))
	_, err := c.Job(t.Context(), "b", "j-1")
	require.ErrorIs(t, err, fault.Unavailable)
	require.Len(t, *asked, 4)
	require.Len(t, waits.waits, 3)

	c, waits, _ = setup(t, says(429, `{"code": "RATE_LIMITED"}`, "Retry-After", "61"))
	_, err = c.Job(t.Context(), "b", "j-1")
	require.ErrorIs(t, err, fault.Throttled)
	require.Empty(t, waits.waits, "nobody waits for so long")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]fault.Kind{
		301: fault.Invalid, 400: fault.Invalid, 401: fault.Unauthorized, 402: fault.Budget, 403: fault.Rejected, 404: fault.NotFound, 409: fault.Conflict,
		412: fault.Conflict, 422: fault.Invalid, 500: fault.Internal,
	} {
		c, _, asked := setup(t, says(status, `{"code": "SOME_CODE", "detail": "no such thing", "request_id": "r-1", "errors": [{"pointer": "/a", "message": "wrong"}]}`, "Location", "/x"))
		_, err := c.Job(t.Context(), "b", "j-1")
		require.ErrorIs(t, err, want, status)
		require.EqualError(t, err, "remote: no such thing; /a wrong (SOME_CODE, request r-1)")
		require.Len(t, *asked, 1, "it is not asked again")
	}
	c, _, _ := setup(t, says(400, `{"code": "V", "title": "Bad", "errors": [{},{},{},{},{},{},{}]}`))
	_, err := c.Job(t.Context(), "b", "j-1")
	require.ErrorContains(t, err, "Bad; ")
	require.ErrorContains(t, err, "and 2 more")
}

func TestLists(t *testing.T) {
	t.Parallel()
	c, _, asked := setup(t, says(200, `{"jobs": [{"id": "a"}, {"id": "b"}], "next_cursor": "more"}`), says(200, `{"jobs": [{"id": "c"}, {"id": "d"}], "next_cursor": null}`))
	jobs, err := c.Jobs(t.Context(), "b", 3)
	require.NoError(t, err)
	require.Len(t, jobs, 3)
	require.Equal(t, "cursor=more&limit=3", (*asked)[1].URL.RawQuery)
	c, _, asked = setup(t, says(200, `{"jobs": [{"id": "a"}, {"id": "b"}], "next_cursor": "more"}`))
	jobs, err = c.Jobs(t.Context(), "b", 2)
	require.NoError(t, err)
	require.Len(t, jobs, 2)
	require.Len(t, *asked, 1, "that is enough")
	c, _, _ = setup(t, says(200, `{"events": [{"type": "created"}], "next_cursor": null}`))
	events, err := c.Events(t.Context(), "b", "j")
	require.NoError(t, err)
	require.Len(t, events, 1)
}

// TestStrangeAnswers: what is no answer of the API is an error, whatever was asked.
func TestStrangeAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"<html>", `{"jobs": 1, "forecast": 1, "ok": "x", "job": 1, "events": {}, "groups": "x", "business": 7}`} {
		c, _, _ := setup(t, says(200, body))
		ctx := t.Context()
		_, list := c.Jobs(ctx, "b", 5)
		_, one := c.Job(ctx, "b", "j")
		_, events := c.Events(ctx, "b", "j")
		_, failures := c.Failures(ctx, "b", "j")
		_, name := c.Name(ctx, "b")
		_, wish := c.Ask(ctx, "b", "j", remote.Resume, "")
		_, _, retry := c.Retry(ctx, "b", "j", nil, 0)
		_, verify := c.Verify(ctx, "", "")
		_, _, forecast := c.Forecast(ctx, "b", remote.Order{})
		for i, err := range []error{list, one, events, failures, name, wish, retry, verify, forecast} {
			require.ErrorIs(t, err, fault.Internal, "%d of %s", i, body)
			require.ErrorContains(t, err, "cannot be read")
		}
	}
}

// TestVerifyAllIsAllOfItsParts: books that are wrong in one part are wrong in all, and a part that is missing is no answer.
func TestVerifyAllIsAllOfItsParts(t *testing.T) {
	t.Parallel()
	wrong := says(http.StatusOK, `{"ok":false,"jobs":2,"entries":20,"shards":3,"problems":[{"job_id":"j","kind":"gap","shard":1,"seq":7}],"next_cursor":"a+b"}`)
	right := says(http.StatusOK, `{"ok":true,"jobs":1,"entries":5,"shards":1,"problems":[],"next_cursor":null}`)
	c, _, asked := setup(t, wrong, right)
	v, err := c.Verify(t.Context(), "", "")
	require.NoError(t, err)
	require.JSONEq(t, `{"ok":false,"jobs":3,"entries":25,"shards":4,"problems":[{"job_id":"j","kind":"gap","shard":1,"seq":7}]}`, string(v.Raw))
	require.False(t, v.OK)
	require.Len(t, *asked, 2)
	require.Equal(t, []string{"", "a+b"}, []string{(*asked)[0].URL.Query().Get("cursor"), (*asked)[1].URL.Query().Get("cursor")})
	require.NotEqual(t, (*asked)[0].Header.Get("Idempotency-Key"), (*asked)[1].Header.Get("Idempotency-Key"))

	c, _, _ = setup(t, wrong, says(http.StatusForbidden, `{"status":403,"code":"FORBIDDEN","detail":"no"}`, "Content-Type", "application/problem+json"))
	_, err = c.Verify(t.Context(), "", "")
	require.Error(t, err)
}

// cut breaks an answer off.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, "{")
	panic(http.ErrAbortHandler)
}

func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	c, _, _ := setup(t, cut)
	_, err := c.Job(t.Context(), "b", "j")
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorIs(t, c.Export(t.Context(), "b", "j", "csv", io.Discard), fault.Unavailable)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Job(ended, "b", "j")
	require.Equal(t, context.Canceled, err)

	c, _, _ = setup(t, says(200, "a,b\n"))
	var out strings.Builder
	require.NoError(t, c.Export(t.Context(), "b", "j", "csv", &out))
	require.Equal(t, "a,b\n", out.String())
	full := writer(func([]byte) (int, error) { return 0, errors.New("no space") })
	require.ErrorContains(t, c.Export(t.Context(), "b", "j", "csv", full), "standard output cannot be written to: no space")

	nobody, err := remote.New("http://127.0.0.1:1", "t", &remote.Options{Clock: &clock{}})
	require.NoError(t, err)
	_, err = nobody.Job(t.Context(), "b", "j")
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorContains(t, err, "the server http://127.0.0.1:1 does not answer")
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestNew(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"": "is no URL", "api.example.com": "is no URL", "ftp://x": "is no URL", "https://u:canary@x": "is no URL", "https://x?a=b": "is no URL",
		"http://api.example.com": "in plain text", "http://10.0.0.1": "in plain text",
	} {
		_, err := remote.New(address, "t", nil)
		require.ErrorIs(t, err, fault.Invalid, address)
		require.ErrorContains(t, err, want, address)
		require.NotContains(t, err.Error(), "canary")
	}
	for _, address := range []string{"https://api.example.com", "https://api.example.com/base/", "http://localhost:1", "http://[::1]:1"} {
		_, err := remote.New(address, "t", nil)
		require.NoError(t, err, address)
	}
	_, err := remote.New("https://api.example.com", " \n", nil)
	require.ErrorContains(t, err, "a token is needed")
}

func ExampleNew() {
	_, err := remote.New("http://api.example.com", "mbt_...", nil)
	fmt.Println(err)
	// Output: remote: the token would go to api.example.com in plain text: give an address that begins with https://
}
