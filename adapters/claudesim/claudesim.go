// Package claudesim plays the Claude API: an http.Handler with its routes, request rules, headers, errors,
// rate limits, latency and prices, which answers with plausible text, breaks on purpose at chosen rates, and
// keeps its own bill of what it charged. Everything is drawn from a seed and the request, so a run can be
// repeated. It shares no code with the rest of the product, prices least of all: a ledger that agrees with
// this bill agrees with an independent count. It answers whole messages (no streaming, batches or tools)
// and never caches prompts.
package claudesim

import (
	"context"
	"net/http"
	"strings"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim/internal/prose"
)

// Sim is one simulated account of the Claude API. It is safe for concurrent use; all requests share its rate
// limits, its bill and its counters.
type Sim struct {
	options Options
	clock   clock
	book    *prose.Book
	forms   formCache
	limits  *limits
	bill    *bill
	fates   fates
	stats   stats
	ids     ids
	routes  map[string]route
	// ctx ends when the simulator is closed; waits end with it.
	ctx   context.Context
	close context.CancelFunc
}

var _ http.Handler = (*Sim)(nil)

// New returns a simulator. The options may be nil. The error says which option is out of range and what to
// give instead.
func New(options *Options) (*Sim, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Sim{options: o, book: prose.NewBook(), bill: &bill{limit: o.SpendCap}, ctx: ctx, close: cancel}
	s.clock = newClock(o.Now, o.Speed)
	s.limits = newLimits(&o)
	s.fates = fates{seed: o.Seed, faults: o.Faults, seen: map[[32]byte]uint32{}}
	s.ids = ids{seed: o.Seed, start: uint64(s.clock.start.UnixNano())}
	s.routes = s.allRoutes()
	return s, nil
}

// Close ends every wait: calls that are being generated are finished at once, hanging ones are dropped, and
// later ones are answered without latency. A server that is shut down should close the simulator first.
func (s *Sim) Close() { s.close() }

// Bill returns the totals of what was billed since the start or the last reset.
func (s *Sim) Bill() Bill { return s.bill.totals() }

// Charges returns the latest billed requests, oldest first; at most 1,000 are kept.
func (s *Sim) Charges() []Charge { return s.bill.latest() }

// Stats returns the counters of message requests since the start.
func (s *Sim) Stats() Stats { return s.stats.read() }

// Reset begins a new run: it clears the bill (and with it the spend cap) and what is remembered of earlier
// requests, so that the same requests meet the same fates again. Counters and rate limits go on.
func (s *Sim) Reset() {
	s.bill.reset()
	s.fates.reset()
}

// route is what may be asked of one path.
type route struct {
	method string
	serve  func(http.ResponseWriter, *http.Request)
}

const modelsPath = "/v1/models/"

func (s *Sim) allRoutes() map[string]route {
	return map[string]route{
		"/v1/messages":              {http.MethodPost, s.serveMessages},
		"/v1/messages/count_tokens": {http.MethodPost, s.serveCount},
		"/v1/models":                {http.MethodGet, s.serveModels},
		modelsPath:                  {http.MethodGet, s.serveModel},
		"/sim/bill":                 {http.MethodGet, s.serveBill},
		"/sim/stats":                {http.MethodGet, s.serveStats},
		"/sim/reset":                {http.MethodPost, s.serveReset},
	}
}

// ServeHTTP answers one request of the API, or of the simulator's own routes under /sim/. It aborts the
// connection (see http.ErrAbortHandler) where a fault asks for a lost or cut answer.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if strings.HasPrefix(path, modelsPath) && len(path) > len(modelsPath) {
		path = modelsPath
	}
	if !strings.HasPrefix(path, "/sim/") {
		s.addIdentity(w.Header())
	}
	switch found, ok := s.routes[path]; {
	case !ok || r.URL.Path == modelsPath:
		s.refuse(w, notFound("Not Found"))
	case r.Method != found.method:
		w.Header().Set("Allow", found.method)
		s.refuse(w, &apiError{status: http.StatusMethodNotAllowed, kind: kindInvalid, message: "Method Not Allowed"})
	default:
		found.serve(w, r)
	}
}
