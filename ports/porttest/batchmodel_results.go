package porttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

func listBatches(t *testing.T, m BatchModelUnderTest, since time.Time) []ports.Batch {
	t.Helper()
	batches, err := m.Model.ListBatches(t.Context(), since)
	require.NoError(t, err)
	return batches
}

// createMany creates as many batches, of 1, 2, 3 and so on lines, a second apart.
func createMany(t *testing.T, m BatchModelUnderTest, n int) []ports.Batch {
	t.Helper()
	var batches []ports.Batch
	for i := range n {
		batches = append(batches, createBatch(t, m, i+1))
		m.Time.Elapse(time.Second)
	}
	return batches
}

func batchList(t *testing.T, m BatchModelUnderTest) {
	require.Empty(t, listBatches(t, m, time.Time{}))
	created := createMany(t, m, 4)
	listed := listBatches(t, m, time.Time{})
	require.Equal(t, []ports.Batch{created[3], created[2], created[1], created[0]}, listed)
}

func batchListSince(t *testing.T, m BatchModelUnderTest) {
	created := createMany(t, m, 3)
	for since, want := range map[time.Time]int{
		created[0].Created: 3, created[0].Created.Add(1): 2, created[2].Created: 1, created[2].Created.Add(1): 0,
	} {
		require.Len(t, listBatches(t, m, since), want)
	}
}

// resultsOf reads the results of a batch; each of its lines must be there once.
func resultsOf(t *testing.T, m BatchModelUnderTest, id string) map[string]ports.BatchResult {
	t.Helper()
	batch, err := m.Model.GetBatch(t.Context(), id)
	require.NoError(t, err)
	results := map[string]ports.BatchResult{}
	err = m.Model.BatchResults(t.Context(), id, func(result ports.BatchResult) error {
		require.NotContains(t, results, result.ID, "each line once")
		results[result.ID] = result
		return nil
	})
	require.NoError(t, err)
	require.Len(t, results, batch.Lines())
	return results
}

func batchResults(t *testing.T, m BatchModelUnderTest) {
	lines := batchLines(7)
	batch := createBatch(t, m, len(lines))
	m.Finish()
	results := resultsOf(t, m, batch.ID)
	messages := map[string]bool{}
	for _, line := range lines {
		result := results[line.ID]
		require.Equal(t, ports.LineSucceeded, result.Outcome, line.ID)
		require.Empty(t, result.Kind)
		require.NotEmpty(t, result.Answer.Text)
		require.Equal(t, job.StopEndTurn, result.Answer.Stop)
		require.Equal(t, line.Request.Model, result.Answer.Model)
		require.True(t, result.Answer.UsageOK)
		require.NoError(t, result.Answer.Usage.Check())
		messages[result.Answer.MessageID] = true
	}
	require.Len(t, messages, len(lines), "each answer has its own name")
}

func batchRejected(t *testing.T, m BatchModelUnderTest) {
	lines := batchLines(3)
	lines[1].Request.MaxTokens = 10_000_001
	batch, err := m.Model.CreateBatch(t.Context(), lines)
	require.NoError(t, err, "what a line asks for is looked at later")
	m.Finish()
	results := resultsOf(t, m, batch.ID)
	require.Equal(t, ports.LineSucceeded, results["line-0"].Outcome)
	require.Equal(t, ports.LineSucceeded, results["line-2"].Outcome)
	refused := results["line-1"]
	require.Equal(t, ports.LineErrored, refused.Outcome)
	require.Equal(t, fault.Rejected, refused.Kind)
	require.NotEmpty(t, refused.Detail)
	require.Equal(t, job.Answer{}, refused.Answer)
}

func batchResultsAgain(t *testing.T, m BatchModelUnderTest) {
	batch := createBatch(t, m, 5)
	m.Finish()
	require.Equal(t, resultsOf(t, m, batch.ID), resultsOf(t, m, batch.ID))
}

func batchDoEnds(t *testing.T, m BatchModelUnderTest) {
	batch := createBatch(t, m, 5)
	m.Finish()
	stop := errors.New("porttest: enough")
	calls := 0
	err := m.Model.BatchResults(t.Context(), batch.ID, func(ports.BatchResult) error {
		if calls++; calls == 2 {
			return stop
		}
		return nil
	})
	require.Equal(t, stop, err)
	require.Equal(t, 2, calls)
}

// batchMethods calls each method once.
func batchMethods(ctx context.Context, m BatchModelUnderTest, id string) map[string]error {
	_, create := m.Model.CreateBatch(ctx, batchLines(2))
	_, list := m.Model.ListBatches(ctx, time.Time{})
	_, get := m.Model.GetBatch(ctx, id)
	_, cancel := m.Model.CancelBatch(ctx, id)
	results := m.Model.BatchResults(ctx, id, func(ports.BatchResult) error { return nil })
	return map[string]error{"create": create, "list": list, "get": get, "cancel": cancel, "results": results}
}

func batchContext(t *testing.T, m BatchModelUnderTest) {
	batch := createBatch(t, m, 2)
	m.Finish()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range batchMethods(ctx, m, batch.ID) {
		require.ErrorIs(t, err, context.Canceled, name)
		require.False(t, fault.Unknown(err), name)
	}
	require.Equal(t, 1, m.Requests(), "nothing is sent")
	require.Len(t, listBatches(t, m, time.Time{}), 1)
}

func batchLost(t *testing.T, m BatchModelUnderTest) {
	before := m.Time.Clock.Now()
	_, err := m.Model.CreateBatch(t.Context(), batchLines(7))
	require.Error(t, err)
	require.True(t, fault.Unknown(err), "%v: the batch may exist", err)
	require.Equal(t, 1, m.Requests(), "it is not sent again")
	listed := listBatches(t, m, before.Add(-time.Second))
	require.Len(t, listed, 1, "listing finds it")
	require.Equal(t, 7, listed[0].Lines())
}

func batchCut(t *testing.T, m BatchModelUnderTest) {
	batch := createBatch(t, m, 20)
	m.Finish()
	handed := map[string]bool{}
	err := m.Model.BatchResults(t.Context(), batch.ID, func(result ports.BatchResult) error {
		handed[result.ID] = true
		return nil
	})
	require.ErrorIs(t, err, fault.Unavailable, "not all lines were handed over")
	require.Less(t, len(handed), 20)
}

func batchUnreachable(t *testing.T, m BatchModelUnderTest) {
	for name, err := range batchMethods(t.Context(), m, "msgbatch_1") {
		require.ErrorIs(t, err, fault.Unavailable, name)
		require.False(t, fault.Unknown(err), "%s: nothing was sent", name)
	}
	require.Zero(t, m.Requests())
}
