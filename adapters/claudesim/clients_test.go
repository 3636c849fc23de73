package claudesim_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// TestClientLeaves kills a real client while its answer is being generated: the answer is billed at the end
// of the generation and never counted as answered.
func TestClientLeaves(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]claudesim.Faults{
		"Healthy": {}, "Hang": {Hang: 1}, "ResetAfter": {ResetAfter: 1}, "Cut": {Cut: 1}, "ServerError": {Status500: 1},
		"Stream": {}, "StreamError": {StreamError: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, kill := context.WithCancel(t.Context())
			noticed := make(chan context.Context, 1)
			var sim *claudesim.Sim
			var during claudesim.Stats
			sleep := func(context.Context, time.Duration) error {
				if client.Err() == nil {
					during = sim.Stats()
					kill()
					<-(<-noticed).Done()
				}
				return nil
			}
			sim, err := claudesim.New(&claudesim.Options{Sleep: sleep, Faults: faults})
			require.NoError(t, err)
			finished := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(finished)
				noticed <- r.Context()
				sim.ServeHTTP(w, r)
			}))
			t.Cleanup(server.Close)
			body := ask()
			if strings.HasPrefix(name, "Stream") {
				body = ask("stream:true")
			}
			r := request(body)
			out, err := http.NewRequestWithContext(client, http.MethodPost, server.URL+"/v1/messages", strings.NewReader(body))
			require.NoError(t, err)
			out.Header = r.Header
			_, err = server.Client().Do(out) //nolint:bodyclose // there is no answer
			require.ErrorIs(t, err, context.Canceled)
			<-finished
			require.EqualValues(t, 1, during.InFlight)
			require.Zero(t, during.Aborted)
			after := sim.Stats()
			require.Zero(t, after.InFlight)
			require.EqualValues(t, 1, after.Aborted)
			require.EqualValues(t, 1, after.Received)
			require.Empty(t, after.ByStatus)
			if name != "ServerError" {
				require.EqualValues(t, 1, sim.Bill().Requests)
			}
			require.Zero(t, sim.Bill().Answered)
		})
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{Faults: claudesim.Faults{Status529: 1}})
	f.post(ask())
	f.post("{")
	f.send("GET", "/v1/models", "")
	r := f.send("GET", "/sim/stats", "")
	require.JSONEq(t, `{"in_flight":0,"received":2,"aborted":0,"by_status":{"529":1,"400":1},"by_fault":{"529":1}}`, string(r.body))
	require.Empty(t, r.header.Get("Request-Id"), "no part of the API")
}

// TestCloseEndsWaits: a simulator that is closed finishes calls in flight at once.
func TestCloseEndsWaits(t *testing.T) {
	t.Parallel()
	sim, err := claudesim.New(&claudesim.Options{Latency: 24 * time.Hour})
	require.NoError(t, err)
	answered := make(chan int)
	go func() { answered <- serve(sim, ask()).Code }()
	sim.Close()
	require.Equal(t, http.StatusOK, <-answered)
	require.EqualValues(t, 1, sim.Bill().Answered)
}

// TestResetDuringACall: what was begun before a reset and ends after it is on the new bill, whole.
func TestResetDuringACall(t *testing.T) {
	t.Parallel()
	var sim *claudesim.Sim
	sleep := func(context.Context, time.Duration) error {
		sim.Reset()
		return nil
	}
	sim, err := claudesim.New(&claudesim.Options{Sleep: sleep})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, serve(sim, ask()).Code)
	bill := sim.Bill()
	require.EqualValues(t, 1, bill.Requests)
	require.Equal(t, bill.Total, bill.AnsweredTotal)
}

// TestSpendCapReachedMeanwhile: of two calls in flight, the second to finish finds the cap used up.
func TestSpendCapReachedMeanwhile(t *testing.T) {
	t.Parallel()
	var sim *claudesim.Sim
	entered := false
	sleep := func(context.Context, time.Duration) error {
		if !entered {
			entered = true
			require.Equal(t, http.StatusOK, serve(sim, ask()).Code)
		}
		return nil
	}
	sim, err := claudesim.New(&claudesim.Options{Sleep: sleep, SpendCap: 1})
	require.NoError(t, err)
	late := serve(sim, ask())
	require.Equal(t, http.StatusTooManyRequests, late.Code)
	require.Contains(t, late.Body.String(), "enforced_spend_limit_reached")
	require.EqualValues(t, 1, sim.Bill().Requests, "nothing more is billed")
	require.Equal(t, http.StatusTooManyRequests, serve(sim, ask()).Code)

	entered = false
	sim.Reset()
	require.Contains(t, serve(sim, ask("stream:true")).Body.String(), "event: error\ndata: ", "too late for a status")
	require.EqualValues(t, 1, sim.Bill().Requests)
	require.Zero(t, sim.Stats().InFlight)
}

// TestWallClock answers on the real clock, which the other tests replace or skip.
func TestWallClock(t *testing.T) {
	t.Parallel()
	sim, err := claudesim.New(&claudesim.Options{Latency: time.Second, Speed: 10_000})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, serve(sim, ask()).Code)
}
