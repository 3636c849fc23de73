package engine

import (
	"bytes"
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// lost is the record of a billed request whose job the store does not have. It is written once, with the month's account.
type lost struct {
	Schema       int        `json:"schema"`
	Job          job.ID     `json:"job"`
	Ordinal      int        `json:"ordinal"`
	Model        string     `json:"model"`
	Lane         cost.Lane  `json:"lane"`
	PriceVersion string     `json:"price_version"`
	Usage        cost.Usage `json:"usage"`
	Amount       cost.Pico  `json:"amount_usd"`
	MessageID    string     `json:"message_id"`
	RequestID    string     `json:"request_id,omitempty"`
	// Month has paid, that of At, when the request was answered.
	Month    string    `json:"month"`
	At       time.Time `json:"at"`
	BookedAt time.Time `json:"booked_at"`
}

// bookLost books lines of a job that the store does not have, one Update each.
func (e *Engine) bookLost(ctx context.Context, lines []line, done *Reconciled) error {
	for i := range lines {
		if err := e.bookLostLine(ctx, &lines[i], done); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) bookLostLine(ctx context.Context, l *line, done *Reconciled) error {
	name := monthOf(l.At)
	record := l.record(e.Clock.Now())
	var wrote, known bool
	var over cost.Pico
	err := e.Store.Update(ctx, []ports.Key{record.Key, tenantKey(l.Tenant), monthKey(l.Tenant, name), monthKey("", name)}, func(tx ports.Tx) (err error) {
		known = false
		if there, found := tx.Get(record.Key); found {
			// What a run before this one has written is its own: the acknowledgement was lost.
			known = !wrote || !bytes.Equal(there.Body, record.Body)
			return nil
		}
		wrote = true
		over, err = e.payLost(tx, record, l)
		return err
	})
	if err != nil {
		return err
	}
	if known {
		done.Known++
		return nil
	}
	done.Lost.add(Booked{1, l.price})
	e.tellLost(ctx, l, over)
	return nil
}

// record is what is kept of the line.
func (l *line) record(now time.Time) ports.Record {
	return ports.Record{Key: lostKey(l.Tenant, hashed(l.MessageID)), Kind: kindLost, Body: marshal(lost{
		Schema: job.Schema, Job: l.Job, Ordinal: l.Ordinal, Model: l.Model, Lane: l.Lane, PriceVersion: l.terms.PriceVersion, Usage: l.Usage,
		Amount: l.price, MessageID: l.MessageID, RequestID: l.RequestID, Month: monthOf(l.At), At: l.At.UTC(), BookedAt: now,
	})}
}

func (e *Engine) tellLost(ctx context.Context, l *line, over cost.Pico) {
	event := ports.Event{Tenant: l.Tenant, Job: string(l.Job), Ordinal: l.Ordinal, ProviderRequest: l.RequestID}
	event.Name, event.Amount, event.Detail = ports.EventJobLost, l.price, "billed for a job that the store does not have: the tenant's month "+monthOf(l.At)+" pays"
	e.observe(ctx, event)
	if over > 0 {
		event.Name, event.Amount, event.Detail = ports.EventOverrun, over, "the month "+monthOf(l.At)+" does not have what was billed for a lost job"
		e.observe(ctx, event)
	}
}

// payLost writes the record and takes its amount from the month.
func (e *Engine) payLost(tx ports.Tx, record ports.Record, l *line) (over cost.Pico, err error) {
	months := map[ports.Key]*month{}
	p, err := readPurse(tx, months, l.Tenant, monthOf(l.At))
	if err != nil {
		return 0, err
	}
	if over, err = p.pay(l.price, e.options.RequireBudget); err != nil {
		return 0, err
	}
	if _, there := tx.Get(tenantKey(l.Tenant)); !there {
		tx.Put(ports.Record{Key: tenantKey(l.Tenant), Kind: kindTenant, Body: []byte("{}")})
	}
	tx.Create(record)
	writeMonths(tx, months)
	return over, nil
}
