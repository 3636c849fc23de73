package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
)

// runsMB makes a process of this test binary be mb itself, so that a real process can be killed.
const runsMB = "MB_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(runsMB) != "" {
		main()
	}
	os.Exit(m.Run())
}

// The smallest catalog that passes every gate: two keywords and two towns give four pages.
const smallCatalog = `business:
  id: corner-bakery
  name: Corner Bakery
  industry_type: Bakery
  phone: (401) 555-0100
  email: hello@corner.example
  website: https://corner.example
  primary_city: Warwick
  primary_state: RI
questionnaire:
  identity: {tagline: Bread before dawn, year_established: 1998}
  audience: {target_description: People who get up early, languages: [English]}
services:
  - {name: Fresh bread, is_primary: true}
  - {name: Birthday cakes}
keywords:
  - {keyword: fresh bread}
  - {keyword: birthday cakes}
service_areas:
  - {city: Warwick, state: RI}
  - {city: Cranston, state: RI}
`

// shop is a place to run commands in: a catalog, a store, a folder for pages, and a simulator that answers the calls.
type shop struct {
	*testing.T
	dir  string
	sim  *claudesim.Sim
	door *door
	url  string
	env  map[string]string
}

// newShop opens a shop whose simulator answers at once.
func newShop(t *testing.T) *shop {
	t.Helper()
	inOneMonth(t)
	sim, err := claudesim.New(&claudesim.Options{Seed: 1, Latency: claudesim.NoLatency, BatchTime: claudesim.NoLatency})
	require.NoError(t, err)
	s := &shop{T: t, dir: t.TempDir(), sim: sim, door: &door{behind: sim, pass: -1}, env: map[string]string{keyVariable: "sk-secret"}}
	server := httptest.NewServer(s.door)
	s.url = server.URL
	t.Cleanup(func() {
		s.door.open()
		server.CloseClientConnections()
		server.Close()
	})
	s.write("catalog.yaml", smallCatalog)
	return s
}

// inOneMonth lets a test that begins at the very end of a month begin with the next one: budgets are a month's, and a job whose budget
// was set before midnight has none after it.
func inOneMonth(t *testing.T) {
	t.Helper()
	now := sysclock.Clock{}.Now().UTC()
	next := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	if next.Sub(now) < 2*time.Minute {
		require.NoError(t, sysclock.Clock{}.Sleep(t.Context(), next))
	}
}

func (s *shop) path(name string) string { return filepath.Join(s.dir, name) }

func (s *shop) write(name, text string) string {
	s.Helper()
	require.NoError(s, os.WriteFile(s.path(name), []byte(text), 0o600))
	return s.path(name)
}

func (s *shop) read(name string) string {
	s.Helper()
	text, err := os.ReadFile(s.path(name))
	require.NoError(s, err)
	return string(text)
}

// ran is what became of a command.
type ran struct {
	*testing.T
	code           int
	stdout, stderr string
}

// run runs a command to its end, without the flags that most need.
func (s *shop) run(args ...string) ran { return s.runWith(world{}, args...) }

func (s *shop) runWith(w world, args ...string) ran {
	s.Helper()
	return s.runIn(s.Context(), w, args...)
}

func (s *shop) runIn(ctx context.Context, w world, args ...string) ran {
	s.Helper()
	var stdout, stderr bytes.Buffer
	also := w.stderr
	if also == nil {
		also = io.Discard
	}
	w.stderr = &locked{w: io.MultiWriter(&stderr, also)}
	if w.stdout == nil {
		w.stdout = &stdout
	}
	w.env = func(name string) string { return s.env[name] }
	if w.width == nil {
		w.width = func() int { return 0 }
	}
	code := run(ctx, args, w)
	return ran{s.T, code, stdout.String(), stderr.String()}
}

// locked is a writer for several goroutines.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// making are the flags of generate for the catalog of the shop, after which others may follow.
func (s *shop) making(more ...string) []string {
	return append([]string{
		"generate", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area", "--out", s.path("out"),
	}, s.calling(more...)...)
}

