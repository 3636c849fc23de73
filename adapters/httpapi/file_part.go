package httpapi

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// ExportPart are the parameters of exports, which come in parts.
type ExportPart struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"the most rows of a part; one that has 4 MiB, or has looked at much that is not in it, ends before"`
	Cursor string `query:"cursor" maxLength:"2048" doc:"goes on: that of the address in the Link header of the answer before"`
}

// mostPart is how many bytes a part of a file has at most. A Lambda function answers with 6 MB, text that has to be encoded with three
// quarters of that.
const mostPart = 4 << 20

// filePart is a part of a file, made before anything of it is sent: so it says where the next one begins, and what fails on the way is an
// error as any other.
type filePart struct {
	format string
	table  *table
	// made is the last row, and with the first the head of a CSV; whole are those before.
	made, whole bytes.Buffer
	rows        int
}

// newFilePart begins the part that goes on from a place, "" for the first. The first alone has the head of a CSV, so that the parts put
// together are the file.
func newFilePart(format, from string, columns []string) *filePart {
	f := &filePart{format: format}
	if from != "" {
		columns = nil
	}
	f.table = newTable(format, columns, &f.made)
	return f
}

// row adds a row unless that makes the part too long. The first always fits.
func (f *filePart) row(v any, cells ...string) bool {
	f.flush()
	_ = f.table.row(v, cells...) // a buffer takes everything, and the form of a page always marshals
	f.table.flush()
	if f.rows > 0 && f.whole.Len()+f.made.Len() > mostPart {
		f.made.Reset()
		return false
	}
	f.rows++
	return true
}

// flush takes over what was made.
func (f *filePart) flush() {
	f.table.flush()
	_, _ = f.made.WriteTo(&f.whole)
}

// answer sends the part, with the Link to the next one if there is one.
func (f *filePart) answer(link string) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		held, _ := hc.(*answer)
		f.flush()
		if link != "" {
			held.header.Set("Link", link)
		}
		held.header.Set("Content-Length", strconv.Itoa(f.whole.Len()))
		_, _ = f.whole.WriteTo(held.file(f.format))
	}}
}

// part answers with a part of a file. Rows fills it from a place on, "" for the beginning, and returns the place of the next one, "" at the end.
func (c *call) part(ctx context.Context, format string, columns []string, p ExportPart, rows func(from string, f *filePart) (next string, err error)) (*huma.StreamResponse, error) {
	from, err := c.open(ctx, p.Cursor)
	if err != nil {
		return nil, err
	}
	f := newFilePart(format, from, columns)
	next, err := rows(from, f)
	if err != nil {
		return nil, err
	}
	cursor, err := c.next(ctx, next)
	if err != nil {
		return nil, err
	}
	return f.answer(c.link(cursor)), nil
}

// link is the Link header to the request with another cursor, "" at the end.
func (c *call) link(cursor *string) string {
	if cursor == nil {
		return ""
	}
	query := url.Values{}
	for name, values := range c.query {
		query[name] = values
	}
	query.Set("cursor", *cursor)
	to := url.URL{Path: c.path, RawQuery: query.Encode()}
	return "<" + to.String() + `>; rel="next"`
}

// linked describes the Link of a row that answers in parts.
func linked(response *huma.Response) {
	response.Headers = map[string]*huma.Param{"Link": {
		Description: `the address of the next part, as <...>; rel="next"; none in the last part. A part may be empty; the first of a CSV alone has the head`,
		Schema:      &huma.Schema{Type: huma.TypeString},
	}}
}

// file begins a file.
func (h *answer) file(format string) http.ResponseWriter {
	kind := ndjsonType
	if format == "csv" {
		kind = csvType
	}
	h.header.Set("Content-Disposition", `attachment; filename="export.`+format+`"`)
	h.stream(http.StatusOK, kind)
	return h.w
}
