package output_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/output"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

var _ output.Engine = (*fakeEngine)(nil)

func TestParseFormats(t *testing.T) {
	t.Parallel()
	for list, want := range map[string][]output.Format{
		"json": {output.JSON}, "html": {output.HTML}, " json , html": {output.JSON, output.HTML}, "html,json": {output.HTML, output.JSON},
	} {
		formats, err := output.ParseFormats(list)
		require.NoError(t, err, list)
		require.Equal(t, want, formats)
	}
	for _, list := range []string{"", ",", "json,", "HTML", "pdf", "json,json", "json html"} {
		_, err := output.ParseFormats(list)
		require.ErrorIs(t, err, fault.Invalid, list)
		require.ErrorContains(t, err, "use json, html or json,html", list)
	}
}

func TestWriteGolden(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "site")
	plan := few(t, func(c *catalog.Catalog) {
		latitude, longitude := 41.7001, -71.4162
		c.Locations[0].Latitude, c.Locations[0].Longitude = &latitude, &longitude
	})
	e := completed(plan.Size(), plain)
	e.tasks[1] = job.Task{State: job.TaskFailed, Code: job.CodeOutputInvalid, Billed: 3, Cost: 7}
	require.Equal(t, output.Summary{Pages: 5, Sitemap: true}, write(t, e, plan, dir))
	require.Equal(t, []string{
		"boiler-repair/cranston-ri", "boiler-repair/warwick-ri", "emergency-plumber/cranston-ri", "emergency-plumber/warwick-ri",
		"es/emergency-plumber/cranston-ri", "es/emergency-plumber/warwick-ri",
	}, allPaths(plan))
	require.Equal(t, []string{
		"boiler-repair/cranston-ri/index.html", "boiler-repair/cranston-ri/page.json",
		"emergency-plumber/cranston-ri/index.html", "emergency-plumber/cranston-ri/page.json",
		"emergency-plumber/warwick-ri/index.html", "emergency-plumber/warwick-ri/page.json",
		"es/emergency-plumber/cranston-ri/index.html", "es/emergency-plumber/cranston-ri/page.json",
		"es/emergency-plumber/warwick-ri/index.html", "es/emergency-plumber/warwick-ri/page.json",
		"manifest.jsonl", "sitemap.xml",
	}, files(t, dir))
	golden(t, "manifest.jsonl", read(t, dir, "manifest.jsonl"))
	golden(t, "sitemap.xml", read(t, dir, "sitemap.xml"))
	golden(t, "en.json", read(t, dir, "emergency-plumber/warwick-ri/page.json"))
	golden(t, "en.html", withoutStyle(read(t, dir, "emergency-plumber/warwick-ri/index.html")))
	golden(t, "es.html", withoutStyle(read(t, dir, "es/emergency-plumber/warwick-ri/index.html")))
	golden(t, "store.html", withoutStyle(storePage(t)))
}

func allPaths(plan *pages.Plan) (paths []string) {
	for ordinal := range plan.Size() {
		paths = append(paths, strings.TrimPrefix(plan.Page(ordinal).URLPath, "/"))
	}
	slices.Sort(paths)
	return paths
}

// storePage is the page of a store of a business without a website.
func storePage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	plan := sample(t, "two-stores-taqueria", catalog.ServiceLocation, func(c *catalog.Catalog) {
		c.Business.Website, c.Services = "", c.Services[:1]
	}, catalog.English)
	require.Equal(t, output.Summary{Pages: 2}, write(t, completed(2, plain), plan, dir))
	require.NoFileExists(t, filepath.Join(dir, "sitemap.xml"))
	return read(t, dir, strings.TrimPrefix(plan.Page(0).URLPath, "/"), "index.html")
}

