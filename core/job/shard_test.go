package job_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

func TestNewLayout(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tasks, parcelSize int
		want              job.Layout
		parcels           int
	}{
		"one task":              {1, 25, job.Layout{Tasks: 1, ParcelSize: 25, Shards: 1}, 1},
		"one full parcel":       {25, 25, job.Layout{Tasks: 25, ParcelSize: 25, Shards: 1}, 1},
		"two parcels, a shard":  {26, 25, job.Layout{Tasks: 26, ParcelSize: 25, Shards: 1}, 2},
		"three parcels":         {51, 25, job.Layout{Tasks: 51, ParcelSize: 25, Shards: 2}, 3},
		"below the most shards": {62 * 25, 25, job.Layout{Tasks: 1550, ParcelSize: 25, Shards: 31}, 62},
		"the most shards":       {62*25 + 1, 25, job.Layout{Tasks: 1551, ParcelSize: 25, Shards: 32}, 63},
		"a large job":           {100_000, 25, job.Layout{Tasks: 100_000, ParcelSize: 25, Shards: 32}, 4000},
		"small parcels":         {10, 1, job.Layout{Tasks: 10, ParcelSize: 1, Shards: 5}, 10},
		"parcels by default":    {100, 0, job.Layout{Tasks: 100, ParcelSize: 25, Shards: 2}, 4},
		"parcels too large":     {100, 26, job.Layout{Tasks: 100, ParcelSize: 25, Shards: 2}, 4},
		"parcels below nothing": {100, -3, job.Layout{Tasks: 100, ParcelSize: 25, Shards: 2}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := job.NewLayout(test.tasks, test.parcelSize)
			require.Equal(t, test.want, l)
			require.Equal(t, test.parcels, l.Parcels())
			require.NoError(t, l.Check())
		})
	}
}

// TestLayoutIsAPartition: every task lies in one parcel, every parcel in one shard, none is left out, and the ways there
// and back agree.
func TestLayoutIsAPartition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tasks := rapid.IntRange(1, 3000).Draw(t, "tasks")
		l := job.NewLayout(tasks, rapid.IntRange(-1, 27).Draw(t, "parcelSize"))
		require.NoError(t, l.Check())
		require.Equal(t, min(32, l.Parcels()/2+l.Parcels()%2), l.Shards)

		inParcel := make([]int, l.Parcels())
		for ordinal := range tasks {
			inParcel[l.ParcelOf(ordinal)]++
		}
		for parcel, n := range inParcel {
			require.Equal(t, n, l.TasksOf(parcel))
			require.Positive(t, n)
			require.LessOrEqual(t, n, l.ParcelSize)
			p := job.NewParcel(parcel, l.ParcelSize, l.Tasks)
			require.Len(t, p.Tasks, n)
			require.Equal(t, parcel, l.ParcelOf(p.First))
			require.Equal(t, parcel, l.Parcel(l.ShardOf(parcel), l.Slot(parcel)))
		}
		seen := make([]bool, l.Parcels())
		for shard := range l.Shards {
			require.Positive(t, l.ParcelsOf(shard))
			for slot := range l.ParcelsOf(shard) {
				parcel := l.Parcel(shard, slot)
				require.Equal(t, shard, l.ShardOf(parcel))
				require.Equal(t, slot, l.Slot(parcel))
				require.False(t, seen[parcel], "parcel %d is in two shards", parcel)
				seen[parcel] = true
			}
		}
		require.NotContains(t, seen, false)
	})
}

func TestLayoutCheck(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]job.Layout{
		"nothing":               {},
		"made of no task":       job.NewLayout(0, 25),
		"made of fewer":         job.NewLayout(-100, 25),
		"tasks below one":       {Tasks: 0, ParcelSize: 25, Shards: 1},
		"tasks beyond counting": {Tasks: 1 << 62, ParcelSize: 1, Shards: 32},
		"no parcel size":        {Tasks: 100, ParcelSize: 0, Shards: 1},
		"parcels too large":     {Tasks: 100, ParcelSize: 26, Shards: 1},
		"no shard":              {Tasks: 100, ParcelSize: 25, Shards: 0},
		"shards below nothing":  {Tasks: 100, ParcelSize: 25, Shards: -1},
		"too many shards":       {Tasks: 10_000, ParcelSize: 25, Shards: 33},
		"more than parcels":     {Tasks: 100, ParcelSize: 25, Shards: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireKind(t, fault.Corrupt, l.Check())
		})
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	c := job.Counts{1, 2, 4, 8, 16, 32}
	require.Equal(t, 63, c.Total())
	require.Equal(t, 7, c.Open())
	require.Equal(t, job.Counts{2, 4, 8, 16, 32, 64}, c.Plus(c))
	require.Equal(t, job.Counts{1, 2, 4, 8, 16, 32}, c, "Plus changes neither")
	require.Zero(t, job.Counts{}.Total())
	require.Zero(t, job.Counts{0, 0, 0, 5, 6, 7}.Open())
}

