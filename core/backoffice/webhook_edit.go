package backoffice

import (
	"context"
	"encoding/base64"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// NewWebhook is what a caller says of a new webhook.
type NewWebhook struct {
	URL         string
	Events      []string
	Description string
	// Business is empty for all businesses.
	Business string
	IsActive bool
}

// WebhookPatch is what to change of a webhook.
type WebhookPatch struct {
	URL         Patch[string]
	Events      Patch[[]string]
	Description Patch[string]
	Business    Patch[string]
	IsActive    Patch[bool]
}

// CreateWebhook adds a webhook and returns the secret that its deliveries are signed with, this once. Errors:
// catalog.Problems, Conflict (there are MaxWebhooks).
func (o *Office) CreateWebhook(ctx context.Context, by Caller, n NewWebhook) (Webhook, ports.Secret, error) {
	one := hook{Webhook: Webhook{
		ID: o.IDs.NewID(), URL: n.URL, Events: n.Events, Description: n.Description, Business: n.Business, IsActive: n.IsActive,
		Meta: Meta{}.next(o.now()),
	}, Current: o.newWebhookSecret()}
	if err := one.normalise(); err != nil {
		return Webhook{}, "", err
	}
	action := Action{"webhook.create", webhookTarget(one.ID, one.Business)}
	err := o.act(ctx, by, action, []ports.Key{hooksKey()}, func(tx ports.Tx, n *note) error {
		all, err := readHooks(tx)
		if err != nil {
			return err
		}
		if len(all) >= MaxWebhooks {
			return fault.New(fault.Conflict, "there are %d webhooks already: delete one before", MaxWebhooks)
		}
		n.changed(nil, one.Webhook)
		append(all, one).write(tx)
		return one.known(tx)
	})
	if err != nil {
		return Webhook{}, "", err
	}
	return one.Webhook, ports.Secret(one.Current), nil
}

// newWebhookSecret is whsec_ and the base64 of 32 random bytes.
func (o *Office) newWebhookSecret() string {
	a, b := o.IDs.NewToken(), o.IDs.NewToken()
	return "whsec_" + base64.StdEncoding.EncodeToString(append(a[:], b[:]...))
}

// PatchWebhook changes a webhook that stands at the revision. Errors: NotFound, Stale, catalog.Problems.
func (o *Office) PatchWebhook(ctx context.Context, by Caller, id string, seen int64, p WebhookPatch) (Webhook, error) {
	return o.changeHook(ctx, by, "webhook.update", id, seen, func(tx ports.Tx, one *hook) error {
		p.URL.to(&one.URL)
		p.Events.to(&one.Events)
		p.Description.to(&one.Description)
		p.Business.to(&one.Business)
		p.IsActive.to(&one.IsActive)
		if err := one.normalise(); err != nil {
			return err
		}
		if !p.Business.Set {
			return nil // a business that has gone since then keeps nobody from changing the rest
		}
		return one.known(tx)
	})
}

// RotateWebhookSecret gives a webhook another secret and returns it, this once. For 24 hours deliveries are signed with the
// one before too. Errors: NotFound, Stale.
func (o *Office) RotateWebhookSecret(ctx context.Context, by Caller, id string, seen int64) (Webhook, ports.Secret, error) {
	secret := o.newWebhookSecret()
	w, err := o.changeHook(ctx, by, "webhook.rotate_secret", id, seen, func(_ ports.Tx, one *hook) error {
		one.Current, one.Previous, one.PreviousSecretUntil = secret, one.Current, o.now().Add(rotationWindow)
		return nil
	})
	if err != nil {
		return Webhook{}, "", err
	}
	return w, ports.Secret(secret), nil
}

func (o *Office) changeHook(ctx context.Context, by Caller, action, id string, seen int64, change func(ports.Tx, *hook) error) (is Webhook, err error) {
	err = o.act(ctx, by, Action{action, webhookTarget(id, "")}, []ports.Key{hooksKey(), restKey(id)}, func(tx ports.Tx, n *note) error {
		all, err := readHooks(tx)
		if err != nil {
			return err
		}
		one, err := all.find(id)
		if err != nil {
			return err
		}
		if err := one.match(seen); err != nil {
			return err
		}
		was := one.Webhook
		if err := change(tx, one); err != nil {
			return err
		}
		one.Meta = was.next(o.now())
		is = one.Webhook
		n.on(webhookTarget(id, is.Business))
		n.changed(was, is)
		all.write(tx)
		wake(tx, id, o.now())
		return nil
	})
	if err != nil {
		return Webhook{}, err
	}
	return is, nil
}

// DeleteWebhook removes a webhook that stands at the revision. What is still to be delivered to it never is. Errors:
// NotFound, Stale.
func (o *Office) DeleteWebhook(ctx context.Context, by Caller, id string, seen int64) error {
	return o.act(ctx, by, Action{"webhook.delete", webhookTarget(id, "")}, []ports.Key{hooksKey()}, func(tx ports.Tx, n *note) error {
		all, err := readHooks(tx)
		if err != nil {
			return err
		}
		one, err := all.find(id)
		if err != nil {
			return err
		}
		if err := one.match(seen); err != nil {
			return err
		}
		n.on(webhookTarget(id, one.Business))
		n.changed(one.Webhook, nil)
		slices.DeleteFunc(all, func(h hook) bool { return h.ID == id }).write(tx)
		return nil
	})
}
