package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
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
		c.Body, strings.Join(sections, "\n\n"), c.CTA, strconv.Itoa(w.Words), strings.Join(w.Flags, " "), w.CompletedAt.String(), w.ContentSHA256,
	}
}

const businessExport = "/api/businesses/{business_id}/export"

// defineExport are the rows that give out written pages as files.
func defineExport(a *API) {
	types := []string{ndjsonType, csvType}
	add(a, route{
		method: http.MethodGet, path: onePath + "/export", id: "job-export", summary: "The written pages of a job as a file, in parts", tag: "page",
		role: backoffice.Viewer, stream: true, parts: true, types: types,
	}, func(ctx context.Context, c *call, in *struct {
		InJob
		ExportFormat
		ExportPart
	},
	) (*huma.StreamResponse, error) {
		return a.written(ctx, c, backoffice.ExportQuery{Business: in.Business, Job: in.Job}, in.Format, in.ExportPart)
	})
	add(a, route{
		method: http.MethodGet, path: businessExport, id: "business-export", summary: "The written pages of a business as a file, in parts", tag: "page",
		role: backoffice.Viewer, stream: true, parts: true, types: types,
	}, func(ctx context.Context, c *call, in *struct {
		InBusiness
		ExportFormat
		ExportPart
		Latest bool `query:"latest" default:"false" doc:"of pages with the same path only that of the newest job that has one, by path; else job by job from the newest. Of businesses with at most 200 jobs that have pages"`
	},
	) (*huma.StreamResponse, error) {
		return a.written(ctx, c, backoffice.ExportQuery{Business: in.Business, Latest: in.Latest}, in.Format, in.ExportPart)
	})
}

// written is a part of the pages that have a content.
func (a *API) written(ctx context.Context, c *call, q backoffice.ExportQuery, format string, p ExportPart) (*huma.StreamResponse, error) {
	return c.part(ctx, format, writtenColumns(), p, func(from string, f *filePart) (string, error) {
		q.Limit = p.Limit
		return a.jobs.Export(ctx, q, from, func(page backoffice.WrittenPage) bool {
			w := writtenOut{shownPage(page.Job, page.PageView), shownContent(page.Content)}
			return f.row(w, w.cells()...)
		})
	})
}
