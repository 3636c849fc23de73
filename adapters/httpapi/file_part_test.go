package httpapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/cost"
)

// twoJobs has two jobs of one business, and one of another.
func twoJobs(t *testing.T) (w *world, business string, jobs []string) {
	t.Helper()
	w = newWorld(t, nil)
	business, other := w.plumber(6, 9), w.plumber(1, 1)
	for _, key := range []string{"one", "two"} {
		jobs = append(jobs, w.begin(business, key))
		w.finish(jobs[len(jobs)-1])
		w.clock.forward(time.Minute)
	}
	w.finish(w.begin(other, "one"))
	return w, business, jobs
}

// Whatever the limit, the parts of a ledger put together are the file that one part is, to the byte.
func TestLedgersInParts(t *testing.T) {
	t.Parallel()
	w, business, jobs := twoJobs(t)
	for prefix, entries := range map[string]int{jobs[0]: 108, business: 216, "/api": 218} {
		for _, query := range []string{"format=ndjson", "format=csv", "format=csv&kind=settle", "format=ndjson&model=none", "format=csv&model=none"} {
			path := prefix + "/ledger/export?" + query
			whole, parts := w.parts(backoffice.Admin, path, nil)
			require.Equal(t, 1, parts)
			rows := rowsOf(t, map[bool]string{true: "csv"}[strings.Contains(query, "csv")], whole)
			want := entries
			if strings.Contains(query, "settle") {
				want /= 2
			} else if strings.Contains(query, "none") {
				want = 0
			}
			require.Len(t, rows, want, path)
			require.Len(t, slices.Compact(slices.Sorted(slices.Values(rows))), want)
			for _, limit := range []int{1, 25, 100} {
				if limit == 1 && prefix != jobs[0] {
					continue
				}
				file, parts := w.parts(backoffice.Admin, path+"&limit="+strconv.Itoa(limit), nil)
				require.Equal(t, string(whole), string(file), path)
				require.GreaterOrEqual(t, parts, want/limit)
			}
		}
	}
	whole, _ := w.parts(backoffice.Operator, business+"/ledger/export?limit=11", nil)
	blocks, err := holds(readNDJSON(t, whole))
	require.NoError(t, err)
	require.Positive(t, blocks)
}

// What is appended between two parts moves nothing: of what was there each entry comes one time, and the chains hold, also where a part ends
// with the last entry of a shard and the shard goes on.
func TestLedgersInPartsWhileEntriesAreAppended(t *testing.T) {
	t.Parallel()
	w, business, jobs := twoJobs(t)
	for prefix, limit := range map[string]int{jobs[0]: 9, jobs[1]: 4, business: 13} {
		path := prefix + "/ledger/export?"
		before, _ := w.parts(backoffice.Operator, path, nil)
		made, begun := 0, ""
		after, parts := w.parts(backoffice.Operator, path+"limit="+strconv.Itoa(limit), func() {
			if made++; made > 200 {
				return
			}
			for _, job := range jobs {
				w.append(lastOf(job), made%2, cost.Entry{Kind: cost.EntryAdjust, Amount: cost.Pico(made), Terms: cost.Terms{Model: "m", Lane: cost.Realtime, PriceVersion: "1"}})
			}
			if begun == "" && prefix == business {
				w.clock.forward(time.Minute)
				begun = w.begin(business, "meanwhile"+prefix)
				w.finish(begun)
			}
		})
		require.Greater(t, parts, 7)
		rows := rowsOf(t, "", after)
		require.Subset(t, rows, rowsOf(t, "", before))
		require.Greater(t, len(rows), len(rowsOf(t, "", before)), "something of it came")
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(rows))), len(rows))
		_, err := holds(readNDJSON(t, after))
		require.NoError(t, err)
		if begun != "" {
			require.NotContains(t, string(after), lastOf(begun), "what begins meanwhile is not in it")
		}
	}
}

// A part that ends with the last entry of a shard goes on with what was appended to that shard.
func TestAPartGoesOnRightBehindItsLastEntry(t *testing.T) {
	t.Parallel()
	w, _, jobs := twoJobs(t)
	list := readNDJSON(t, w.must(http.StatusOK, http.MethodGet, jobs[0]+"/ledger/export", nil).body)
	first := slices.IndexFunc(list, func(e exported) bool { return e["shard"] == "1" })
	require.Positive(t, first)
	for _, tail := range []string{"/ledger/export", "/ledger"} {
		a := w.must(http.StatusOK, http.MethodGet, jobs[0]+tail+"?limit="+strconv.Itoa(first), nil)
		to := nextOf(t, a)
		if tail == "/ledger" {
			to = jobs[0] + tail + "?cursor=" + a.get(t, "next_cursor").(string)
		}
		w.append(lastOf(jobs[0]), 0, cost.Entry{Kind: cost.EntryAdjust, Amount: 1, Terms: cost.Terms{Model: "new", Lane: cost.Realtime, PriceVersion: "1"}, MessageID: "of" + tail})
		require.Contains(t, string(w.must(http.StatusOK, http.MethodGet, to, nil).body), `"of`+tail+`"`)
		first++
	}
}

