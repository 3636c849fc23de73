package job_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/job"
)

// TestSizes holds the two records that every lease and settle writes to one write unit of the dearest store, 1 KB, and the
// third to little more than its text.
func TestSizes(t *testing.T) {
	t.Parallel()
	const unit = 1024
	parcel, fresh := worstParcel(), job.NewParcel(3999, job.ParcelSize, 100_000)
	fresh.Lease(job.Owner{1}, 1, noon())
	t.Logf("parcel of 25 tasks: %d bytes in its worst ordinary state, %d when first leased", len(parcel.Pack()), len(fresh.Pack()))
	require.Len(t, parcel.Tasks, 25)
	require.Len(t, parcel.Open, 25)
	require.Len(t, terms().Model, 24)
	require.LessOrEqual(t, len(parcel.Pack()), unit)

	shard := largeShard()
	t.Logf("shard of a job of 100,000 tasks: %d bytes", len(shard.Pack()))
	require.LessOrEqual(t, len(shard.Pack()), unit)
	for name, l := range map[string]job.Layout{
		"5,000,000 tasks in full parcels": job.NewLayout(5_000_000, job.ParcelSize),
		"100,000 tasks, each a parcel":    job.NewLayout(100_000, 1),
	} {
		shard.Ended = job.NewShard(l, 0, noon()).Ended
		t.Logf("shard of %s: %d bytes", name, len(shard.Pack()))
		require.LessOrEqual(t, len(shard.Pack()), unit)
	}

	answer := ordinaryAnswer()
	t.Logf("answer: %d bytes beside its text of %d", len(answer.Pack())-len(answer.Verdict.Output), len(answer.Verdict.Output))
	require.LessOrEqual(t, len(answer.Pack()), len(answer.Verdict.Output)+192)
}
