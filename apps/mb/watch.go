package main

import (
	"context"
	"io"
	"log/slog"
	"sync"

	"github.com/marketbrewer/marketbrewer/adapters/logobserver"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// watch observes the engine for a command that runs a job: it wakes whoever waits for the job's end, keeps what a person
// has to know, and logs when asked to.
type watch struct {
	log ports.Observer
	// moved has room for one: the job's state may have changed.
	moved chan struct{}

	// store is the trouble with the job's store.
	store storeTrouble

	mu     sync.Mutex
	alerts map[ports.EventName]alert
	only   job.ID
	// fails is how many calls have failed since the last one that did not, the newest for the reason why.
	fails int
	why   string
}

// alert is the first event of its sort, of a breaker the last, and how many there were.
type alert struct {
	detail string
	count  int
}

var _ ports.Observer = (*watch)(nil)

// newWatch returns a watch that logs to w: nothing at level 0, the life of the job at 1, every call at 2.
func newWatch(w io.Writer, level int) *watch {
	seen := &watch{log: logobserver.New(nil), moved: make(chan struct{}, 1), alerts: map[ports.EventName]alert{}}
	if level > 0 {
		least := slog.LevelInfo
		if level > 1 {
			least = slog.LevelDebug
		}
		seen.log = logobserver.New(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: least})))
	}
	return seen
}

// on says which job's events count.
func (w *watch) on(id job.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.only = id
}

// Observe looks at one event.
func (w *watch) Observe(ctx context.Context, event ports.Event) {
	w.log.Observe(ctx, event)
	w.mu.Lock()
	mine := event.Job == string(w.only) || event.Name == ports.EventBreakerOpened
	w.mu.Unlock()
	if !mine {
		return
	}
	switch event.Name {
	case ports.EventTaskEnded:
		w.store.over()
		return
	case ports.EventCall:
		w.called(event)
		return
	case ports.EventCorrupt, ports.EventPlanDiffers, ports.EventOverrun, ports.EventUsageAbsurd, ports.EventProviderStopped,
		ports.EventBreakerOpened:
		w.mu.Lock()
		a := w.alerts[event.Name]
		if a.count == 0 || event.Name == ports.EventBreakerOpened {
			a.detail = event.Detail
		}
		a.count++
		w.alerts[event.Name] = a
		w.mu.Unlock()
	case ports.EventJobEnded, ports.EventJobPaused:
	default:
		return
	}
	select {
	case w.moved <- struct{}{}:
	default: // somebody is being woken already
	}
}

// called counts the calls that fail one after the other.
func (w *watch) called(event ports.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fails, w.why = w.fails+1, event.Detail
	if event.Fault == "" {
		w.fails, w.why = 0, ""
	}
}

// failing says why no call succeeds, once that many in a row did not; empty as long as some do.
func (w *watch) failing(many int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fails < many {
		return ""
	}
	return w.why
}

// of returns the alert of a name; its count is 0 when there was none.
func (w *watch) of(name ports.EventName) alert {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.alerts[name]
}
