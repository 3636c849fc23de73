package work

import (
	"context"
	"strings"
	"sync"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Learner keeps which jobs have ended by their notices, so that later forecasts rest on what they have shown. It remembers them until
// the sweep's end alone: a forecast can do without one job. Cancelled jobs have no notice, and teach nothing.
type Learner struct {
	mu    sync.Mutex
	ended []job.ID
}

// NewLearner returns one that has heard of no job.
func NewLearner() *Learner { return &Learner{} }

// Notify implements ports.Notifier. It never refuses.
func (l *Learner) Notify(_ context.Context, n ports.Notice) error {
	if strings.HasPrefix(n.Type, "job.") && n.Type != "job.paused" {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.ended = append(l.ended, job.ID(n.Job))
	}
	return nil
}

// Learn has the engine learn of the jobs that have ended since the last time. Nothing fails over it: one that is made again meanwhile
// teaches at its next end, and of others the engine's observer is told.
func (l *Learner) Learn(ctx context.Context, e *engine.Engine) {
	l.mu.Lock()
	list := l.ended
	l.ended = nil
	l.mu.Unlock()
	for _, id := range list {
		err := e.Calibrate(ctx, id, "")
		if kind := fault.KindOf(err); err != nil && kind != fault.Conflict && kind != fault.NotFound {
			e.Observer.Observe(ctx, ports.Event{Name: ports.EventFault, At: e.Clock.Now(), Job: string(id), Fault: string(kind), Detail: fault.OneLine(err, 300)})
		}
	}
}
