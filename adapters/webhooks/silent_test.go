package webhooks_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/adapters/webhooks"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/ports"
)

// deaf hears nothing.
type deaf struct{}

func (deaf) Observe(context.Context, ports.Event) {}

// middle draws the jitter that changes nothing.
type middle struct{ *sysclock.IDs }

func (middle) Jitter() float64 { return 0.5 }

func boss() backoffice.Caller {
	return backoffice.Caller{Principal: "boss", Kind: backoffice.User, Role: backoffice.Admin, Businesses: []string{"*"}, RequestID: "request-1"}
}

// telling is a sender that tells of each delivery that was answered.
type telling struct {
	*webhooks.Sender
	heard chan string
}

func (s telling) Send(ctx context.Context, d webhooks.Delivery) (webhooks.Result, error) {
	result, err := s.Sender.Send(ctx, d)
	if err == nil {
		s.heard <- d.ID
	}
	return result, err
}

// outbox is an office that delivers over HTTP to a receiver, which knows its webhooks by their paths.
type outbox struct {
	*backoffice.Office
	t     *testing.T
	clock *clock
	heard chan string
}

func newOutbox(t *testing.T, handler http.HandlerFunc) *outbox {
	t.Helper()
	options, c := serve(t, handler)
	sender := telling{webhooks.New(c, options), make(chan string, 100)}
	o, err := backoffice.New(backoffice.Ports{Store: memstore.New(c, nil), Clock: c, IDs: middle{sysclock.NewIDs()}, Observer: deaf{}},
		&backoffice.Options{Webhooks: sender, Group: sysclock.Group{}})
	require.NoError(t, err)
	return &outbox{o, t, c, sender.heard}
}

// hook makes a webhook with so many deliveries due.
func (o *outbox) hook(path string, deliveries int) backoffice.Webhook {
	o.t.Helper()
	w, _, err := o.CreateWebhook(o.t.Context(), boss(), backoffice.NewWebhook{URL: "https://hooks.example.com/" + path, Events: []string{"job.failed"}, IsActive: true})
	require.NoError(o.t, err)
	for range deliveries {
		_, err := o.TestWebhook(o.t.Context(), boss(), w.ID)
		require.NoError(o.t, err)
	}
	return w
}

// statuses counts a webhook's deliveries by their status.
func (o *outbox) statuses(id string) map[backoffice.DeliveryStatus]int {
	o.t.Helper()
	list, _, err := o.Deliveries(o.t.Context(), id, "", "", 0)
	require.NoError(o.t, err)
	count := map[backoffice.DeliveryStatus]int{}
	for _, d := range list {
		count[d.Status]++
	}
	return count
}

// Three receivers never answer. The fourth has all of its deliveries before one of them has run out of time, and in the rounds after
// that the three cost nothing but one attempt each, less and less often.
func TestSilentReceiversDelayNobody(t *testing.T) {
	t.Parallel()
	arrived := make(chan string, 100)
	o := newOutbox(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if strings.HasPrefix(r.URL.Path, "/silent") {
			arrived <- r.URL.Path
			<-r.Context().Done() // the sender has hung up
		}
	})
	var silent []string
	for i := range 3 {
		silent = append(silent, o.hook("silent"+strconv.Itoa(i), 5).ID)
	}
	hears := o.hook("hears", 5)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // reached by nobody unless one waits for the other
	defer cancel()
	made, failed := make(chan int, 1), make(chan error, 1)
	round := func() {
		n, err := o.DeliverDue(ctx)
		made <- n
		failed <- err
	}
	take := func(from chan string, n int) {
		for range n {
			select {
			case <-from:
			case <-ctx.Done():
				require.FailNow(t, "a delivery waits for another webhook's")
			}
		}
	}
	go round()
	take(arrived, 3)
	take(o.heard, 5)
	o.clock.expire()
	require.Equal(t, 8, <-made)
	require.NoError(t, <-failed)
	require.Empty(t, arrived, "one attempt each")
	require.Equal(t, map[backoffice.DeliveryStatus]int{backoffice.DeliveryDelivered: 5}, o.statuses(hears.ID))
	for _, id := range silent {
		require.Equal(t, map[backoffice.DeliveryStatus]int{backoffice.DeliveryPending: 5}, o.statuses(id))
	}

	for range 3 { // they rest, and whoever hears is served
		_, err := o.TestWebhook(t.Context(), boss(), hears.ID)
		require.NoError(t, err)
		round()
		require.Equal(t, 1, <-made)
		require.NoError(t, <-failed)
		require.Empty(t, arrived)
		take(o.heard, 1)
		o.clock.forward(time.Second)
	}
	o.clock.forward(2 * time.Second)
	go round()
	take(arrived, 3)
	o.clock.expire()
	require.Equal(t, 3, <-made)
	require.NoError(t, <-failed)
}

// What a receiver says decides what happens to its deliveries.
func TestWhatReceiversSay(t *testing.T) {
	t.Parallel()

	t.Run("RetryAfter", func(t *testing.T) {
		t.Parallel()
		o := newOutbox(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		w := o.hook("busy", 1)
		made, err := o.DeliverDue(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, made)
		list, _, err := o.Deliveries(t.Context(), w.ID, "", "", 0)
		require.NoError(t, err)
		require.Equal(t, noon.Add(time.Hour), list[0].NextAttemptAt)
	})

	t.Run("Gone", func(t *testing.T) {
		t.Parallel()
		asked := make(chan string, 10)
		o := newOutbox(t, func(w http.ResponseWriter, r *http.Request) {
			asked <- r.Header.Get("webhook-id")
			w.WriteHeader(http.StatusGone)
		})
		w := o.hook("gone", 3)
		made, err := o.DeliverDue(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, made)
		require.Len(t, asked, 1)
		got, err := o.Webhook(t.Context(), w.ID)
		require.NoError(t, err)
		require.False(t, got.IsActive)
		require.Equal(t, "gone", got.DisabledReason)
		require.Equal(t, map[backoffice.DeliveryStatus]int{backoffice.DeliveryDisabled: 3}, o.statuses(w.ID))
	})
}
