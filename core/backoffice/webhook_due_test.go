package backoffice_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// notice is one as the engine writes it.
func (h hooked) notice(kind string) ports.Notice {
	return ports.Notice{
		ID: "job1-1-0-" + kind, Type: kind, Tenant: "acme", Job: "job1", At: h.clock.Now(),
		Body: []byte(`{"business_id":"acme","job_id":"job1","round":1,"status":"partial","pause_reason":"","counts":{"total":3,"completed":2,` +
			`"failed":1,"cancelled":0},"settled_usd":"0.120000000000","presumed_usd":"0.000000000000","budget_usd":"5.000000000000","request_id":"request-9","secret":"canary"}`),
	}
}

func (h hooked) due(t *testing.T) int {
	t.Helper()
	n, err := h.DeliverDue(t.Context())
	require.NoError(t, err)
	return n
}

// one is the only delivery of a webhook.
func (h hooked) one(t *testing.T, webhook string) backoffice.Delivery {
	t.Helper()
	list, cursor, err := h.Deliveries(t.Context(), webhook, "", "", 0)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Empty(t, cursor)
	return list[0]
}

func TestNotify(t *testing.T) {
	t.Parallel()

	t.Run("EachWebhookThatWantsItGetsOne", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		wants := h.hook(t)
		b, err := h.CreateBusiness(t.Context(), boss(), catalog.Business{Name: "Acme", IndustryType: "Plumber"})
		require.NoError(t, err)
		for _, change := range []func(n *backoffice.NewWebhook){
			func(n *backoffice.NewWebhook) { n.IsActive = false },
			func(n *backoffice.NewWebhook) { n.Events = []string{"job.paused"} },
			func(n *backoffice.NewWebhook) { n.Business = b.ID },
		} {
			n := newHook()
			change(&n)
			_, _, err := h.CreateWebhook(t.Context(), boss(), n)
			require.NoError(t, err)
		}
		require.NoError(t, h.Notify(t.Context(), h.notice("job.completed")))
		require.NoError(t, h.Notify(t.Context(), h.notice("job.completed")), "it comes again")
		require.Equal(t, 1, h.due(t))
		require.NoError(t, h.Notify(t.Context(), h.notice("job.completed")), "and after it was delivered")
		require.Equal(t, 0, h.due(t))
		got := h.receivers.taken()
		require.Len(t, got, 1)
		require.Equal(t, hookURL, got[0].URL)
		require.Regexp(t, `^msg_\d{13}_[0-9a-f]{32}$`, got[0].ID)
		require.Equal(t, `{"type":"job.completed","timestamp":"2026-11-26T09:00:00.000Z","data":{"business_id":"acme","job_id":"job1","round":1,`+
			`"status":"partial","pause_reason":null,"page_type":null,"counts":{"total":3,"completed":2,"failed":1,"cancelled":0},`+
			`"settled_usd":"0.120000000000","presumed_usd":"0.000000000000","budget_usd":"5.000000000000","started_at":null,`+
			`"completed_at":"2026-11-26T09:00:00.000Z","request_id":"request-9"}}`, string(got[0].Body))
		d := h.one(t, wants.ID)
		require.Equal(t, backoffice.DeliveryDelivered, d.Status)
		require.Equal(t, "acme job1 request-9", d.Business+" "+d.Job+" "+d.RequestID)
		require.Equal(t, []backoffice.DeliveryAttempt{{At: h.clock.Now(), HTTPStatus: 200, DurationMS: 30}}, d.Attempts)

		own := h.notice("job.failed")
		own.Tenant = b.ID
		require.NoError(t, h.Notify(t.Context(), own))
		require.Equal(t, 2, h.due(t), "its own and the one for all")
	})

	t.Run("APausedJobHasNotEnded", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		n := newHook()
		n.Events = []string{"job.paused"}
		_, _, err := h.CreateWebhook(t.Context(), boss(), n)
		require.NoError(t, err)
		notice := h.notice("job.paused")
		notice.Body = []byte(`{"pause_reason":"budget","labels":{"page_type":"service-area","business":"Acme"},"started_at":"2026-11-26T09:00:00.1239+01:00"}`)
		require.NoError(t, h.Notify(t.Context(), notice))
		require.Equal(t, 1, h.due(t))
		body := string(h.receivers.taken()[0].Body)
		require.Contains(t, body, `"pause_reason":"budget","page_type":"service-area"`)
		require.Contains(t, body, `"started_at":"2026-11-26T08:00:00.123Z","completed_at":null`)
	})

	t.Run("ABodyThatIsNoneIsTold", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		require.ErrorIs(t, h.Notify(t.Context(), ports.Notice{ID: "n", Type: "job.failed", Body: []byte("{")}), fault.Corrupt)
	})
}