// TestContentHash: whoever has page.json can check the hash that manifest and ledger have.
func TestContentHash(t *testing.T) {
	t.Parallel()
	dir, plan := t.TempDir(), few(t, nil)
	write(t, completed(plan.Size(), func(int) pages.Content {
		c := plain(0)
		c.Body = "Quotes \" and <tags> & \u2028 ñ \U0001F527 \\ \t."
		return c
	}), plan, dir)
	lines := bufio.NewScanner(strings.NewReader(read(t, dir, "manifest.jsonl")))
	for ordinal := 0; lines.Scan(); ordinal++ {
		var line struct {
			Ordinal       int     `json:"ordinal"`
			URLPath       string  `json:"url_path"`
			ContentSHA256 *string `json:"content_sha256"`
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line))
		require.Equal(t, ordinal, line.Ordinal)
		var page struct {
			ContentSHA256 string          `json:"content_sha256"`
			Content       json.RawMessage `json:"content"`
		}
		require.NoError(t, json.Unmarshal([]byte(read(t, dir, line.URLPath, "page.json")), &page))
		var content pages.Content
		require.NoError(t, json.Unmarshal(page.Content, &content))
		sum := sha256.Sum256(encode(content))
		require.Equal(t, hex.EncodeToString(sum[:]), *line.ContentSHA256)
		require.Equal(t, *line.ContentSHA256, page.ContentSHA256)
	}
}

func TestWriteAgain(t *testing.T) {
	t.Parallel()
	t.Run("ReplayChangesNothing", func(t *testing.T) {
		t.Parallel()
		dir, plan := t.TempDir(), few(t, nil)
		e := completed(plan.Size(), plain)
		write(t, e, plan, dir)
		before := snapshot(t, dir)
		require.NoError(t, output.Check(dir, plan))
		require.Equal(t, output.Summary{Pages: plan.Size(), Sitemap: true}, write(t, e, plan, dir))
		require.Equal(t, before, snapshot(t, dir))
	})
	t.Run("PagesThatAreNotCompletedAnyMoreGo", func(t *testing.T) {
		t.Parallel()
		dir, plan := t.TempDir(), few(t, nil)
		e := completed(plan.Size(), plain)
		write(t, e, plan, dir)
		put(t, filepath.Join(dir, "boiler-repair/warwick-ri/notes.txt"), "mine")
		for ordinal := range e.tasks {
			e.tasks[ordinal] = job.Task{State: job.TaskWaiting, Accepted: 1}
		}
		require.Equal(t, output.Summary{Removed: plan.Size()}, write(t, e, plan, dir))
		require.Equal(t, []string{"boiler-repair/warwick-ri/notes.txt", "manifest.jsonl"}, files(t, dir), "empty folders and the sitemap are gone too")
		require.NoDirExists(t, filepath.Join(dir, "es"))
		require.Equal(t, output.Summary{}, write(t, e, plan, dir))
	})
	t.Run("TranslationsOfFailedPagesAreNotNamed", func(t *testing.T) {
		t.Parallel()
		dir, plan := t.TempDir(), few(t, nil)
		e := completed(plan.Size(), plain)
		write(t, e, plan, dir)
		english := read(t, dir, "emergency-plumber/warwick-ri/index.html")
		require.Contains(t, english, `<a class="language" href="../../es/emergency-plumber/warwick-ri/index.html" lang="es" hreflang="es">Español</a>`)
		require.Contains(t, english, `<link rel="alternate" hreflang="es" href="https://www.harborplumbing.example/es/emergency-plumber/warwick-ri">`)
		require.Contains(t, read(t, dir, "es/emergency-plumber/warwick-ri/index.html"), `<a class="language" href="../../../emergency-plumber/warwick-ri/index.html" lang="en" hreflang="en">English</a>`)
		for ordinal := range e.tasks {
			if plan.Page(ordinal).Language == catalog.Spanish {
				e.tasks[ordinal] = job.Task{State: job.TaskFailed, Code: job.CodeRefused}
			}
		}
		require.Equal(t, output.Summary{Pages: 4, Removed: 2, Sitemap: true}, write(t, e, plan, dir))
		english = read(t, dir, "emergency-plumber/warwick-ri/index.html")
		require.NotContains(t, english, "hreflang")
		require.NotContains(t, read(t, dir, "emergency-plumber/warwick-ri/page.json"), "twin_url_path")
		require.NotContains(t, read(t, dir, "sitemap.xml"), "/es/")
	})
	t.Run("OtherFormatsGo", func(t *testing.T) {
		t.Parallel()
		dir, plan := t.TempDir(), few(t, nil)
		e := completed(plan.Size(), plain)
		write(t, e, plan, dir)
		write(t, e, plan, dir, output.JSON)
		require.NoFileExists(t, filepath.Join(dir, "boiler-repair/warwick-ri/index.html"))
		require.FileExists(t, filepath.Join(dir, "boiler-repair/warwick-ri/page.json"))
		write(t, e, plan, dir, output.HTML)
		require.FileExists(t, filepath.Join(dir, "boiler-repair/warwick-ri/index.html"))
		require.NoFileExists(t, filepath.Join(dir, "boiler-repair/warwick-ri/page.json"))
	})
	t.Run("PagesOfAnotherJobStay", func(t *testing.T) {
		t.Parallel()
		dir, plan := t.TempDir(), few(t, nil)
		write(t, completed(plan.Size(), plain), plan, dir)
		other := completed(plan.Size(), plain)
		other.id = "another-job"
		other.tasks[0] = job.Task{State: job.TaskFailed, Code: job.CodeRefused}
		summary, err := output.Write(context.Background(), other, other.id, plan, dir, both)
		require.NoError(t, err)
		require.Equal(t, output.Summary{Pages: plan.Size() - 1, Sitemap: true}, summary)
		require.Contains(t, read(t, dir, plan.Page(0).URLPath, "page.json"), `"job_id": "`+string(jobID)+`"`)
		require.Contains(t, read(t, dir, plan.Page(1).URLPath, "page.json"), `"job_id": "another-job"`)
	})
	t.Run("LeftOversOfACutRunDoNotMatter", func(t *testing.T) {
		t.Parallel()
		dir, plan := t.TempDir(), few(t, nil)
		for _, name := range []string{".manifest.jsonl.tmp", ".sitemap-1.xml.tmp", "boiler-repair/warwick-ri/.page.json.tmp"} {
			put(t, filepath.Join(dir, name), "half of a fi")
		}
		write(t, completed(plan.Size(), plain), plan, dir)
		for _, name := range files(t, dir) {
			require.NotContains(t, name, ".tmp")
		}
	})
}

