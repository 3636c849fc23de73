package backoffice_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const hookURL = "https://hooks.example.com/in?key=canary"

// receivers takes what is delivered and answers as it is told to; without an answer it says 200.
type receivers struct {
	mu     sync.Mutex
	got    []backoffice.WebhookDelivery
	answer func(d backoffice.WebhookDelivery) (backoffice.WebhookResult, error)
}

func (r *receivers) Send(_ context.Context, d backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
	r.mu.Lock()
	r.got = append(r.got, d)
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		return answer(d)
	}
	return backoffice.WebhookResult{Status: 200, Duration: 30 * time.Millisecond}, nil
}

// says makes every answer the given status, as the sender maps it.
func (r *receivers) says(status int, wait time.Duration) {
	r.answer = func(backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
		return backoffice.WebhookResult{Status: status, RetryAfter: wait, Failure: "status"}, fault.New(fault.Unavailable, "answered %d", status)
	}
}

func (r *receivers) taken() []backoffice.WebhookDelivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// middle draws the jitter that changes nothing.
type middle struct{ *sysclock.IDs }

func (middle) Jitter() float64 { return 0.5 }

// alarms keeps the events.
type alarms struct {
	mu     sync.Mutex
	events []ports.Event
}

func (a *alarms) Observe(_ context.Context, e ports.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, e)
}

type hooked struct {
	*backoffice.Office
	clock     *watch
	store     *memstore.Store
	receivers *receivers
	alarms    *alarms
}

func hookedOver(t *testing.T, c *watch, store ports.Store) hooked {
	t.Helper()
	h := hooked{clock: c, receivers: &receivers{}, alarms: &alarms{}}
	office, err := backoffice.New(
		backoffice.Ports{Store: store, Clock: c, IDs: middle{sysclock.NewIDs()}, Observer: h.alarms}, &backoffice.Options{Webhooks: h.receivers})
	require.NoError(t, err)
	h.Office = office
	return h
}

