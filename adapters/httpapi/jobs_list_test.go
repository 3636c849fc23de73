package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/ports"
)

// reads counts what of jobs is read.
type reads struct {
	ports.Store
	n atomic.Int64
}

// Get implements ports.Store.
func (r *reads) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	if strings.HasPrefix(key.Partition, "job/") {
		r.n.Add(1)
	}
	return r.Store.Get(ctx, key)
}

// TestListSaysWhatTheJobSays: all but what is left out of lists, and from a few records of each job.
func TestListSaysWhatTheJobSays(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	store := &reads{Store: memstore.New(c, nil)}
	w := newWorldOver(t, store, c, nil)
	business := w.plumber(30, 1)
	_, err := w.office.CreateLocation(t.Context(), preparer(), lastOf(business), catalog.Location{
		Name: "Dock", City: "Portland", State: "ME", StreetAddress: "1 Dock Street", PostalCode: "04101", Phone: "(207) 555-0142", IsPrimary: true,
	})
	require.NoError(t, err)
	stores := []any{"page_type", "keyword-location", "include_upcoming", true}
	a := w.must(http.StatusOK, http.MethodPost, business+"/generate/preview", choice(stores...))
	keyword := a.get(t, "pages").([]any)[0].(map[string]any)["keyword_id"]
	path := w.begin(business, "one", append(stores, "selection", map[string]any{"keyword_ids": []any{keyword}})...)
	other := w.begin(business, "two", stores...)
	got, err := w.queue.Receive(t.Context(), 10, w.clock.Now())
	require.NoError(t, err)
	for _, d := range got[:2] {
		require.NoError(t, w.jobs.Engine.Work(t.Context(), d.Body))
	}
	w.clock.forward(time.Minute)
	jobs := map[string]map[string]any{}
	before := store.n.Load()
	for _, one := range w.must(http.StatusOK, http.MethodGet, business+"/jobs", nil).get(t, "jobs").([]any) {
		jobs[one.(map[string]any)["id"].(string)] = one.(map[string]any)
	}
	require.LessOrEqual(t, store.n.Load()-before, int64(2*5), "two jobs of one shard")
	timed := 0
	for _, at := range []string{path, other} {
		one := w.must(http.StatusOK, http.MethodGet, at, nil).get(t, "job").(map[string]any)
		require.Equal(t, true, one["include_upcoming"])
		if one["eta_s"] != nil && one["rate_per_minute"] != nil {
			timed++
		}
		for _, left := range []string{"selection", "snapshot", "outlook"} {
			delete(one, left)
		}
		require.Equal(t, one, jobs[lastOf(at)])
	}
	require.Positive(t, timed, "one of them is on its way")
}
