package claudesim_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

func TestTotalOutage(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{Speed: 2})
	require.NoError(t, f.sim.Schedule(claudesim.Outage{After: time.Minute, For: 10 * time.Minute, Status: 529}))
	require.Equal(t, http.StatusOK, f.post(ask()).status)
	clock.Add(30 * time.Second)
	for range 2 {
		r := f.post(ask())
		require.Equal(t, 529, r.status)
		require.Contains(t, string(r.body), "overloaded_error")
		requireEnvelope(t, r)
		require.Equal(t, 529, f.send(http.MethodGet, batchesPath, "").status)
		require.Equal(t, 529, f.send(http.MethodGet, "/v1/models", "").status)
		clock.Add(5*time.Minute - time.Second)
	}
	require.EqualValues(t, 2, f.sim.Stats().ByStatus["529"])
	require.EqualValues(t, 3, f.sim.Stats().Received)
	clock.Add(2 * time.Second)
	require.Equal(t, http.StatusOK, f.post(ask()).status)
	require.EqualValues(t, 2, f.sim.Bill().Requests)
}

func TestOutageOfFaults(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{Faults: claudesim.Faults{Empty: 1}})
	require.NoError(t, f.sim.Schedule(claudesim.Outage{For: time.Hour, Faults: claudesim.Faults{Status500: 1}}))
	require.NoError(t, f.sim.Schedule(claudesim.Outage{For: time.Minute}))
	require.NotEmpty(t, f.post(ask()).message(t).text(), "the last one counts: no faults at all")
	clock.Add(time.Minute)
	require.Equal(t, http.StatusInternalServerError, f.post(ask()).status)
	clock.Add(time.Hour)
	require.Empty(t, f.post(ask()).message(t).text(), "the options again")
}

func TestOutageStatuses(t *testing.T) {
	t.Parallel()
	kinds := map[int]string{
		401: "authentication_error", 402: "billing_error", 403: "permission_error", 429: "rate_limit_error", 500: "api_error",
		502: "<html>", 504: "timeout_error", 529: "overloaded_error",
	}
	for status, kind := range kinds {
		f := setup(t, claudesim.Options{})
		require.NoError(t, f.sim.Schedule(claudesim.Outage{For: time.Hour, Status: status}))
		r := f.post(ask())
		require.Equal(t, status, r.status)
		require.Contains(t, string(r.body), kind)
	}
}

func TestScheduleRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		outage claudesim.Outage
		want   string
	}{
		"NoTime": {claudesim.Outage{}, "no stretch of time: give a duration above 0"},
		"Before": {claudesim.Outage{After: -1, For: 1}, "no stretch of time"},
		"Status": {claudesim.Outage{For: 1, Status: 418}, "status 418 is not one of an outage"},
		"Rates":  {claudesim.Outage{For: 1, Faults: claudesim.Faults{Cut: 2}}, "fault-cut 2 is not a rate"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, setup(t, claudesim.Options{}).sim.Schedule(test.outage), test.want)
		})
	}
}

func TestOutageRoute(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{})
	plan := func(body string) reply { return f.send(http.MethodPost, "/sim/outage", body) }
	require.Equal(t, http.StatusOK, plan(`{"after":"1m","for":"10m","status":529}`).status)
	require.Equal(t, http.StatusOK, plan(`{"for":"30s","faults":{"402":0.5,"409":0.5}}`).status)
	require.Contains(t, []int{402, 409}, f.post(ask()).status)
	clock.Add(time.Minute)
	require.Equal(t, 529, f.post(ask()).status)
	require.Equal(t, http.StatusOK, f.send(http.MethodDelete, "/sim/outage", "").status)
	require.Equal(t, http.StatusOK, f.post(ask()).status)
	for body, want := range map[string]string{
		"":                                 "not what this route reads",
		`{"until":"x"}`:                    "unknown field",
		`{"for":"ten"}`:                    "give durations such as 10m",
		`{"for":"1m","after":"x"}`:         "give durations such as 10m",
		`{"for":"0s"}`:                     "give a duration above 0",
		`{"for":"1m","faults":{"rain":1}}`: `there is no fault \"rain\"`,
	} {
		r := plan(body)
		require.Equal(t, http.StatusBadRequest, r.status)
		require.Contains(t, string(r.body), want)
	}
}

func TestKeyIsRotated(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{Key: "sk-test"})
	require.Equal(t, http.StatusOK, f.post(ask()).status)
	require.Equal(t, http.StatusOK, f.send(http.MethodPost, "/sim/key", `{"key":"sk-new"}`).status)
	old := f.post(ask())
	require.Equal(t, http.StatusUnauthorized, old.status)
	require.Contains(t, string(old.body), "invalid x-api-key")
	require.Equal(t, http.StatusUnauthorized, f.send(http.MethodGet, batchesPath, "").status)
	require.Equal(t, http.StatusOK, f.post(ask(), with("X-Api-Key", "sk-new")).status)
	bearer := func(r *http.Request) { r.Header.Del("X-Api-Key"); r.Header.Set("Authorization", "Bearer sk-new") }
	require.Equal(t, http.StatusOK, f.post(ask(), bearer).status)
	require.Equal(t, http.StatusBadRequest, f.send(http.MethodPost, "/sim/key", "").status)
	f.sim.Rotate("")
	require.Equal(t, http.StatusOK, f.post(ask()).status)
}
