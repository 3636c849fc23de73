package cloud

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/marketbrewer/marketbrewer/adapters/emfmetrics"
	"github.com/marketbrewer/marketbrewer/adapters/logobserver"
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

// Name is a function's name, as it stands in metrics and logs.
type Name string

// NewWatch returns a watch that writes lines of JSON.
func NewWatch(out io.Writer, name Name, s settings.Shared, clock ports.Clock) *Watch {
	lines := &lines{out: out}
	logger := NewLogger(lines, name, s)
	return &Watch{
		logger: logger, log: logobserver.New(logger),
		metrics: emfmetrics.New(lines, clock, &emfmetrics.Options{Service: string(name), Stage: s.Stage}),
	}
}

// NewLogger returns the logger of a function. Each line says which invocation it is of.
func NewLogger(out io.Writer, name Name, s settings.Shared) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(strings.ToUpper(s.LogLevel))) // it was checked when it was loaded; else Info
	handler := logobserver.NewJSON(out, level).Handler().WithAttrs([]slog.Attr{
		slog.String("function", string(name)), slog.String("stage", s.Stage), slog.String("release", s.Release),
	})
	return slog.New(invocations{handler})
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

// invocations adds to each record which invocation of the function it is of.
type invocations struct{ slog.Handler }

// Handle implements slog.Handler.
func (h invocations) Handle(ctx context.Context, record slog.Record) error {
	if of, ok := lambdacontext.FromContext(ctx); ok {
		record.AddAttrs(slog.String("invocation", of.AwsRequestID))
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h invocations) WithAttrs(attrs []slog.Attr) slog.Handler {
	return invocations{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h invocations) WithGroup(name string) slog.Handler {
	return invocations{h.Handler.WithGroup(name)}
}
