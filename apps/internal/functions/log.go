package functions

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/marketbrewer/marketbrewer/adapters/logobserver"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// NewLogger returns the logger of a function, which writes lines of JSON. Each says which invocation it is of.
func NewLogger(out io.Writer, name Name, s settings.Shared) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(strings.ToUpper(s.LogLevel))) // it was checked when it was loaded; else Info
	attrs := []slog.Attr{slog.String("function", string(name))}
	if s.Stage != "" { // else the settings could not be read
		attrs = append(attrs, slog.String("stage", s.Stage), slog.String("release", s.Release))
	}
	return slog.New(invocations{logobserver.NewJSON(out, level).Handler().WithAttrs(attrs)})
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
