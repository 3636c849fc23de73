package backoffice_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// nth is a store whose call of a number fails; 0 is none.
type nth struct {
	ports.Store
	turn int
}

func (s *nth) fails() error {
	if s.turn--; s.turn == 0 {
		return fault.New(fault.Unavailable, "the store is out of reach")
	}
	return nil
}

func (s *nth) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	if err := s.fails(); err != nil {
		return ports.Record{}, err
	}
	return s.Store.Get(ctx, key)
}

func (s *nth) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	if err := s.fails(); err != nil {
		return ports.Page{}, err
	}
	return s.Store.List(ctx, r)
}

func (s *nth) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	if err := s.fails(); err != nil {
		return err
	}
	return s.Store.Update(ctx, keys, decide)
}

// Every call of the store fails once: it is told, and in the end the delivery is made all the same.
func TestWebhookStoreFailures(t *testing.T) {
	t.Parallel()
	c := &watch{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	store := &nth{Store: memstore.New(c, nil)}
	h := hookedOver(t, c, store)
	w := h.hook(t)
	d, err := h.TestWebhook(t.Context(), boss(), w.ID)
	require.NoError(t, err)
	for name, call := range map[string]func() error{
		"list":       func() error { _, err := h.Webhooks(t.Context()); return err },
		"get":        func() error { _, err := h.Webhook(t.Context(), w.ID); return err },
		"deliveries": func() error { _, _, err := h.Deliveries(t.Context(), w.ID, "", "", 0); return err },
		"create":     func() error { _, _, err := h.CreateWebhook(t.Context(), boss(), newHook()); return err },
		"patch": func() error {
			_, err := h.PatchWebhook(t.Context(), boss(), w.ID, backoffice.Any, backoffice.WebhookPatch{})
			return err
		},
		"rotate": func() error {
			_, _, err := h.RotateWebhookSecret(t.Context(), boss(), w.ID, backoffice.Any)
			return err
		},
		"test":      func() error { _, err := h.TestWebhook(t.Context(), boss(), w.ID); return err },
		"redeliver": func() error { _, err := h.Redeliver(t.Context(), boss(), w.ID, d.ID); return err },
		"notify":    func() error { return h.Notify(t.Context(), h.notice("job.failed")) },
		"due":       func() error { _, err := h.DeliverDue(t.Context()); return err },
	} {
		store.turn = 1
		require.ErrorIs(t, call(), fault.Unavailable, name)
	}
	store.turn = 2
	_, _, err = h.Deliveries(t.Context(), w.ID, "", "", 0)
	require.ErrorIs(t, err, fault.Unavailable)

	store.turn = 2 // the list of what is due
	_, err = h.DeliverDue(t.Context())
	require.ErrorIs(t, err, fault.Unavailable)
	for i, turn := range []int{3, 4, 5, 0} { // the webhook, the claim, the record of the attempt, nothing
		store.turn = turn
		h.due(t)
		require.Len(t, h.alarms.events, min(i+1, 3))
		c.forward(30 * time.Second)
	}
	require.Equal(t, backoffice.DeliveryDelivered, h.one(t, w.ID).Status)
	require.Len(t, h.receivers.taken(), 2, "what was not recorded is sent again, with the same id")
}

// A record that cannot be read is never written over.
func TestWebhookCorrupt(t *testing.T) {
	t.Parallel()
	h := setHooks(t)
	w := h.hook(t)
	d, err := h.TestWebhook(t.Context(), boss(), w.ID)
	require.NoError(t, err)
	spoil := func(key ports.Key) {
		require.NoError(t, h.store.Update(t.Context(), []ports.Key{key}, func(tx ports.Tx) error {
			tx.Get(key)
			tx.Put(ports.Record{Key: key, Kind: "webhook", Body: []byte("{")})
			return nil
		}))
	}
	spoil(ports.Key{Partition: "webhook-deliveries/" + w.ID, Sort: d.ID})
	h.due(t)
	require.Equal(t, "corrupt", h.alarms.events[0].Fault)
	_, err = h.Redeliver(t.Context(), boss(), w.ID, d.ID)
	require.ErrorIs(t, err, fault.Corrupt)
	_, _, err = h.Deliveries(t.Context(), w.ID, "", "", 0)
	require.ErrorIs(t, err, fault.Corrupt)

	spoil(ports.Key{Partition: "webhooks", Sort: "all"})
	for name, call := range map[string]func() error{
		"get":    func() error { _, err := h.Webhook(t.Context(), w.ID); return err },
		"create": func() error { _, _, err := h.CreateWebhook(t.Context(), boss(), newHook()); return err },
		"patch": func() error {
			_, err := h.PatchWebhook(t.Context(), boss(), w.ID, 1, backoffice.WebhookPatch{})
			return err
		},
		"delete": func() error { return h.DeleteWebhook(t.Context(), boss(), w.ID, 1) },
		"test":   func() error { _, err := h.TestWebhook(t.Context(), boss(), w.ID); return err },
		"notify": func() error { return h.Notify(t.Context(), h.notice("job.failed")) },
	} {
		require.ErrorIs(t, call(), fault.Corrupt, name)
	}
}
