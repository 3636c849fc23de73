package logobserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/logobserver"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// setup returns an observer that writes JSON from a level on.
func setup(level slog.Level) (*logobserver.Observer, *bytes.Buffer) {
	var out bytes.Buffer
	return logobserver.New(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: level}))), &out
}

func TestObserver(t *testing.T) {
	porttest.Observer(t, func(*testing.T) (ports.Observer, func() int) {
		observer, out := setup(slog.LevelDebug)
		return observer, func() int { return bytes.Count(out.Bytes(), []byte("\n")) }
	})
}

// line observes one event and returns its record.
func line(t *testing.T, event ports.Event) map[string]any {
	t.Helper()
	observer, out := setup(slog.LevelDebug)
	observer.Observe(t.Context(), event)
	require.Equal(t, 1, strings.Count(out.String(), "\n"), "one event is one line")
	var record map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &record))
	return record
}

func TestEveryFieldIsWritten(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]any{
		"time": "2026-03-01T12:30:00.123456789Z", "level": "DEBUG", "msg": "call",
		"tenant": "harbor-plumbing", "job": "job-1", "model": "claude-haiku-5-5", "request_id": "request-1",
		"parcel": 3.0, "ordinal": 77.0, "attempt": 2.0, "count": 5.0,
		"duration_ms": 1500.0, "amount_usd": "0.000001234567", "held_usd": "0.000009000000", "settled_usd": "0.000005000000",
		"presumed_usd": "0.000003000000", "voided_usd": "0.000001000000", "quota_used": 0.25, "provider_request_id": "req_1",
		"read_units": 4.0, "write_units": 6.0, "fault": "throttled", "detail": "one short line",
	}, line(t, porttest.FullEvent(ports.EventCall)))
}

func TestZeroFieldsAreLeftOut(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 1, 12, 30, 0, 0, time.UTC)
	stamp := func(level, name string, more map[string]any) map[string]any {
		more["time"], more["level"], more["msg"] = "2026-03-01T12:30:00Z", level, name
		return more
	}
	for name, want := range map[ports.EventName]map[string]any{
		ports.EventJobEnded: stamp("INFO", "job.ended", map[string]any{}),
		ports.EventLeased:   stamp("DEBUG", "parcel.leased", map[string]any{"parcel": 0.0}),
		ports.EventCall:     stamp("DEBUG", "call", map[string]any{"parcel": 0.0, "ordinal": 0.0}),
		ports.EventQuota:    stamp("DEBUG", "quota", map[string]any{"quota_used": 0.0}),
		"of.tomorrow":       stamp("INFO", "of.tomorrow", map[string]any{}),
	} {
		require.Equal(t, want, line(t, ports.Event{Name: name, At: at}), name)
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	want := map[ports.EventName]string{
		ports.EventJobSubmitted: "INFO", ports.EventJobStarted: "INFO", ports.EventJobPaused: "INFO",
		ports.EventJobResumed: "INFO", ports.EventJobEnded: "INFO", ports.EventJobRetried: "INFO",
		ports.EventLeased: "DEBUG", ports.EventCall: "DEBUG", ports.EventTaskEnded: "DEBUG",
		ports.EventReconciled: "INFO", ports.EventJobLost: "ERROR",
		ports.EventTakenOver: "WARN", ports.EventFault: "WARN",
		ports.EventPlanDiffers: "ERROR", ports.EventOverrun: "ERROR", ports.EventUsageAbsurd: "ERROR",
		ports.EventCorrupt: "ERROR", ports.EventProviderStopped: "ERROR",
		ports.EventBreakerOpened: "ERROR", ports.EventBreakerClosed: "INFO", ports.EventBatchSent: "INFO", ports.EventBatchApplied: "INFO",
		ports.EventStoreUsed: "DEBUG", ports.EventMessageReceived: "DEBUG", ports.EventMessageReturned: "DEBUG",
		ports.EventMoney: "DEBUG", ports.EventQuota: "DEBUG", ports.EventDeadLetter: "ERROR", ports.EventRequest: "INFO",
		ports.EventWebhookFailed: "ERROR",
	}
	for _, name := range porttest.Events() {
		require.Equal(t, want[name], line(t, porttest.FullEvent(name))["level"], name)
	}
}

