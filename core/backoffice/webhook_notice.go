package backoffice

import (
	"context"
	"encoding/json"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

var _ ports.Notifier = (*Office)(nil)

// stamp is a time in a delivery: RFC 3339 in UTC with milliseconds, as the API has it.
type stamp struct{ time.Time }

// MarshalJSON writes all three decimals, zeros too.
func (s stamp) MarshalJSON() ([]byte, error) {
	return []byte(s.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

// jobBody is what a delivery about a job says. It has no names, no content and no addresses.
type jobBody struct {
	Type      string  `json:"type"`
	Timestamp stamp   `json:"timestamp"`
	Data      jobData `json:"data"`
}

// jobData is what a notice's body may say, and no more than that goes out. What it does not say is null.
type jobData struct {
	Business    string  `json:"business_id"`
	Job         string  `json:"job_id"`
	Round       int     `json:"round"`
	Status      string  `json:"status"`
	PauseReason *string `json:"pause_reason"`
	PageType    *string `json:"page_type"`
	Counts      struct {
		Total     int `json:"total"`
		Completed int `json:"completed"`
		Failed    int `json:"failed"`
		Cancelled int `json:"cancelled"`
	} `json:"counts"`
	SettledUSD  string `json:"settled_usd"`
	PresumedUSD string `json:"presumed_usd"`
	BudgetUSD   string `json:"budget_usd"`
	StartedAt   *stamp `json:"started_at"`
	CompletedAt *stamp `json:"completed_at"`
	RequestID   string `json:"request_id"`
}

// bodyOf is the delivery's body for a notice. A job that has ended did so at the notice's time.
func bodyOf(notice ports.Notice) (jobBody, error) {
	b := jobBody{Type: notice.Type, Timestamp: stamp{notice.At}}
	said := struct {
		*jobData
		Labels map[string]string `json:"labels"`
	}{jobData: &b.Data}
	if err := json.Unmarshal(notice.Body, &said); err != nil {
		return b, fault.New(fault.Corrupt, "backoffice: notice %s cannot be read", notice.ID)
	}
	if pageType, made := said.Labels[LabelPageType]; made {
		b.Data.PageType = &pageType
	}
	b.Data.Business, b.Data.Job = notice.Tenant, notice.Job
	if b.Data.PauseReason != nil && *b.Data.PauseReason == "" {
		b.Data.PauseReason = nil
	}
	if b.Data.CompletedAt == nil && notice.Type != WebhookJobPaused {
		b.Data.CompletedAt = &b.Timestamp
	}
	return b, nil
}

// Notify makes a delivery of the notice for each webhook that wants it, in one step. A notice that comes again makes none that
// is there already. See ports.Notifier. Errors: Corrupt (its body is none), and the store's.
func (o *Office) Notify(ctx context.Context, notice ports.Notice) error {
	body, err := bodyOf(notice)
	if err != nil {
		return err
	}
	now, text := o.now(), marshal(body)
	return o.Store.Update(ctx, []ports.Key{hooksKey()}, func(tx ports.Tx) error {
		all, err := readHooks(tx)
		if err != nil {
			return err
		}
		for _, one := range all {
			if !one.wants(notice.Type, notice.Tenant) {
				continue
			}
			p := newLetter(letterID(notice.At, notice.ID, one.ID), one.ID, notice.Type, now, text)
			p.Business, p.Job, p.RequestID = notice.Tenant, notice.Job, body.Data.RequestID
			if _, again := tx.Get(letterKey(one.ID, p.ID)); !again {
				p.store(tx, letter{})
			}
		}
		return nil
	})
}
