package guardmodel

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// DefaultFailures is how many failures in a row open a breaker.
	DefaultFailures = 5
	// DefaultOpenFor is how long a breaker stays open. It is below the 10 s for which the engine's shared breaker opens at
	// first, so that the one call with which the engine asks whether the provider is back gets through here.
	DefaultOpenFor = 5 * time.Second
	// DefaultMaxWait is how long a call waits for its turn.
	DefaultMaxWait = time.Second
)

// Options are the settings of a Model. Nil, and each field's zero value, are sensible; what is negative counts as zero.
type Options struct {
	// Failures in a row open a model's breaker; 0 means DefaultFailures.
	Failures int
	// OpenFor is how long an open breaker lets no call through, by the machine's clock; then one call tries. 0 means
	// DefaultOpenFor.
	OpenFor time.Duration
	// RPM is how many calls per minute may be made to each model; 0 means what the provider says in its answers, and no
	// limit until it has said it.
	RPM int
	// MaxWait is how long a call waits for its turn at most; one that would wait longer fails at once. 0 means
	// DefaultMaxWait.
	MaxWait time.Duration
	// Observer is told when a breaker opens and closes, with EventFault; nil means nobody is.
	Observer ports.Observer
}

// Model guards another model.
type Model struct {
	inner    ports.Model
	clock    ports.Clock
	settings Options
	guards   guards
}

var _ ports.Model = (*Model)(nil)

// New returns a guard around model. The clock drives the limiter; the breaker follows the machine's own.
func New(model ports.Model, clock ports.Clock, options *Options) *Model {
	m := &Model{inner: model, clock: clock}
	if options != nil {
		m.settings = *options
	}
	s := &m.settings
	s.Failures = orDefault(s.Failures, DefaultFailures)
	s.OpenFor = orDefault(s.OpenFor, DefaultOpenFor)
	s.MaxWait = orDefault(s.MaxWait, DefaultMaxWait)
	s.RPM = max(s.RPM, 0)
	m.guards.fresh = m.newGuard
	return m
}

func orDefault[T int | time.Duration](value, standard T) T {
	if value <= 0 {
		return standard
	}
	return value
}

// Call makes the call unless the model's breaker is open or its turn is too far away. See ports.Model; on top of that:
//
//  1. Overloaded, Tripped: the breaker is open. RetryAfter is what is left of that, 0 while another call tries.
//  2. Throttled: the turn is further away than Options.MaxWait; RetryAfter is how far.
//  3. Unavailable: ctx ended before the call was made.
//
// Nothing was sent in these cases: Unknown is false. An error of the model itself is handed on as it is, and Tripped is
// set beside it while the breaker is open.
func (m *Model) Call(ctx context.Context, request job.Request) (ports.Reply, error) {
	if err := ctx.Err(); err != nil {
		return ports.Reply{}, notMade(request.Model, err)
	}
	g := m.guards.of(request.Model)
	done, err := g.breaker.Allow()
	if err != nil {
		return ports.Reply{Tripped: true}, g.refusal(request.Model)
	}
	reply, err := m.let(ctx, request, g, done)
	reply.Tripped = reply.Tripped || (err != nil && g.open())
	return reply, err
}

// let makes the call when its turn has come, and tells the breaker what that says of the provider.
func (m *Model) let(ctx context.Context, request job.Request, g *guard, done func(error)) (ports.Reply, error) {
	said := errNothing // of a call that is not made, and of one that panics
	defer func() { done(said) }()
	switch waited, err := g.pace.wait(ctx, request.Model); {
	case err != nil:
		return ports.Reply{}, err
	case waited && g.open():
		return ports.Reply{}, g.refusal(request.Model) // it opened meanwhile
	}
	reply, err := m.inner.Call(ctx, request)
	said = judge(err)
	g.pace.learn(reply.Limits.Requests)
	return reply, err
}

// notMade is the error of a call whose context ended before it.
func notMade(model string, err error) error {
	return fault.New(fault.Unavailable, "guardmodel: call %s: not made: %w", model, err)
}
