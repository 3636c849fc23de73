package output

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// writer writes one job.
type writer struct {
	engine  Engine
	id      job.ID
	plan    *pages.Plan
	folder  *folder
	formats []Format
	site    *site
	twins   twins
	// completed has a bit for each task.
	completed bits
	manifest  *manifest
	sitemap   *sitemap
	buffer    bytes.Buffer
	summary   Summary
}

func newWriter(ctx context.Context, e Engine, id job.ID, plan *pages.Plan, f *folder, formats []Format) (*writer, error) {
	w := &writer{
		engine: e, id: id, plan: plan, folder: f, formats: formats,
		site: newSite(plan.Business().Website), twins: newTwins(plan), completed: make(bits, plan.Size()/64+1),
	}
	// A page may name its translation only if that is there, so the states are read before the first page is written.
	err := w.tasks(ctx, func(_ context.Context, t engine.TaskView) error {
		if t.State == job.TaskCompleted {
			w.completed.set(t.Ordinal)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := f.freeAbove(w.site != nil); err != nil {
		return nil, err
	}
	w.sitemap = newSitemap(f, w.site)
	w.manifest, err = newManifest(f)
	return w, err
}

// tasks calls do for each task of the job until one fails.
func (w *writer) tasks(ctx context.Context, do func(context.Context, engine.TaskView) error) error {
	var failed error
	next := 0
	err := w.engine.Tasks(ctx, w.id, 0, func(t engine.TaskView) bool {
		if failed = ctx.Err(); failed == nil && (t.Ordinal != next || next >= w.plan.Size()) {
			failed = fault.New(fault.Corrupt, "output: job %s has a task %d where its plan of %d pages has %d", w.id, t.Ordinal, w.plan.Size(), next)
		}
		if failed == nil {
			failed = do(ctx, t)
		}
		next++
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// task writes one page, or takes away what an earlier run has written of it, and its line of the manifest.
func (w *writer) task(ctx context.Context, t engine.TaskView) error {
	page := w.plan.Page(t.Ordinal)
	path, err := folderOf(page.URLPath)
	if err != nil {
		return err
	}
	line := lineOf(w.pageID(t.Ordinal), page, t)
	if t.State != job.TaskCompleted {
		if err := w.remove(path); err != nil {
			return err
		}
		return w.manifest.add(line)
	}
	answer, err := w.engine.Answer(ctx, w.id, t.Ordinal, t.Accepted)
	if err != nil {
		return err
	}
	content, err := pages.DecodeContent(answer.Verdict.Output)
	if err != nil {
		return fault.New(fault.Corrupt, "output: page %s: the stored answer is no page: %w", line.PageID, err)
	}
	line.hash(answer)
	if err := w.page(path, w.view(page, line, t, answer, content)); err != nil {
		return err
	}
	w.summary.Pages++
	if err := w.sitemap.add(page.URLPath); err != nil {
		return err
	}
	return w.manifest.add(line)
}

func (w *writer) pageID(ordinal int) string { return fmt.Sprintf("%s-%d", w.id, ordinal) }

// page writes the files of one page.
func (w *writer) page(path string, v view) error {
	for _, format := range []Format{JSON, HTML} {
		name := path + "/" + format.file()
		if !slices.Contains(w.formats, format) {
			if _, err := w.folder.remove(name, w.id); err != nil {
				return err
			}
			continue
		}
		w.buffer.Reset()
		render := v.html
		if format == JSON {
			render = v.json
		}
		if err := render(&w.buffer); err != nil {
			return fault.New(fault.Internal, "output: page %s: %w", v.record.PageID, err)
		}
		if err := w.folder.put(name, w.buffer.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// remove takes away the files of a page that this job has written earlier.
func (w *writer) remove(path string) error {
	gone := false
	for _, format := range []Format{JSON, HTML} {
		removed, err := w.folder.remove(path+"/"+format.file(), w.id)
		if err != nil {
			return err
		}
		gone = gone || removed
	}
	if gone {
		w.summary.Removed++
		w.folder.prune(path)
	}
	return nil
}

// finish puts sitemap and manifest in their places. The manifest is the last file to be written: where it is, everything
// that it names is.
func (w *writer) finish() (Summary, error) {
	var err error
	if w.summary.Sitemap, err = w.sitemap.finish(); err != nil {
		return w.summary, err
	}
	return w.summary, w.manifest.finish()
}

// abandon closes and removes what has not come to its end.
func (w *writer) abandon() {
	w.sitemap.abandon()
	w.manifest.abandon()
}

// bits is a set of small numbers.
type bits []uint64

func (b bits) set(n int)      { b[n/64] |= 1 << (n % 64) }
func (b bits) has(n int) bool { return b[n/64]&(1<<(n%64)) != 0 }
