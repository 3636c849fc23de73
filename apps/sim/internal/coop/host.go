package coop

import (
	"context"
	"errors"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Host is one machine: its clock may differ from the true time, it may stand still for a while, and it may die. It is the
// ports.Clock and ports.Group of what runs on it.
type Host struct {
	Name string
	// Offset is how far its clock is ahead of the true time.
	Offset time.Duration

	s           *Scheduler
	dead        bool
	frozenUntil time.Time
}

var (
	_ ports.Clock = (*Host)(nil)
	_ ports.Group = (*Host)(nil)
)

// Host makes a machine.
func (s *Scheduler) Host(name string) *Host { return &Host{Name: name, s: s} }

// Kill ends the machine: none of its functions moves again.
func (h *Host) Kill() { h.dead, h.s.killed = true, true }

// Dead reports whether the machine has been killed.
func (h *Host) Dead() bool { return h.dead }

// Perish ends the machine from within: the calling strand does not go on.
func (h *Host) Perish() {
	h.Kill()
	panic(unwound{})
}

// Freeze lets none of its functions move until the true time has come.
func (h *Host) Freeze(until time.Time) { h.frozenUntil = until }

func (h *Host) frozen() bool { return h.frozenUntil.After(h.s.now) }

// Now implements ports.Clock.
func (h *Host) Now() time.Time { return h.s.now.Add(h.Offset) }

// Sleep implements ports.Clock.
func (h *Host) Sleep(ctx context.Context, until time.Time) error {
	if h.Now().Before(until) && ctx.Err() == nil {
		h.s.park(func() bool { return !h.Now().Before(until) || ctx.Err() != nil }, sooner(ctx, until))
	}
	if !h.Now().Before(until) {
		return nil
	}
	return ctx.Err()
}

// WithDeadline implements ports.Clock. The context's channel is its parent's: nobody in a simulation waits for it.
func (h *Host) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	d := &deadline{Context: ctx, host: h, at: at}
	if earlier, ok := ctx.Deadline(); ok && earlier.Before(at) {
		d.at = earlier
	}
	return d, func() { d.cancelled = true }
}

type deadline struct {
	context.Context
	host      *Host
	at        time.Time
	cancelled bool
}

// Deadline implements context.Context.
func (d *deadline) Deadline() (time.Time, bool) { return d.at, true }

// Err implements context.Context.
func (d *deadline) Err() error {
	switch err := d.Context.Err(); {
	case err != nil:
		return err
	case d.cancelled:
		return context.Canceled
	case !d.host.Now().Before(d.at):
		return context.DeadlineExceeded
	}
	return nil
}

// Run implements ports.Group.
func (h *Host) Run(ctx context.Context, n int, fn func(ctx context.Context, i int) error) error {
	failures := make([]error, max(n, 0))
	left := n
	for i := range n {
		h.s.Go(h, func() {
			defer func() { left-- }()
			failures[i] = guarded(ctx, i, fn)
		})
	}
	if n > 0 {
		h.s.park(func() bool { return left == 0 }, time.Time{})
	}
	return errors.Join(failures...)
}

// guarded turns a panic of the function into its failure, but for the one that takes a dead machine apart.
func guarded(ctx context.Context, i int, fn func(ctx context.Context, i int) error) (err error) {
	defer func() {
		switch value := recover().(type) {
		case nil:
		case unwound:
			panic(value)
		default:
			err = fault.New(fault.Internal, "coop: call %d panicked: %v", i, value)
		}
	}()
	return fn(ctx, i)
}

// NewBox implements ports.Group.
func (h *Host) NewBox() ports.Box { return &box{host: h} }

type box struct {
	host   *Host
	values []any
}

// Put implements ports.Box.
func (b *box) Put(value any) { b.values = append(b.values, value) }

// Take implements ports.Box.
func (b *box) Take(ctx context.Context, until time.Time) (any, bool) {
	over := func() bool {
		return ctx.Err() != nil || !until.IsZero() && !b.host.Now().Before(until)
	}
	for len(b.values) == 0 {
		if over() {
			return nil, false
		}
		b.host.s.park(func() bool { return len(b.values) > 0 || over() }, sooner(ctx, until))
	}
	value := b.values[0]
	b.values = b.values[1:]
	return value, true
}

// sooner is when a wait ends by time alone: at its own time or with its context, whichever comes first.
func sooner(ctx context.Context, until time.Time) time.Time {
	if at, ok := ctx.Deadline(); ok && (until.IsZero() || at.Before(until)) {
		return at
	}
	return until
}
