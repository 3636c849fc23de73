package porttest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// BatchBehaviour is what the provider behind a BatchModel does in a subtest.
type BatchBehaviour string

// The behaviours that a factory must be able to set up.
const (
	// BatchWorks: it does what it is asked. A request for more than 10,000,000 tokens it finds invalid, once the batch is done.
	BatchWorks BatchBehaviour = "works"
	// BatchLosesCreate: it creates each batch and breaks off before it names it.
	BatchLosesCreate BatchBehaviour = "loses the create"
	// BatchCutsResults: it breaks off in the middle of all results.
	BatchCutsResults BatchBehaviour = "cuts the results"
	// BatchIsUnreachable: nobody is there to take a request.
	BatchIsUnreachable BatchBehaviour = "is unreachable"
)

// BatchModelUnderTest is a BatchModel and the power over the provider behind it.
type BatchModelUnderTest struct {
	Model ports.BatchModel
	// Requests is how many requests, of all sorts, the provider has taken so far.
	Requests func() int
	// Time is the provider's. A batch that is cancelled at the moment of its creation has no line done, and none ends
	// within two minutes by itself.
	Time Time
	// Finish lets the provider end all batches.
	Finish func()
}

// BatchModel proves a ports.BatchModel. The factory is called once in each subtest and sets up a provider without batches.
func BatchModel(t *testing.T, factory func(t *testing.T, behaviour BatchBehaviour) BatchModelUnderTest) {
	for name, test := range map[string]func(t *testing.T, m BatchModelUnderTest){
		"Create/IsUnderWay":                batchCreated,
		"Create/SideBySide":                batchesTogether,
		"Create/NothingIsSentBeyondLimits": batchLimits,
		"Get/Ended":                        batchEnded,
		"Get/Unknown":                      batchUnknown,
		"List/NewestFirst":                 batchList,
		"List/Since":                       batchListSince,
		"Cancel/UnderWay":                  batchCancel,
		"Cancel/Ended":                     batchCancelEnded,
		"Results/EachLine":                 batchResults,
		"Results/Rejected":                 batchRejected,
		"Results/Again":                    batchResultsAgain,
		"Results/DoEndsThem":               batchDoEnds,
		"Context/EndedBefore":              batchContext,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, factory(t, BatchWorks))
		})
	}
	for behaviour, test := range map[BatchBehaviour]func(t *testing.T, m BatchModelUnderTest){
		BatchLosesCreate: batchLost, BatchCutsResults: batchCut, BatchIsUnreachable: batchUnreachable,
	} {
		t.Run("Broken/"+string(behaviour), func(t *testing.T) {
			t.Parallel()
			test(t, factory(t, behaviour))
		})
	}
}

// batchLines are n good lines: line-0, line-1 and so on.
func batchLines(n int) []ports.BatchLine {
	lines := make([]ports.BatchLine, n)
	for i := range lines {
		lines[i] = ports.BatchLine{ID: fmt.Sprint("line-", i), Request: modelRequest()}
		lines[i].Request.Prompt = fmt.Sprintf("Say hello to number %d.", i)
	}
	return lines
}

// createBatch creates a batch of n good lines.
func createBatch(t *testing.T, m BatchModelUnderTest, n int) ports.Batch {
	t.Helper()
	batch, err := m.Model.CreateBatch(t.Context(), batchLines(n))
	require.NoError(t, err)
	return batch
}

func batchCreated(t *testing.T, m BatchModelUnderTest) {
	before := m.Time.Clock.Now()
	batch := createBatch(t, m, 7)
	require.NotEmpty(t, batch.ID)
	require.Equal(t, ports.BatchInProgress, batch.State)
	require.Equal(t, 7, batch.Processing)
	require.Equal(t, 7, batch.Lines())
	require.WithinDuration(t, before, batch.Created, time.Second)
	require.True(t, batch.Expires.After(batch.Created))
	stands, err := m.Model.GetBatch(t.Context(), batch.ID)
	require.NoError(t, err)
	require.Equal(t, batch, stands)
	require.Equal(t, 2, m.Requests())
}