// snapshot is every file with its content.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range files(t, dir) {
		all[name] = read(t, dir, name)
	}
	return all
}

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	plan := few(t, nil)
	whole := func() *fakeEngine { return completed(plan.Size(), plain) }
	broken := errors.New("the store is gone")
	for name, c := range map[string]struct {
		change func(*fakeEngine)
		want   error
	}{
		"Engine":        {func(e *fakeEngine) { e.err = broken }, broken},
		"UnknownJob":    {func(e *fakeEngine) { e.id = "x" }, fault.NotFound},
		"Answer":        {func(e *fakeEngine) { e.failAnswer = 3 }, fault.NotFound},
		"NoPage":        {func(e *fakeEngine) { e.raw = func(int) []byte { return []byte(`{"title":1}`) } }, fault.Corrupt},
		"MoreTasks":     {func(e *fakeEngine) { e.tasks = append(e.tasks, e.tasks...) }, fault.Corrupt},
		"MoreTasksThan": {func(e *fakeEngine) { e.tasks = append(e.tasks, job.Task{State: job.TaskQueued}) }, fault.Corrupt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, dir := whole(), t.TempDir()
			c.change(e)
			_, err := output.Write(context.Background(), e, jobID, plan, dir, both)
			require.ErrorIs(t, err, c.want)
			for _, file := range files(t, dir) {
				require.NotContains(t, file, ".tmp")
				require.NotContains(t, file, "manifest", "a manifest says that all is there")
			}
		})
	}
	t.Run("Cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := output.Write(ctx, whole(), jobID, plan, t.TempDir(), both)
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("CancelledHalfWay", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(context.Background())
		e := whole()
		e.content = func(ordinal int) pages.Content {
			if ordinal == 2 {
				cancel()
			}
			return plain(ordinal)
		}
		summary, err := output.Write(ctx, e, jobID, plan, t.TempDir(), both)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 3, summary.Pages)
	})
}

