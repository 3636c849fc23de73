package guardmodel

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// What the outcome of a call says of the provider, for the breaker; nil says that it works.
var (
	errFails   = errors.New("the provider fails")
	errNothing = errors.New("nothing is known of the provider")
)

// judge says what the error of a call means for the breaker. A refusal of this request, of the key or for the rate comes
// from a provider that works. Who gave up waiting tells nothing; a time limit that passed is a failure, whoever set it.
func judge(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return errFails
	case errors.Is(err, context.Canceled):
		return errNothing
	}
	switch fault.KindOf(err) {
	case fault.Overloaded, fault.Unavailable:
		return errFails
	case fault.Throttled, fault.Rejected, fault.Unauthorized, fault.SpendCap:
		return nil
	default: // of our own making, such as Invalid: the provider was not asked
		return errNothing
	}
}

// guard is what stands before one model.
type guard struct {
	// breaker is the two-step form: Execute would take the error of a panic, which says nothing, for an outcome, and keep
	// its one place for ever when a call ends its goroutine.
	breaker *gobreaker.TwoStepCircuitBreaker[ports.Reply]
	// until is when the breaker last was, or will be, open for long enough; nil until it opens.
	until atomic.Pointer[time.Time]
	pace  pace
}

// newGuard returns the guard of a model, closed.
func (m *Model) newGuard(name string) *guard {
	g := &guard{}
	g.pace.clock, g.pace.maxWait, g.pace.fixed = m.clock, m.settings.MaxWait, m.settings.RPM > 0
	g.pace.set(int64(m.settings.RPM))
	g.breaker = gobreaker.NewTwoStepCircuitBreaker[ports.Reply](gobreaker.Settings{
		Name:        name,
		MaxRequests: 1,
		Timeout:     m.settings.OpenFor,
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			return int64(counts.ConsecutiveFailures) >= int64(m.settings.Failures)
		},
		IsExcluded: func(err error) bool { return errors.Is(err, errNothing) },
		OnStateChange: func(name string, _, to gobreaker.State) {
			switch to {
			case gobreaker.StateOpen:
				until := time.Now().Add(m.settings.OpenFor)
				g.until.Store(&until)
				m.tell("breaker opened for "+name, fault.Overloaded)
			case gobreaker.StateClosed:
				m.tell("breaker closed for "+name, "")
			}
		},
	})
	return g
}

// tell is called while the breaker is locked. The context is nobody's: a breaker opens for all callers.
func (m *Model) tell(detail string, kind fault.Kind) {
	if m.settings.Observer == nil {
		return
	}
	m.settings.Observer.Observe(context.Background(), ports.Event{
		Name: ports.EventFault, At: m.clock.Now(), Fault: string(kind), Detail: detail,
	})
}

func (g *guard) open() bool { return g.breaker.State() == gobreaker.StateOpen }

// refusal is the error of a call that the breaker does not let through.
func (g *guard) refusal(model string) error {
	left := time.Until(*g.until.Load())
	return fault.New(fault.Overloaded, "guardmodel: call %s: not made: the breaker is open after failures of the provider: "+
		"wait, it closes by itself when a call succeeds; if it opens again and again, look at the provider's status",
		model).After(left)
}
