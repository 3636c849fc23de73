// Package logobserver writes what happens to a log/slog logger, one record for each event.
//
// Every record carries the ids that join it with others: tenant, job and request, and for work the parcel, task and
// attempt. Levels follow the event: Error for what needs a person, such as a request that was answered with a status from 500 on, Warn for what will be tried again, Info for the life
// of a job, Debug for each piece of work. Where records go, and in what form, is the logger's business.
package logobserver

import (
	"context"
	"log/slog"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Observer is a ports.Observer on a logger.
type Observer struct {
	handler slog.Handler
}

var _ ports.Observer = (*Observer)(nil)

// New returns an Observer for a logger; nil discards everything. Observe takes as long as the logger's handler.
func New(logger *slog.Logger) *Observer {
	if logger == nil {
		return &Observer{handler: slog.DiscardHandler}
	}
	return &Observer{handler: logger.Handler()}
}

// Observe writes the event with its own time. What the handler says of its failures is not heard.
func (o *Observer) Observe(ctx context.Context, event ports.Event) {
	s := styleOf(event)
	if !o.handler.Enabled(ctx, s.level) {
		return
	}
	record := slog.NewRecord(event.At, s.level, string(event.Name), 0)
	record.AddAttrs(attributes(event, s)...)
	_ = o.handler.Handle(ctx, record)
}

// attributes are the fields of an event that apply. A zero number is left out, except where the event is about a
// parcel or task: those count from zero.
func attributes(event ports.Event, s style) []slog.Attr {
	attrs := make([]slog.Attr, 0, 12)
	text := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, plain(value)))
		}
	}
	number := func(key string, value int, always bool) {
		if value != 0 || always {
			attrs = append(attrs, slog.Int(key, value))
		}
	}
	text("tenant", event.Tenant)
	text("job", event.Job)
	text("model", event.Model)
	text("request_id", event.RequestID)
	number("parcel", event.Parcel, s.about >= aParcel)
	number("ordinal", event.Ordinal, s.about >= aTask)
	number("attempt", event.Attempt, false)
	if event.Name == ports.EventRequest {
		number("status", event.Count, true)
	} else {
		number("count", event.Count, false)
	}
	if event.Duration != 0 {
		attrs = append(attrs, slog.Float64("duration_ms", float64(event.Duration)/float64(time.Millisecond)))
	}
	money := func(key string, value cost.Pico) {
		if value != 0 {
			attrs = append(attrs, slog.String(key, value.String()))
		}
	}
	money("amount_usd", event.Amount)
	money("held_usd", event.Held)
	money("settled_usd", event.Settled)
	money("presumed_usd", event.Presumed)
	money("voided_usd", event.Voided)
	if event.QuotaUsed != 0 || event.Name == ports.EventQuota {
		attrs = append(attrs, slog.Float64("quota_used", float64(event.QuotaUsed)/1000))
	}
	text("provider_request_id", event.ProviderRequest)
	number("read_units", event.ReadUnits, false)
	number("write_units", event.WriteUnits, false)
	text("fault", event.Fault)
	text("detail", event.Detail)
	return attrs
}

// maxText bounds each text of a record in bytes: a record should fit into one line of whatever collects them.
const maxText = 1000