// TestWindow: more than half of what was seen must have failed, and fewer than 20 say nothing yet.
func TestWindow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failed, good int
		want         bool
	}{
		"nothing seen":         {0, 0, false},
		"all of 19":            {19, 0, false},
		"all of 20":            {20, 0, true},
		"half of 20":           {10, 10, false},
		"more than half of 20": {11, 9, true},
		"half of 100":          {50, 50, false},
		"51 of 100":            {51, 49, true},
		"none of 100":          {0, 100, false},
		"long past":            {1000, 100, false},
		"half past":            {1000, 50, false},
		"hardly past":          {1000, 49, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w job.Window
			for range test.failed {
				w.Add(true)
			}
			for range test.good {
				w.Add(false)
			}
			require.Equal(t, test.want, w.Failing())
			require.Equal(t, min(test.failed+test.good, job.WindowSize), w.Seen)
		})
	}
}

// TestWindowRemembersTheLast holds the bits against a list of all that was added.
func TestWindowRemembersTheLast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var w job.Window
		all := rapid.SliceOfN(rapid.Bool(), 0, 350).Draw(t, "failed")
		for i, failed := range all {
			w.Add(failed)
			last, bad := all[max(0, i+1-job.WindowSize):i+1], 0
			for _, f := range last {
				if f {
					bad++
				}
			}
			require.Equal(t, len(last) >= 20 && bad > len(last)-bad, w.Failing(), "after %d", i+1)
		}
	})
}

func TestNewShard(t *testing.T) {
	t.Parallel()
	l := job.NewLayout(251, 25) // 11 parcels in 6 shards, the last parcel with one task
	total := 0
	for number := range l.Shards {
		s := job.NewShard(l, number, noon())
		total += s.Tasks
		require.Equal(t, job.Shard{
			Number: number, Tasks: s.Tasks, Round: 1, Counts: job.Counts{s.Tasks}, Untouched: s.Tasks,
			Ended: make([]byte, 1), Changed: noon(),
		}, s)
	}
	require.Equal(t, 251, total)
	require.Equal(t, 26, job.NewShard(l, 4, noon()).Tasks, "parcels 4 and 10")
	require.Equal(t, 25, job.NewShard(l, 5, noon()).Tasks, "parcel 5 alone")
	require.Len(t, job.NewShard(job.NewLayout(100_000, 25), 0, noon()).Ended, 16, "125 parcels")
	require.Len(t, job.NewShard(job.NewLayout(32*8*2, 2), 0, noon()).Ended, 1, "8 parcels fill a byte")
	require.Len(t, job.NewShard(job.NewLayout(32*8*2+1, 2), 0, noon()).Ended, 2, "the ninth begins another")
}

// TestSetEnded: each parcel has a bit of its own.
func TestSetEnded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const slots = 40
		s := job.NewShard(job.NewLayout(slots*32, 1), 0, noon())
		want := [slots]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			slot, ended := rapid.IntRange(0, slots-1).Draw(t, "slot"), rapid.Bool().Draw(t, "ended")
			want[slot] = ended
			s.SetEnded(slot, ended)
			for i := range want {
				require.Equal(t, want[i], s.HasEnded(i), "slot %d", i)
			}
		}
	})
}

func TestDrop(t *testing.T) {
	t.Parallel()
	s := job.Shard{Tasks: 60, Counts: job.Counts{32, 3, 5, 10, 8, 2}, Untouched: 30}
	s.Drop()
	require.Equal(t, job.Shard{Tasks: 60, Counts: job.Counts{2, 3, 5, 10, 8, 32}, Untouched: 30, Dropped: true}, s)
	require.Equal(t, 60, s.Counts.Total())
}
