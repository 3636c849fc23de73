package engine

import (
	"context"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/ports"
)

// pacer is what this process knows of one model: the record that all processes share, as last read, and what it has seen
// of the model since it last wrote there.
type pacer struct {
	model string
	mu    sync.Mutex
	// known is the record at readAt; there is none in the store while written is false.
	known   quota.Provider
	readAt  time.Time
	written bool
	// seen is what the record has not been told yet.
	seen quota.Report
	// urgent: what is seen is to be told at once.
	urgent bool
	// warming are the prefixes that calls of this process are to have stored, each with the time that the call has for it.
	warming map[string]time.Time
	// turn lets one Update of the record through at a time: those of one process would only lose against each other.
	turn ports.Box
}

// providerRecord is the stored form.
type providerRecord struct {
	Schema int `json:"schema"`
	quota.Provider
}

func (e *Engine) pacer(model string) *pacer {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.pacers[model]
	if p == nil {
		p = &pacer{model: model, turn: e.Group.NewBox(), warming: map[string]time.Time{}}
		p.turn.Put(nil)
		e.pacers[model] = p
	}
	return p
}

// readProvider reads the record in a decision. One that is damaged counts as none: it holds nothing that calls do not
// teach anew. One of a newer program is not to be touched.
func readProvider(tx ports.Tx, key ports.Key) (quota.Provider, bool, error) {
	record, found := tx.Get(key)
	if !found {
		return quota.Provider{}, false, nil
	}
	p, err := unpackProvider(record.Body)
	return p, err == nil, err
}

func unpackProvider(body []byte) (quota.Provider, error) {
	var r providerRecord
	if err := decode(body, &r); err != nil {
		return quota.Provider{}, nil //nolint:nilerr // as good as none, see readProvider
	}
	if r.Schema > job.Schema {
		return quota.Provider{}, fault.New(fault.Newer, "engine: the provider's record was written by a newer program: update this one")
	}
	return r.Provider, nil
}

// lookAtProvider returns the record, read no longer ago than Fresh.
func (e *Engine) lookAtProvider(ctx context.Context, p *pacer) (known quota.Provider, written bool, err error) {
	p.mu.Lock()
	known, written = p.known, p.written
	readAt := p.readAt
	p.mu.Unlock()
	now := e.Clock.Now()
	if age := now.Sub(readAt); age >= 0 && age <= e.options.Fresh && !readAt.IsZero() {
		return known, written, nil
	}
	record, err := e.Store.Get(ctx, providerKey(p.model))
	switch {
	case absent(err):
		known, written = quota.Provider{}, false
	case err != nil:
		return quota.Provider{}, false, err
	default:
		if known, err = unpackProvider(record.Body); err != nil {
			return quota.Provider{}, false, err
		}
		written = true
	}
	p.learn(known, written, now)
	return known, written, nil
}

// learn keeps what was read or written, unless something later is known.
func (p *pacer) learn(known quota.Provider, written bool, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.Before(p.readAt) {
		return
	}
	p.known, p.written, p.readAt = known, written, at
}

// unsaid takes out what the record has not been told yet.
func (p *pacer) unsaid() quota.Report {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.seen
	p.seen = quota.Report{}
	return r
}

// tell adds to what the record is to be told.
func (p *pacer) tell(r quota.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = p.seen.Plus(r)
}

// untell puts back what could not be told, before what was seen since.
func (p *pacer) untell(r quota.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = r.Plus(p.seen)
}

// much is how many answered calls are worth a write of their own. What fewer took waits for the next thing to be written:
// four parcels of one process, of which each has asked.
const much = 100

// hasMuchToTell reports whether what was seen is worth a write of its own. What calls took is nothing to know of a provider
// whose limits nobody knows.
func (p *pacer) hasMuchToTell() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.Calls >= much && (p.written || p.seen.Limits != quota.Limits{})
}

// observeQuota tells what the provider has said last of its limits, as often as the record is told of them.
func (e *Engine) observeQuota(ctx context.Context, model string, limits quota.Limits) {
	if limits == (quota.Limits{}) {
		return
	}
	used := 0.0
	for _, l := range []quota.Limit{limits.Requests, limits.Input, limits.Output, limits.Tokens} {
		if l.Max > 0 {
			used = max(used, 1-float64(l.Remaining)/float64(l.Max))
		}
	}
	e.observe(ctx, ports.Event{Name: ports.EventQuota, Model: model, QuotaUsed: int(min(used, 1) * 1000)})
}

// observeBreaker tells of a breaker that this process has opened or closed.
func (e *Engine) observeBreaker(ctx context.Context, model string, before, after quota.Breaker) {
	isOpen := after.State == quota.Open && (before.State != quota.Open || after.Opened != before.Opened)
	closed := after.State == quota.Closed && before.State == quota.Probing
	switch {
	case isOpen:
		e.observe(ctx, ports.Event{Name: ports.EventBreakerOpened, Model: model, Fault: after.Reason, Count: after.Opened, Duration: after.Until.Sub(e.Clock.Now()), Detail: "no call until " + after.Until.UTC().Format(time.RFC3339)})
	case closed:
		e.observe(ctx, ports.Event{Name: ports.EventBreakerClosed, Model: model, Detail: "the probe was answered: calls go on"})
	}
}

// Provider reads what all processes share about a model: its limits as learned, and whether it is called at all. A model
// that nothing is known of has an empty record.
func (e *Engine) Provider(ctx context.Context, model string) (quota.Provider, error) {
	record, err := e.Store.Get(ctx, providerKey(model))
	if absent(err) {
		return quota.Provider{}, nil
	}
	if err != nil {
		return quota.Provider{}, err
	}
	return unpackProvider(record.Body)
}

// last is the record as last read or written.
func (p *pacer) last() quota.Provider {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known
}

// news reports whether the limits are others than the record has.
func (p *pacer) news(l quota.Limits) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return l.Requests.Max > 0 && l.Requests.Max != p.known.Requests.Rate.PerMinute ||
		l.Output.Max > 0 && p.known.Output.Rate.PerMinute == 0
}

// closedNow reports whether calls go through, as far as is known: then a failure is news to the others.
func (p *pacer) closedNow() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known.Breaker.State != quota.Open
}

func limitsOf(l ports.Limits) quota.Limits {
	one := func(l ports.Limit) quota.Limit {
		if !l.Known {
			return quota.Limit{}
		}
		return quota.Limit{Max: l.Max, Remaining: l.Remaining}
	}
	return quota.Limits{Requests: one(l.Requests), Input: one(l.Input), Output: one(l.Output), Tokens: one(l.Tokens)}
}
