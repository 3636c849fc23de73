package canary

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/emfmetrics"
	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/guardmodel"
	"github.com/marketbrewer/marketbrewer/adapters/logobserver"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// jumpClock is at once at the time that somebody waits for.
type jumpClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *jumpClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *jumpClock) Sleep(ctx context.Context, until time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until.After(c.now) {
		c.now = until
	}
	return ctx.Err()
}

func (c *jumpClock) WithDeadline(ctx context.Context, _ time.Time) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func (c *jumpClock) pass(d time.Duration) { _ = c.Sleep(context.Background(), c.Now().Add(d)) }

// output collects what one part of the program writes.
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

// letter is a message that was sent.
type letter struct {
	body  []byte
	due   time.Time
	tries int
}

// world is an engine with everything that a program has around it, and all that comes out of it.
type world struct {
	t       *testing.T
	clock   *jumpClock
	engine  *engine.Engine
	logger  *slog.Logger
	metrics *emfmetrics.Metrics
	// json, text, emf, errors and notices are what came out; provider is what the provider got.
	json, text, emf, errors, notices, provider output

	mu   sync.Mutex
	mail []letter
}

// newWorld has a provider that serves whatever is given; rules break the ports.
func newWorld(t *testing.T, provider func(*jumpClock) http.Handler, rules ...faultport.Rule) *world {
	w := &world{t: t, clock: &jumpClock{now: time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)}}
	w.logger = logobserver.NewJSON(&w.json, slog.LevelDebug)
	w.metrics = emfmetrics.New(&w.emf, w.clock, &emfmetrics.Options{Service: "worker", Stage: "test"})
	server := httptest.NewServer(w.listen(provider(w.clock)))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	client, err := claudemodel.New(key, &claudemodel.Options{BaseURL: server.URL, Timeout: 300 * time.Millisecond})
	require.NoError(t, err)
	plan := faultport.NewPlan(w.clock, rules...)
	w.engine, err = engine.New(engine.Ports{
		Store: plan.Store(memstore.New(w.clock, nil)), Queue: plan.Sender(w), Model: guardmodel.New(client, w.clock, &guardmodel.Options{Observer: w}),
		Clock: w.clock, Group: sysclock.Group{}, IDs: sysclock.NewIDs(), Observer: w, Notifier: w, Batch: client,
	}, []job.Kind{pages.Kind{}}, nil)
	require.NoError(t, err)
	return w
}

// listen notes what the provider gets.
func (w *world) listen(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, _ = w.provider.Write(append([]byte(r.Header.Get("X-Api-Key")), body...))
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(rw, r)
		}
	})
}

// Observe writes the event as each program would.
func (w *world) Observe(ctx context.Context, event ports.Event) {
	logobserver.New(w.logger).Observe(ctx, event)
	logobserver.New(slog.New(slog.NewTextHandler(&w.text, &slog.HandlerOptions{Level: slog.LevelDebug}))).Observe(ctx, event)
	w.metrics.Observe(ctx, event)
}

// Notify takes every notice.
func (w *world) Notify(_ context.Context, notice ports.Notice) error {
	_, err := w.notices.Write(notice.Body)
	return err
}

// Send keeps messages until they are due.
func (w *world) Send(_ context.Context, messages ...ports.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range messages {
		w.mail = append(w.mail, letter{body: slices.Clone(m.Body), due: w.clock.Now().Add(m.Delay)})
	}
	return nil
}

// next takes the message that is due first.
func (w *world) next() (letter, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.mail) == 0 {
		return letter{}, false
	}
	first := 0
	for i := range w.mail {
		if w.mail[i].due.Before(w.mail[first].due) {
			first = i
		}
	}
	l := w.mail[first]
	w.mail = slices.Delete(w.mail, first, first+1)
	return l, true
}

