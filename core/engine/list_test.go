package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestJobsFrom is about lists of jobs in pages.
func TestJobsFrom(t *testing.T) {
	t.Parallel()

	// all pages through a tenant's jobs.
	all := func(w *world, limit int, keep func(*job.Job) bool) (ids []job.ID, pages int) {
		for before := job.ID(""); ; pages++ {
			jobs, next, err := w.main.JobsFrom(w.ctx, "acme", before, limit, keep)
			require.NoError(w.t, err)
			require.LessOrEqual(w.t, len(jobs), limit)
			for _, j := range jobs {
				ids = append(ids, j.ID)
			}
			if next == "" {
				return ids, pages + 1
			}
			before = next
		}
	}
	many := func(w *world, n int) (ids []job.ID) {
		for range n {
			w.now = w.now.Add(time.Second)
			ids = append([]job.ID{w.submit(1)}, ids...)
		}
		w.submit(1, func(s *engine.Submission) { s.Tenant = "other" })
		return ids
	}

	t.Run("NewestFirstInPagesOfAnySize", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		ids := many(w, 6)
		for limit, want := range map[int]int{1: 6, 2: 3, 3: 2, 4: 2, 5: 2, 6: 1, 7: 1, engine.MaxLooked: 1} {
			got, pages := all(w, limit, nil)
			require.Equal(t, ids, got, limit)
			require.Equal(t, want, pages, limit)
		}
	})

	t.Run("KeepsWhatIsWanted", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		ids := many(w, 6)
		for _, n := range []int{0, 3, 5} {
			_, err := w.main.SetHidden(w.ctx, ids[n], true)
			require.NoError(t, err)
		}
		got, pages := all(w, 2, func(j *job.Job) bool { return !j.Hidden })
		require.Equal(t, []job.ID{ids[1], ids[2], ids[4]}, got)
		require.Equal(t, 2, pages)
		got, _ = all(w, 2, func(*job.Job) bool { return false })
		require.Empty(t, got)
	})

	t.Run("LooksAtNoMoreThanTheMost", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		ids := many(w, engine.MaxLooked+1)
		looked := 0
		jobs, next, err := w.main.JobsFrom(w.ctx, "acme", "", 5, func(*job.Job) bool { looked++; return false })
		require.NoError(t, err)
		require.Empty(t, jobs)
		require.Equal(t, engine.MaxLooked, looked)
		require.Equal(t, ids[engine.MaxLooked-1], next)
		jobs, next, err = w.main.JobsFrom(w.ctx, "acme", next, 5, nil)
		require.NoError(t, err)
		require.Len(t, jobs, 1)
		require.Empty(t, next)
	})

	t.Run("Refusals", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(1)
		for name, call := range map[string]func() error{
			"no tenant": func() error { _, _, err := w.main.JobsFrom(w.ctx, "", "", 1, nil); return err },
			"a key":     func() error { _, _, err := w.main.JobsFrom(w.ctx, "acme", "../x", 1, nil); return err },
			"limit 0":   func() error { _, _, err := w.main.JobsFrom(w.ctx, "acme", "", 0, nil); return err },
			"limit 201": func() error { _, _, err := w.main.JobsFrom(w.ctx, "acme", "", 201, nil); return err },
		} {
			require.ErrorIs(t, call(), fault.Invalid, name)
		}
		jobs, next, err := w.main.JobsFrom(w.ctx, "nobody", "", 1, nil)
		require.NoError(t, err)
		require.Empty(t, jobs)
		require.Empty(t, next)
		w.verified = true
		w.put(ports.Key{Partition: "job/" + string(id), Sort: "header"}, []byte("{"))
		_, _, err = w.main.JobsFrom(w.ctx, "acme", "", 1, nil)
		require.ErrorIs(t, err, fault.Corrupt)
	})
}
