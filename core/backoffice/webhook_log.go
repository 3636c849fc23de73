package backoffice

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// DeliveryStatus is where a delivery is.
type DeliveryStatus string

// The statuses of a delivery.
const (
	// DeliveryPending: its next attempt is due at a time. If every process dies, the next sweep makes it.
	DeliveryPending DeliveryStatus = "pending"
	// DeliveryDelivered: the receiver has answered 2xx.
	DeliveryDelivered DeliveryStatus = "delivered"
	// DeliveryFailed: the last attempt came to nothing.
	DeliveryFailed DeliveryStatus = "failed"
	// DeliveryDisabled: the receiver wants no more, or the webhook was switched off or deleted before.
	DeliveryDisabled DeliveryStatus = "disabled"
)

const (
	// deliveryKept is how long a delivery is kept, and with it its body.
	deliveryKept = 30 * 24 * time.Hour
	// attemptsKept is how many attempts are kept, the newest; ten are made without anybody's asking.
	attemptsKept = 100

	kindDelivery = "webhook-delivery"
	kindDue      = "webhook-due"
	partDue      = "webhook-due"
)

// DeliveryAttempt is one try to deliver.
type DeliveryAttempt struct {
	At time.Time `json:"at"`
	// HTTPStatus is 0 when no answer came.
	HTTPStatus int `json:"http_status,omitempty"`
	// Error is a word such as FailureTimeout, empty for a success.
	Error      string `json:"error,omitempty"`
	DurationMS int64  `json:"duration_ms"`
}

// Delivery is an event on its way to one webhook.
type Delivery struct {
	// ID is the webhook-id that the receiver sees, the same over all attempts. Its beginning is the time of the event.
	ID        string `json:"id"`
	WebhookID string `json:"webhook_id"`
	Event     string `json:"event"`
	// Business and Job are whose event it is; both are empty for a test.
	Business string         `json:"business_id,omitempty"`
	Job      string         `json:"job_id,omitempty"`
	Status   DeliveryStatus `json:"status"`
	// Attempts are in the order of their ends.
	Attempts []DeliveryAttempt `json:"attempts"`
	// NextAttemptAt is zero unless it is pending. While an attempt is made it is when another one would take over. It is later
	// where the webhook's last attempt, at another delivery, has failed.
	NextAttemptAt time.Time `json:"next_attempt_at,omitzero"`
	RequestID     string    `json:"request_id,omitempty"`
	Meta
}

// letter is a delivery as it is stored.
type letter struct {
	Delivery
	Body string `json:"body"`
	// Tries is how many attempts have failed since it was made or redelivered; it chooses the wait before the next.
	Tries int `json:"tries"`
	// Until is when the record ends.
	Until time.Time `json:"until"`
}

// dueLetter is what an entry of the list of due deliveries names; its key says when.
type dueLetter struct {
	Webhook  string `json:"webhook_id"`
	Delivery string `json:"delivery_id"`
}

func letterPart(webhook string) string { return "webhook-deliveries/" + webhook }

func letterKey(webhook, id string) ports.Key {
	return ports.Key{Partition: letterPart(webhook), Sort: id}
}

// dueTime is the time as the beginning of a key: 13 digits of milliseconds last until the year 2286.
func dueTime(at time.Time) string { return fmt.Sprintf("%013d", at.UnixMilli()) }

func dueKey(p letter) ports.Key {
	return ports.Key{Partition: partDue, Sort: dueTime(p.NextAttemptAt) + "/" + p.WebhookID + "/" + p.ID}
}

// letterID makes the webhook-id out of what is delivered, so that a notice that is offered again makes no second one. It
// begins with the time of the event, so that the ids of a webhook are in its order, and has no full stop: those divide what
// is signed.
func letterID(at time.Time, what, webhook string) string {
	return fmt.Sprintf("msg_%013d_%s", at.UnixMilli(), digest(what + "\n" + webhook)[:32])
}

// newLetter is a delivery whose first attempt is due now.
func newLetter(id, webhook, event string, now time.Time, body []byte) letter {
	return letter{Delivery: Delivery{
		ID: id, WebhookID: webhook, Event: event, Status: DeliveryPending, Attempts: []DeliveryAttempt{}, NextAttemptAt: now, Meta: Meta{}.next(now),
	}, Body: string(body), Until: now.Add(deliveryKept)}
}

// store writes a delivery that the decision has read, and moves what makes it due from where it was. A new one was nowhere.
func (p letter) store(tx ports.Tx, was letter) {
	r := record(letterKey(p.WebhookID, p.ID), kindDelivery, p)
	r.Expires = p.Until
	tx.Put(r)
	wasDue, isDue := was.Status == DeliveryPending, p.Status == DeliveryPending
	if wasDue && isDue && dueKey(was) == dueKey(p) {
		return
	}
	if wasDue {
		tx.Get(dueKey(was))
		tx.Delete(dueKey(was))
	}
	if isDue {
		tx.Get(dueKey(p))
		due := record(dueKey(p), kindDue, dueLetter{Webhook: p.WebhookID, Delivery: p.ID})
		due.Expires = p.Until
		tx.Put(due)
	}
}

