package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// summaries are those of a span, of acme.
func (w *world) summaries(span engine.Span) (list []engine.Summary) {
	w.t.Helper()
	require.NoError(w.t, w.main.Summaries(w.ctx, "acme", span, func(s engine.Summary) error {
		list = append(list, s)
		return nil
	}))
	return list
}

// unread breaks the job's header, so that whoever reads it fails.
func (w *world) unread(id job.ID) {
	w.verified = true
	w.put(ports.Key{Partition: "job/" + string(id), Sort: "header"}, []byte("{"))
}

// TestSummaries is about what a list of the index says of jobs.
func TestSummaries(t *testing.T) {
	t.Parallel()

	t.Run("OfEndedJobsWithoutTheirHeaders", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = func(p plea) said {
			if p.ordinal == 0 && p.n == 1 {
				return unknown(false)
			}
			return ok()
		}
		id := w.submit(4, func(s *engine.Submission) { s.Labels = map[string]string{"page_type": "x"} })
		w.submit(1, func(s *engine.Submission) { s.Tenant = "other" })
		live := w.summaries(engine.Span{})
		require.Len(t, live, 1)
		require.Zero(t, live[0].EndedAt)
		require.Zero(t, live[0].Settled)
		j := w.rest(id)
		w.unread(id)
		got := w.summaries(engine.Span{})
		require.Equal(t, []engine.Summary{{
			ID: id, Tenant: "acme", Model: j.Model, Lane: cost.Realtime, Labels: map[string]string{"page_type": "x"}, Round: 1, CreatedAt: j.CreatedAt,
			EndedAt: j.CompletedAt, Settled: 4 * spent, Presumed: hold, Completed: 4, Grants: j.Grants,
		}}, got)
	})

	t.Run("MoneyThatMovesLongAfter", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsFirst
		id := w.submit(3)
		first := w.rest(id).CompletedAt
		w.now = w.now.AddDate(0, 4, 0)
		later := engine.Span{From: w.now.Add(-time.Minute)}
		require.Empty(t, w.summaries(later))
		_, err := w.main.SetHidden(w.ctx, id, true)
		require.NoError(t, err)
		require.Empty(t, w.summaries(later), "what moves no money is no reason to look")
		_, err = w.main.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		require.Zero(t, w.summaries(later)[0].EndedAt, "it goes on")
		w.rest(id)
		w.now = w.now.AddDate(0, 4, 0)
		latest := engine.Span{From: w.now.Add(-time.Minute)}
		require.Empty(t, w.summaries(latest))
		s := w.summaries(later)[0]
		require.Equal(t, 2, s.Round)
		require.Equal(t, 4*spent, s.Settled)
		require.True(t, s.EndedAt.After(first.AddDate(0, 3, 0)))
		w.reconcile([]engine.Billed{{
			Job: id, Model: "claude-haiku-5-5", Lane: cost.Realtime, Usage: cost.Usage{Input: 1000, Output: 600}, MessageID: "late", At: w.now,
		}})
		s = w.summaries(latest)[0]
		require.Greater(t, s.Settled, 4*spent, "a bill that comes after the end")
		w.unread(id)
		require.Equal(t, s, w.summaries(latest)[0])
	})

	t.Run("OfRowsThatDoNotSay", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(1)
		w.rest(id)
		want := w.summaries(engine.Span{})
		for _, body := range []string{"{}", "", `{"sums":{"round":"x"}}`} {
			w.put(ports.Key{Partition: "tenant/acme", Sort: "job/" + string(id)}, []byte(body))
			require.Equal(t, want, w.summaries(engine.Span{}), body)
		}
		w.unread(id)
		require.ErrorIs(t, w.main.Summaries(w.ctx, "acme", engine.Span{}, nil), fault.Corrupt)
		require.ErrorIs(t, w.main.Summaries(w.ctx, "", engine.Span{}, nil), fault.Invalid)
	})

	t.Run("Spans", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(1)
		j := w.rest(id)
		day := 24 * time.Hour
		for name, test := range map[string]struct {
			span           engine.Span
			concern, whole bool
		}{
			"no bounds":        {engine.Span{}, true, true},
			"around":           {engine.Span{From: j.CreatedAt.Add(-day), To: j.CompletedAt.Add(day)}, true, true},
			"begins with it":   {engine.Span{From: j.CreatedAt}, true, false},
			"ends with it":     {engine.Span{To: j.CompletedAt}, true, false},
			"begins after it":  {engine.Span{From: j.CompletedAt.Add(day)}, false, false},
			"ends before it":   {engine.Span{To: j.CreatedAt.Add(-day)}, false, false},
			"by another clock": {engine.Span{From: j.CompletedAt.Add(10 * time.Minute)}, true, false},
			"made by another":  {engine.Span{To: j.CreatedAt.Add(-30 * time.Second)}, true, false},
		} {
			list := w.summaries(test.span)
			require.Equal(t, test.concern, len(list) == 1, name)
			if test.concern {
				require.Equal(t, test.whole, list[0].Within(test.span), name)
			}
		}
		live := w.submit(1)
		list := w.summaries(engine.Span{})
		require.Equal(t, live, list[1].ID)
		require.False(t, list[1].Within(engine.Span{}), "nobody knows what is yet to come")
	})

	t.Run("SpendReadsNoHeaderOfTheEnded", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3)
		w.rest(id)
		w.unread(id)
		_, settled, _, err := w.main.Spend(w.ctx, "acme", november)
		require.NoError(t, err)
		require.Equal(t, 3*spent, settled)
	})
}
