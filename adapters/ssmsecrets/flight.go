package ssmsecrets

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// perRequest is how many names one request takes (AWS's documentation of November 2026).
const perRequest = 10

// flight is one reading of all secrets, which all who need one wait for. It ends when nobody does any more.
type flight struct {
	// number counts the readings, from 1 on.
	number int
	done   chan struct{}
	cancel context.CancelFunc
	// retries is how often its requests may be repeated.
	retries int
	// waiters is how many wait. endless: one of them has no deadline; until is the latest of the others. Guarded by
	// Secrets.mu.
	waiters int
	endless bool
	until   time.Time
}

// board joins the reading that goes on, or begins one. The caller holds mu, and calls wait next.
func (s *Secrets) board(ctx context.Context) *flight {
	f := s.flight
	if f == nil {
		f = s.begin(ctx)
	}
	f.waiters++
	if deadline, ok := ctx.Deadline(); !ok {
		f.endless = true
	} else if deadline.After(f.until) {
		f.until = deadline
	}
	return f
}

// begin begins a reading. It lives as long as somebody waits for it, not as long as ctx: whoever comes later must not
// fail because the first one has left. With old secrets that can serve it tries once.
func (s *Secrets) begin(ctx context.Context) *flight {
	within, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.begun++
	f := &flight{number: s.begun, done: make(chan struct{}), cancel: cancel, retries: s.options.Retries}
	now := s.clock.Now()
	if !slices.ContainsFunc(s.names, func(name string) bool { return !s.kept[name].serves(now, &s.options) }) {
		f.retries = 0
	}
	s.flight = f
	go s.fly(within, f)
	return f
}

// wait returns when the reading has ended, however it did, or ctx has.
func (s *Secrets) wait(ctx context.Context, f *flight) error {
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.waiters--; f.waiters == 0 {
		f.cancel()
		if s.flight == f {
			s.flight = nil
		}
	}
	return ctx.Err()
}

// fly reads all names, ten in a request, side by side.
func (s *Secrets) fly(ctx context.Context, f *flight) {
	defer f.cancel()
	var running sync.WaitGroup
	for names := range slices.Chunk(s.names, perRequest) {
		running.Go(func() { s.read(ctx, f, names) })
	}
	running.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight == f {
		s.flight = nil
	}
	close(f.done)
}

// read reads up to ten names and keeps what came of it.
func (s *Secrets) read(ctx context.Context, f *flight, names []string) {
	at := s.clock.Now()
	found, err := s.attempts(ctx, f, names)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return // nobody waits
	}
	for _, name := range names {
		now := s.kept[name]
		next := now
		if err != nil {
			next.failure, next.failedAt = err, s.clock.Now()
		} else {
			next = found.kept(name, at)
		}
		if now.follows(f.number, next) {
			s.kept[name] = next
		}
	}
}

// attempts makes a request until it succeeds, fails for good, or may not be repeated.
func (s *Secrets) attempts(ctx context.Context, f *flight, names []string) (parameters, error) {
	for n := 0; ; n++ {
		found, failed := s.attempt(ctx, names)
		if failed == nil {
			return found, nil
		}
		again := failed.Kind == fault.Throttled || failed.Kind == fault.Unavailable
		if !again || n >= f.retries || !s.rest(ctx, f, n, failed) {
			return nil, failed
		}
	}
}

// attempt makes one request under a time limit of its own.
func (s *Secrets) attempt(ctx context.Context, names []string) (parameters, *fault.Error) {
	within, cancel := s.clock.WithDeadline(ctx, s.clock.Now().Add(s.options.Timeout))
	defer cancel()
	out, err := s.ask(within, names)
	if err != nil {
		return nil, failure(names, err)
	}
	return parametersOf(out), nil
}