// Deliveries lists those of a webhook, newest first; a status selects. A page may be short, even empty, with more to come:
// only an empty cursor ends the list. Errors: NotFound (there is no such webhook), catalog.Problems.
func (o *Office) Deliveries(ctx context.Context, webhook string, status DeliveryStatus, cursor string, limit int) ([]Delivery, string, error) {
	known := []DeliveryStatus{"", DeliveryPending, DeliveryDelivered, DeliveryFailed, DeliveryDisabled}
	if !slices.Contains(known, status) {
		return nil, "", catalog.Problems{{Path: "/status", Message: "a status is pending, delivered, failed or disabled"}}
	}
	if _, err := o.Webhook(ctx, webhook); err != nil {
		return nil, "", err
	}
	limit = pageSize(limit)
	found, err := o.Store.List(ctx, ports.Range{Partition: letterPart(webhook), To: cursor, Descending: true, Limit: limit})
	if err != nil {
		return nil, "", err
	}
	list := []Delivery{}
	for _, r := range found.Records {
		p, err := read[letter](r)
		if err != nil {
			return nil, "", err
		}
		cursor = p.ID
		if status == "" || status == p.Status {
			list = append(list, p.Delivery)
		}
	}
	if found.Cursor == "" {
		cursor = ""
	}
	return list, cursor, nil
}

// testBody is what a test delivers.
type testBody struct {
	Type      string `json:"type"`
	Timestamp stamp  `json:"timestamp"`
	Data      struct {
		WebhookID string `json:"webhook_id"`
		RequestID string `json:"request_id"`
	} `json:"data"`
}

// TestWebhook makes a delivery of webhook.test, whatever events the webhook asks for, and ends its rest. Errors: NotFound, Conflict (the webhook
// is not active).
func (o *Office) TestWebhook(ctx context.Context, by Caller, id string) (Delivery, error) {
	now := o.now()
	body := testBody{Type: webhookTest, Timestamp: stamp{now}}
	body.Data.WebhookID, body.Data.RequestID = id, by.RequestID
	p := newLetter(letterID(now, o.IDs.NewID(), id), id, webhookTest, now, marshal(body))
	p.RequestID = by.RequestID
	keys := []ports.Key{hooksKey(), restKey(id), letterKey(id, p.ID), dueKey(p)}
	err := o.act(ctx, by, Action{"webhook.test", webhookTarget(id, "")}, keys, func(tx ports.Tx, n *note) error {
		if err := activeHook(tx, id, n); err != nil {
			return err
		}
		tx.Get(letterKey(id, p.ID))
		p.store(tx, letter{})
		wake(tx, id, now)
		return nil
	})
	if err != nil {
		return Delivery{}, err
	}
	return p.Delivery, nil
}

// Redeliver makes the next attempt of a delivery due now, begins its waits anew and ends its webhook's rest; the webhook-id stays the
// same. Errors: NotFound, Conflict (the webhook is not active).
func (o *Office) Redeliver(ctx context.Context, by Caller, webhook, delivery string) (Delivery, error) {
	none := fault.New(fault.NotFound, "there is no such delivery")
	if !catalog.ValidID(webhook) || !catalog.ValidID(delivery) {
		return Delivery{}, none
	}
	var is letter
	key := letterKey(webhook, delivery)
	action := Action{"webhook.redeliver", Target{Type: "webhook_delivery", ID: delivery}}
	err := o.act(ctx, by, action, []ports.Key{hooksKey(), restKey(webhook), key}, func(tx ports.Tx, n *note) error {
		if err := activeHook(tx, webhook, &note{}); err != nil {
			return err
		}
		was, found, err := get[letter](tx, key)
		if err != nil || !found {
			return cmpErr(err, none)
		}
		now := o.now()
		is = was
		is.Status, is.Tries, is.NextAttemptAt, is.Until = DeliveryPending, 0, now, now.Add(deliveryKept)
		is.Meta = was.next(now)
		n.on(Target{Type: "webhook_delivery", ID: delivery, Business: is.Business})
		n.changed(was.Delivery, is.Delivery)
		is.store(tx, was)
		wake(tx, webhook, now)
		return nil
	})
	if err != nil {
		return Delivery{}, err
	}
	return is.Delivery, nil
}

// activeHook fails unless the webhook is there and active, and names it in the note.
func activeHook(tx ports.Tx, id string, n *note) error {
	all, err := readHooks(tx)
	if err != nil {
		return err
	}
	one, err := all.find(id)
	if err != nil {
		return err
	}
	n.on(webhookTarget(id, one.Business))
	if !one.IsActive {
		return fault.New(fault.Conflict, "the webhook is not active: make it so before")
	}
	return nil
}
