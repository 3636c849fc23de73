package engine_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// coop runs functions side by side on one thread, so that a test decides who moves next and when time passes. A strand
// gives way only in park; everything between two parks happens at once.
type coop struct {
	now     time.Time
	strands []*strand
	current *strand
}

// strand is one function on its way.
type strand struct {
	next  func() (struct{}, bool)
	yield func(struct{}) bool
	// ready says whether it can go on; until is when time alone makes it ready, zero for never.
	ready func() bool
	until time.Time
	done  bool
}

func newCoop() *coop { return &coop{now: time.Date(2026, 11, 10, 8, 0, 0, 0, time.UTC)} }

// spawn makes a strand that has not begun.
func (c *coop) spawn(fn func()) *strand {
	s := &strand{}
	s.next, _ = iter.Pull(func(yield func(struct{}) bool) {
		s.yield = yield
		fn()
	})
	c.strands = append(c.strands, s)
	return s
}

// park gives way until ready says true. Outside of any strand the others are run until then.
func (c *coop) park(ready func() bool, until time.Time) {
	s := c.current
	if s == nil {
		for !ready() {
			if !c.step(first) {
				panic("coop: nobody can move, and what is waited for is not there")
			}
		}
		return
	}
	s.ready, s.until = ready, until
	s.yield(struct{}{})
	s.ready, s.until = nil, time.Time{}
}

// giveWay lets others move first, if the chooser likes.
func (c *coop) giveWay() {
	if c.current != nil {
		c.park(func() bool { return true }, time.Time{})
	}
}

func first(int) int { return 0 }

// step moves one strand that can; pick chooses among n.
func (c *coop) step(pick func(n int) int) bool {
	able := make([]*strand, 0, len(c.strands))
	for _, s := range c.strands {
		if s.ready == nil || s.ready() {
			able = append(able, s)
		}
	}
	if len(able) == 0 {
		return false
	}
	s, before := able[pick(len(able))], c.current
	c.current = s
	_, more := s.next()
	c.current = before
	if !more {
		s.done = true
		c.strands = slices.DeleteFunc(c.strands, func(other *strand) bool { return other == s })
	}
	return true
}

// settle moves strands until none can move without time passing.
func (c *coop) settle(pick func(n int) int) {
	for c.step(pick) {
	}
}

// wake is the earliest time that somebody waits for.
func (c *coop) wake() (time.Time, bool) {
	var at time.Time
	for _, s := range c.strands {
		if !s.until.IsZero() && (at.IsZero() || s.until.Before(at)) {
			at = s.until
		}
	}
	return at, !at.IsZero()
}

// Now is part of ports.Clock.
func (c *coop) Now() time.Time { return c.now }

// Sleep is part of ports.Clock.
func (c *coop) Sleep(ctx context.Context, until time.Time) error {
	if c.now.Before(until) && ctx.Err() == nil {
		c.park(func() bool { return !c.now.Before(until) || ctx.Err() != nil }, sooner(ctx, until))
	}
	if !c.now.Before(until) {
		return nil
	}
	return ctx.Err()
}

// WithDeadline is part of ports.Clock. The context's channel is its parent's: nobody here waits for it.
func (c *coop) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	d := &coopDeadline{Context: ctx, clock: c, at: at}
	if earlier, ok := ctx.Deadline(); ok && earlier.Before(at) {
		d.at = earlier
	}
	return d, func() { d.cancelled = true }
}

type coopDeadline struct {
	context.Context
	clock     *coop
	at        time.Time
	cancelled bool
}

func (d *coopDeadline) Deadline() (time.Time, bool) { return d.at, true }

func (d *coopDeadline) Err() error {
	switch {
	case d.Context.Err() != nil:
		return d.Context.Err()
	case d.cancelled:
		return context.Canceled
	case !d.clock.now.Before(d.at):
		return context.DeadlineExceeded
	}
	return nil
}

// Run is part of ports.Group.
func (c *coop) Run(ctx context.Context, n int, fn func(ctx context.Context, i int) error) error {
	failures := make([]error, max(n, 0))
	left := n
	for i := range n {
		c.spawn(func() {
			defer func() {
				if p := recover(); p != nil {
					failures[i] = fault.New(fault.Internal, "coop: call %d panicked: %v", i, p)
				}
				left--
			}()
			failures[i] = fn(ctx, i)
		})
	}
	if n > 0 {
		c.park(func() bool { return left == 0 }, time.Time{})
	}
	return errors.Join(failures...)
}

// NewBox is part of ports.Group.
func (c *coop) NewBox() ports.Box { return &coopBox{clock: c} }

type coopBox struct {
	clock  *coop
	values []any
}

func (b *coopBox) Put(value any) { b.values = append(b.values, value) }

func (b *coopBox) Take(ctx context.Context, until time.Time) (any, bool) {
	over := func() bool {
		return ctx.Err() != nil || !until.IsZero() && !b.clock.now.Before(until)
	}
	for len(b.values) == 0 {
		if over() {
			return nil, false
		}
		b.clock.park(func() bool { return len(b.values) > 0 || over() }, sooner(ctx, until))
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
