package apitest_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/adapters/webhooks"
	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// received is a delivery as it came in.
type received struct {
	header http.Header
	body   []byte
}

// receiver takes deliveries over TLS, under a name that leads to it.
func receiver(t *testing.T) (*webhooks.Options, chan received) {
	t.Helper()
	got := make(chan received, 10)
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- received{r.Header, body}
	}))
	t.Cleanup(server.Close)
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return &webhooks.Options{
		RootCAs: roots,
		Route:   func(context.Context, string) ([]netip.AddrPort, error) { return []netip.AddrPort{at}, nil },
		Allow:   func(a netip.AddrPort) bool { return a == at },
	}, got
}

// sweeping is a sweep and the office's turn after it, over the store of a cloud.
func (w *cloud) sweeping(store ports.Store, options *webhooks.Options) func() {
	clock, ids := sysclock.Clock{}, sysclock.NewIDs()
	o, err := backoffice.New(backoffice.Ports{Store: store, Clock: clock, IDs: ids, Observer: deaf{}},
		&backoffice.Options{Webhooks: webhooks.New(clock, options), Group: sysclock.Group{}})
	require.NoError(w.t, err)
	e, err := engine.New(engine.Ports{
		Store: store, Queue: w.queue, Model: w.engine.Model, Clock: clock, Group: sysclock.Group{}, IDs: ids, Observer: deaf{}, Notifier: o,
	}, []job.Kind{pages.Kind{}}, nil)
	require.NoError(w.t, err)
	keep := office.Upkeep{Office: o, Jobs: backoffice.NewJobs(o, e, nil)}
	return func() {
		_, err := e.Sweep(w.t.Context())
		require.NoError(w.t, err)
		_, err = keep.Round(w.t.Context())
		require.NoError(w.t, err)
	}
}

// members are the names of an object's members, in order.
func members(t *testing.T, v any) []string {
	t.Helper()
	object, is := v.(map[string]any)
	require.True(t, is, "%v", v)
	return slices.Sorted(maps.Keys(object))
}

// TestADeliveryOfARun: what a receiver gets of a job that has run is signed, small, and has the members of the contract and no others.
func TestADeliveryOfARun(t *testing.T) {
	t.Parallel()
	store := memstore.New(sysclock.Clock{}, nil)
	w := newCloudOver(t, store)
	options, got := receiver(t)
	sweep := w.sweeping(store, options)
	business := w.business()
	made := w.ask(http.MethodPost, "/api/webhooks", `{"url":"https://hooks.example.com/in","events":["job.completed","job.failed","job.paused"]}`)
	require.Equal(t, http.StatusCreated, made.Code, made.Body.String())
	var hook struct{ Secret string }
	require.NoError(t, json.Unmarshal(made.Body.Bytes(), &hook))
	asked := w.ask(http.MethodPost, business+"/generate", `{"page_type":"keyword-service-area"}`, "Idempotency-Key", "one")
	require.Equal(t, http.StatusAccepted, asked.Code, asked.Body.String())
	path := asked.Header().Get("Location")
	for done := false; !done; {
		w.work()
		done = strings.Contains(w.ask(http.MethodGet, path, "").Body.String(), `"status":"completed"`)
	}
	sweep()
	require.Len(t, got, 1)
	delivery := <-got
	require.NoError(t, webhooks.Verify(ports.Secret(hook.Secret), delivery.header, delivery.body, time.Now(), 0))
	require.Less(t, len(delivery.body), 20_000)

	var body map[string]any
	require.NoError(t, json.Unmarshal(delivery.body, &body))
	require.Equal(t, []string{"data", "timestamp", "type"}, members(t, body))
	data, _ := body["data"].(map[string]any)
	require.Equal(t, []string{
		"budget_usd", "business_id", "completed_at", "counts", "job_id", "page_type", "pause_reason", "presumed_usd", "request_id", "round", "settled_usd",
		"started_at", "status",
	}, members(t, data))
	require.Equal(t, []string{"cancelled", "completed", "failed", "total"}, members(t, data["counts"]))

	var shown struct{ Job map[string]any }
	require.NoError(t, json.Unmarshal(w.ask(http.MethodGet, path, "").Body.Bytes(), &shown))
	require.Equal(t, "job.completed", body["type"])
	require.Equal(t, strings.TrimPrefix(business, "/api/businesses/"), data["business_id"])
	for name, is := range map[string]any{"job_id": "id", "status": "status", "page_type": "page_type", "round": "round", "request_id": "request_id", "started_at": "started_at"} {
		require.NotEmpty(t, data[name], name)
		require.Equal(t, shown.Job[is.(string)], data[name], name)
	}
	require.Equal(t, map[string]any{"total": 1.0, "completed": 1.0, "failed": 0.0, "cancelled": 0.0}, data["counts"])
	require.Nil(t, data["pause_reason"])
	require.Regexp(t, `^0\.\d{12}$`, data["settled_usd"])
	require.NotEqual(t, "0.000000000000", data["settled_usd"])
	for _, private := range []string{"Harbor", "plumber", "Saco", "example.com", "555-0123", "<p>"} {
		require.NotContains(t, string(delivery.body), private)
	}
	sweep()
	require.Empty(t, got, "one event for a round")
}
