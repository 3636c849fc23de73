package backoffice_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// halfDeaf is receivers of which one lets every attempt run out of time.
type halfDeaf struct {
	clock *watch
	deaf  string
	heard []string
}

func (h *halfDeaf) Send(_ context.Context, d backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
	if h.heard = append(h.heard, d.URL); d.URL == h.deaf {
		h.clock.forward(15 * time.Second)
		return backoffice.WebhookResult{Failure: backoffice.FailureTimeout}, fault.New(fault.Unavailable, "no answer came in time")
	}
	return backoffice.WebhookResult{Status: 200}, nil
}

// However much waits for a receiver that is silent, the others get theirs in the same turn.
func TestASilentReceiverHoldsUpNoOthers(t *testing.T) {
	t.Parallel()
	const deaf, hears = "https://deaf.example.com/hook", "https://hears.example.com/hook"
	h := &halfDeaf{deaf: deaf}
	f := found(t, &backoffice.Options{Webhooks: h})
	h.clock = f.clock
	for url, event := range map[string]string{deaf: backoffice.WebhookJobCompleted, hears: backoffice.WebhookJobFailed} {
		_, _, err := f.CreateWebhook(t.Context(), boss(), backoffice.NewWebhook{URL: url, Events: []string{event}, IsActive: true})
		require.NoError(t, err)
	}
	notify := func(id, event string) {
		require.NoError(t, f.Notify(t.Context(), ports.Notice{ID: id, Tenant: "acme", Job: "job1", Type: event, At: f.clock.Now(), Body: []byte("{}")}))
	}
	for i := range 1450 { // more than one page of a list
		notify(fmt.Sprint(i), backoffice.WebhookJobCompleted)
	}
	f.clock.forward(time.Second)
	notify("last", backoffice.WebhookJobFailed)
	made, err := f.DeliverDue(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, made)
	require.Equal(t, []string{deaf, hears}, h.heard)
}

// rested is a webhook with so many deliveries due.
func rested(t *testing.T, deliveries int) (hooked, backoffice.Webhook) {
	t.Helper()
	h := setHooks(t)
	w := h.hook(t)
	for i := range deliveries {
		notice := h.notice("job.failed")
		notice.ID += fmt.Sprint(i)
		require.NoError(t, h.Notify(t.Context(), notice))
	}
	return h, w
}

