package backoffice_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestLiveJobs: three jobs of a business may be under way, and a fourth when one has ended.
func TestLiveJobs(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		var made, refused int
		var mu sync.Mutex
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				_, err := w.generate(business, areas())
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made++
				} else if fault.KindOf(err) == fault.Conflict {
					refused++
				}
			})
		}
		group.Wait()
		require.Equal(t, 3, made)
		require.Equal(t, 5, refused)
		list, err := w.engine.Jobs(w.ctx, business, 10)
		require.NoError(t, err)
		require.Len(t, list, 3)
		require.Len(t, w.lines("job.create"), 3)
		_, err = w.jobs.Cancel(w.ctx, w.admin, business, list[0].ID, "")
		require.NoError(t, err)
		w.begun(business, areas())
		_, err = w.generate(business, areas())
		require.ErrorIs(t, err, fault.Conflict)
	})
}

// TestLive: a business has a live job until the last one has ended, also one that was begun past the office.
func TestLive(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		is := func(want bool) {
			live, err := w.jobs.Live(w.ctx, business)
			require.NoError(t, err)
			require.Equal(t, want, live)
		}
		is(false)
		id := w.begun(business, areas())
		is(true)
		w.work(id)
		is(false)
		is(false)
		_, err := w.jobs.Regenerate(w.ctx, w.admin, business, id, 0, 0, "")
		require.NoError(t, err)
		is(true)
		w.work(id)
		is(false)
		_, err = w.engine.Submit(w.ctx, engine.Submission{Tenant: business, Kind: pages.Kind{}.Name(), Input: must(w.engine.Input(w.ctx, id))})
		require.NoError(t, err)
		is(true)
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestRetryIsLive: a job that is retried while somebody forgets the ended ones stays in the number of those under way.
func TestRetryIsLive(t *testing.T) {
	t.Parallel()
	withJobs(t, &backoffice.JobOptions{MaxLive: 1}, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		id := w.begun(business, areas())
		w.work(id)
		// The retry comes between the look at what has ended and the new job's commit.
		once := true
		w.before = func(keys []ports.Key) {
			if once && in(keys, "business/"+business) && in(keys, "job/") {
				once = false
				_, err := w.jobs.Regenerate(w.ctx, w.admin, business, id, 0, 0, "")
				require.NoError(t, err)
			}
		}
		_, err := w.generate(business, areas())
		require.False(t, once)
		require.ErrorIs(t, err, fault.Conflict)
		w.before = nil
		w.work(id)
		other := w.begun(business, areas())
		_, err = w.jobs.Regenerate(w.ctx, w.admin, business, id, 0, 0, "")
		require.ErrorIs(t, err, fault.Conflict, "a retry counts like a job")
		w.work(other)
		_, err = w.jobs.Regenerate(w.ctx, w.admin, business, id, 0, 0, "")
		require.NoError(t, err)
	})
}

// TestDeletedBusiness: a business that is being deleted takes no job, and no job escapes one that is deleted meanwhile.
func TestDeletedBusiness(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		done := w.begun(business, areas())
		w.work(done)
		remove := func() error {
			return w.office.DeleteBusiness(w.ctx, w.admin, business, backoffice.Any, func(ctx context.Context) (bool, error) { return w.jobs.Live(ctx, business) })
		}
		running := w.begun(business, areas())
		require.ErrorIs(t, remove(), fault.Conflict)
		w.work(running)
		// The deletion comes between the order's look and its commit.
		once := true
		w.before = func(keys []ports.Key) {
			if once && in(keys, "business/"+business) && in(keys, "job/") {
				once = false
				require.NoError(t, remove())
			}
		}
		_, err := w.generate(business, areas())
		require.False(t, once)
		require.ErrorIs(t, err, fault.NotFound)
		live, err := w.jobs.Live(w.ctx, business)
		require.NoError(t, err)
		require.False(t, live)
		_, err = w.jobs.Regenerate(w.ctx, w.admin, business, done, 0, 0, "")
		require.ErrorIs(t, err, fault.NotFound)
		view, err := w.jobs.Job(w.ctx, business, done)
		require.NoError(t, err, "its jobs stay")
		require.Equal(t, job.StateCompleted, view.Job.State)
	})
}