// failed notes the error of a call, as a program that logs and prints it would.
func (w *world) failed(err error) bool {
	if err == nil {
		return false
	}
	w.logger.Error("a call failed", "error", err)
	_, _ = io.WriteString(&w.errors, err.Error()+"\n")
	return true
}

// rest works and sweeps until the job has ended or is paused, for some hours at most.
func (w *world) rest(id job.ID) job.State {
	ctx := w.t.Context()
	for range 400 {
		if l, some := w.next(); some {
			w.work(ctx, l)
		} else {
			w.clock.pass(time.Minute)
			_, err := w.engine.Sweep(ctx)
			w.failed(err)
		}
		j, err := w.engine.Job(ctx, id)
		if !w.failed(err) && (j.State.Ended() || j.State == job.StatePaused) {
			return j.State
		}
	}
	return ""
}

func (w *world) work(ctx context.Context, l letter) {
	_ = w.clock.Sleep(ctx, l.due)
	if !w.failed(w.engine.Work(ctx, l.body)) {
		return
	}
	if l.tries++; l.tries > 3 {
		w.failed(w.engine.DeadLetter(ctx, l.body))
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mail = append(w.mail, letter{l.body, w.clock.Now().Add(time.Minute), l.tries})
}

// outputs is everything that came out, by where.
func (w *world) outputs() map[string]string {
	require.NoError(w.t, w.metrics.Flush(context.Background()))
	return map[string]string{
		"json log": w.json.String(), "text log": w.text.String(), "metrics": w.emf.String(), "errors": w.errors.String(), "notices": w.notices.String(),
	}
}

// silent demands that nothing came out, of anything that was put in.
func (w *world) silent() {
	w.t.Helper()
	for name, text := range w.outputs() {
		for line := range strings.Lines(text) {
			require.Empty(w.t, leaks(line), "%s: %.2000s", name, line)
		}
	}
}

// bakery is a business with a canary in each place of its catalog that is private or becomes a part of prompts.
func bakery() catalog.Catalog {
	year := 1998
	return catalog.Catalog{
		Business: catalog.Business{
			ID: "corner-bakery", Name: "Corner Bakery", IndustryType: "Bakery", Phone: phone, Email: email, Website: "https://corner.example",
			PrimaryCity: "Warwick", PrimaryState: "RI",
		},
		Questionnaire: catalog.Questionnaire{
			Identity: catalog.Identity{Tagline: tagline, YearEstablished: &year},
			Audience: catalog.Audience{TargetDescription: audience, Languages: []string{"English"}},
		},
		Services:     []catalog.Service{{Name: "Fresh bread", IsPrimary: true}, {Name: "Birthday cakes"}},
		Keywords:     []catalog.Keyword{{Keyword: "fresh bread"}, {Keyword: "birthday cakes"}},
		ServiceAreas: []catalog.ServiceArea{{City: "Warwick", State: "RI"}, {City: "Cranston", State: "RI"}},
	}
}

// order is a job of four pages.
func (w *world) order(lane cost.Lane) engine.Submission {
	input, err := pages.Build(bakery(), pages.Options{PageType: "keyword-service-area", Model: "claude-haiku-5-5", Year: 2026})
	require.NoError(w.t, err)
	return engine.Submission{
		Tenant: "corner-bakery", Kind: pages.Kind{}.Name(), Input: input, Cap: 100 * cost.Dollar, Lane: lane, RequestID: "req-1", Key: "key-1",
		Limits: job.Limits{Judged: 2, Unknown: 2, GiveUpAfter: time.Hour},
	}
}

// submit submits it. A store that fails may need more than one try.
func (w *world) submit(lane cost.Lane) job.ID {
	for range 20 {
		receipt, err := w.engine.Submit(w.t.Context(), w.order(lane))
		if !w.failed(err) {
			return receipt.Job.ID
		}
		w.clock.pass(time.Minute)
	}
	w.t.Fatal("the job cannot be submitted")
	return ""
}
