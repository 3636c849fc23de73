package httpapi

import (
	"context"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/ports"
)

// InWebhook is the parameter of a webhook.
type InWebhook struct {
	ID string `path:"webhook_id" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" maxLength:"64"`
}

// WebhookMembers are the members that a new webhook may leave out, and a changed one may clear.
type WebhookMembers struct {
	Description nullable[string] `json:"description,omitzero" maxLength:"200"`
	Business    nullable[string] `json:"business_id,omitzero" maxLength:"64" doc:"the business whose events are told; null for all"`
}

type webhookNew struct {
	URL    string   `json:"url" minLength:"1" maxLength:"2048" doc:"https, port 443, a name that the public internet knows" example:"https://example.com/hook"`
	Events []string `json:"events" enum:"job.completed,job.failed,job.paused" minItems:"1" maxItems:"3" nullable:"false"`
	WebhookMembers
	IsActive nullable[bool] `json:"is_active,omitzero" doc:"true by default"`
}

type webhookChange struct {
	URL    given[string]   `json:"url,omitzero" minLength:"1" maxLength:"2048"`
	Events given[[]string] `json:"events,omitzero" enum:"job.completed,job.failed,job.paused" minItems:"1" maxItems:"3"`
	WebhookMembers
	IsActive given[bool] `json:"is_active,omitzero"`
}

func (n webhookNew) value() backoffice.NewWebhook {
	active := n.IsActive.Value == nil || *n.IsActive.Value
	return backoffice.NewWebhook{URL: n.URL, Events: n.Events, Description: or(n.Description.Patch), Business: or(n.Business.Patch), IsActive: active}
}

func (c webhookChange) patch() backoffice.WebhookPatch {
	return backoffice.WebhookPatch{
		URL: c.URL.Patch, Events: c.Events.Patch, Description: c.Description.Patch, Business: c.Business.Patch, IsActive: c.IsActive.Patch,
	}
}

type webhookOut struct {
	ID             string   `json:"id"`
	URL            string   `json:"url"`
	Events         []string `json:"events" enum:"job.completed,job.failed,job.paused" nullable:"false"`
	Description    *string  `json:"description"`
	Business       *string  `json:"business_id" doc:"null for all"`
	IsActive       bool     `json:"is_active"`
	PreviousUntil  *instant `json:"previous_secret_until" nullable:"true" doc:"until then deliveries are signed with the secret before the last rotation too"`
	DisabledReason *string  `json:"disabled_reason" doc:"gone: the receiver has answered 410"`
	MetaOut
}

func shownWebhook(h backoffice.Webhook) webhookOut {
	return webhookOut{
		ID: h.ID, URL: h.URL, Events: listed(h.Events), Description: null(h.Description), Business: null(h.Business), IsActive: h.IsActive,
		PreviousUntil: moment(h.PreviousSecretUntil), DisabledReason: null(h.DisabledReason), MetaOut: shownMeta(h.Meta),
	}
}

type webhookBody struct {
	ETag string `header:"ETag"`
	Body struct {
		Webhook webhookOut `json:"webhook"`
	}
}

func oneWebhook(h backoffice.Webhook, err error) (*webhookBody, error) {
	if err != nil {
		return nil, err
	}
	out := webhookBody{ETag: etag(h.Revision)}
	out.Body.Webhook = shownWebhook(h)
	return &out, nil
}

type webhookSecretBody struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     struct {
		Webhook webhookOut `json:"webhook"`
		Secret  string     `json:"secret" doc:"what deliveries are signed with, shown this once"`
	}
}

func secretWebhook(h backoffice.Webhook, secret ports.Secret, err error) (*webhookSecretBody, error) {
	if err != nil {
		return nil, err
	}
	out := webhookSecretBody{ETag: etag(h.Revision), Location: webhooksPath + "/" + h.ID}
	out.Body.Webhook, out.Body.Secret = shownWebhook(h), string(secret)
	return &out, nil
}

type webhookList struct {
	Body struct {
		Webhooks []webhookOut `json:"webhooks" nullable:"false"`
		NextOut
	}
}

const webhooksPath = "/api/webhooks"

// defineWebhooks are the rows of who is told of events.
func defineWebhooks(a *API) {
	const all, one, tag = webhooksPath, webhooksPath + "/{webhook_id}", "webhook"
	add(a, route{method: http.MethodGet, path: all, id: "webhook-list", summary: "Who is told of events", tag: tag, role: backoffice.Admin}, a.webhooks)
	add(a, route{method: http.MethodPost, path: all, id: "webhook-create", summary: "Tell an address of events", tag: tag, secret: true, role: backoffice.Admin, status: http.StatusCreated}, a.createWebhook)
	add(a, route{method: http.MethodGet, path: one, id: "webhook-get", summary: "One webhook", tag: tag, role: backoffice.Admin}, a.webhook)
	add(a, route{method: http.MethodPatch, path: one, id: "webhook-update", summary: "Change or switch off a webhook", tag: tag, role: backoffice.Admin, revised: true}, a.changeWebhook)
	add(a, route{method: http.MethodDelete, path: one, id: "webhook-delete", summary: "Remove a webhook", tag: tag, role: backoffice.Admin, status: http.StatusNoContent, revised: true}, a.deleteWebhook)
	add(a, route{
		method: http.MethodPost, path: one + "/rotate-secret", id: "webhook-rotate-secret", action: "webhook.rotate_secret",
		summary: "Give a webhook another secret; the one before signs too for 24 hours", tag: tag, secret: true, role: backoffice.Admin, revised: true,
	}, a.rotateWebhook)
	defineDeliveries(a, one)
}

func (a *API) webhooks(ctx context.Context, c *call, in *Paging) (out *webhookList, err error) {
	out = &webhookList{}
	out.Body.Webhooks, out.Body.NextCursor, err = listOf(ctx, c, *in, func(from string) ([]backoffice.Webhook, string, error) {
		list, err := a.office.Webhooks(ctx)
		list, next := cut(list, in.Limit, from, func(h backoffice.Webhook) string { return h.ID })
		return list, next, err
	}, shownWebhook)
	return out, err
}

func (a *API) createWebhook(ctx context.Context, c *call, in *struct{ Body webhookNew }) (*webhookSecretBody, error) {
	return secretWebhook(a.office.CreateWebhook(ctx, c.Caller, in.Body.value()))
}

func (a *API) webhook(ctx context.Context, _ *call, in *InWebhook) (*webhookBody, error) {
	return oneWebhook(a.office.Webhook(ctx, in.ID))
}

func (a *API) changeWebhook(ctx context.Context, c *call, in *struct {
	InWebhook
	Revised
	Body webhookChange
},
) (*webhookBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return oneWebhook(a.office.PatchWebhook(ctx, c.Caller, in.ID, revision, in.Body.patch()))
}

func (a *API) deleteWebhook(ctx context.Context, c *call, in *struct {
	InWebhook
	Revised
},
) (*none, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return &none{}, a.office.DeleteWebhook(ctx, c.Caller, in.ID, revision)
}

func (a *API) rotateWebhook(ctx context.Context, c *call, in *struct {
	InWebhook
	Revised
},
) (*webhookSecretBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return secretWebhook(a.office.RotateWebhookSecret(ctx, c.Caller, in.ID, revision))
}
