package httpapi_test

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// nextOf is the address of the next part that an answer names, "" when it is the last.
func nextOf(t *testing.T, a answer) string {
	t.Helper()
	link := a.Header.Get("Link")
	if link == "" {
		return ""
	}
	to, rel, _ := strings.Cut(link, ">; ")
	require.Equal(t, `rel="next"`, rel)
	require.True(t, strings.HasPrefix(to, "</api/"), link)
	return to[1:]
}

// parts follows an export from its beginning, with something that happens after each part, and puts together what it gets.
func (w *world) parts(role backoffice.Role, path string, between func()) (file []byte, parts int) {
	w.t.Helper()
	format := "ndjson"
	if strings.Contains(path, "format=csv") {
		format = "csv"
	}
	for to := path; ; {
		a := w.as(role, http.MethodGet, to, nil)
		require.Equal(w.t, http.StatusOK, a.StatusCode, "%s", a.body)
		require.LessOrEqual(w.t, len(a.body), 4<<20)
		require.Equal(w.t, strconv.Itoa(len(a.body)), a.Header.Get("Content-Length"))
		require.Equal(w.t, map[string]string{"csv": "text/csv", "ndjson": "application/x-ndjson"}[format], a.Header.Get("Content-Type"))
		require.Equal(w.t, `attachment; filename="export.`+format+`"`, a.Header.Get("Content-Disposition"))
		file, parts = append(file, a.body...), parts+1
		if to = nextOf(w.t, a); to == "" {
			return file, parts
		}
		if between != nil {
			between()
		}
	}
}

// rowsOf are the rows of a file, without the head of a CSV, which it has one time.
func rowsOf(t *testing.T, format string, file []byte) (rows []string) {
	t.Helper()
	if format != "csv" {
		return slices.Collect(strings.Lines(string(file)))
	}
	cells, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	require.NoError(t, err)
	require.NotEmpty(t, cells, "a file without rows has a head")
	for _, row := range cells[1:] {
		require.NotEqual(t, cells[0], row, "the first part alone has the head")
		rows = append(rows, strings.Join(row, "\x00"))
	}
	return rows
}

// wholeExport are the rows of the written pages.
func (w *world) wholeExport(path string, between func()) (rows []string, parts int) {
	w.t.Helper()
	file, parts := w.parts(backoffice.Viewer, path, between)
	format := ""
	if strings.Contains(path, "format=csv") {
		format = "csv"
		require.True(w.t, bytes.HasPrefix(file, []byte("job_id,")))
	}
	return rowsOf(w.t, format, file), parts
}

// Whatever the limit, the parts together are the file.
func TestExportsInParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(14, 15)
	job := w.begin(business, "one")
	w.finish(job)
	w.clock.forward(time.Minute)
	again := w.begin(business, "two")
	w.finish(again)
	for _, one := range []struct {
		path          string
		pages, looked int
	}{
		{job + "/export?", 210, 210}, {business + "/export?", 420, 420}, {business + "/export?latest=true&", 210, 210},
	} {
		for _, format := range []string{"ndjson", "csv"} {
			path := one.path + "format=" + format
			whole, parts := w.wholeExport(path, nil)
			require.Len(t, whole, one.pages, path)
			require.Equal(t, 1, parts, path)
			distinct := slices.Compact(slices.Sorted(slices.Values(whole)))
			require.Len(t, distinct, one.pages, path)
			for _, limit := range []int{7, 100} {
				rows, parts := w.wholeExport(path+"&limit="+strconv.Itoa(limit), nil)
				require.Equal(t, whole, rows, path)
				require.Equal(t, (one.looked+limit-1)/limit, parts, path)
			}
		}
	}
	rows, _ := w.wholeExport(business+"/export", nil)
	require.Contains(t, rows[0], lastOf(again), "the newest job first")
	require.Contains(t, rows[419], lastOf(job))
	rows, _ = w.wholeExport(business+"/export?latest=true", nil)
	require.NotContains(t, strings.Join(rows, ""), lastOf(job))
}

