package faultport

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Effect is what happens to a call.
type Effect string

// The effects.
const (
	// Fail: the call is not made and returns the rule's error.
	Fail Effect = "fail"
	// LoseAck: the call is made, and then the rule's error is returned in place of its outcome, good or bad. Two outcomes
	// cannot get lost on the way and are returned as they are: the error of a context, and that of a decision in
	// Store.Update.
	LoseAck Effect = "lose ack"
	// Delay: the call is made after the rule's delay.
	Delay Effect = "delay"
	// Hang: the call is not made and returns the context's error when that ends.
	Hang Effect = "hang"
)

// Rule says which calls are broken, and how.
type Rule struct {
	// Method is the port's and the method's name, for example "Store.Update"; empty means every method.
	Method string
	// Nth is the number of the call of the method that is broken, from 1 on; 0 means every call. With an empty Method
	// it counts the calls of all methods together.
	Nth int
	// Effect is what happens.
	Effect Effect
	// Err is what Fail and LoseAck return; nil means an Unavailable, marked as an unknown outcome for LoseAck.
	Err error
	// Delay is how long a Delay lasts on the Plan's clock. For methods of the clock itself see Plan.Clock.
	Delay time.Duration
}

// Plan is what is to go wrong. It counts the calls of all ports that it wraps, and is safe for concurrent use.
type Plan struct {
	clock ports.Clock
	rules []Rule

	mu    sync.Mutex
	calls map[string]int
	total int
}

// NewPlan returns a Plan. Delays and hangs wait on the clock, which may be nil when there are none. When several rules match a call their delays add up, and the
// first other effect counts.
func NewPlan(clock ports.Clock, rules ...Rule) *Plan {
	return &Plan{clock: clock, rules: append([]Rule(nil), rules...), calls: map[string]int{}}
}

// Calls is how often each method has been called so far, broken calls included.
func (p *Plan) Calls() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.calls)
}

// Total is how many calls of all methods there were so far.
func (p *Plan) Total() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total
}

// fate is what the rules say of one call.
type fate struct {
	method string
	nth    int
	effect Effect
	err    error
	delay  time.Duration
}

// next counts a call and looks up its fate.
func (p *Plan) next(method string) fate {
	p.mu.Lock()
	p.calls[method]++
	p.total++
	f := fate{method: method, nth: p.calls[method]}
	total := p.total
	p.mu.Unlock()
	for _, rule := range p.rules {
		if !rule.matches(f, total) {
			continue
		}
		if rule.Effect == Delay {
			f.delay += rule.Delay
		} else if f.effect == "" {
			f.effect, f.err = rule.Effect, rule.Err
		}
	}
	return f
}

func (r Rule) matches(f fate, total int) bool {
	if r.Method == "" {
		return r.Nth == 0 || r.Nth == total
	}
	return r.Method == f.method && (r.Nth == 0 || r.Nth == f.nth)
}

// error is what a call with this fate returns when it is broken.
func (f fate) error() error {
	if f.err != nil {
		return f.err
	}
	if f.effect == LoseAck {
		return fault.New(fault.Unavailable, "faultport: the acknowledgement of call %d of %s was lost", f.nth, f.method).MaybeDone()
	}
	return fault.New(fault.Unavailable, "faultport: call %d of %s failed", f.nth, f.method)
}

// before is what happens before the call is made; an error means that it is not made.
func (p *Plan) before(ctx context.Context, f fate) error {
	if f.delay != 0 {
		if err := p.clock.Sleep(ctx, p.clock.Now().Add(f.delay)); err != nil {
			return err
		}
	}
	switch f.effect {
	case Fail:
		return f.error()
	case Hang:
		return p.hang(ctx)
	}
	return nil
}

// hang waits for the context on the clock and not on the context's channel, so that whoever owns the clock sees it.
func (p *Plan) hang(ctx context.Context) error {
	const century = 100 * 365 * 24 * time.Hour
	for ctx.Err() == nil {
		_ = p.clock.Sleep(ctx, p.clock.Now().Add(century))
	}
	return ctx.Err()
}

// call makes one call of a method that returns a value.
func call[T any](ctx context.Context, p *Plan, method string, fn func() (T, error)) (T, error) {
	var none T
	f := p.next(method)
	if err := p.before(ctx, f); err != nil {
		return none, err
	}
	value, err := fn()
	if f.effect == LoseAck && !isContextError(err) {
		return none, f.error()
	}
	return value, err
}

// do makes one call of a method that returns an error alone.
func do(ctx context.Context, p *Plan, method string, fn func() error) error {
	_, err := call(ctx, p, method, func() (struct{}, error) { return struct{}{}, fn() })
	return err
}
