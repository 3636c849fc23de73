package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/pagehtml"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// preparer is who a test prepares things as.
func preparer() backoffice.Caller {
	return backoffice.Caller{Principal: "test", Kind: backoffice.Service, Role: backoffice.Admin, Businesses: []string{backoffice.AllBusinesses}, RequestID: "test-prepares"}
}

// Sleep implements ports.Clock: whoever waits gets there a thousand times as fast, and takes the clock along.
func (c *clock) Sleep(ctx context.Context, until time.Time) error {
	timer := time.NewTimer(until.Sub(c.Now()) / 1000)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.Before(until) {
		c.at = until
	}
	return nil
}

// WithDeadline implements ports.Clock: calls get as much real time as they have on this clock.
func (c *clock) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, at.Sub(c.Now()))
}

// observer keeps what it is told.
type observer struct {
	mu     sync.Mutex
	events []ports.Event
}

func (o *observer) Observe(_ context.Context, e ports.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, e)
}

// faults are the details of what went wrong.
func (o *observer) faults() (list []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range o.events {
		if e.Name == ports.EventFault {
			list = append(list, e.Detail)
		}
	}
	return list
}

// clock stands still unless a test moves it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is the API over memory adapters, an engine that asks the simulated Claude over HTTP, and a service of each role.
type world struct {
	*httpapi.API
	t        *testing.T
	office   *backoffice.Office
	jobs     *backoffice.Jobs
	store    ports.Store
	queue    *memqueue.Queue
	clock    *clock
	sim      *claudesim.Sim
	observer *observer
	tokens   map[backoffice.Role]string
}

// newWorld makes one; the options may be nil. There is no limit of requests unless they say so.
func newWorld(t *testing.T, options *httpapi.Options) *world {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	return newWorldOver(t, memstore.New(c, nil), c, options)
}

func newWorldOver(t *testing.T, store ports.Store, c *clock, options *httpapi.Options) *world {
	t.Helper()
	w := &world{t: t, clock: c, store: store, observer: &observer{}, tokens: map[backoffice.Role]string{}}
	w.queue = memqueue.New(c, nil)
	sim, err := claudesim.New(&claudesim.Options{Seed: 1, Speed: 1e6})
	require.NoError(t, err)
	w.sim = sim
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	model, err := claudemodel.New("sk-ant-api03-test", &claudemodel.Options{BaseURL: server.URL})
	require.NoError(t, err)
	ids := sysclock.NewIDs()
	w.office, err = backoffice.New(backoffice.Ports{Store: w.store, Clock: c, IDs: ids, Observer: w.observer}, nil)
	require.NoError(t, err)
	e, err := engine.New(engine.Ports{
		Store: w.store, Queue: w.queue, Model: model, Clock: c, Group: sysclock.Group{}, IDs: ids, Observer: w.observer, Batch: model, Notifier: w.office,
	}, []job.Kind{pages.Kind{}}, nil)
	require.NoError(t, err)
	w.jobs = backoffice.NewJobs(w.office, e, nil)
	if options == nil {
		options = &httpapi.Options{}
	}
	if options.PerMinute == 0 {
		options.PerMinute, options.PerAddress = -1, -1
	}
	if options.Previews == nil {
		options.Previews = pagehtml.New()
	}
	w.API, err = httpapi.New(w.office, w.jobs, options)
	require.NoError(t, err)
	for _, role := range backoffice.Roles() {
		w.tokens[role] = w.token(role, backoffice.AllBusinesses)
	}
	return w
}

// token makes a service of the role that sees the businesses.
func (w *world) token(role backoffice.Role, businesses ...string) string {
	w.t.Helper()
	_, token, err := w.office.CreatePrincipal(w.t.Context(), preparer(), backoffice.NewPrincipal{
		Kind: backoffice.Service, Name: "test " + string(role), Role: role, Businesses: businesses, ExpiresAt: w.clock.Now().Add(24 * time.Hour),
	})
	require.NoError(w.t, err)
	return string(token)
}

// answer is what came back.
type answer struct {
	*http.Response
	body []byte
}

// get is the member of the body at the path, such as "business.id".
func (a answer) get(t *testing.T, path string) any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(a.body, &v), "%s", a.body)
	for _, name := range strings.Split(path, ".") {
		members, is := v.(map[string]any)
		require.True(t, is, "%s in %s", path, a.body)
		v = members[name]
	}
	return v
}

// aTime is any form of RFC 3339.
var aTime = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.0-9Z+:-]*`)

// send makes a request with the token; headers are name and value in turn. A body that is no string is sent as JSON.
func (w *world) send(token, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		require.NoError(w.t, err)
		in = bytes.NewReader(text)
	}
	r := httptest.NewRequest(method, path, in)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	for _, said := range aTime.FindAllString(rec.Body.String(), -1) {
		require.Regexp(w.t, `:\d\d\.\d{3}Z$`, said, "%s %s: times have milliseconds and are in UTC", method, path)
	}
	return answer{rec.Result(), rec.Body.Bytes()}
}

// as sends with the token of the role.
func (w *world) as(role backoffice.Role, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	return w.send(w.tokens[role], method, path, body, headers...)
}

// must sends as an admin and demands the status.
func (w *world) must(status int, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	a := w.as(backoffice.Admin, method, path, body, headers...)
	require.Equal(w.t, status, a.StatusCode, "%s %s: %s (%v)", method, path, a.body, w.observer.faults())
	return a
}

// work does what the queue has, until it is empty.
func (w *world) work() {
	w.t.Helper()
	for {
		got, err := w.queue.Receive(w.t.Context(), 10, w.clock.Now())
		require.NoError(w.t, err)
		if len(got) == 0 {
			return
		}
		for _, d := range got {
			require.NoError(w.t, w.jobs.Engine.Work(w.t.Context(), d.Body))
			require.NoError(w.t, w.queue.Ack(w.t.Context(), d.Receipt))
		}
	}
}

// audits reads the whole trail, newest first.
func (w *world) audits() []backoffice.AuditRecord {
	w.t.Helper()
	list, _, err := w.office.Audit(w.t.Context(), backoffice.AuditQuery{Limit: 200})
	require.NoError(w.t, err)
	return list
}