// A webhook whose receiver fails is tried once a round, and rests longer with every failure, whatever is due. One success ends it.
func TestAFailingWebhookRests(t *testing.T) {
	t.Parallel()

	t.Run("LongerWithEveryFailure", func(t *testing.T) {
		t.Parallel()
		h, _ := rested(t, 12)
		h.receivers.says(http.StatusBadGateway, 0)
		for _, seconds := range []time.Duration{5, 10, 20, 40, 80, 120, 120, 120} {
			require.Equal(t, 1, h.due(t))
			require.Equal(t, 0, h.due(t))
			h.clock.forward(seconds*time.Second - time.Millisecond)
			require.Equal(t, 0, h.due(t), "after %d seconds", seconds)
			h.clock.forward(time.Millisecond)
		}
		h.receivers.answer = nil
		require.Positive(t, h.due(t))
		_, err := h.store.Get(t.Context(), ports.Key{Partition: "webhooks", Sort: "rest/nobody"})
		require.ErrorIs(t, err, fault.NotFound)
	})

	t.Run("AnotherProcessKnowsOfIt", func(t *testing.T) {
		t.Parallel()
		h, _ := rested(t, 3)
		h.receivers.says(http.StatusBadGateway, 0)
		require.Equal(t, 1, h.due(t))
		other := hookedOver(t, h.clock, h.store)
		require.Equal(t, 0, other.due(t))
		h.clock.forward(5 * time.Second)
		require.Equal(t, 3, other.due(t))
		h.receivers.taken()
		require.NoError(t, h.Notify(t.Context(), h.notice("job.completed")))
		require.Equal(t, 1, h.due(t), "it begins anew after a success")
		h.clock.forward(5 * time.Second)
		h.receivers.answer = nil
		require.NoError(t, h.Notify(t.Context(), h.notice("job.failed")))
		require.Equal(t, 2, h.due(t))
	})

	t.Run("AsLongAsTheReceiverAsks", func(t *testing.T) {
		t.Parallel()
		for asked, want := range map[time.Duration]time.Duration{time.Second: 5 * time.Second, time.Minute: time.Minute, time.Hour: 2 * time.Minute} {
			h, _ := rested(t, 2)
			h.receivers.says(http.StatusTooManyRequests, asked)
			require.Equal(t, 1, h.due(t))
			h.clock.forward(want - time.Millisecond)
			require.Equal(t, 0, h.due(t), asked)
			h.clock.forward(time.Millisecond)
			require.Equal(t, 1, h.due(t), asked)
		}
	})

	t.Run("UntilSomebodyIsAtIt", func(t *testing.T) {
		t.Parallel()
		for name, wake := range map[string]func(h hooked, w backoffice.Webhook, d backoffice.Delivery) error{
			"redeliver": func(h hooked, w backoffice.Webhook, d backoffice.Delivery) error {
				_, err := h.Redeliver(t.Context(), boss(), w.ID, d.ID)
				return err
			},
			"test": func(h hooked, w backoffice.Webhook, _ backoffice.Delivery) error {
				_, err := h.TestWebhook(t.Context(), boss(), w.ID)
				return err
			},
			"patch": func(h hooked, w backoffice.Webhook, _ backoffice.Delivery) error {
				_, err := h.PatchWebhook(t.Context(), boss(), w.ID, backoffice.Any, backoffice.WebhookPatch{URL: backoffice.To("https://new.example.com/")})
				return err
			},
			"rotate": func(h hooked, w backoffice.Webhook, _ backoffice.Delivery) error {
				_, _, err := h.RotateWebhookSecret(t.Context(), boss(), w.ID, backoffice.Any)
				return err
			},
		} {
			h, w := rested(t, 2)
			h.receivers.says(http.StatusBadGateway, 0)
			require.Equal(t, 1, h.due(t))
			h.clock.forward(time.Millisecond)
			list, _, err := h.Deliveries(t.Context(), w.ID, "", "", 0)
			require.NoError(t, err)
			require.NoError(t, wake(h, w, list[0]), name)
			require.Equal(t, 1, h.due(t), name)
			h.clock.forward(9 * time.Second)
			require.Equal(t, 0, h.due(t), "%s: the failures before count", name)
			h.clock.forward(time.Second)
			require.Equal(t, 1, h.due(t), name)
		}
	})

	t.Run("NotForWhatIsNotTheReceivers", func(t *testing.T) {
		t.Parallel()
		h, w := rested(t, 2)
		h.receivers.answer = func(backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
			return backoffice.WebhookResult{Failure: backoffice.FailureRequest}, fault.Invalid
		}
		require.Equal(t, 2, h.due(t), "nothing was sent, so that there is nobody to wait for")
		list, _, err := h.Deliveries(t.Context(), w.ID, backoffice.DeliveryPending, "", 0)
		require.NoError(t, err)
		require.Len(t, list, 2)
	})

	t.Run("NotForWhatItRefuses", func(t *testing.T) {
		t.Parallel()
		h, _ := rested(t, 3)
		for _, status := range []int{http.StatusBadRequest, http.StatusFound, http.StatusNotFound} {
			h.receivers.says(status, 0)
			require.Equal(t, 3, h.due(t), "it is up: each delivery is refused by itself")
			h.clock.forward(3 * time.Hour)
		}
		for _, status := range []int{http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusServiceUnavailable} {
			h.receivers.says(status, 0)
			require.Equal(t, 1, h.due(t), status)
			h.clock.forward(15 * time.Hour)
		}
	})

	t.Run("ARestThatCannotBeReadIsNone", func(t *testing.T) {
		t.Parallel()
		h, w := rested(t, 2)
		key := ports.Key{Partition: "webhooks", Sort: "rest/" + w.ID}
		require.NoError(t, h.store.Update(t.Context(), []ports.Key{key}, func(tx ports.Tx) error {
			tx.Get(key)
			tx.Put(ports.Record{Key: key, Kind: "webhook-rest", Body: []byte("{")})
			return nil
		}))
		require.Equal(t, 2, h.due(t))
		r, err := h.store.Get(t.Context(), key)
		require.NoError(t, err)
		require.JSONEq(t, `{"failures":0}`, string(r.Body))
	})
}

// meeting is receivers who answer once so many of them are asked at once.
type meeting struct {
	mu   sync.Mutex
	left int
	met  chan struct{}
}

func (m *meeting) Send(ctx context.Context, _ backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
	m.mu.Lock()
	if m.left--; m.left == 0 {
		close(m.met)
	}
	m.mu.Unlock()
	select {
	case <-m.met:
		return backoffice.WebhookResult{Status: 200}, nil
	case <-ctx.Done():
		return backoffice.WebhookResult{}, ctx.Err()
	}
}

// All the webhooks that there can be are served at once.
func TestWebhooksSideBySide(t *testing.T) {
	t.Parallel()
	c := &watch{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	m := &meeting{left: backoffice.MaxWebhooks, met: make(chan struct{})}
	o := over(t, memstore.New(c, nil), c, &backoffice.Options{Webhooks: m, Group: sysclock.Group{}})
	for range backoffice.MaxWebhooks {
		w, _, err := o.CreateWebhook(t.Context(), boss(), newHook())
		require.NoError(t, err)
		_, err = o.TestWebhook(t.Context(), boss(), w.ID)
		require.NoError(t, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // reached by nobody unless one waits for the other
	defer cancel()
	made, err := o.DeliverDue(ctx)
	require.NoError(t, err)
	require.Equal(t, backoffice.MaxWebhooks, made)
	made, err = o.DeliverDue(t.Context())
	require.NoError(t, err)
	require.Zero(t, made)
}