func batchesTogether(t *testing.T, m BatchModelUnderTest) {
	const n = 10
	created := make(chan string, n)
	for i := range n {
		go func() {
			batch, err := m.Model.CreateBatch(t.Context(), batchLines(i+1))
			if err != nil {
				created <- err.Error()
				return
			}
			created <- batch.ID
		}()
	}
	var want, got []string
	for range n {
		want = append(want, <-created)
	}
	lines := 0
	for _, batch := range listBatches(t, m, time.Time{}) {
		got = append(got, batch.ID)
		lines += batch.Lines()
	}
	require.ElementsMatch(t, want, got)
	require.Equal(t, n*(n+1)/2, lines)
}

func batchLimits(t *testing.T, m BatchModelUnderTest) {
	named := func(ids ...string) []ports.BatchLine {
		lines := batchLines(len(ids))
		for i, id := range ids {
			lines[i].ID = id
		}
		return lines
	}
	for name, lines := range map[string][]ports.BatchLine{
		"none": nil, "too many": make([]ports.BatchLine, ports.MaxBatchLines+1), "no id": named("a", ""),
		"a long id": named("a", fmt.Sprintf("%065d", 0)), "a bad id": named("a", "b/c"), "an id twice": named("a", "b", "a"),
	} {
		_, err := m.Model.CreateBatch(t.Context(), lines)
		require.ErrorIs(t, err, fault.Invalid, name)
		require.False(t, fault.Unknown(err), name)
	}
	require.Zero(t, m.Requests())
	_, err := m.Model.CreateBatch(t.Context(), named(fmt.Sprintf("%064d", 0), "aZ_-9"))
	require.NoError(t, err)
}

func batchEnded(t *testing.T, m BatchModelUnderTest) {
	batch := createBatch(t, m, 7)
	m.Finish()
	stands, err := m.Model.GetBatch(t.Context(), batch.ID)
	require.NoError(t, err)
	want := batch
	want.State, want.Processing, want.Succeeded = ports.BatchEnded, 0, 7
	require.Equal(t, want, stands)
}

func batchUnknown(t *testing.T, m BatchModelUnderTest) {
	for _, id := range []string{"msgbatch_unknown", "", "../models"} {
		_, err := m.Model.GetBatch(t.Context(), id)
		require.ErrorIs(t, err, fault.NotFound, "%q", id)
		_, err = m.Model.CancelBatch(t.Context(), id)
		require.ErrorIs(t, err, fault.NotFound, "%q", id)
		err = m.Model.BatchResults(t.Context(), id, func(ports.BatchResult) error { return nil })
		require.ErrorIs(t, err, fault.NotFound, "%q", id)
	}
}

func batchCancel(t *testing.T, m BatchModelUnderTest) {
	batch := createBatch(t, m, 7)
	for range 2 {
		stands, err := m.Model.CancelBatch(t.Context(), batch.ID)
		require.NoError(t, err)
		require.NotEqual(t, ports.BatchInProgress, stands.State)
		require.Equal(t, 7, stands.Lines())
	}
	m.Finish()
	stands, err := m.Model.GetBatch(t.Context(), batch.ID)
	require.NoError(t, err)
	require.Equal(t, ports.BatchEnded, stands.State)
	require.Equal(t, 7, stands.Canceled)
	for id, result := range resultsOf(t, m, batch.ID) {
		require.Equal(t, ports.BatchResult{
			ID: id, Outcome: ports.LineCanceled, Kind: fault.Unavailable, Detail: result.Detail,
		}, result)
	}
}

func batchCancelEnded(t *testing.T, m BatchModelUnderTest) {
	batch := createBatch(t, m, 3)
	m.Finish()
	stands, err := m.Model.CancelBatch(t.Context(), batch.ID)
	require.NoError(t, err)
	require.Equal(t, ports.BatchEnded, stands.State)
	require.Equal(t, 3, stands.Succeeded)
}