// The trail in parts is the trail, and what is written meanwhile moves nothing.
func TestTheTrailInParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for i := range 1_100 {
		if i%300 == 0 {
			w.clock.forward(25 * 24 * time.Hour) // several months
		}
		require.NoError(t, w.office.Deny(t.Context(), preparer(), backoffice.Action{Name: fmt.Sprintf("test.%d", i%3)}, "forbidden"))
	}
	admin := w.token(backoffice.Admin, backoffice.AllBusinesses)
	w.tokens[backoffice.Admin] = admin
	for _, format := range []string{"ndjson", "csv"} {
		path := "/api/audit/export?format=" + format
		whole, parts := w.parts(backoffice.Admin, path, nil)
		require.Equal(t, 2, parts, "1,000 lines are a part, and the empty months before them none")
		before := rowsOf(t, format, whole)
		require.Greater(t, len(before), 1_100)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(before))), len(before))
		for _, limit := range []string{"&limit=90", "&limit=200", "&limit=1000"} {
			whole, _ := w.parts(backoffice.Admin, path, nil)
			before := rowsOf(t, format, whole)
			file, _ := w.parts(backoffice.Admin, path+limit, func() {
				require.NoError(t, w.office.Deny(t.Context(), preparer(), backoffice.Action{Name: "test.meanwhile"}, "forbidden"))
			})
			rows := rowsOf(t, format, file)
			require.Equal(t, before, rows, "what is newer is not in it")
		}
		one, _ := w.parts(backoffice.Admin, path+"&action=test.1&limit=50", nil)
		require.Len(t, rowsOf(t, format, one), 367)
		none, parts := w.parts(backoffice.Admin, path+"&action=test.none", nil)
		require.Empty(t, rowsOf(t, format, none))
		require.Equal(t, 1, parts)
	}
}

// A part ends before 4 MiB, and the next one begins with the line that did not fit. (Entries of a ledger are too short for that.)
func TestPartsOfLongLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	long := strings.Repeat(`"`, 6_000)
	for i := range 600 {
		require.NoError(t, w.office.Deny(t.Context(), preparer(), backoffice.Action{Name: "test"}, strconv.Itoa(i)+long))
	}
	for _, format := range []string{"ndjson", "csv"} {
		file, parts := w.parts(backoffice.Admin, "/api/audit/export?action=test&format="+format, nil)
		require.Equal(t, 2, parts)
		require.Greater(t, len(file), 6<<20)
		rows := rowsOf(t, format, file)
		require.Len(t, rows, 600)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(rows))), 600)
	}
}

// A cursor of a ledger or of the trail is good for the one who got it, for the file that it is of.
func TestCursorsOfLedgersAndOfTheTrail(t *testing.T) {
	t.Parallel()
	w, business, jobs := twoJobs(t)
	second := w.token(backoffice.Admin, backoffice.AllBusinesses)
	files := []string{
		jobs[0] + "/ledger/export?", jobs[0] + "/ledger/export?format=csv&", jobs[0] + "/ledger/export?kind=hold&", jobs[1] + "/ledger/export?",
		business + "/ledger/export?", "/api/ledger/export?", "/api/audit/export?", "/api/audit/export?action=business.create&", jobs[0] + "/ledger?", "/api/audit?",
	}
	for i, path := range files[:8] {
		to, err := url.Parse(nextOf(t, w.must(http.StatusOK, http.MethodGet, path+"limit=1", nil)))
		require.NoError(t, err)
		require.Equal(t, "1", to.Query().Get("limit"))
		cursor := to.Query().Get("cursor")
		for k, other := range files {
			want := map[bool]int{true: http.StatusOK, false: http.StatusBadRequest}[i == k]
			a := w.as(backoffice.Admin, http.MethodGet, other+"cursor="+cursor, nil)
			require.Equal(t, want, a.StatusCode, "%s at %s", path, other)
		}
		require.Equal(t, http.StatusBadRequest, w.send(second, http.MethodGet, path+"cursor="+cursor, nil).StatusCode, "of somebody else")
		for _, query := range []string{"limit=0", "limit=1001", "cursor=abc"} {
			w.must(http.StatusBadRequest, http.MethodGet, path+query, nil)
		}
	}
}
