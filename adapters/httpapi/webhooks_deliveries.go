package httpapi

import (
	"context"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// InDelivery is the parameter of a delivery of a webhook.
type InDelivery struct {
	InWebhook
	Delivery string `path:"delivery_id" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" maxLength:"64"`
}

type deliveryAttempt struct {
	At       instant `json:"at"`
	Status   *int    `json:"http_status" doc:"null when no answer came"`
	Error    *string `json:"error" doc:"a word such as timeout; null for a success"`
	Duration int64   `json:"duration_ms"`
}

type deliveryOut struct {
	ID        string                    `json:"id" doc:"the webhook-id that the receiver sees, the same over all attempts"`
	Webhook   string                    `json:"webhook_id"`
	Event     string                    `json:"event" enum:"job.completed,job.failed,job.paused,webhook.test"`
	Business  *string                   `json:"business_id"`
	Job       *string                   `json:"job_id"`
	Status    backoffice.DeliveryStatus `json:"status" enum:"pending,delivered,failed,disabled"`
	Attempts  []deliveryAttempt         `json:"attempts" nullable:"false"`
	Next      *instant                  `json:"next_attempt_at" nullable:"true"`
	RequestID *string                   `json:"request_id"`
	MetaOut
}

func shownDelivery(d backoffice.Delivery) deliveryOut {
	return deliveryOut{
		ID: d.ID, Webhook: d.WebhookID, Event: d.Event, Business: null(d.Business), Job: null(d.Job), Status: d.Status,
		Attempts: shownAll(d.Attempts, shownAttemptToDeliver), Next: moment(d.NextAttemptAt), RequestID: null(d.RequestID), MetaOut: shownMeta(d.Meta),
	}
}

func shownAttemptToDeliver(one backoffice.DeliveryAttempt) deliveryAttempt {
	out := deliveryAttempt{At: utc(one.At), Error: null(one.Error), Duration: one.DurationMS}
	if one.HTTPStatus != 0 {
		out.Status = &one.HTTPStatus
	}
	return out
}

type deliveryBody struct {
	Body struct {
		Delivery deliveryOut `json:"delivery"`
	}
}

func oneDelivery(d backoffice.Delivery, err error) (*deliveryBody, error) {
	if err != nil {
		return nil, err
	}
	var out deliveryBody
	out.Body.Delivery = shownDelivery(d)
	return &out, nil
}

type deliveryList struct {
	Body struct {
		Deliveries []deliveryOut `json:"deliveries" nullable:"false"`
		NextOut
	}
}

// defineDeliveries are the rows of what has been sent to a webhook.
func defineDeliveries(a *API, one string) {
	const tag = "webhook"
	add(a, route{method: http.MethodPost, path: one + "/test", id: "webhook-test", summary: "Send webhook.test", tag: tag, role: backoffice.Admin, status: http.StatusAccepted}, a.testWebhook)
	add(a, route{method: http.MethodGet, path: one + "/deliveries", id: "webhook-delivery-list", summary: "What has been sent, newest first", tag: tag, role: backoffice.Admin}, a.deliveries)
	add(a, route{
		method: http.MethodPost, path: one + "/deliveries/{delivery_id}/redeliver", id: "webhook-redeliver", summary: "Send a delivery again, under the same webhook-id", tag: tag,
		role: backoffice.Admin, status: http.StatusAccepted,
	}, a.redeliver)
}

func (a *API) testWebhook(ctx context.Context, c *call, in *InWebhook) (*deliveryBody, error) {
	return oneDelivery(a.office.TestWebhook(ctx, c.Caller, in.ID))
}

func (a *API) redeliver(ctx context.Context, c *call, in *InDelivery) (*deliveryBody, error) {
	return oneDelivery(a.office.Redeliver(ctx, c.Caller, in.ID, in.Delivery))
}

func (a *API) deliveries(ctx context.Context, c *call, in *struct {
	InWebhook
	Status backoffice.DeliveryStatus `query:"status" enum:"pending,delivered,failed,disabled"`
	Paging
},
) (out *deliveryList, err error) {
	out = &deliveryList{}
	out.Body.Deliveries, out.Body.NextCursor, err = listOf(ctx, c, in.Paging, func(from string) ([]backoffice.Delivery, string, error) {
		return a.office.Deliveries(ctx, in.ID, in.Status, from, in.Limit)
	}, shownDelivery)
	return out, err
}
