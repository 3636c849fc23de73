package world

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/coop"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// What a guard is by default, as adapters/guardmodel is.
const (
	guardTrips = 5
	guardOpen  = 5 * time.Second
)

// guard is the last line around the client in each machine, of the same contract as adapters/guardmodel, on the machine's
// clock.
type guard struct {
	inner    ports.Model
	m        *Machine
	failures int
	until    time.Time
	probing  bool
}

var _ ports.Model = (*guard)(nil)

// Call implements ports.Model.
func (g *guard) Call(ctx context.Context, r job.Request) (reply ports.Reply, err error) {
	w, now := g.m.w, g.m.host.Now()
	probe := false
	if g.open() {
		if now.Before(g.until) && g.until.Sub(now) <= guardOpen || g.probing {
			w.reach.Hit(chance.GuardItself, chance.Refused)
			return ports.Reply{Tripped: true}, fault.New(fault.Overloaded, "sim: guard: open").After(max(g.until.Sub(now), 0))
		}
		w.reach.Hit(chance.GuardItself, chance.Probed)
		g.probing, probe = true, true
	}
	if probe {
		defer func() { g.probing = false }() // also when the client panics, which says nothing of the provider
	}
	reply, err = g.inner.Call(ctx, r)
	g.judge(err, probe)
	reply.Tripped = err != nil && g.open()
	return reply, err
}

func (g *guard) open() bool { return !g.until.IsZero() }

// judge counts what the outcome of a call says of the provider.
func (g *guard) judge(err error, probe bool) {
	kind := fault.KindOf(err)
	switch {
	case errors.Is(err, context.Canceled):
	case errors.Is(err, context.DeadlineExceeded), kind == fault.Overloaded, kind == fault.Unavailable:
		if g.failures++; probe || g.failures >= guardTrips && !g.open() {
			g.m.w.reach.Hit(chance.GuardItself, chance.Tripped)
			g.until = g.m.host.Now().Add(guardOpen)
		}
	case err == nil, kind == fault.Throttled, kind == fault.Rejected, kind == fault.Unauthorized, kind == fault.SpendCap:
		if probe || !g.open() {
			g.failures, g.until = 0, time.Time{}
		}
	}
}

// hearing notes what a machine is told: what went wrong at the very moment, an answer once the engine knows what to make of it.
type hearing struct {
	ports.Model
	m *Machine
}

// Call implements ports.Model.
func (h hearing) Call(ctx context.Context, r job.Request) (ports.Reply, error) {
	reply, err := h.Model.Call(ctx, r)
	kind, now := fault.KindOf(err), h.m.w.Now()
	if kind == fault.Throttled {
		h.m.told.Until = later(h.m.told.Until, now.Add(fault.RetryAfter(err)))
	}
	h.m.told.Stops = h.m.told.Stops || kind == fault.SpendCap || kind == fault.Unauthorized
	h.m.told.Tripped = h.m.told.Tripped || reply.Tripped && (kind == fault.Overloaded || kind == fault.Unavailable)
	switch {
	case err == nil:
		h.m.answers[h.m.w.Current()] = true
	case kind == fault.Overloaded || kind == fault.Unavailable:
		h.m.told.Failures++
	}
	return reply, err
}

// answered notes that the strand tells of an answer that it has heard: an answer is stored before anything else is done, and
// that may take a while.
func (m *Machine) answered(s *coop.Strand) {
	if m.answers[s] {
		delete(m.answers, s)
		m.told.Answered, m.told.Failures = true, 0
	}
}

// answering reports whether a machine has heard an answer that it has not told of.
func (w *World) answering() bool {
	return slices.ContainsFunc(w.machines, func(m *Machine) bool { return !m.host.Dead() && len(m.answers) > 0 })
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
