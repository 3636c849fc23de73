package claudesim_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

func TestBatchCreateFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		faults  claudesim.Faults
		batches int
	}{
		"Reset": {claudesim.Faults{BatchCreateReset: 1}, 0},
		"Lost":  {claudesim.Faults{BatchCreateLost: 1}, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, clock := setupBatches(t, claudesim.Options{Faults: test.faults})
			require.Error(t, f.send(http.MethodPost, batchesPath, batchOf(manyPages(3)...)).err)
			list := f.send(http.MethodGet, batchesPath, "")
			require.Equal(t, test.batches, strings.Count(string(list.body), `"type":"message_batch"`))
			clock.Add(time.Hour)
			require.EqualValues(t, 3*test.batches, f.sim.Bill().Requests, "what was created is done and billed")
			require.Len(t, f.sim.Stats().ByFault, 1)
		})
	}
}

func TestBatchLineFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		faults  claudesim.Faults
		counts  counts
		results int
		billed  int64
	}{
		"Errored":   {claudesim.Faults{BatchErrored: 1}, counts{Errored: 10}, 10, 0},
		"Expired":   {claudesim.Faults{BatchExpired: 1}, counts{Expired: 10}, 10, 0},
		"Duplicate": {claudesim.Faults{BatchDuplicate: 1}, counts{Succeeded: 10}, 20, 10},
		"Missing":   {claudesim.Faults{BatchMissing: 1}, counts{Succeeded: 10}, 0, 10},
		"Refusal":   {claudesim.Faults{Refusal: 1}, counts{Succeeded: 10}, 10, 0},
		"Malformed": {claudesim.Faults{Malformed: 1}, counts{Succeeded: 10}, 10, 10},
		"NotALine":  {claudesim.Faults{Status529: 1}, counts{Succeeded: 10}, 10, 10},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := setupBatches(t, claudesim.Options{Faults: test.faults, BatchTime: claudesim.NoLatency})
			b := f.batch(http.MethodPost, "", batchOf(manyPages(10)...))
			require.Equal(t, test.counts, b.Counts)
			results := f.results(b.ID)
			require.Len(t, results, test.results)
			for _, r := range results {
				if r.Result.Type == "errored" {
					require.Equal(t, "api_error", r.Result.Error.Error.Type)
				}
			}
			bill := f.sim.Bill()
			require.Equal(t, test.billed, bill.Requests)
			if name == "Missing" {
				require.Zero(t, bill.Answered)
			} else {
				require.Equal(t, bill.Requests, bill.Answered)
			}
		})
	}
}

func TestBatchResultsCut(t *testing.T) {
	t.Parallel()
	f, _ := setupBatches(t, claudesim.Options{Faults: claudesim.Faults{BatchResultsCut: 1}, BatchTime: claudesim.NoLatency})
	b := f.batch(http.MethodPost, "", batchOf(manyPages(10)...))
	cut := f.send(http.MethodGet, batchesPath+"/"+b.ID+"/results", "")
	require.Error(t, cut.err)
	whole, part := cut.body[:strings.LastIndex(string(cut.body), "\n")+1], cut.body
	require.Len(t, readResults(t, string(whole)), 5)
	require.Greater(t, len(part), len(whole), "in the middle of a line")
	require.EqualValues(t, 5, f.sim.Bill().Answered)
}

func TestBatchResultsToNobody(t *testing.T) {
	t.Parallel()
	f, _ := setupBatches(t, claudesim.Options{BatchTime: claudesim.NoLatency})
	b := f.batch(http.MethodPost, "", batchOf(ask()))
	r := request("")
	r.Method, r.URL.Path = http.MethodGet, batchesPath+"/"+b.ID+"/results"
	f.sim.ServeHTTP(brokenPipe{ResponseRecorder: httptest.NewRecorder()}, r)
	require.Zero(t, f.sim.Bill().Answered)
}

// TestSameSeedSameBatch: equal seeds and creates make equal batches, in id, time, order and text.
func TestSameSeedSameBatch(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) []string {
		f, clock := setupBatches(t, claudesim.Options{Seed: seed, Faults: claudesim.Faults{BatchErrored: 0.2, BatchMissing: 0.2, Schema: 0.2}})
		b := f.batch(http.MethodPost, "", batchOf(manyPages(20)...))
		clock.Add(time.Hour)
		b = f.batch(http.MethodGet, "/"+b.ID, "")
		return []string{b.ID, b.Ended, string(f.send(http.MethodGet, batchesPath+"/"+b.ID+"/results", "").body)}
	}
	first := run(1)
	require.Equal(t, first, run(1))
	require.NotEqual(t, first[2], run(2)[2])
}

func TestResetKeepsBatches(t *testing.T) {
	t.Parallel()
	f, clock := setupBatches(t, claudesim.Options{})
	first := f.batch(http.MethodPost, "", batchOf(ask()))
	f.sim.Reset()
	again := f.batch(http.MethodPost, "", batchOf(ask()))
	require.NotEqual(t, first.ID, again.ID, "an id that is in use is not given again")
	clock.Add(time.Hour)
	require.EqualValues(t, 2, f.sim.Bill().Batched)
}
