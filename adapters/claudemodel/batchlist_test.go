package claudemodel_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// hour is the time at which batch n of a listing was created: n hours before noon.
func hour(n int) time.Time {
	return time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC).Add(-time.Duration(n) * time.Hour)
}

// lists is a provider with that many batches, the newest being number 0, which gives them in pages of three.
func lists(total int, seen *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*seen = append(*seen, r.Method+" "+r.URL.RequestURI())
		first := 0
		if after := r.URL.Query().Get("after_id"); after != "" {
			_, _ = fmt.Sscanf(after, "msgbatch_%d", &first)
			first++
		}
		var page []string
		for n := first; n < min(first+3, total); n++ {
			page = append(page, batchBody(fmt.Sprint("msgbatch_", n), with("created_at", hour(n).Format(time.RFC3339Nano))))
		}
		responds(200, fmt.Sprintf(`{"data":[%s],"has_more":%v,"first_id":null,"last_id":null}`,
			strings.Join(page, ","), first+3 < total))(w, r)
	}
}

func TestListBatches(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		total int
		since time.Time
		want  int
		pages int
	}{
		"none":                {0, time.Time{}, 0, 1},
		"one page":            {3, time.Time{}, 3, 1},
		"all pages":           {7, time.Time{}, 7, 3},
		"at or after":         {7, hour(4), 5, 2},
		"just after":          {7, hour(4).Add(1), 4, 2},
		"the page's end":      {7, hour(2), 3, 2},
		"older is not read":   {700, hour(0), 1, 1},
		"nothing new":         {7, hour(-1), 0, 1},
		"another time's zone": {7, hour(4).In(time.FixedZone("", 3600)), 5, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen []string
			batches, err := newModel(t, serve(t, lists(test.total, &seen)).URL, nil).ListBatches(t.Context(), test.since)
			require.NoError(t, err)
			require.Len(t, batches, test.want)
			for n, batch := range batches {
				require.Equal(t, fmt.Sprint("msgbatch_", n), batch.ID)
				require.Equal(t, hour(n), batch.Created)
			}
			require.Len(t, seen, test.pages)
			for n, request := range seen {
				after := map[bool]string{false: fmt.Sprintf("after_id=msgbatch_%d&", n*3-1)}[n == 0]
				require.Equal(t, "GET /v1/messages/batches?"+after+"limit=100", request)
			}
		})
	}
}

func TestListIsSorted(t *testing.T) {
	t.Parallel()
	var bodies []string
	for _, n := range []int{1, 9, 0, 2, 8} {
		bodies = append(bodies, batchBody(fmt.Sprint("msgbatch_", n), with("created_at", hour(n).Format(time.RFC3339Nano))))
	}
	p := serve(t, responds(200, `{"data":[`+strings.Join(bodies, ",")+`],"has_more":false}`))
	batches, err := newModel(t, p.URL, nil).ListBatches(t.Context(), hour(5))
	require.NoError(t, err)
	var ids []string
	for _, batch := range batches {
		ids = append(ids, batch.ID)
	}
	require.Equal(t, []string{"msgbatch_0", "msgbatch_1", "msgbatch_2"}, ids)
}

// TestListsThatCannotBeRead: half a list is none, because what is overlooked would be sent again.
func TestListsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	good := batchBody("msgbatch_0")
	for name, body := range map[string]string{
		"no data":             `{"has_more":false}`,
		"null":                `{"data":null,"has_more":false}`,
		"another type":        `{"data":{},"has_more":false}`,
		"a bad batch between": `{"data":[` + good + `,{},` + good + `],"has_more":false}`,
		"nothing, and more":   `{"data":[],"has_more":true}`,
		"cut":                 `{"data":[` + good,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			batches, err := newModel(t, serve(t, responds(200, body)).URL, nil).ListBatches(t.Context(), time.Time{})
			require.ErrorIs(t, err, fault.Unavailable)
			require.ErrorContains(t, err, "list batches: 200 with a body that is no list of batches (request req_123)")
			require.Nil(t, batches)
		})
	}
	t.Run("a later page", func(t *testing.T) {
		t.Parallel()
		var seen []string
		pages := lists(9, &seen)
		p := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if len(seen) == 2 {
				responds(529, errorBody("overloaded_error", "busy"))(w, r)
				return
			}
			pages(w, r)
		})
		batches, err := newModel(t, p.URL, nil).ListBatches(t.Context(), time.Time{})
		require.ErrorIs(t, err, fault.Overloaded)
		require.Nil(t, batches)
	})
	t.Run("without end", func(t *testing.T) {
		t.Parallel()
		p := serve(t, responds(200, `{"data":[`+good+`],"has_more":true}`))
		_, err := newModel(t, p.URL, nil).ListBatches(t.Context(), time.Time{})
		require.ErrorIs(t, err, fault.Unavailable)
		require.EqualValues(t, 100, p.requests.Load())
	})
}

func TestGetBatch(t *testing.T) {
	t.Parallel()
	var asked string
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.RequestURI()
		responds(200, batchBody("msgbatch_7", with("processing_status", "ended"), with("request_counts", object{
			"processing": 0, "succeeded": 5, "errored": 4, "canceled": 3, "expired": 2,
		})))(w, r)
	})
	batch, err := newModel(t, p.URL, nil).GetBatch(t.Context(), "msgbatch_7")
	require.NoError(t, err)
	want := aBatch("msgbatch_7")
	want.State = ports.BatchEnded
	want.Processing, want.Succeeded, want.Errored, want.Canceled, want.Expired = 0, 5, 4, 3, 2
	require.Equal(t, want, batch)
	require.Equal(t, 14, batch.Lines())
	require.Equal(t, "GET /v1/messages/batches/msgbatch_7", asked)
}