func TestDeliverDue(t *testing.T) {
	t.Parallel()

	t.Run("TenAttemptsOverThreeDays", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		require.NoError(t, h.Notify(t.Context(), h.notice("job.failed")))
		h.receivers.says(500, 0)
		for _, wait := range []time.Duration{
			5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
		} {
			require.Equal(t, 1, h.due(t))
			require.Equal(t, h.clock.Now().Add(wait), h.one(t, w.ID).NextAttemptAt)
			h.clock.forward(wait - time.Millisecond)
			require.Equal(t, 0, h.due(t), "not yet")
			h.clock.forward(time.Millisecond)
		}
		require.Empty(t, h.alarms.events)
		require.Equal(t, 1, h.due(t))
		d := h.one(t, w.ID)
		require.Equal(t, backoffice.DeliveryFailed, d.Status)
		require.Len(t, d.Attempts, 10)
		require.Equal(t, backoffice.DeliveryAttempt{At: h.clock.Now(), HTTPStatus: 500, Error: "status"}, d.Attempts[9])
		require.True(t, d.NextAttemptAt.IsZero())
		require.Len(t, h.alarms.events, 1)
		require.Equal(t, ports.EventWebhookFailed, h.alarms.events[0].Name)
		require.Equal(t, 10, h.alarms.events[0].Count)
		h.clock.forward(7 * 24 * time.Hour)
		require.Equal(t, 0, h.due(t))
		ids := map[string]bool{}
		for _, got := range h.receivers.taken() {
			ids[got.ID] = true
		}
		require.Len(t, ids, 1, "the webhook-id stays the same")

		h.receivers.answer = nil
		again, err := h.Redeliver(t.Context(), boss(), w.ID, d.ID)
		require.NoError(t, err)
		require.Equal(t, backoffice.DeliveryPending, again.Status)
		require.Equal(t, 1, h.due(t))
		require.Equal(t, d.ID, h.receivers.taken()[0].ID)
		require.Equal(t, backoffice.DeliveryDelivered, h.one(t, w.ID).Status)
		require.Len(t, h.one(t, w.ID).Attempts, 11)
	})

	t.Run("RetryAfterIsHonoured", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		require.NoError(t, h.Notify(t.Context(), h.notice("job.failed")))
		h.receivers.says(503, time.Hour)
		h.due(t)
		require.Equal(t, h.clock.Now().Add(time.Hour), h.one(t, w.ID).NextAttemptAt)
	})

	t.Run("GoneSwitchesTheWebhookOff", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		require.NoError(t, h.Notify(t.Context(), h.notice("job.failed")))
		require.NoError(t, h.Notify(t.Context(), h.notice("job.completed")))
		h.receivers.says(410, 0)
		require.Equal(t, 1, h.due(t), "the second finds it off")
		got, err := h.Webhook(t.Context(), w.ID)
		require.NoError(t, err)
		require.Equal(t, "false gone 2", fmt.Sprint(got.IsActive, " ", got.DisabledReason, " ", got.Revision))
		list, _, err := h.Deliveries(t.Context(), w.ID, backoffice.DeliveryDisabled, "", 0)
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Len(t, h.alarms.events, 1)
		_, err = h.Redeliver(t.Context(), boss(), w.ID, list[0].ID)
		require.ErrorIs(t, err, fault.Conflict)
		_, err = h.TestWebhook(t.Context(), boss(), w.ID)
		require.ErrorIs(t, err, fault.Conflict)
		got, err = h.PatchWebhook(t.Context(), boss(), w.ID, 2, backoffice.WebhookPatch{IsActive: backoffice.To(true)})
		require.NoError(t, err)
		require.Empty(t, got.DisabledReason)
	})

	t.Run("ADeletedWebhookGetsNothing", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		require.NoError(t, h.Notify(t.Context(), h.notice("job.failed")))
		require.NoError(t, h.DeleteWebhook(t.Context(), boss(), w.ID, backoffice.Any))
		require.Equal(t, 0, h.due(t))
		require.Empty(t, h.receivers.taken())
	})

	t.Run("TwoSweepersSendOnce", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		require.NoError(t, h.Notify(t.Context(), h.notice("job.failed")))
		other := hookedOver(t, h.clock, h.store)
		h.receivers.answer = func(backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
			require.Equal(t, 0, other.due(t), "it is claimed")
			return backoffice.WebhookResult{Status: 204}, nil
		}
		require.Equal(t, 1, h.due(t))
		require.Equal(t, 0, other.due(t))
		require.Len(t, h.one(t, w.ID).Attempts, 1)
	})

	t.Run("ACrashWithinAnAttemptIsMadeUpFor", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		require.NoError(t, h.Notify(t.Context(), h.notice("job.failed")))
		ctx, cancel := context.WithCancel(t.Context())
		h.receivers.answer = func(backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
			cancel()
			return backoffice.WebhookResult{}, ctx.Err()
		}
		_, err := h.DeliverDue(ctx)
		require.Equal(t, context.Canceled, err)
		require.Empty(t, h.one(t, w.ID).Attempts)
		h.receivers.answer = nil
		require.Equal(t, 0, h.due(t))
		h.clock.forward(30 * time.Second)
		require.Equal(t, 1, h.due(t))
		require.Equal(t, backoffice.DeliveryDelivered, h.one(t, w.ID).Status)
	})

	t.Run("ALateAnswerOfOneTakenOver", func(t *testing.T) {
		t.Parallel()
		for status, want := range map[int]backoffice.DeliveryStatus{200: backoffice.DeliveryDelivered, 500: backoffice.DeliveryPending} {
			h := setHooks(t)
			w := h.hook(t)
			require.NoError(t, h.Notify(t.Context(), h.notice("job.failed")))
			other := hookedOver(t, h.clock, h.store)
			other.receivers.says(503, time.Hour)
			var planned time.Time
			h.receivers.answer = func(backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
				h.clock.forward(time.Minute)
				require.Equal(t, 1, other.due(t))
				planned = h.one(t, w.ID).NextAttemptAt
				if status == 200 {
					return backoffice.WebhookResult{Status: 200}, nil
				}
				return backoffice.WebhookResult{Status: status, Failure: "status"}, fault.Unavailable
			}
			require.Equal(t, 1, h.due(t))
			d := h.one(t, w.ID)
			require.Equal(t, want, d.Status)
			require.Len(t, d.Attempts, 2)
			if status == 500 {
				require.Equal(t, planned, d.NextAttemptAt, "what is due stays so")
			}
		}
	})

	t.Run("ASilentReceiverHoldsUpNoOthers", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		silent := h.hook(t)
		n := newHook()
		n.URL = "https://other.example.com/"
		_, _, err := h.CreateWebhook(t.Context(), boss(), n)
		require.NoError(t, err)
		for i := range 3 {
			notice := h.notice("job.failed")
			notice.ID += fmt.Sprint(i)
			require.NoError(t, h.Notify(t.Context(), notice))
		}
		h.receivers.answer = func(d backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
			if d.URL == hookURL {
				return backoffice.WebhookResult{Failure: backoffice.FailureTimeout}, fault.Unavailable
			}
			return backoffice.WebhookResult{Status: 200}, nil
		}
		require.Equal(t, 4, h.due(t), "one of the silent one's, three of the other's")
		list, _, err := h.Deliveries(t.Context(), silent.ID, "", "", 0)
		require.NoError(t, err)
		require.Len(t, list, 3)
	})

	t.Run("ItsTurnEnds", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		for range 3 {
			_, err := h.TestWebhook(t.Context(), boss(), w.ID)
			require.NoError(t, err)
		}
		h.receivers.answer = func(backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
			h.clock.forward(40 * time.Second)
			return backoffice.WebhookResult{Status: 200}, nil
		}
		require.Equal(t, 2, h.due(t))
		require.Equal(t, 1, h.due(t))
	})

	t.Run("FiftyAtATimeTheOldestFirst", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		for range 60 {
			_, err := h.TestWebhook(t.Context(), boss(), w.ID)
			require.NoError(t, err)
			h.clock.forward(time.Millisecond)
		}
		require.Equal(t, 50, h.due(t))
		require.Equal(t, 10, h.due(t))
		got := h.receivers.taken()
		for i := range got[1:] {
			require.Less(t, got[i].ID, got[i+1].ID)
		}
	})

	t.Run("AnErrorWithoutAWordHasItsKind", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		require.NoError(t, h.Notify(t.Context(), h.notice("job.failed")))
		h.receivers.answer = func(backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
			return backoffice.WebhookResult{}, errors.New("?")
		}
		h.due(t)
		require.Equal(t, "internal", h.one(t, w.ID).Attempts[0].Error)
	})

	t.Run("LostAcknowledgementsChangeNothing", func(t *testing.T) {
		t.Parallel()
		c := &watch{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
		lost := map[int]bool{}
		commits := 0
		store := memstore.New(c, &memstore.Options{Hooks: memstore.Hooks{LoseAck: func([]ports.Key) bool {
			commits++
			return lost[commits]
		}}})
		h := hookedOver(t, c, store)
		w := h.hook(t)
		lost[commits+1] = true // the notice's
		require.NoError(t, h.Notify(t.Context(), h.notice("job.failed")))
		lost[commits+1] = true // the claim's: its attempt is made when it has ended
		require.Equal(t, 0, h.due(t))
		c.forward(30 * time.Second)
		lost[commits+2] = true // the attempt's
		require.Equal(t, 1, h.due(t))
		require.Len(t, h.one(t, w.ID).Attempts, 1)
		require.Equal(t, backoffice.DeliveryDelivered, h.one(t, w.ID).Status)
	})

	t.Run("WithoutASenderDeliveriesWait", func(t *testing.T) {
		t.Parallel()
		f := found(t, nil)
		w, _, err := f.CreateWebhook(t.Context(), boss(), newHook())
		require.NoError(t, err)
		_, err = f.TestWebhook(t.Context(), boss(), w.ID)
		require.NoError(t, err)
		n, err := f.DeliverDue(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)
	})

	t.Run("ABrokenRecordIsTold", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		key := ports.Key{Partition: "webhook-due", Sort: "0000000000001/w/d"}
		require.NoError(t, h.store.Update(t.Context(), []ports.Key{key}, func(tx ports.Tx) error {
			tx.Get(key)
			tx.Put(ports.Record{Key: key, Kind: "webhook-due", Body: []byte("{")})
			return nil
		}))
		require.Equal(t, 0, h.due(t))
		require.Len(t, h.alarms.events, 1)
		require.Equal(t, "corrupt", h.alarms.events[0].Fault)
	})
}