// TestRequestsThatFailOnOurSideAreErrors: what a caller did wrong is everyday.
func TestRequestsThatFailOnOurSideAreErrors(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{200: "INFO", 304: "INFO", 400: "INFO", 429: "INFO", 499: "INFO", 500: "ERROR", 503: "ERROR"} {
		require.Equal(t, want, line(t, ports.Event{Name: ports.EventRequest, Count: status})["level"], status)
	}
	require.Equal(t, "DEBUG", line(t, ports.Event{Name: ports.EventCall, Count: 500})["level"])
}

// TestAlertsNeedAPerson reads the port's own comments: an event marked alert there is an error here, and no other is.
func TestAlertsNeedAPerson(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../ports/observe.go")
	require.NoError(t, err)
	alerts := strings.Count(string(source), ", alert: ")
	require.Positive(t, alerts)
	errorsSeen := 0
	for _, name := range porttest.Events() {
		if line(t, porttest.FullEvent(name))["level"] == "ERROR" {
			errorsSeen++
		}
	}
	require.Equal(t, alerts, errorsSeen)
}

func TestTheLoggersLevelIsKept(t *testing.T) {
	t.Parallel()
	observer, out := setup(slog.LevelWarn)
	observer.Observe(t.Context(), porttest.FullEvent(ports.EventCall))
	observer.Observe(t.Context(), porttest.FullEvent(ports.EventJobEnded))
	require.Empty(t, out.String())
	observer.Observe(t.Context(), porttest.FullEvent(ports.EventFault))
	require.NotEmpty(t, out.String())
}

func TestTheLoggersOwnAttributesAreKept(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, nil)).With("program", "mb")
	logobserver.New(logger).Observe(t.Context(), porttest.FullEvent(ports.EventJobEnded))
	require.Contains(t, out.String(), `"program":"mb"`)
}

func TestHostileTextsStayInTheirLine(t *testing.T) {
	t.Parallel()
	hostile := "\x1b[2J\r\n{\"level\":\"ERROR\"}\x00\x7f\xff" + strings.Repeat("\u00fc", 5000)
	event := ports.Event{
		Name: ports.EventName(hostile), Tenant: hostile, Job: hostile, RequestID: hostile, Fault: hostile, Detail: hostile,
	}
	for _, newHandler := range []func(io.Writer) slog.Handler{
		func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
		func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
	} {
		var out bytes.Buffer
		logobserver.New(slog.New(newHandler(&out))).Observe(t.Context(), event)
		text := out.String()
		require.Equal(t, 1, strings.Count(text, "\n"))
		require.NotContains(t, text, "\x1b")
		require.NotContains(t, text, "\r")
		require.NotContains(t, text, "\x00")
		require.Less(t, len(text), 25_000)
	}
}

func TestNoLoggerIsNoLog(t *testing.T) {
	t.Parallel()
	require.NotPanics(t, func() {
		logobserver.New(nil).Observe(t.Context(), porttest.FullEvent(ports.EventJobEnded))
	})
}

// broken is a handler that fails.
type broken struct{ slog.Handler }

func (broken) Handle(context.Context, slog.Record) error { return errors.New("the disk is full") }

func TestAFailingHandlerIsNotHeard(t *testing.T) {
	t.Parallel()
	logger := slog.New(broken{slog.NewTextHandler(io.Discard, nil)})
	require.NotPanics(t, func() {
		logobserver.New(logger).Observe(t.Context(), porttest.FullEvent(ports.EventJobEnded))
	})
}
