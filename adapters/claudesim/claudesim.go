// Package claudesim plays the Claude API: an http.Handler with its routes, request rules, headers, errors,
// rate limits, latency and prices, which answers with plausible text, breaks on purpose at chosen rates, and
// keeps its own bill of what it charged. Everything is drawn from a seed and the request, so a run can be
// repeated. It shares no code with the rest of the product, prices least of all: a ledger that agrees with
// this bill agrees with an independent count. It answers whole messages, streams and batches; it calls no tools.
package claudesim

import (
	"context"
	"net/http"
	"sync/atomic"

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
	batches batches
	bill    *bill
	cache   promptCache
	fates   fates
	stats   stats
	ids     ids
	outages outages
	key     atomic.Value
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
	s.fates = fates{seed: o.Seed, seen: map[[32]byte]uint32{}}
	s.batches = batches{byID: map[string]*batch{}}
	s.ids = ids{seed: o.Seed, start: uint64(s.clock.start.UnixNano())}
	s.Rotate(o.Key)
	return s, nil
}

// Rotate makes a key the only one that is accepted: all others get 401 from now on. The empty key accepts any.
func (s *Sim) Rotate(key string) { s.key.Store(key) }

// Close ends every wait: calls that are being generated are finished at once, hanging ones are dropped, and
// later ones are answered without latency. A server that is shut down should close the simulator first.
func (s *Sim) Close() { s.close() }

// Bill returns the totals of what was billed since the start or the last reset.
func (s *Sim) Bill() Bill {
	s.advance()
	return s.bill.totals()
}

// Charges returns the latest billed requests, oldest first; at most 1,000 are kept.
func (s *Sim) Charges() []Charge {
	s.advance()
	return s.bill.latest()
}

// Stats returns the counters of message requests since the start.
func (s *Sim) Stats() Stats { return s.stats.read() }

// Reset begins a new run: it clears the bill (and with it the spend cap), the prompt cache and what is
// remembered of earlier requests, so that the same requests meet the same fates again. Counters, rate
// limits, batches and outages go on.
func (s *Sim) Reset() {
	s.advance()
	s.bill.reset()
	s.fates.reset()
	s.cache.reset()
}