// calling are the flags of a command that makes calls: the simulator and the store of the shop.
func (s *shop) calling(more ...string) []string {
	return append([]string{"--anthropic-base-url", s.url, "--store", s.store()}, more...)
}

func (s *shop) store() string { return "bolt:" + s.path("store.db") }

// on is a command about something in the store of the shop.
func (s *shop) on(words ...string) []string { return append(words, "--store", s.store()) }

// job is the id of the only job in the store.
func (s *shop) job() string {
	s.Helper()
	var jobs []result
	listed := s.run(s.on("jobs", "list", "--json")...)
	require.Equal(s, exitDone, listed.code, listed.stderr)
	require.NoError(s, json.Unmarshal([]byte(listed.stdout), &jobs))
	require.Len(s, jobs, 1)
	return string(jobs[0].Job)
}

// want demands an exit code and returns the command's end for more.
func (r ran) want(code int) ran {
	r.Helper()
	require.Equal(r, code, r.code, "stdout: %s\nstderr: %s", r.stdout, r.stderr)
	return r
}

// result is the JSON object on stdout, which must be all that is there.
func (r ran) result() (res result) {
	r.Helper()
	require.Equal(r, 1, strings.Count(r.stdout, "\n"), "one line: %s", r.stdout)
	require.NoError(r, json.Unmarshal([]byte(r.stdout), &res), r.stdout)
	return res
}

// complains demands an error of one line that has all of the texts, and nothing on stdout.
func (r ran) complains(texts ...string) {
	r.Helper()
	require.Empty(r, r.stdout)
	require.Equal(r, 1, strings.Count(r.stderr, "\n"), "one line: %s", r.stderr)
	require.True(r, strings.HasPrefix(r.stderr, "mb: "), r.stderr)
	for _, text := range texts {
		require.Contains(r, r.stderr, text)
	}
}

// door stands before the simulator: it lets some calls pass, spoils those that it is told to, and holds the others.
type door struct {
	behind http.Handler

	mu sync.Mutex
	// pass is how many more calls go through; below zero all do.
	pass int
	// held is told of each call that is held; released lets them go through.
	held     chan struct{}
	released chan struct{}
	// spoil, if any, answers instead of the simulator where it says true.
	spoil func(w http.ResponseWriter, prompt string) bool
	calls int
}

// hold lets so many calls through and holds all later ones. The channel is told of each that is held.
func (d *door) hold(after int) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pass, d.held, d.released = after, make(chan struct{}, 1000), make(chan struct{})
	return d.held
}

// open lets all calls through, also those that are held.
func (d *door) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pass = -1
	if d.released != nil {
		close(d.released)
		d.released = nil
	}
}

// answer lets spoil answer where it wants to.
func (d *door) answer(spoil func(w http.ResponseWriter, prompt string) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spoil = spoil
}

func (d *door) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	d.mu.Lock()
	d.calls++
	held, released, spoil := d.held, d.released, d.spoil
	holds := d.pass == 0
	if d.pass > 0 {
		d.pass--
	}
	d.mu.Unlock()
	if holds {
		held <- struct{}{}
		<-released
	}
	if spoil != nil && spoil(w, string(body)) {
		return
	}
	d.behind.ServeHTTP(w, r)
}

// refusing answers like Claude when it declines, for prompts that have the text.
func refusing(t *testing.T, text string) func(http.ResponseWriter, string) bool {
	t.Helper()
	refuses, err := claudesim.New(&claudesim.Options{Latency: claudesim.NoLatency, Faults: claudesim.Faults{Refusal: 1}})
	require.NoError(t, err)
	return func(w http.ResponseWriter, prompt string) bool {
		if !strings.Contains(prompt, text) {
			return false
		}
		r := httptest.NewRequest(http.MethodPost, "/v1/messages", strings.NewReader(prompt))
		maps.Copy(r.Header, http.Header{
			"X-Api-Key": {"any"}, "Anthropic-Version": {"2023-06-01"}, "Content-Type": {"application/json"},
		})
		refuses.ServeHTTP(w, r)
		return true
	}
}
