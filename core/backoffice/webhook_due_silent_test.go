package backoffice_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
	for i := range 450 {
		notify(fmt.Sprint(i), backoffice.WebhookJobCompleted)
	}
	f.clock.forward(time.Second)
	notify("last", backoffice.WebhookJobFailed)
	made, err := f.DeliverDue(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, made)
	require.Equal(t, []string{deaf, hears}, h.heard)
}
