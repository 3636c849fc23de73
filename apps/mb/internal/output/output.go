// Package output writes the pages of a job to a directory: one folder per page by its URL path, a sitemap and a
// manifest.
//
// It reads the job through the engine and the plan, one page at a time, and never writes outside of the directory or over
// a file that is not its own. Money and states are the engine's; nothing here changes a job.
package output

import (
	"context"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// Engine is what a job is read through; *engine.Engine is one.
type Engine interface {
	// Tasks calls do for each task in the order of the ordinals, from the one named.
	Tasks(ctx context.Context, id job.ID, from int, do func(engine.TaskView) bool) error
	// Answer is the stored answer of an attempt.
	Answer(ctx context.Context, id job.ID, ordinal, attempt int) (*job.Stored, error)
}

var _ Engine = (*engine.Engine)(nil)

// Format is a form in which pages are written.
type Format string

// The formats.
const (
	// JSON is page.json: the content with what is known of the page.
	JSON Format = "json"
	// HTML is index.html: the page as a browser shows it, complete in one file.
	HTML Format = "html"
)

// file is the name of a page's file in the format.
func (f Format) file() string {
	if f == HTML {
		return "index.html"
	}
	return "page.json"
}

// ParseFormats reads a list such as "json,html". Blanks and order do not matter; an empty list, an unknown format or one
// that is named twice is fault.Invalid.
func ParseFormats(list string) ([]Format, error) {
	var formats []Format
	for name := range strings.SplitSeq(list, ",") {
		f := Format(strings.TrimSpace(name))
		switch {
		case f != JSON && f != HTML:
			return nil, fault.New(fault.Invalid, "%.40q is no format of pages: use json, html or json,html", f)
		case slices.Contains(formats, f):
			return nil, fault.New(fault.Invalid, "the format %s is named twice: use json, html or json,html", f)
		}
		formats = append(formats, f)
	}
	return formats, nil
}

// Summary is what Write did.
type Summary struct {
	// Pages is how many pages were written, Removed how many pages of an earlier run were taken away because they are not
	// completed any more.
	Pages, Removed int
	// Sitemap reports whether a sitemap was written: there is a completed page and the business has a website.
	Sitemap bool
}

// Write writes every completed page of the job to dir in the formats, takes away the job's pages that are not completed
// any more and those in other formats, and then writes sitemap.xml and manifest.jsonl. Each file is replaced in one step.
// The plan must be the job's. It uses memory for one page at a time. Errors: fault.Invalid for what the person can mend
// about dir, fault.Corrupt for an answer that is no page; those of the engine and of ctx as they are.
func Write(ctx context.Context, e Engine, id job.ID, plan *pages.Plan, dir string, formats []Format) (Summary, error) {
	f, err := openFolder(dir)
	if err != nil {
		return Summary{}, err
	}
	defer f.close()
	w, err := newWriter(ctx, e, id, plan, f, formats)
	if err != nil {
		return Summary{}, err
	}
	defer w.abandon()
	if err := w.tasks(ctx, w.task); err != nil {
		return w.summary, err
	}
	return w.finish()
}
