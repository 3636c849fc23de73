package httpapi_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

func TestBooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business, other := w.plumber(2, 2), w.plumber(1, 1)
	path, more, theirs := w.begin(business, "one"), "", w.begin(other, "one")
	w.finish(path)
	w.finish(theirs)
	w.clock.forward(1e12)
	more = w.begin(business, "two")
	w.finish(more)

	t.Run("Ledger", func(t *testing.T) {
		for prefix, entries := range map[string]int{path: 8, business: 16, "/api": 18} {
			seen := map[string]bool{}
			cursor := ""
			for {
				a := w.must(http.StatusOK, http.MethodGet, prefix+"/ledger?limit=3"+cursor, nil)
				for _, e := range a.get(t, "entries").([]any) {
					line, _ := json.Marshal(e)
					require.False(t, seen[string(line)], "twice: %s", line)
					seen[string(line)] = true
				}
				next, _ := a.get(t, "next_cursor").(string)
				if next == "" {
					break
				}
				cursor = "&cursor=" + next
			}
			require.Len(t, seen, entries, prefix)
			file := w.must(http.StatusOK, http.MethodGet, prefix+"/ledger/export", nil)
			require.Equal(t, entries, bytes.Count(file.body, []byte("\n")))
			file = w.must(http.StatusOK, http.MethodGet, prefix+"/ledger/export?format=csv&kind=settle", nil)
			rows, err := csv.NewReader(bytes.NewReader(file.body)).ReadAll()
			require.NoError(t, err)
			require.Len(t, rows, entries/2+1)
			a := w.must(http.StatusOK, http.MethodGet, prefix+"/ledger/summary?group_by=model", nil)
			require.Len(t, a.get(t, "groups"), 1)
		}
		require.Empty(t, w.must(http.StatusOK, http.MethodGet, path+"/ledger?model=none", nil).get(t, "entries"))
		require.Empty(t, w.must(http.StatusOK, http.MethodGet, "/api/ledger?to=2026-01-01T00:00:00Z", nil).get(t, "entries"))
		w.must(http.StatusBadRequest, http.MethodGet, "/api/ledger?kind=gift", nil)
	})
	t.Run("Verify", func(t *testing.T) {
		a := w.must(http.StatusOK, http.MethodPost, "/api/ledger/verify", nil)
		require.Equal(t, true, a.get(t, "ok"))
		require.EqualValues(t, 3, a.get(t, "jobs"))
		require.EqualValues(t, 18, a.get(t, "entries"))
		require.Nil(t, a.get(t, "next_cursor"))
		jobs, calls, cursor := 0, 0, any("")
		for ; cursor != nil; calls++ {
			a = w.must(http.StatusOK, http.MethodPost, fmt.Sprintf("/api/ledger/verify?limit=1%s", cursor), nil)
			jobs, cursor = jobs+int(a.get(t, "jobs").(float64)), a.get(t, "next_cursor")
			if text, more := cursor.(string); more {
				cursor = "&cursor=" + text
				w.must(http.StatusBadRequest, http.MethodPost, "/api/ledger/verify?cursor="+text, map[string]any{"to": "2026-01-01T00:00:00Z"})
			}
		}
		require.Equal(t, 3, jobs, "each once")
		require.GreaterOrEqual(t, calls, 3)
		a = w.must(http.StatusOK, http.MethodPost, "/api/ledger/verify", map[string]any{"to": "2026-01-01T00:00:00Z"})
		require.EqualValues(t, 0, a.get(t, "jobs"))
	})
	t.Run("Costs", func(t *testing.T) {
		for group, n := range map[string]int{"business": 2, "job": 3, "month": 1, "day": 1, "lane": 1, "model": 1, "page_type": 1} {
			require.Len(t, w.must(http.StatusOK, http.MethodGet, "/api/costs?group_by="+group, nil).get(t, "groups"), n, group)
		}
		require.Len(t, w.must(http.StatusOK, http.MethodGet, business+"/costs?group_by=job", nil).get(t, "groups"), 2)
		w.must(http.StatusBadRequest, http.MethodGet, business+"/costs?group_by=colour", nil)
	})
	t.Run("Export", func(t *testing.T) {
		file := w.must(http.StatusOK, http.MethodGet, path+"/export", nil)
		require.Equal(t, "application/x-ndjson", file.Header.Get("Content-Type"))
		lines := strings.Split(strings.TrimSpace(string(file.body)), "\n")
		require.Len(t, lines, 4)
		var first struct {
			Ordinal int            `json:"ordinal"`
			Content map[string]any `json:"content"`
		}
		require.NoError(t, json.Unmarshal([]byte(lines[0]), &first))
		require.NotEmpty(t, first.Content["body"])
		rows, err := csv.NewReader(bytes.NewReader(w.must(http.StatusOK, http.MethodGet, business+"/export?format=csv", nil).body)).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 9)
		rows, err = csv.NewReader(bytes.NewReader(w.must(http.StatusOK, http.MethodGet, business+"/export?format=csv&latest=true", nil).body)).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 5)
		require.Equal(t, lastOf(more), rows[1][0], "the newest job's")
	})
	t.Run("Filters", func(t *testing.T) {
		for query, n := range map[string]int{
			"?status=completed": 4, "?status=failed": 0, "?language=en": 4, "?language=es": 0, "?q=town a": 2, "?q=nowhere": 0, "?flag=leak": 0,
		} {
			a := w.must(http.StatusOK, http.MethodGet, path+"/pages"+strings.ReplaceAll(query, " ", "%20"), nil)
			require.Len(t, a.get(t, "pages"), n, query)
		}
		a := w.must(http.StatusOK, http.MethodGet, path+"/pages?limit=3", nil)
		tag := a.Header.Get("Etag")
		require.Equal(t, http.StatusNotModified, w.as(backoffice.Admin, http.MethodGet, path+"/pages?limit=3", nil, "If-None-Match", tag).StatusCode)
		a = w.must(http.StatusOK, http.MethodGet, path+"/pages?limit=3&cursor="+a.get(t, "next_cursor").(string), nil)
		require.Len(t, a.get(t, "pages"), 1)
	})
	t.Run("NothingOfOthers", func(t *testing.T) {
		foreign := business + "/jobs/" + lastOf(theirs)
		for _, tail := range []string{
			"", "/events", "/failures", "/pages", "/pages/0", "/pages/0/attempts", "/pages/0/preview", "/export", "/ledger", "/ledger/summary", "/ledger/export",
		} {
			w.must(http.StatusNotFound, http.MethodGet, foreign+tail, nil)
		}
		for _, tail := range []string{"/pause", "/resume", "/cancel", "/ledger/verify"} {
			w.must(http.StatusNotFound, http.MethodPost, foreign+tail, nil)
		}
		w.must(http.StatusNotFound, http.MethodPatch, foreign, map[string]any{"is_hidden": true})
		w.must(http.StatusNotFound, http.MethodPost, foreign+"/retry/quote", map[string]any{"scope": "failed"})
		w.must(http.StatusNotFound, http.MethodPost, foreign+"/retry", map[string]any{"scope": "failed"}, "Idempotency-Key", "k")
		w.must(http.StatusNotFound, http.MethodPost, foreign+"/pages/0/regenerate", nil, "Idempotency-Key", "k")
		for _, tail := range []string{"/pages/4", "/pages/4/attempts", "/pages/4/preview"} {
			w.must(http.StatusNotFound, http.MethodGet, path+tail, nil)
		}
		w.must(http.StatusNotFound, http.MethodPost, path+"/pages/4/regenerate", nil, "Idempotency-Key", "k")
		w.must(http.StatusBadRequest, http.MethodGet, path+"/pages/-1", nil)
	})
}
