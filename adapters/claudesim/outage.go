package claudesim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Outage is a stretch of simulated time in which the service does not behave as its options say.
type Outage struct {
	// After is how long from now it begins, For how long it lasts.
	After, For time.Duration
	// Status refuses every request of the API, to batches and models too: 401, 402, 403, 429, 500, 502, 504 or 529.
	// Nothing is billed. 0 leaves the requests to Faults.
	Status int
	// Faults stand in for those of the options.
	Faults Faults
}

// Schedule plans an outage. Where two overlap, the one that was planned last counts. The error says which field is
// out of range.
func (s *Sim) Schedule(o Outage) error {
	switch {
	case o.After < 0 || o.For <= 0:
		return fmt.Errorf("claudesim: an outage of %v after %v is no stretch of time: give a duration above 0, such as 10m", o.For, o.After)
	case o.Status != 0 && refusalOf(o.Status) == nil:
		return fmt.Errorf("claudesim: status %d is not one of an outage: give 401, 402, 403, 429, 500, 502, 504 or 529", o.Status)
	}
	if err := o.Faults.check(); err != nil {
		return fmt.Errorf("claudesim: %w", err)
	}
	begins := s.clock.seconds() + o.After.Seconds()
	s.outages.add(&plannedOutage{Outage: o, begins: begins, ends: begins + o.For.Seconds()}, s.clock.seconds())
	return nil
}

// Recover ends all outages, and drops those that were to come.
func (s *Sim) Recover() { s.outages.clear() }

type plannedOutage struct {
	Outage
	begins, ends float64
}

type outages struct {
	mu      sync.Mutex
	planned []*plannedOutage
}

func (o *outages) add(p *plannedOutage, now float64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.planned = append(slices.DeleteFunc(o.planned, func(old *plannedOutage) bool { return old.ends <= now }), p)
}

func (o *outages) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.planned = nil
}

// at is the outage at a time; nil if all is well.
func (o *outages) at(now float64) *plannedOutage {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range slices.Backward(o.planned) {
		if p.begins <= now && now < p.ends {
			return p
		}
	}
	return nil
}

// down is the refusal of every request while there is a total outage.
func (s *Sim) down() *apiError {
	if p := s.outages.at(s.clock.seconds()); p != nil && p.Status != 0 {
		return refusalOf(p.Status)
	}
	return nil
}

// faults are the rates in force.
func (s *Sim) faults() *Faults {
	if p := s.outages.at(s.clock.seconds()); p != nil {
		return &p.Faults
	}
	return &s.options.Faults
}

// refusalOf is the refusal of a total outage.
func refusalOf(status int) *apiError {
	switch status {
	case http.StatusUnauthorized:
		return unauthorized("invalid x-api-key")
	case http.StatusForbidden:
		return &apiError{status: status, kind: kindPermission, message: "Your API key does not have permission to use the specified resource."}
	case http.StatusPaymentRequired:
		return injected(Fault402)
	case http.StatusTooManyRequests:
		return injected(Fault429)
	case http.StatusInternalServerError:
		return injected(Fault500)
	case http.StatusBadGateway:
		return injected(Fault502)
	case http.StatusGatewayTimeout:
		return injected(Fault504)
	case statusOverloaded:
		return injected(Fault529)
	}
	return nil
}

var errDuration = errors.New("give durations such as 10m or 1h30m")
