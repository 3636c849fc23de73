package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func TestWebhooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	b := strings.TrimPrefix(w.business("Joe's Plumbing"), "/api/businesses/")
	a := w.must(http.StatusCreated, http.MethodPost, "/api/webhooks", object{"url": "https://hooks.example.com/in", "events": []string{"job.failed", "job.completed"}, "description": "ours", "business_id": b})
	secret, one := a.get(t, "secret").(string), a.Header.Get("Location")
	require.True(t, strings.HasPrefix(secret, "whsec_"))
	require.Equal(t, true, a.get(t, "webhook.is_active"))
	read := w.must(http.StatusOK, http.MethodGet, one, nil)
	require.Equal(t, a.get(t, "webhook"), read.get(t, "webhook"))
	require.Equal(t, a.Header.Get("Etag"), read.Header.Get("Etag"))

	w.refused(http.StatusPreconditionRequired, http.MethodPatch, one, object{"description": nil})
	w.refused(http.StatusPreconditionFailed, http.MethodPatch, one, object{"description": nil}, "If-Match", `"9"`)
	a = w.must(http.StatusOK, http.MethodPatch, one, object{"description": nil, "business_id": nil, "is_active": false, "events": []string{"job.paused"}}, "If-Match", `"1"`)
	require.Nil(t, a.get(t, "webhook.description"))
	require.Nil(t, a.get(t, "webhook.business_id"))
	require.Equal(t, []any{"job.paused"}, a.get(t, "webhook.events"))
	require.Equal(t, "https://hooks.example.com/in", a.get(t, "webhook.url"))
	w.equalRead(one, a)

	w.refused(http.StatusPreconditionRequired, http.MethodPost, one+"/rotate-secret", nil)
	w.refused(http.StatusPreconditionFailed, http.MethodPost, one+"/rotate-secret", nil, "If-Match", `"1"`)
	a = w.must(http.StatusOK, http.MethodPost, one+"/rotate-secret", nil, "If-Match", a.Header.Get("Etag"))
	require.NotEqual(t, secret, a.get(t, "secret"))
	require.Equal(t, w.clock.Now().Add(24*time.Hour).Format("2006-01-02T15:04:05.000Z"), a.get(t, "webhook.previous_secret_until"))
	for _, path := range []string{one, "/api/webhooks", one + "/deliveries", "/api/audit"} {
		require.NotContains(t, string(w.must(http.StatusOK, http.MethodGet, path, nil).body), "whsec_", path)
	}
	require.Equal(t, http.StatusForbidden, w.as(backoffice.Operator, http.MethodGet, one, nil).StatusCode)
	w.refused(http.StatusPreconditionRequired, http.MethodDelete, one, nil)
	w.must(http.StatusNoContent, http.MethodDelete, one, nil, "If-Match", a.Header.Get("Etag"))
	w.refused(http.StatusNotFound, http.MethodGet, one, nil)
}

func TestWebhooksAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, url := range []string{
		"http://canary.example.com", "https://169.254.169.254/canary", "https://127.1", "https://2130706433", "https://[::1]/canary", "https://user:canary@example.com",
		"file:///canary", "https://example.com:22", "https://localhost/canary", "canary", "",
	} {
		a := w.refused(http.StatusBadRequest, http.MethodPost, "/api/webhooks", object{"url": url, "events": []string{"job.failed"}})
		require.Contains(t, string(a.body), `"/url"`)
	}
	good := "https://hooks.example.com/in"
	for _, body := range []string{
		`{"url":"` + good + `","events":[]}`, `{"url":"` + good + `","events":["canary"]}`, `{"url":"` + good + `","events":["job.failed","job.failed"]}`,
		`{"url":"` + good + `","events":["job.failed"],"secret":"canary"}`, `{"url":"` + good + `","events":["job.failed"],"business_id":"canary"}`,
		`{"url":"` + good + `","events":["job.failed"],"is_active":"canary"}`,
	} {
		w.refused(http.StatusBadRequest, http.MethodPost, "/api/webhooks", body)
	}
	for i := range 20 {
		w.must(http.StatusCreated, http.MethodPost, "/api/webhooks", object{"url": fmt.Sprintf("https://hooks.example.com/%d", i), "events": []string{"job.failed"}})
	}
	w.refused(http.StatusConflict, http.MethodPost, "/api/webhooks", object{"url": good, "events": []string{"job.failed"}})
	urls, pages := w.everything("/api/webhooks", "webhooks", "url")
	require.Len(t, urls, 20)
	require.Equal(t, 10, pages)
	require.Equal(t, "https://hooks.example.com/19", urls[19])
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	one := w.must(http.StatusCreated, http.MethodPost, "/api/webhooks", object{"url": "https://hooks.example.com/in", "events": []string{"job.failed"}}).Header.Get("Location")
	var first answer
	for i := range 5 {
		a := w.must(http.StatusAccepted, http.MethodPost, one+"/test", nil)
		require.Equal(t, "webhook.test", a.get(t, "delivery.event"))
		require.Equal(t, "pending", a.get(t, "delivery.status"))
		require.Nil(t, a.get(t, "delivery.job_id"))
		if i == 0 {
			first = a
		}
		w.clock.forward(time.Second)
	}
	ids, pages := w.everything(one+"/deliveries", "deliveries", "id")
	require.Len(t, ids, 5)
	require.GreaterOrEqual(t, pages, 3)
	require.Equal(t, first.get(t, "delivery.id"), ids[4], "newest first")
	none, _ := w.everything(one+"/deliveries?status=failed", "deliveries", "id")
	require.Empty(t, none)
	again := w.must(http.StatusAccepted, http.MethodPost, one+"/deliveries/"+ids[4].(string)+"/redeliver", nil)
	require.Equal(t, ids[4], again.get(t, "delivery.id"))
	require.Equal(t, "2026-11-26T09:00:05.000Z", again.get(t, "delivery.next_attempt_at"))
	w.refused(http.StatusNotFound, http.MethodPost, one+"/deliveries/nothing/redeliver", nil)
	w.refused(http.StatusNotFound, http.MethodPost, "/api/webhooks/nothing/test", nil)
	w.refused(http.StatusNotFound, http.MethodGet, "/api/webhooks/nothing/deliveries", nil)
	w.refused(http.StatusBadRequest, http.MethodGet, one+"/deliveries?status=canary", nil)
	w.must(http.StatusOK, http.MethodPatch, one, object{"is_active": false}, "If-Match", "*")
	w.refused(http.StatusConflict, http.MethodPost, one+"/test", nil)
	require.Equal(t, http.StatusForbidden, w.as(backoffice.Operator, http.MethodPost, one+"/test", nil).StatusCode)
}

// receiver is a sender whose receiver answers with the statuses in turn; 0 is no answer.
type receiver struct{ statuses []int }

func (r *receiver) Send(context.Context, backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
	status := r.statuses[0]
	r.statuses = r.statuses[1:]
	switch status {
	case 0:
		return backoffice.WebhookResult{Duration: 15 * time.Second, Failure: backoffice.FailureTimeout}, fault.Unavailable
	case http.StatusNoContent:
		return backoffice.WebhookResult{Status: status, Duration: time.Second}, nil
	}
	return backoffice.WebhookResult{Status: status, Failure: backoffice.FailureStatus}, fault.Unavailable
}

func TestAttemptsAreShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	one := w.must(http.StatusCreated, http.MethodPost, "/api/webhooks", object{"url": "https://hooks.example.com/in", "events": []string{"job.failed"}}).Header.Get("Location")
	w.must(http.StatusAccepted, http.MethodPost, one+"/test", nil)
	office, err := backoffice.New(w.office.Ports, &backoffice.Options{Webhooks: &receiver{[]int{0, http.StatusBadGateway, http.StatusNoContent}}})
	require.NoError(t, err)
	for range 3 {
		w.clock.forward(time.Hour)
		_, err = office.DeliverDue(t.Context())
		require.NoError(t, err)
	}
	list := w.must(http.StatusOK, http.MethodGet, one+"/deliveries?status=delivered", nil).get(t, "deliveries").([]any)
	require.Len(t, list, 1)
	var attempts []object
	for _, a := range list[0].(object)["attempts"].([]any) {
		delete(a.(object), "at")
		attempts = append(attempts, a.(object))
	}
	require.Equal(t, []object{
		{"http_status": nil, "error": "timeout", "duration_ms": 15000.0}, {"http_status": 502.0, "error": "status", "duration_ms": 0.0},
		{"http_status": 204.0, "error": nil, "duration_ms": 1000.0},
	}, attempts)
	require.Nil(t, list[0].(object)["next_attempt_at"])
}