// A cursor is good for the one who got it, for the export that it is of.
func TestCursorsOfExports(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business, other := w.plumber(2, 2), w.plumber(2, 2)
	job, theirs := w.begin(business, "one"), w.begin(other, "one")
	w.clock.forward(time.Minute)
	second := w.begin(business, "two")
	for _, path := range []string{job, theirs, second} {
		w.finish(path)
	}
	someone := w.token(backoffice.Viewer, backoffice.AllBusinesses)
	exports := []string{
		job + "/export?", job + "/export?format=csv&", second + "/export?", business + "/export?", business + "/export?latest=true&",
		business + "/export?latest=false&", business + "/export?format=csv&", other + "/export?", job + "/pages?",
	}
	for i, path := range exports[:8] {
		first := w.as(backoffice.Viewer, http.MethodGet, path+"limit=1", nil)
		next := nextOf(t, first)
		u, err := url.Parse(next)
		require.NoError(t, err)
		cursor := u.Query().Get("cursor")
		require.Equal(t, "1", u.Query().Get("limit"))
		status := func(token, to, cursor string) int {
			a := w.send(token, http.MethodGet, to+"cursor="+url.QueryEscape(cursor), nil)
			if a.StatusCode == http.StatusBadRequest {
				require.Equal(t, "VALIDATION_ERROR", a.get(t, "code"))
				require.Empty(t, a.Header.Get("Link"))
			}
			return a.StatusCode
		}
		viewer := w.tokens[backoffice.Viewer]
		for k, to := range exports {
			require.Equal(t, map[bool]int{true: http.StatusOK, false: http.StatusBadRequest}[i == k], status(viewer, to, cursor), "%s at %s", path, to)
		}
		require.Equal(t, http.StatusBadRequest, status(someone, path, cursor), "of somebody else")
		for at := 0; at < len(cursor); at += 9 {
			altered := []byte(cursor)
			altered[at] = map[bool]byte{true: 'B', false: 'A'}[altered[at] == 'A']
			require.Equal(t, http.StatusBadRequest, status(viewer, path, string(altered)), "altered at %d", at)
		}
	}
	for _, query := range []string{"limit=0", "limit=1001", "limit=x", "from=1"} {
		require.Equal(t, http.StatusBadRequest, w.as(backoffice.Viewer, http.MethodGet, job+"/export?"+query, nil).StatusCode, query)
	}
	require.Equal(t, http.StatusNotFound, w.as(backoffice.Viewer, http.MethodGet, business+"/jobs/nothing/export", nil).StatusCode)
}

// While a second job is being written, the parts of an export are of before and after: each path one time with latest, each page one time
// without, and nothing that was there is missing.
func TestExportsWhilePagesAreWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	business := w.plumber(7, 20)
	job := w.begin(business, "one")
	w.finish(job)
	w.clock.forward(time.Minute)
	again := w.begin(business, "two")
	work := func() {
		got, err := w.queue.Receive(t.Context(), 2, w.clock.Now())
		require.NoError(t, err)
		for _, d := range got {
			require.NoError(t, w.jobs.Engine.Work(t.Context(), d.Body))
			require.NoError(t, w.queue.Ack(t.Context(), d.Receipt))
		}
	}
	before, _ := w.wholeExport(business+"/export?latest=true", nil)
	require.Len(t, before, 140)
	rows, _ := w.wholeExport(business+"/export?latest=true&limit=30", work)
	require.Len(t, rows, 140)
	member := func(row, name string) string {
		_, rest, _ := strings.Cut(row, `"`+name+`":"`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}
	jobs := map[string]int{}
	for i := range rows {
		require.Equal(t, member(before[i], "url_path"), member(rows[i], "url_path"))
		jobs[member(rows[i], "job_id")]++
	}
	require.Positive(t, jobs[lastOf(job)], "what the walk had behind it")
	require.Positive(t, jobs[lastOf(again)], "what it had before it")

	third := ""
	before, _ = w.wholeExport(business+"/export", nil)
	rows, _ = w.wholeExport(business+"/export?limit=30", func() {
		if work(); third == "" {
			w.clock.forward(time.Minute)
			third = w.begin(business, "three")
		}
	})
	require.Subset(t, rows, before)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(rows))), len(rows))
	require.NotContains(t, strings.Join(rows, ""), lastOf(third))
}
