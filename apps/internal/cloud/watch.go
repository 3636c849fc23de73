package cloud

import (
	"context"
	"io"
	"log/slog"
	"sync"

	"github.com/marketbrewer/marketbrewer/adapters/emfmetrics"
	"github.com/marketbrewer/marketbrewer/adapters/logobserver"
	"github.com/marketbrewer/marketbrewer/apps/internal/functions"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Watch is told what happens: it goes to the log, and is counted.
type Watch struct {
	logger  *slog.Logger
	log     *logobserver.Observer
	metrics *emfmetrics.Metrics
}

var _ ports.Observer = (*Watch)(nil)

// NewWatch returns a watch that writes lines of JSON.
func NewWatch(out io.Writer, name functions.Name, s settings.Shared, clock ports.Clock) *Watch {
	lines := &lines{out: out}
	logger := functions.NewLogger(lines, name, s)
	return &Watch{
		logger: logger, log: logobserver.New(logger),
		metrics: emfmetrics.New(lines, clock, &emfmetrics.Options{Service: string(name), Stage: s.Stage}),
	}
}

// Observe implements ports.Observer.
func (w *Watch) Observe(ctx context.Context, event ports.Event) {
	w.log.Observe(ctx, event)
	w.metrics.Observe(ctx, event)
}

// Flush writes what was counted since the last time.
func (w *Watch) Flush(ctx context.Context) {
	if err := w.metrics.Flush(ctx); err != nil {
		w.logger.WarnContext(ctx, "metrics were not written", "fault", string(fault.KindOf(err)), "detail", err)
	}
}

// lines keeps the lines of two writers apart.
type lines struct {
	mu  sync.Mutex
	out io.Writer
}

// Write writes one line.
func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(line)
}