// TestWriteFailsOnTheNthFile puts a folder in the place of each file in turn: every failure is one clear error.
func TestWriteFailsOnTheNthFile(t *testing.T) {
	t.Parallel()
	plan := few(t, nil)
	e := completed(plan.Size(), plain)
	reference := t.TempDir()
	write(t, e, plan, reference)
	for _, name := range files(t, reference) {
		for _, blocked := range []string{name, filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".tmp")} {
			if blocked == ".sitemap.xml.tmp" {
				continue // a sitemap is written as its first part
			}
			dir := t.TempDir()
			put(t, filepath.Join(dir, blocked, "inner"), "mine")
			_, err := output.Write(context.Background(), e, jobID, plan, dir, both)
			require.ErrorIs(t, err, fault.Invalid, blocked)
			require.ErrorContains(t, err, filepath.Join(dir, blocked))
			require.ErrorContains(t, err, "name another directory")
			require.NotContains(t, err.Error(), "\n")
			require.Equal(t, "mine", read(t, dir, blocked, "inner"))
			if blocked == name {
				require.ErrorIs(t, output.Check(dir, plan), fault.Invalid, blocked)
			}
		}
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, ".sitemap-1.xml.tmp", "inner"), "mine")
	_, err := output.Write(context.Background(), e, jobID, plan, dir, both)
	require.ErrorIs(t, err, fault.Invalid)
	// A file stands where a folder should.
	dir = t.TempDir()
	put(t, filepath.Join(dir, "boiler-repair"), "mine")
	_, err = output.Write(context.Background(), e, jobID, plan, dir, both)
	require.ErrorIs(t, err, fault.Invalid)
	require.ErrorContains(t, err, "cannot create "+filepath.Join(dir, "boiler-repair"))
	// No file can be where there is nothing but a file.
	_, err = output.Write(context.Background(), e, jobID, plan, filepath.Join(dir, "boiler-repair", "below"), both)
	require.ErrorIs(t, err, fault.Invalid)
	_, err = output.Write(context.Background(), e, jobID, plan, filepath.Join(dir, "boiler-repair"), both)
	require.ErrorIs(t, err, fault.Invalid)
}

// TestWriteWithoutCompletedPages has a manifest and nothing else.
func TestWriteWithoutCompletedPages(t *testing.T) {
	t.Parallel()
	dir, plan := t.TempDir(), few(t, nil)
	e := &fakeEngine{id: jobID, failAnswer: -1}
	for ordinal := range plan.Size() {
		e.tasks = append(e.tasks, job.Task{State: job.TaskState(ordinal % job.TaskStates), Code: map[bool]job.Code{true: job.CodeInternal}[ordinal == 4]})
	}
	e.tasks[3].State = job.TaskCancelled
	require.Equal(t, output.Summary{}, write(t, e, plan, dir))
	require.Equal(t, []string{"manifest.jsonl"}, files(t, dir))
	text := read(t, dir, "manifest.jsonl")
	for _, status := range []string{"queued", "running", "waiting", "cancelled", "failed"} {
		require.Contains(t, text, `"status":"`+status+`"`)
	}
	require.Contains(t, text, `"cost_usd":"0.000000000000","content_sha256":null,"error_code":"INTERNAL"}`)
}

