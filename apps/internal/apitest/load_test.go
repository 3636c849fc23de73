package apitest_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// load is one sort of request and how its answers went.
type load struct {
	name    string
	request func(i int) *http.Request
	status  int
	tag     bool // ask again with the ETag of the answer before

	mu    sync.Mutex
	times []time.Duration
	wrong int
	last  string
}

// run sends the requests, each at its own time, whatever becomes of those before.
func (l *load) run(client *http.Client) {
	var all sync.WaitGroup
	every, begin := time.Second/perSecond, time.Now()
	for i := range int(lasting / every) {
		at := begin.Add(time.Duration(i) * every)
		time.Sleep(time.Until(at))
		all.Go(func() { l.one(client, i, at) })
	}
	all.Wait()
}

// one sends a request. Its time counts from when it should have been sent.
func (l *load) one(client *http.Client, i int, at time.Time) {
	r := l.request(i)
	l.mu.Lock()
	if l.tag && l.last != "" {
		r.Header.Set("If-None-Match", l.last)
	}
	l.mu.Unlock()
	status, tag := 0, ""
	answer, err := client.Do(r)
	if err == nil {
		status, tag = answer.StatusCode, answer.Header.Get("Etag")
		_, err = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
	took := time.Since(at)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times = append(l.times, took)
	if err != nil || status != l.status && status != http.StatusOK {
		l.wrong++
		return
	}
	l.last = tag
}

// at is the time that a part of the answers did not exceed.
func (l *load) at(part float64) time.Duration {
	slices.Sort(l.times)
	return l.times[min(len(l.times)-1, int(part*float64(len(l.times))))]
}

// report prints the lines.
func (l *load) report(b *testing.B) {
	b.Helper()
	fmt.Printf("BENCH api/%s/p50 %.2f ms\n", l.name, float64(l.at(0.5).Microseconds())/1000)
	fmt.Printf("BENCH api/%s/p99 %.2f ms\n", l.name, float64(l.at(0.99).Microseconds())/1000)
	require.Zero(b, l.wrong, "%s: answers that were not as they should be", l.name)
}

const (
	// perSecond requests are sent for so long, of each sort.
	perSecond = 500
	lasting   = 30 * time.Second
	// rows and columns of each of the two jobs.
	rows, columns = 400, 250
)

// BenchmarkAPI asks a server that has a job of 100,000 pages at rest and another at work. It is run once (-benchtime 1x): its lines
// are its result.
func BenchmarkAPI(b *testing.B) {
	for b.Loop() {
		s := serve(b)
		large := s.business(rows, columns)
		resting := s.generate(large, "rest")
		s.pause(large, resting)
		small := s.business(rows, columns)
		working := s.generate(small, "work")
		s.begun(small, working)
		before, done := s.memory(), s.done(small, working)
		loads := s.loads(large, resting, small, working)
		for _, l := range loads {
			l.run(s.client)
		}
		after := s.memory()
		for _, l := range loads {
			l.report(b)
		}
		fmt.Printf("BENCH api/memory/before %d MiB\nBENCH api/memory/after %d MiB\n", before>>20, after>>20)
		fmt.Printf("BENCH api/pages-meanwhile %d\n", s.done(small, working)-done)
	}
}

// loads are the sorts of requests: a job at work, pages of both jobs, and a job at rest that the caller has seen.
func (s *server) loads(large, resting, small, working string) []*load {
	path := func(business, id string) string { return "/api/businesses/" + business + "/jobs/" + id }
	return []*load{
		{name: "job-get", status: http.StatusOK, request: func(int) *http.Request { return s.request(http.MethodGet, path(small, working), "") }},
		{name: "pages-list", status: http.StatusOK, request: func(i int) *http.Request {
			list := path(small, working)
			if i%2 == 1 {
				list = path(large, resting)
			}
			return s.request(http.MethodGet, list+"/pages?limit=50", "")
		}},
		{name: "etag-hit", status: http.StatusNotModified, tag: true, request: func(int) *http.Request { return s.request(http.MethodGet, path(large, resting), "") }},
	}
}

// memory is the resident set of the server in bytes.
func (s *server) memory() int64 {
	s.t.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.pid), "status"))
	require.NoError(s.t, err)
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	line, _, _ := strings.Cut(rest, "kB")
	kilobytes, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	require.NoError(s.t, err)
	return kilobytes << 10
}
