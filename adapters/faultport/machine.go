package faultport

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

// Clock wraps a clock: Clock.Now, Clock.Sleep and Clock.WithDeadline. Time cannot fail, it can only be wrong: the delay of
// a Delay is added to what Now says, to the time at which a Sleep ends and to a deadline. It may be negative for Now
// alone. The other effects work on Sleep only, whose caller takes every error for the end of its context.
func (p *Plan) Clock(inner ports.Clock) ports.Clock { return &clock{p, inner} }

type clock struct {
	plan  *Plan
	inner ports.Clock
}

func (c *clock) Now() time.Time { return c.inner.Now().Add(c.plan.next("Clock.Now").delay) }

func (c *clock) Sleep(ctx context.Context, until time.Time) error {
	f := c.plan.next("Clock.Sleep")
	until = until.Add(max(f.delay, 0))
	f.delay = 0
	if err := c.plan.before(ctx, f); err != nil {
		return err
	}
	err := c.inner.Sleep(ctx, until)
	if f.effect == LoseAck && err == nil {
		return f.error()
	}
	return err
}

func (c *clock) WithDeadline(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	return c.inner.WithDeadline(ctx, at.Add(max(c.plan.next("Clock.WithDeadline").delay, 0)))
}

// Group wraps a group: Group.Run. Its boxes are the group's own.
func (p *Plan) Group(inner ports.Group) ports.Group { return &group{p, inner} }

type group struct {
	plan  *Plan
	inner ports.Group
}

func (g *group) Run(ctx context.Context, n int, fn func(ctx context.Context, i int) error) error {
	return do(ctx, g.plan, "Group.Run", func() error { return g.inner.Run(ctx, n, fn) })
}

func (g *group) NewBox() ports.Box { return g.inner.NewBox() }

// IDs wraps a source of ids: IDs.NewID, IDs.NewToken and IDs.Jitter. They have no outcome to fail with: their calls are
// counted, and a Delay makes them late.
func (p *Plan) IDs(inner ports.IDs) ports.IDs { return &ids{p, inner} }

type ids struct {
	plan  *Plan
	inner ports.IDs
}

func (s *ids) NewID() string {
	s.late("IDs.NewID")
	return s.inner.NewID()
}

func (s *ids) NewToken() ports.Token {
	s.late("IDs.NewToken")
	return s.inner.NewToken()
}

func (s *ids) Jitter() float64 {
	s.late("IDs.Jitter")
	return s.inner.Jitter()
}

func (s *ids) late(method string) {
	if f := s.plan.next(method); f.delay > 0 {
		_ = s.plan.clock.Sleep(context.Background(), s.plan.clock.Now().Add(f.delay))
	}
}