// TestEngineOrder: a task out of order would put pages under the wrong paths.
func TestEngineOrder(t *testing.T) {
	t.Parallel()
	plan := few(t, nil)
	_, err := output.Write(context.Background(), skipping{completed(plan.Size(), plain)}, jobID, plan, t.TempDir(), both)
	require.ErrorIs(t, err, fault.Corrupt)
}

type skipping struct{ *fakeEngine }

func (s skipping) Tasks(_ context.Context, _ job.ID, _ int, do func(engine.TaskView) bool) error {
	do(engine.TaskView{Ordinal: 1, Task: s.tasks[1]})
	return nil
}

func TestCheck(t *testing.T) {
	t.Parallel()
	plan := few(t, nil)
	t.Run("Good", func(t *testing.T) {
		t.Parallel()
		base := t.TempDir()
		put(t, filepath.Join(base, "used", "readme.txt"), "mine")
		put(t, filepath.Join(base, "used", "boiler-repair", "warwick-ri", "photo.jpg"), "mine")
		link := filepath.Join(t.TempDir(), "link")
		require.NoError(t, os.Symlink(filepath.Join(base, "used"), link))
		before := snapshot(t, base)
		for _, dir := range []string{base, "used", link, "new", "new/er/est", "used/new"} {
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(base, dir)
			}
			require.NoError(t, output.Check(dir, plan), dir)
			require.NoError(t, output.Check(dir, nil), dir)
		}
		require.Equal(t, before, snapshot(t, base), "nothing is left behind")
		require.NoDirExists(t, filepath.Join(base, "new"))
		require.NoDirExists(t, filepath.Join(base, "used", "new"))
	})
	t.Run("Bad", func(t *testing.T) {
		t.Parallel()
		base := t.TempDir()
		put(t, filepath.Join(base, "file"), "mine")
		put(t, filepath.Join(base, "manifest", "manifest.jsonl"), `{"name":"mine"}`)
		put(t, filepath.Join(base, "sitemap", "sitemap.xml"), `<?xml version="1.0"?><urlset/>`)
		put(t, filepath.Join(base, "page", "boiler-repair", "warwick-ri", "index.html"), `<html>mine</html>`)
		put(t, filepath.Join(base, "json", "es", "emergency-plumber", "warwick-ri", "page.json"), `{}`)
		require.NoError(t, os.Symlink("nowhere", filepath.Join(base, "dangling")))
		for dir, want := range map[string]string{
			"":                         "is no name of a directory",
			"a\x00b":                   "is no name of a directory",
			"file":                     "file is a file: name a directory",
			"file/below":               "is a file, not a directory: name another directory",
			"file/below/it":            "is a file, not a directory: name another directory",
			"dangling":                 "cannot create",
			"manifest":                 "manifest.jsonl is there already and was not written by mb: move it away or name another directory",
			"sitemap":                  "sitemap.xml is there already and was not written by mb",
			"page":                     "index.html is there already and was not written by mb",
			"json":                     "page.json is there already and was not written by mb",
			strings.Repeat("x", 5_000): "file name too long",
		} {
			if dir != "" && !strings.Contains(dir, "\x00") {
				dir = filepath.Join(base, dir)
			}
			err := output.Check(dir, plan)
			require.ErrorIs(t, err, fault.Invalid, "%.40q", dir)
			require.ErrorContains(t, err, want)
			require.NotContains(t, err.Error(), "\n")
		}
		require.NoError(t, output.Check(filepath.Join(base, "page"), nil), "without a plan the pages' places are not known")
	})
	t.Run("NotWritable", func(t *testing.T) {
		t.Parallel()
		// Nobody can make files there, not even root.
		dir := "/proc/self"
		if _, err := os.Stat(dir); err != nil {
			dir = filepath.Join(t.TempDir(), "locked")
			require.NoError(t, os.Mkdir(dir, 0o555))
		}
		for _, d := range []string{dir, filepath.Join(dir, "new")} {
			err := output.Check(d, plan)
			require.ErrorIs(t, err, fault.Invalid)
			require.ErrorContains(t, err, "or name another directory")
		}
	})
}
