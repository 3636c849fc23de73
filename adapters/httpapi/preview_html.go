package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const (
	htmlType = "text/html; charset=utf-8"
	// previewPolicy lets a browser show text and nothing else, within a frame of our own pages at most.
	previewPolicy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
)

// Renderer makes the document that a page's content is shown as. Texts of content are untrusted: none of them may reach the document as
// HTML. It is safe for concurrent use. Errors: Unavailable (it may do
// later), Internal, the context's own error.
type Renderer interface {
	Render(ctx context.Context, language catalog.Language, content pages.Content) (string, error)
}

// definePreviewHTML is the row that shows a page's content to a person.
func definePreviewHTML(a *API) {
	add(a, route{
		method: http.MethodGet, path: onePath + "/pages/{ordinal}/preview", id: "page-preview", summary: "A page's content for looking at", tag: "page",
		role: backoffice.Viewer, stream: true, types: []string{"text/html"},
	}, func(ctx context.Context, _ *call, in *struct {
		InPage
		OfAttempt
	},
	) (*huma.StreamResponse, error) {
		v, err := a.jobs.Page(ctx, in.Business, in.Job, in.Ordinal)
		if err != nil {
			return nil, err
		}
		content, err := a.jobs.Content(ctx, in.Business, in.Job, in.Ordinal, in.Attempt)
		if err != nil {
			return nil, err
		}
		document, err := a.options.Previews.Render(ctx, v.Language, content)
		if err != nil {
			return nil, err
		}
		return showHTML(document), nil
	})
}

// showHTML sends a document under a policy of its own.
func showHTML(document string) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		held, _ := hc.(*answer)
		held.header.Set("Content-Security-Policy", previewPolicy)
		held.header.Set("X-Frame-Options", "SAMEORIGIN")
		_, err := held.stream(http.StatusOK, htmlType).Write([]byte(document))
		breakOff(err)
	}}
}

// breakOff ends the connection in the middle of an answer.
func breakOff(err error) {
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}
