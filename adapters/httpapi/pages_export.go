package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// writtenOut is a page with its content, as a line of a file.
type writtenOut struct {
	pageOut
	Content contentOut `json:"content"`
}

// writtenColumns are those of the CSV form.
func writtenColumns() []string {
	return []string{
		"job_id", "ordinal", "url_path", "language", "keyword_text", "service_name", "city", "state", "title", "meta_description", "h1", "body", "sections",
		"cta", "word_count", "quality_flags", "completed_at", "content_sha256",
	}
}

func (w writtenOut) cells() []string {
	c, sections := w.Content, []string{}
	for _, s := range c.Sections {
		sections = append(sections, s.Heading+"\n\n"+s.Content)
	}
	return []string{
		string(w.Job), strconv.Itoa(w.Ordinal), w.URLPath, string(w.Language), w.KeywordText, w.ServiceName, w.City, w.State, c.Title, c.MetaDescription, c.H1,
		c.Body, strings.Join(sections, "\n\n"), c.CTA, strconv.Itoa(w.Words), strings.Join(w.Flags, " "), w.CompletedAt.Format(time.RFC3339), w.ContentSHA256,
	}
}

const (
	// exportStep is how many pages are read at once, exportReaders how many contents side by side.
	exportStep, exportReaders = 200, 16
)

// defineExport are the rows that give out written pages as files.
func defineExport(a *API) {
	types := []string{ndjsonType, csvType}
	add(a, route{
		method: http.MethodGet, path: onePath + "/export", id: "job-export", summary: "The written pages of a job as a file", tag: "page", role: backoffice.Viewer,
		stream: true, types: types,
	}, func(_ context.Context, _ *call, in *struct {
		InJob
		ExportFormat
		From  int `query:"from" minimum:"0" default:"0" doc:"the first ordinal: one above the last that was given, to go on; an empty answer ends the file"`
		Limit int `query:"limit" minimum:"1" maximum:"100000" default:"100000" doc:"the most pages; a gateway that bounds answers takes about 1,000"`
	},
	) (*huma.StreamResponse, error) {
		return export(in.Format, writtenColumns(), func(ctx context.Context, row func(any, ...string) error) error {
			return a.writtenPart(ctx, in.Business, in.Job, in.From, in.Limit, row)
		}), nil
	})
	add(a, route{
		method: http.MethodGet, path: "/api/businesses/{business_id}/export", id: "business-export", summary: "The written pages of a business as a file", tag: "page",
		role: backoffice.Viewer, stream: true, types: types,
	}, func(_ context.Context, _ *call, in *struct {
		InBusiness
		ExportFormat
		Latest bool `query:"latest" default:"false" doc:"of pages with the same path only that of the newest job"`
	},
	) (*huma.StreamResponse, error) {
		return export(in.Format, writtenColumns(), func(ctx context.Context, row func(any, ...string) error) error {
			return a.writtenAll(ctx, in.Business, in.Latest, row)
		}), nil
	})
}

// writtenPart gives out at most so many pages of a job from an ordinal on.
func (a *API) writtenPart(ctx context.Context, business string, id job.ID, from, limit int, row func(any, ...string) error) error {
	j, err := a.jobs.Find(ctx, business, id)
	if err != nil || from >= j.Layout.Tasks {
		return err
	}
	enough := errors.New("enough") // ends the reading
	err = a.written(ctx, business, id, from, func(backoffice.PageView) bool { return true }, func(v any, cells ...string) error {
		if limit--; limit < 0 {
			return enough
		}
		return row(v, cells...)
	})
	if errors.Is(err, enough) {
		return nil
	}
	return err
}

// writtenAll gives out the pages of all jobs, those of the newest first.
func (a *API) writtenAll(ctx context.Context, business string, latest bool, row func(any, ...string) error) error {
	if _, err := a.office.Business(ctx, business); err != nil {
		return err
	}
	seen := map[string]bool{}
	wants := func(v backoffice.PageView) bool {
		known := latest && seen[v.URLPath]
		if latest {
			seen[v.URLPath] = true
		}
		return !known
	}
	for before := job.ID(""); ; {
		list, next, err := a.jobs.Engine.JobsFrom(ctx, business, before, ledgerJobs, nil)
		if err != nil {
			return err
		}
		for _, j := range list {
			if err := a.written(ctx, business, j.ID, 0, wants, row); err != nil {
				return err
			}
		}
		if before = next; next == "" {
			return nil
		}
	}
}

// written gives out the pages of a job that have a content, in the order of their ordinals from one on.
func (a *API) written(ctx context.Context, business string, id job.ID, from int, wants func(backoffice.PageView) bool, row func(any, ...string) error) error {
	for from != backoffice.NoMore {
		list, next, err := a.jobs.PagesFrom(ctx, business, id, backoffice.PageFilter{}, from, exportStep)
		if err != nil {
			return err
		}
		kept := list[:0]
		for _, v := range list {
			if v.Accepted > 0 && wants(v) {
				kept = append(kept, v)
			}
		}
		contents, err := a.contents(ctx, business, id, kept)
		if err != nil {
			return err
		}
		for i, v := range kept {
			w := writtenOut{shownPage(id, v), shownContent(contents[i])}
			if err := row(w, w.cells()...); err != nil {
				return err
			}
		}
		from = next
	}
	return nil
}

// contents reads the contents of pages side by side.
func (a *API) contents(ctx context.Context, business string, id job.ID, list []backoffice.PageView) ([]pages.Content, error) {
	read := make([]pages.Content, len(list))
	n := min(exportReaders, len(list))
	err := a.jobs.Engine.Group.Run(ctx, n, func(ctx context.Context, first int) (err error) {
		for i := first; i < len(list) && err == nil; i += n {
			read[i], err = a.jobs.Content(ctx, business, id, list[i].Ordinal, list[i].Accepted)
		}
		return err
	})
	return read, err
}
