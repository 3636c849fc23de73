package attack

import (
	"bytes"
	"context"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/adapters/googleauth"
	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/adapters/logobserver"
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

// noon is when every case begins.
var noon = time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC)

// clock stands still unless a case moves it, or somebody sleeps.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, until time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until.After(c.now) {
		c.now = until
	}
	return ctx.Err()
}

func (c *clock) WithDeadline(ctx context.Context, _ time.Time) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func (c *clock) forward(d time.Duration) { _ = c.Sleep(context.Background(), c.Now().Add(d)) }

// output collects what a part of the program writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// settings are what a case has otherwise than the rest.
type settings struct {
	api httpapi.Options
	// provider stands before the simulated Claude and may change what it answers.
	provider func(http.Handler) http.Handler
	kind     job.Kind
	webhooks backoffice.WebhookSender
	// observe gets the events too.
	observe func(ports.Event)
}

// world is the whole API behind a socket, and all that comes out of it.
type world struct {
	t       *testing.T
	clock   *clock
	store   *memstore.Store
	queue   *memqueue.Queue
	office  *backoffice.Office
	jobs    *backoffice.Jobs
	api     *httpapi.API
	server  *httptest.Server
	keys    *keyServer
	claude  *claudesim.Sim
	text    output
	json    output
	net     output
	observe func(ports.Event)

	mu      sync.Mutex
	events  []ports.Event
	secrets []string
	client  *http.Client
}

// newWorld makes one; nil is the usual one. There is no limit of requests unless the case sets one.
func newWorld(t *testing.T, s *settings) *world {
	t.Helper()
	if s == nil {
		s = &settings{}
	}
	c := &clock{now: noon}
	w := &world{t: t, clock: c, store: memstore.New(c, nil), queue: memqueue.New(c, nil), observe: s.observe}
	w.secrets = append(w.secrets, canaries()...)
	w.open(s, w.model(s))
	w.serve(s)
	return w
}

// model is the simulated Claude over HTTP, behind whatever the case puts before it.
func (w *world) model(s *settings) *claudemodel.Model {
	sim, err := claudesim.New(&claudesim.Options{
		Seed: 1, Key: providerKey, Latency: claudesim.NoLatency, BatchTime: claudesim.NoLatency, Now: w.clock.Now,
	})
	require.NoError(w.t, err)
	w.claude = sim
	handler := http.Handler(sim)
	if s.provider != nil {
		handler = s.provider(handler)
	}
	server := httptest.NewServer(handler)
	w.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		sim.Close()
	})
	model, err := claudemodel.New(providerKey, &claudemodel.Options{BaseURL: server.URL})
	require.NoError(w.t, err)
	return model
}

func (w *world) open(s *settings, model *claudemodel.Model) {
	kind := s.kind
	if kind == nil {
		kind = pages.Kind{}
	}
	ids := sysclock.NewIDs()
	var err error
	w.office, err = backoffice.New(backoffice.Ports{Store: w.store, Clock: w.clock, IDs: ids, Observer: w}, &backoffice.Options{Webhooks: s.webhooks})
	require.NoError(w.t, err)
	e, err := engine.New(engine.Ports{
		Store: w.store, Queue: w.queue, Model: model, Clock: w.clock, Group: sysclock.Group{}, IDs: ids, Observer: w, Notifier: w.office, Batch: model,
	}, []job.Kind{kind}, nil)
	require.NoError(w.t, err)
	w.jobs = backoffice.NewJobs(w.office, e, nil)
}

// google makes Google's sign-in the API's.
type google struct{ *googleauth.Verifier }

func (g google) Verify(ctx context.Context, token ports.Secret, nonce string) (backoffice.Identity, error) {
	who, err := g.Verifier.Verify(ctx, token, nonce)
	return backoffice.Identity(who), err
}

func (w *world) serve(s *settings) {
	w.keys = newKeyServer(w.t)
	verifier, err := googleauth.New(w.clock, []string{ourID, otherID}, &googleauth.Options{JWKSURL: w.keys.URL + "/certs", Client: w.keys.client()})
	require.NoError(w.t, err)
	options := s.api
	options.Verifier, options.Previews = google{verifier}, pagehtml.New()
	if options.PerMinute == 0 {
		options.PerMinute, options.PerAddress = -1, -1
	}
	w.api, err = httpapi.New(w.office, w.jobs, &options)
	require.NoError(w.t, err)
	w.server = httptest.NewUnstartedServer(w.api)
	// The size that the API itself allows and something for the request line: more is refused before it is kept.
	w.server.Config.MaxHeaderBytes = 16 << 10
	w.server.Config.ErrorLog = log.New(&w.net, "", 0)
	w.server.Start()
	w.client = &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 128},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w.t.Cleanup(func() {
		w.client.CloseIdleConnections()
		w.server.Close()
		w.silent()
	})
}

// Observe implements ports.Observer: an event goes through both forms of the log.
func (w *world) Observe(ctx context.Context, e ports.Event) {
	w.mu.Lock()
	w.events = append(w.events, e)
	w.mu.Unlock()
	if w.observe != nil {
		w.observe(e)
	}
	logobserver.New(logobserver.NewJSON(&w.json, slog.LevelDebug)).Observe(ctx, e)
	logobserver.New(slog.New(slog.NewTextHandler(&w.text, &slog.HandlerOptions{Level: slog.LevelDebug}))).Observe(ctx, e)
}

// seen are the events of the name.
func (w *world) seen(name ports.EventName) (list []ports.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.Name == name {
			list = append(list, e)
		}
	}
	return list
}

// work does what the queue has and sweeps until the job is at rest.
func (w *world) work(id job.ID) *job.Job {
	w.t.Helper()
	for range 300 {
		got, err := w.queue.Receive(w.t.Context(), 10, w.clock.Now())
		require.NoError(w.t, err)
		for _, d := range got {
			_ = w.jobs.Engine.Work(w.t.Context(), d.Body)
			require.NoError(w.t, w.queue.Ack(w.t.Context(), d.Receipt))
		}
		j, err := w.jobs.Engine.Job(w.t.Context(), id)
		require.NoError(w.t, err)
		if j.State.Ended() || j.State == job.StatePaused {
			return j
		}
		w.clock.forward(time.Minute)
		_, err = w.jobs.Engine.Sweep(w.t.Context())
		require.NoError(w.t, err)
	}
	w.t.Fatal("the job does not come to rest")
	return nil
}

// audits is the whole trail, newest first.
func (w *world) audits() (all []backoffice.AuditRecord) {
	w.t.Helper()
	for q := (backoffice.AuditQuery{Limit: 200, From: noon}); ; { // nothing was before, and every month is a look
		list, next, err := w.office.Audit(w.t.Context(), q)
		require.NoError(w.t, err)
		all = append(all, list...)
		if q.Cursor = next; next == "" {
			return all
		}
	}
}

// denials is how many lines of the trail say denied.
func (w *world) denials() (n int) {
	for _, r := range w.audits() {
		if r.Result == backoffice.AuditDenied {
			n++
		}
	}
	return n
}

// denied runs an attempt and demands exactly one more line that says so.
func (w *world) denied(attempt func() answer) answer {
	w.t.Helper()
	before := w.denials()
	a := attempt()
	require.Equal(w.t, 1, w.denials()-before, "%d %s: lines of the trail that say denied", a.StatusCode, a.body)
	return a
}

func readAll(r io.Reader) []byte {
	body, _ := io.ReadAll(r) // an answer that breaks off is as long as it is
	return body
}

func has(list []string, s string) bool { return slices.Contains(list, s) }