func setHooks(t *testing.T) hooked {
	t.Helper()
	c := &watch{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	store := memstore.New(c, nil)
	h := hookedOver(t, c, store)
	h.store = store
	return h
}

func newHook() backoffice.NewWebhook {
	return backoffice.NewWebhook{URL: hookURL, Events: []string{"job.failed", "job.completed"}, Description: " our\n ERP ", IsActive: true}
}

func (h hooked) hook(t *testing.T) backoffice.Webhook {
	t.Helper()
	w, _, err := h.CreateWebhook(t.Context(), boss(), newHook())
	require.NoError(t, err)
	return w
}

func TestWebhooks(t *testing.T) {
	t.Parallel()

	t.Run("CreateShowsTheSecretOnce", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w, secret, err := h.CreateWebhook(t.Context(), boss(), newHook())
		require.NoError(t, err)
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(secret), "whsec_"))
		require.NoError(t, err)
		require.Len(t, key, 32)
		require.Equal(t, []string{"job.completed", "job.failed"}, w.Events)
		require.Equal(t, "our ERP", w.Description)
		require.Equal(t, int64(1), w.Revision)
		got, err := h.Webhook(t.Context(), w.ID)
		require.NoError(t, err)
		require.Equal(t, w, got)
		list, err := h.Webhooks(t.Context())
		require.NoError(t, err)
		require.Equal(t, []backoffice.Webhook{w}, list)
		lines, _, err := h.Audit(t.Context(), backoffice.AuditQuery{})
		require.NoError(t, err)
		require.Len(t, lines, 1)
		require.Equal(t, "webhook.create", lines[0].Action)
		require.Equal(t, backoffice.Target{Type: "webhook", ID: w.ID}, lines[0].Target)
		require.NotContains(t, fmt.Sprintf("%+v %+v", lines, list), strings.TrimPrefix(string(secret), "whsec_"))
	})

	t.Run("BadOnesAreRefused", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		for path, change := range map[string]func(n *backoffice.NewWebhook){
			"/url":         func(n *backoffice.NewWebhook) { n.URL = "https://169.254.169.254/canary" },
			"/events":      func(n *backoffice.NewWebhook) { n.Events = []string{"job.completed", "webhook.test"} },
			"/events ":     func(n *backoffice.NewWebhook) { n.Events = nil },
			"/events  ":    func(n *backoffice.NewWebhook) { n.Events = []string{"job.failed", "job.failed"} },
			"/description": func(n *backoffice.NewWebhook) { n.Description = strings.Repeat("é", 201) },
			"/business_id": func(n *backoffice.NewWebhook) { n.Business = "nobody" },
			"/business_id ": func(n *backoffice.NewWebhook) {
				n.Business = "no/body"
			},
		} {
			n := newHook()
			change(&n)
			_, _, err := h.CreateWebhook(t.Context(), boss(), n)
			var problems catalog.Problems
			require.ErrorAs(t, err, &problems, path)
			require.Equal(t, strings.TrimSpace(path), problems[0].Path)
			require.NotContains(t, err.Error(), "canary")
		}
	})

	t.Run("ThereAreTwentyAtMost", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		for range backoffice.MaxWebhooks {
			h.hook(t)
		}
		_, _, err := h.CreateWebhook(t.Context(), boss(), newHook())
		require.ErrorIs(t, err, fault.Conflict)
	})

	t.Run("PatchNeedsTheRevision", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		p := backoffice.WebhookPatch{
			URL: backoffice.To("https://other.example.com/"), Events: backoffice.To([]string{"job.paused"}), Description: backoffice.Null[string](),
			IsActive: backoffice.To(false),
		}
		got, err := h.PatchWebhook(t.Context(), boss(), w.ID, 1, p)
		require.NoError(t, err)
		require.Equal(t, "https://other.example.com/ [job.paused]  false 2", fmt.Sprint(got.URL, " ", got.Events, " ", got.Description, " ", got.IsActive, " ", got.Revision))
		_, err = h.PatchWebhook(t.Context(), boss(), w.ID, 1, p)
		require.ErrorAs(t, err, new(*backoffice.Stale))
		_, err = h.PatchWebhook(t.Context(), boss(), "nobody", 1, p)
		require.ErrorIs(t, err, fault.NotFound)
		_, err = h.PatchWebhook(t.Context(), boss(), w.ID, 2, backoffice.WebhookPatch{URL: backoffice.Null[string]()})
		require.ErrorIs(t, err, fault.Invalid)
		_, err = h.PatchWebhook(t.Context(), boss(), w.ID, 2, backoffice.WebhookPatch{Business: backoffice.To("nobody")})
		require.ErrorIs(t, err, fault.Invalid)
		lines, _, err := h.Audit(t.Context(), backoffice.AuditQuery{Action: "webhook.update"})
		require.NoError(t, err)
		require.Len(t, lines, 1)
		require.Equal(t, []string{"description", "events", "is_active", "url"}, lines[0].ChangedFields)
	})

	t.Run("DeleteNeedsTheRevision", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		require.ErrorAs(t, h.DeleteWebhook(t.Context(), boss(), w.ID, 7), new(*backoffice.Stale))
		require.NoError(t, h.DeleteWebhook(t.Context(), boss(), w.ID, 1))
		require.ErrorIs(t, h.DeleteWebhook(t.Context(), boss(), w.ID, 1), fault.NotFound)
		_, err := h.Webhook(t.Context(), w.ID)
		require.ErrorIs(t, err, fault.NotFound)
		_, _, err = h.Deliveries(t.Context(), w.ID, "", "", 0)
		require.ErrorIs(t, err, fault.NotFound)
	})

	t.Run("RotationSignsWithBothForADay", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w, first, err := h.CreateWebhook(t.Context(), boss(), newHook())
		require.NoError(t, err)
		_, _, err = h.RotateWebhookSecret(t.Context(), boss(), w.ID, 9)
		require.ErrorAs(t, err, new(*backoffice.Stale))
		w, second, err := h.RotateWebhookSecret(t.Context(), boss(), w.ID, 1)
		require.NoError(t, err)
		require.NotEqual(t, string(first), string(second))
		require.Equal(t, h.clock.Now().Add(24*time.Hour), w.PreviousSecretUntil)
		for _, want := range [][]ports.Secret{{second, first}, {second}} {
			_, err = h.TestWebhook(t.Context(), boss(), w.ID)
			require.NoError(t, err)
			_, err = h.DeliverDue(t.Context())
			require.NoError(t, err)
			got := h.receivers.taken()
			require.Len(t, got, 1)
			require.True(t, fmt.Sprintf("%q", toStrings(got[0].Secrets)) == fmt.Sprintf("%q", toStrings(want)))
			h.clock.forward(24 * time.Hour)
		}
	})
}

func toStrings(secrets []ports.Secret) (list []string) {
	for _, s := range secrets {
		list = append(list, string(s))
	}
	return list
}
