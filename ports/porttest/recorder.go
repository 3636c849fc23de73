package porttest

import (
	"context"
	"slices"
	"sync"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Recorder is an Observer and a Notifier that keeps all that it is given. Its zero value is ready, and it is safe for
// concurrent use.
type Recorder struct {
	mu      sync.Mutex
	events  []ports.Event
	notices []ports.Notice
	refuses bool
}

var (
	_ ports.Observer = (*Recorder)(nil)
	_ ports.Notifier = (*Recorder)(nil)
)

// Observe keeps the event.
func (r *Recorder) Observe(_ context.Context, event ports.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
}

// Notify keeps the notice, or refuses it with Unavailable.
func (r *Recorder) Notify(ctx context.Context, notice ports.Notice) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuses {
		return fault.New(fault.Unavailable, "porttest: notify %s: refused", notice.ID)
	}
	r.notices = append(r.notices, notice)
	return nil
}

// Refuse makes Notify refuse all notices from now on, or take them again.
func (r *Recorder) Refuse(refuse bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuses = refuse
}

// Events are those of the given names, or all if none is given, in the order in which they came.
func (r *Recorder) Events(names ...ports.EventName) []ports.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(names) == 0 {
		return slices.Clone(r.events)
	}
	var chosen []ports.Event
	for _, event := range r.events {
		if slices.Contains(names, event.Name) {
			chosen = append(chosen, event)
		}
	}
	return chosen
}

// Notices are those that were taken, in the order in which they came.
func (r *Recorder) Notices() []ports.Notice {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.notices)
}
