package backoffice_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// state is a filter by status.
func state(s job.TaskState) *job.TaskState { return &s }

// all walks through a filtered list.
func (w *jobsWorld) all(business string, id job.ID, f backoffice.PageFilter, limit int) (list []backoffice.PageView, calls int) {
	w.t.Helper()
	for from := 0; from != backoffice.NoMore; calls++ {
		some, next, err := w.jobs.PagesFrom(w.ctx, business, id, f, from, limit)
		require.NoError(w.t, err)
		require.LessOrEqual(w.t, len(some), limit)
		require.True(w.t, next == backoffice.NoMore || next > from)
		list, from = append(list, some...), next
	}
	return list, calls
}

// TestPages: pages are listed with what their answers say. English ones are written, Spanish ones fail by their language.
func TestPages(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(11, 1, 10))
		id := w.begun(business, areas())
		before, err := w.jobs.Page(w.ctx, business, id, 0)
		require.NoError(t, err)
		require.Equal(t, job.TaskQueued, before.Status)
		require.Zero(t, before.Attempts)
		_, err = w.jobs.Content(w.ctx, business, id, 0, 0)
		require.ErrorIs(t, err, fault.NotFound)
		w.script = func(int, job.Request) string { time.Sleep(3 * time.Second); return written("") }
		w.work(id)

		list, _ := w.all(business, id, backoffice.PageFilter{}, 50)
		require.Len(t, list, 120)
		for i, p := range list {
			require.Equal(t, i, p.Ordinal)
		}
		page, failed := list[0], list[119]
		require.Equal(t, job.TaskCompleted, page.Status)
		require.Equal(t, 1, page.Attempts)
		require.Equal(t, 1, page.Accepted)
		require.Equal(t, "claude-haiku-5-5", page.Model)
		require.Equal(t, 2, page.TemplateVersion)
		require.Equal(t, 431, page.WordCount)
		require.Equal(t, 1, page.SectionCount)
		require.Contains(t, page.Flags, "city")
		require.Equal(t, 3*time.Second, page.CompletedAt.Sub(page.StartedAt))
		require.Positive(t, page.Cost)
		require.Equal(t, "/emergency-plumber-00/town-aa-me", page.URLPath)
		stored, err := w.engine.Answer(w.ctx, id, 0, 1)
		require.NoError(t, err)
		sum := sha256.Sum256(stored.Verdict.Output)
		require.Equal(t, hex.EncodeToString(sum[:]), page.ContentSHA256)
		require.Equal(t, job.TaskFailed, failed.Status)
		require.Equal(t, job.CodeOutputInvalid, failed.ErrorCode)
		require.Contains(t, failed.ErrorMessage, "language")
		require.Equal(t, 3, failed.Attempts)
		require.Zero(t, failed.Accepted)

		content, err := w.jobs.Content(w.ctx, business, id, 0, 0)
		require.NoError(t, err)
		require.Equal(t, "Plumbers for you", content.H1)
		_, err = w.jobs.Content(w.ctx, business, id, 119, 0)
		require.ErrorIs(t, err, fault.NotFound)
		_, err = w.jobs.Content(w.ctx, business, id, 119, 1)
		require.ErrorIs(t, err, fault.NotFound, "a refused answer is no content")
		_, err = w.jobs.Content(w.ctx, business, id, 0, 9)
		require.ErrorIs(t, err, fault.NotFound)
		for _, ordinal := range []int{-1, 120} {
			_, err = w.jobs.Page(w.ctx, business, id, ordinal)
			require.ErrorIs(t, err, fault.NotFound)
			_, err = w.jobs.Content(w.ctx, business, id, ordinal, 0)
			require.ErrorIs(t, err, fault.NotFound)
		}
		for _, c := range []struct {
			want int
			f    backoffice.PageFilter
		}{
			{110, backoffice.PageFilter{Status: state(job.TaskCompleted)}}, {10, backoffice.PageFilter{Status: state(job.TaskFailed)}},
			{0, backoffice.PageFilter{Status: state(job.TaskRunning)}}, {10, backoffice.PageFilter{Language: catalog.Spanish}},
			{10, backoffice.PageFilter{ErrorCode: job.CodeOutputInvalid}}, {0, backoffice.PageFilter{ErrorCode: job.CodeDeadLetter}},
			{110, backoffice.PageFilter{Flag: "city"}}, {0, backoffice.PageFilter{Flag: "none"}}, {12, backoffice.PageFilter{Query: "town ac"}},
			{11, backoffice.PageFilter{Query: "town ac", Flag: "city"}},
		} {
			list, _ := w.all(business, id, c.f, 7)
			require.Len(t, list, c.want, "%+v", c.f)
		}
	})
}

// TestPagesAreBounded: a filter that fits little looks at so many pages in one call and goes on in the next.
func TestPagesAreBounded(t *testing.T) {
	t.Parallel()
	withJobs(t, &backoffice.JobOptions{Plans: 1}, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(60, 0, 100))
		id := w.begun(business, areas())
		list, calls := w.all(business, id, backoffice.PageFilter{Query: "plumber 59/"}, 200)
		require.Empty(t, list)
		require.Equal(t, 3, calls)
		list, calls = w.all(business, id, backoffice.PageFilter{Query: "plumber 59"}, 200)
		require.Len(t, list, 100)
		require.Equal(t, 3, calls)
		_, calls = w.all(business, id, backoffice.PageFilter{Flag: "city"}, 200)
		require.Equal(t, 12, calls)
	})
}

// TestAnswersAreReadOnce: a list that was read before costs no more reads of answers, and opened jobs take turns.
func TestAnswersAreReadOnce(t *testing.T) {
	t.Parallel()
	withJobs(t, &backoffice.JobOptions{Plans: 2}, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(2, 0, 5))
		var ids []job.ID
		for range 3 {
			ids = append(ids, w.begun(business, areas()))
			w.work(ids[len(ids)-1])
		}
		for _, id := range append(ids, ids...) {
			list, _ := w.all(business, id, backoffice.PageFilter{}, 50)
			require.Len(t, list, 10)
			w.all(business, id, backoffice.PageFilter{}, 50)
		}
		stored := ports.Key{Partition: "job/" + string(ids[0]) + "/s00", Sort: "a/00000003/000001"}
		w.remove(stored)
		again, _ := w.all(business, ids[0], backoffice.PageFilter{}, 50)
		require.Equal(t, 431, again[3].WordCount)
		_, err := w.jobs.Content(w.ctx, business, ids[0], 3, 0)
		require.ErrorIs(t, err, fault.NotFound)
	})
}

// TestBrokenAnswers: an answer that is not there says nothing, one that cannot be read is told.
func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 3))
		id := w.begun(business, areas())
		w.work(id)
		key := func(ordinal string) ports.Key {
			return ports.Key{Partition: "job/" + string(id) + "/s00", Sort: "a/0000000" + ordinal + "/000001"}
		}
		w.remove(key("0"))
		p, err := w.jobs.Page(w.ctx, business, id, 0)
		require.NoError(t, err)
		require.Zero(t, p.WordCount)
		w.put(key("1"), []byte("no answer"))
		_, err = w.jobs.Page(w.ctx, business, id, 1)
		require.ErrorIs(t, err, fault.Corrupt)
		stored, err := w.engine.Answer(w.ctx, id, 2, 1)
		require.NoError(t, err)
		stored.Verdict.Output = []byte("{}x")
		w.put(key("2"), stored.Pack())
		_, err = w.jobs.Page(w.ctx, business, id, 2)
		require.ErrorIs(t, err, fault.Corrupt)
	})
}
