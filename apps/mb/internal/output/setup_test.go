package output_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/catalogfile"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/output"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// update writes the golden files anew.
var update = flag.Bool("update", false, "write the files in testdata anew")

const jobID = job.ID("01936d2e-7c1a-7000-8000-00000000000a")

var both = []output.Format{output.JSON, output.HTML}

// fakeEngine is a job whose every task has ended as the test says.
type fakeEngine struct {
	id    job.ID
	tasks []job.Task
	// content writes a completed task's page.
	content func(ordinal int) pages.Content
	raw     func(ordinal int) []byte
	err     error
	// failAnswer is the ordinal whose answer cannot be read; -1 for none.
	failAnswer int
}

// completed is a job with n completed tasks.
func completed(n int, content func(int) pages.Content) *fakeEngine {
	e := &fakeEngine{id: jobID, content: content, failAnswer: -1}
	for ordinal := range n {
		e.tasks = append(e.tasks, job.Task{
			State: job.TaskCompleted, Last: 1, Accepted: 1, Billed: 1 + ordinal%2, Cost: cost.Pico(2_468_000_000 + ordinal),
		})
	}
	return e
}

func (e *fakeEngine) Tasks(ctx context.Context, id job.ID, from int, do func(engine.TaskView) bool) error {
	if id != e.id {
		return fault.New(fault.NotFound, "no such job")
	}
	for ordinal := from; ordinal < len(e.tasks); ordinal++ {
		if !do(engine.TaskView{Ordinal: ordinal, Task: e.tasks[ordinal]}) {
			return nil
		}
	}
	return e.err
}

func (e *fakeEngine) Answer(_ context.Context, _ job.ID, ordinal, attempt int) (*job.Stored, error) {
	if ordinal == e.failAnswer || attempt != e.tasks[ordinal].Accepted {
		return nil, fault.New(fault.NotFound, "no such answer")
	}
	var raw []byte
	if e.raw != nil {
		raw = e.raw(ordinal)
	} else {
		raw = encode(e.content(ordinal))
	}
	return &job.Stored{
		Ordinal: ordinal, Attempt: attempt, Verdict: job.Verdict{Outcome: job.Accepted, Output: raw, Flags: []string{"phone"}},
		Model: "claude-haiku-5-5", At: time.Date(2026, 11, 3, 12, 0, ordinal%60, 0, time.UTC),
	}, nil
}

// encode is a page as it is stored.
func encode(c pages.Content) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c); err != nil {
		panic(err)
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// plain is a page with little text.
func plain(int) pages.Content {
	return pages.Content{
		Title: "Emergency Plumber in Warwick, RI", MetaDescription: "Help with pipes & drains.", H1: "Emergency plumber",
		Body: "First paragraph.\n\nSecond paragraph,\nin two lines.", CTA: "Call us.",
		Sections: []pages.Section{{Heading: "What we do", Content: "This & that."}, {Heading: "How", Content: "Carefully.\n\nCall (401) 555-0142, each time."}},
	}
}

// sample is the plan of a sample's pages; no language means all.
func sample(t testing.TB, name string, pageType catalog.PageType, change func(*catalog.Catalog), languages ...catalog.Language) *pages.Plan {
	t.Helper()
	c, _, err := catalogfile.Load(filepath.Join("..", "..", "samples", name+".yaml"))
	require.NoError(t, err)
	if change != nil {
		change(&c)
	}
	plan, err := pages.Preview(c, pages.Options{PageType: string(pageType), Languages: languages, Model: "claude-haiku-5-5", Year: 2026})
	require.NoError(t, err)
	return plan
}

// few is a plan of two keywords, one with a twin, in two towns: six pages.
func few(t testing.TB, change func(*catalog.Catalog)) *pages.Plan {
	t.Helper()
	return sample(t, "harbor-plumbing", catalog.KeywordServiceArea, func(c *catalog.Catalog) {
		c.Keywords = []catalog.Keyword{
			{Keyword: "emergency plumber", KeywordES: "plomero de emergencia"}, {Keyword: "boiler repair"},
		}
		c.ServiceAreas = c.ServiceAreas[:2]
		if change != nil {
			change(c)
		}
	})
}

func write(t *testing.T, e output.Engine, plan *pages.Plan, dir string, formats ...output.Format) output.Summary {
	t.Helper()
	if len(formats) == 0 {
		formats = both
	}
	summary, err := output.Write(context.Background(), e, jobID, plan, dir, formats)
	require.NoError(t, err)
	return summary
}

// files lists the files below a directory, slashes between names.
func files(t *testing.T, dir string) (list []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(dir, path)
			list = append(list, filepath.ToSlash(name))
		}
		return err
	}))
	return list
}

func read(t *testing.T, names ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(names...))
	require.NoError(t, err)
	return string(data)
}

func put(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// golden compares a file that was written with the one in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		put(t, path, got)
	}
	if want := read(t, path); want != got {
		t.Errorf("%s is different; run go test -update and look at what has changed:\n%s", path, got)
	}
}

// withoutStyle leaves out what is the same in all pages.
func withoutStyle(page string) string {
	before, rest, _ := strings.Cut(page, "<style>")
	_, after, _ := strings.Cut(rest, "</style>")
	start := strings.Index(before, "sha256-")
	end := start + strings.IndexByte(before[start:], '\'')
	return before[:start] + "sha256-..." + before[end:] + "<style>...</style>" + after
}
