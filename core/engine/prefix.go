package engine

import (
	"context"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
)

// prefixOf names the stable part of a request that the provider is asked to keep; empty for none.
func prefixOf(r *job.Request) string {
	if r.Cache == cost.NoCache {
		return ""
	}
	h := fnv.New64a()
	h.Write([]byte(r.System))
	h.Write(r.Schema)
	return strconv.FormatUint(h.Sum64(), 16)
}

// prefixLook is how often a parcel looks whether its own process has had the prefix stored.
const prefixLook = 250 * time.Millisecond

// awaitPrefix waits while a call of this very process has the prefix stored: it knows first, and goes on for as long as that
// call takes anyway. It reports whether there was anything to wait for.
func (w *parcelWork) awaitPrefix(ctx context.Context, prefix string) (waited bool) {
	p := w.e.pacer(w.f.model)
	w.releaseSlots(1)
	for {
		now := w.e.Clock.Now()
		if !p.warms(prefix, now) {
			return waited
		}
		if w.e.drain.Load() || w.e.late(ctx, now) || w.e.Clock.Sleep(ctx, now.Add(prefixLook)) != nil {
			return false
		}
		waited = true
	}
}

// unwarm lets somebody else have the prefix stored, when the call that should have was not made.
func (w *parcelWork) unwarm(ctx context.Context, c call) {
	if !c.warms {
		return
	}
	p := w.e.pacer(c.request.Model)
	p.tell(quota.Report{Prefix: c.prefix, Owner: c.asker})
	w.e.flushProvider(ctx, p)
	p.warmed(c.prefix)
}

// warm notes that a call of this process is to have a prefix stored, warmed that it is over, and warms asks whether it is not.
func (p *pacer) warm(prefix string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.warming[prefix] = now.Add(quota.ProbeTime)
}

func (p *pacer) warmed(prefix string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.warming, prefix)
}

func (p *pacer) warms(prefix string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	until := p.warming[prefix]
	return now.Before(until) && until.Sub(now) <= quota.ProbeTime
}
