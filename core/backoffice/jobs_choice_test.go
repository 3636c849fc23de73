package backoffice_test

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestChoice: a job says which pages it was asked for; lists know all but the ids.
func TestChoice(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		all := w.begun(business, areas())
		_, area := w.second(business)
		some := w.begun(business, areas(func(o *backoffice.Order) { o.Selection.ServiceAreaIDs = []string{area} }))
		find := func(id job.ID) *job.Job {
			j, err := w.jobs.Find(w.ctx, business, id)
			require.NoError(t, err)
			return j
		}
		c, known := backoffice.ChoiceOf(find(all))
		require.True(t, known)
		require.Equal(t, backoffice.Choice{}, c)
		require.Equal(t, c, w.jobs.Choice(w.ctx, find(all)))
		require.NotEmpty(t, find(all).Labels[backoffice.LabelPriceVersion])

		_, known = backoffice.ChoiceOf(find(some))
		require.False(t, known)
		want := backoffice.Choice{Selection: pages.Selection{ServiceAreaIDs: []string{area}}}
		require.Equal(t, want, w.jobs.Choice(w.ctx, find(some)))

		// A job of another program has no labels: its input says the same.
		bare := *find(some)
		bare.Labels = nil
		require.Equal(t, want, w.jobs.Choice(w.ctx, &bare))
		bare.ID = "none"
		require.Equal(t, backoffice.Choice{}, w.jobs.Choice(w.ctx, &bare), "what cannot be read is not said")

		upcoming := &job.Job{Labels: map[string]string{backoffice.LabelUpcoming: "true", backoffice.LabelSelection: "all"}}
		c, known = backoffice.ChoiceOf(upcoming)
		require.True(t, known)
		require.True(t, c.Upcoming)
	})
}

// TestPromptHash: a page says the hash of the prompt that it was asked for with.
func TestPromptHash(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		var mu sync.Mutex
		asked := map[string]bool{}
		w.script = func(_ int, r job.Request) string {
			mu.Lock()
			defer mu.Unlock()
			sum := sha256.Sum256([]byte(r.Prompt))
			asked[hex.EncodeToString(sum[:])] = true
			return written("")
		}
		id := w.begun(business, areas())
		w.work(id)
		require.Len(t, asked, 2)
		for ordinal := range 2 {
			p, err := w.jobs.Page(w.ctx, business, id, ordinal)
			require.NoError(t, err)
			require.True(t, asked[p.PromptSHA256], "page %d", ordinal)
			delete(asked, p.PromptSHA256)
		}
		require.Empty(t, asked, "each page has its own")

		// A later program makes other prompts: what was sent is not known any more.
		j, err := w.jobs.Find(w.ctx, business, id)
		require.NoError(t, err)
		j.PlanHash[0] ^= 1
		body, err := j.Pack()
		require.NoError(t, err)
		w.put(ports.Key{Partition: "job/" + string(id), Sort: "header"}, body)
		p, err := w.jobs.Page(w.ctx, business, id, 0)
		require.NoError(t, err)
		require.Empty(t, p.PromptSHA256)
	})
}
