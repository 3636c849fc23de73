package claudebench

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// trouble is what the front does with calls instead of handing them on.
type trouble int

const (
	none trouble = iota
	overloads
	breaks
	hangs
)

// front stands before the simulated Claude: it counts what comes and what becomes of it, and plays outages.
type front struct {
	sim *claudesim.Sim
	// stopped ends calls that hang.
	stopped chan struct{}

	mu      sync.Mutex
	trouble trouble
	counts  counts
	// troubled are when calls came during an outage.
	troubled []time.Time
}

// counts are totals since the start, by the simulator's own figures.
type counts struct {
	calls, answered, throttled int64
	// input is uncached, output is all.
	input, output int64
	// writes are those of the record that the processes share about the provider.
	writes int64
}

func (c counts) minus(o counts) counts {
	return counts{
		c.calls - o.calls, c.answered - o.answered, c.throttled - o.throttled, c.input - o.input, c.output - o.output, c.writes - o.writes,
	}
}

func (f *front) set(t trouble) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trouble = t
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.counts.calls++
	t := f.trouble
	if t != none {
		f.troubled = append(f.troubled, time.Now())
	}
	f.mu.Unlock()
	switch t {
	case overloads:
		fail(w, 529, "overloaded_error")
	case breaks:
		fail(w, http.StatusInternalServerError, "api_error")
	case hangs:
		select {
		case <-r.Context().Done():
		case <-f.stopped:
		}
		panic(http.ErrAbortHandler)
	case none:
		seen := &watched{ResponseWriter: w}
		f.sim.ServeHTTP(seen, r)
		f.note(seen)
	}
}

func fail(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"type":"error","error":{"type":"` + kind + `","message":"on purpose"}}`))
}

func (f *front) note(w *watched) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch w.status {
	case http.StatusOK:
		f.counts.answered++
		f.counts.input += w.input
		f.counts.output += w.output
	case http.StatusTooManyRequests:
		f.counts.throttled++
	}
}

func (f *front) totals() counts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts
}

// watched looks at an answer on its way out.
type watched struct {
	http.ResponseWriter
	status        int
	input, output int64
}

func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(body []byte) (int, error) {
	w.input += number(body, "input_tokens") + number(body, "cache_creation_input_tokens")
	w.output += number(body, "output_tokens")
	return w.ResponseWriter.Write(body)
}

// number finds a number of the usage. Whatever the text before it quotes is escaped.
func number(body []byte, name string) int64 {
	key := []byte(`"` + name + `":`)
	at := bytes.LastIndex(body, key)
	if at < 0 {
		return 0
	}
	digits := body[at+len(key):]
	n, _ := strconv.ParseInt(string(digits[:max(bytes.IndexAny(digits, ",}"), 0)]), 10, 64)
	return n
}
