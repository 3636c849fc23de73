package backoffice

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// The events that a webhook can ask for.
const (
	WebhookJobCompleted = "job.completed"
	WebhookJobFailed    = "job.failed"
	WebhookJobPaused    = "job.paused"
	// webhookTest is what TestWebhook sends; it cannot be asked for.
	webhookTest = "webhook.test"
)

const (
	// MaxWebhooks is how many webhooks there may be.
	MaxWebhooks = 20
	// rotationWindow is how long deliveries are signed with the previous secret too.
	rotationWindow = 24 * time.Hour
	// longestDescription is in characters.
	longestDescription = 200
	// disabledGone is why a webhook is off whose receiver has answered 410.
	disabledGone = "gone"

	kindWebhook = "webhook"
)

// WebhookEvents lists the events that a webhook can ask for, in the order in which they are kept.
func WebhookEvents() []string {
	return []string{WebhookJobCompleted, WebhookJobFailed, WebhookJobPaused}
}

// Webhook is an address that is told of events. Its secrets are not part of it.
type Webhook struct {
	ID string `json:"id"`
	// URL is as CheckURL allows it.
	URL string `json:"url"`
	// Events are some of WebhookEvents, each once.
	Events      []string `json:"events"`
	Description string   `json:"description,omitempty"`
	// Business is the one whose events are told, empty for all.
	Business string `json:"business_id,omitempty"`
	IsActive bool   `json:"is_active"`
	// PreviousSecretUntil is when the secret before the last rotation ends; zero when there was none.
	PreviousSecretUntil time.Time `json:"previous_secret_until,omitzero"`
	// DisabledReason is "gone" after the receiver has answered 410; it goes when the webhook is made active again.
	DisabledReason string `json:"disabled_reason,omitempty"`
	Meta
}

// hook is a webhook as it is stored. Its secrets are plain strings there, because a ports.Secret is never encoded; nothing
// but secrets and rotate reads them.
type hook struct {
	Webhook
	Current  string `json:"secret"`
	Previous string `json:"previous_secret,omitempty"`
}

// hooks are all webhooks, in the order of their making. They are one record, so that their number and a notice's receivers
// are decided in one Update.
type hooks []hook

func hooksKey() ports.Key { return ports.Key{Partition: "webhooks", Sort: "all"} }

func readHooks(tx ports.Tx) (hooks, error) {
	all, _, err := get[hooks](tx, hooksKey())
	return all, err
}

func (h hooks) write(tx ports.Tx) { tx.Put(record(hooksKey(), kindWebhook, h)) }

// find returns the webhook for the caller to change, which goes into the store with write.
func (h hooks) find(id string) (*hook, error) {
	at := slices.IndexFunc(h, func(one hook) bool { return one.ID == id })
	if at < 0 {
		return nil, fault.New(fault.NotFound, "there is no such webhook")
	}
	return &h[at], nil
}

// wants reports whether the webhook is to be told of an event.
func (h hook) wants(event, business string) bool {
	return h.IsActive && slices.Contains(h.Events, event) && (h.Business == "" || h.Business == business)
}

// secrets are what a delivery is signed with now, the newest first.
func (h hook) secrets(now time.Time) []ports.Secret {
	list := []ports.Secret{ports.Secret(h.Current)}
	if h.Previous != "" && now.Before(h.PreviousSecretUntil) {
		list = append(list, ports.Secret(h.Previous))
	}
	return list
}

func webhookTarget(id, business string) Target {
	return Target{Type: "webhook", ID: id, Business: business}
}

// Webhooks lists them all, in the order of their making.
func (o *Office) Webhooks(ctx context.Context) ([]Webhook, error) {
	all, err := o.hooks(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Webhook, len(all))
	for i, one := range all {
		list[i] = one.Webhook
	}
	return list, nil
}

// Webhook reads one. It is fault.NotFound when there is none.
func (o *Office) Webhook(ctx context.Context, id string) (Webhook, error) {
	all, err := o.hooks(ctx)
	if err != nil {
		return Webhook{}, err
	}
	one, err := all.find(id)
	if err != nil {
		return Webhook{}, err
	}
	return one.Webhook, nil
}

func (o *Office) hooks(ctx context.Context) (hooks, error) {
	r, err := o.Store.Get(ctx, hooksKey())
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return read[hooks](r)
}

// normalise brings the parts that a caller sets into the form in which they are kept, and returns what is wrong with them.
func (w *Webhook) normalise() error {
	var problems catalog.Problems
	if err := CheckURL(w.URL); err != nil {
		problems = append(problems, catalog.Problem{Path: "/url", Message: err.Error()})
	}
	events := slices.DeleteFunc(WebhookEvents(), func(e string) bool { return !slices.Contains(w.Events, e) })
	if len(events) == 0 || len(events) != len(w.Events) {
		problems = append(problems, catalog.Problem{Path: "/events", Message: "give one or more of job.completed, job.failed and job.paused, each once"})
	}
	w.Events = events
	w.Description = catalog.Line(w.Description)
	if bad := badLine(w.Description); bad != "" {
		problems = append(problems, catalog.Problem{Path: "/description", Message: bad})
	}
	if utf8.RuneCountInString(w.Description) > longestDescription {
		problems = append(problems, catalog.Problem{Path: "/description", Message: "a description has at most 200 characters"})
	}
	if w.IsActive {
		w.DisabledReason = ""
	}
	return problems.Err()
}

// known fails when the webhook is of a business that is not there.
func (w *Webhook) known(tx ports.Tx) error {
	if w.Business == "" {
		return nil
	}
	unknown := catalog.Problems{{Path: "/business_id", Message: "there is no such business"}}
	if !catalog.ValidID(w.Business) {
		return unknown
	}
	_, err := readBusiness(tx, w.Business)
	if errors.Is(err, fault.NotFound) {
		return unknown
	}
	return err
}