func TestDeliveries(t *testing.T) {
	t.Parallel()

	t.Run("PagesByStatusNewestFirst", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		var made []string
		for range 5 {
			d, err := h.TestWebhook(t.Context(), boss(), w.ID)
			require.NoError(t, err)
			made = append([]string{d.ID}, made...)
			h.clock.forward(time.Second)
		}
		var got []string
		cursor := ""
		for {
			list, next, err := h.Deliveries(t.Context(), w.ID, backoffice.DeliveryPending, cursor, 2)
			require.NoError(t, err)
			require.LessOrEqual(t, len(list), 2)
			for _, d := range list {
				got = append(got, d.ID)
			}
			if cursor = next; cursor == "" {
				break
			}
		}
		require.Equal(t, made, got)
		list, _, err := h.Deliveries(t.Context(), w.ID, backoffice.DeliveryFailed, "", 0)
		require.NoError(t, err)
		require.Empty(t, list)
		_, _, err = h.Deliveries(t.Context(), w.ID, "lost", "", 0)
		require.ErrorIs(t, err, fault.Invalid)
	})

	t.Run("TheyAreKeptForThirtyDays", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		d, err := h.TestWebhook(t.Context(), boss(), w.ID)
		require.NoError(t, err)
		require.Equal(t, 1, h.due(t))
		h.clock.forward(30*24*time.Hour - time.Second)
		require.Len(t, []any{h.one(t, w.ID)}, 1)
		h.clock.forward(2 * time.Second)
		list, _, err := h.Deliveries(t.Context(), w.ID, "", "", 0)
		require.NoError(t, err)
		require.Empty(t, list)
		_, err = h.Redeliver(t.Context(), boss(), w.ID, d.ID)
		require.ErrorIs(t, err, fault.NotFound)
	})

	t.Run("RedeliverWantsWhatIsThere", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		for _, id := range []string{"nothing", "a/b", ""} {
			_, err := h.Redeliver(t.Context(), boss(), w.ID, id)
			require.ErrorIs(t, err, fault.NotFound)
		}
		_, err := h.Redeliver(t.Context(), boss(), "nobody", "nothing")
		require.ErrorIs(t, err, fault.NotFound)
		_, err = h.TestWebhook(t.Context(), boss(), "nobody")
		require.ErrorIs(t, err, fault.NotFound)
	})

	t.Run("EveryChangeHasItsLine", func(t *testing.T) {
		t.Parallel()
		h := setHooks(t)
		w := h.hook(t)
		d, err := h.TestWebhook(t.Context(), boss(), w.ID)
		require.NoError(t, err)
		require.Equal(t, "request-1", d.RequestID)
		_, err = h.Redeliver(t.Context(), boss(), w.ID, d.ID)
		require.NoError(t, err)
		_, _, err = h.RotateWebhookSecret(t.Context(), boss(), w.ID, backoffice.Any)
		require.NoError(t, err)
		require.NoError(t, h.DeleteWebhook(t.Context(), boss(), w.ID, backoffice.Any))
		lines, _, err := h.Audit(t.Context(), backoffice.AuditQuery{})
		require.NoError(t, err)
		var names []string
		for _, line := range lines {
			names = append(names, line.Action)
		}
		require.Equal(t, []string{"webhook.delete", "webhook.rotate_secret", "webhook.redeliver", "webhook.test", "webhook.create"}, names)
	})
}
