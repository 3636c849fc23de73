package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/microcosm-cc/bluemonday"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const (
	htmlType = "text/html; charset=utf-8"
	// previewPolicy lets a browser show text and nothing else, within a frame of our own pages at most.
	previewPolicy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
	previewStyle  = "body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif;color:#222}h1{line-height:1.25}.meta{color:#666}"
)

// definePreviewHTML is the row that shows a page's content to a person.
func definePreviewHTML(a *API) {
	strict := bluemonday.StrictPolicy()
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
		return showHTML(pageHTML(strict, v.Language, content)), nil
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

// pageHTML is the content as a document. Every text of it is cleaned, whatever it was thought to be.
func pageHTML(strict *bluemonday.Policy, language catalog.Language, c pages.Content) string {
	var b strings.Builder
	put := func(open, text, end string) {
		b.WriteString(open)
		b.WriteString(strict.Sanitize(text))
		b.WriteString(end)
	}
	paragraphs := func(text string) {
		for _, p := range pages.Paragraphs(text) {
			put("<p>", p, "</p>\n")
		}
	}
	lang := "en"
	if language == catalog.Spanish {
		lang = "es"
	}
	b.WriteString("<!DOCTYPE html>\n<html lang=\"" + lang + "\"><head><meta charset=\"utf-8\"><style>" + previewStyle + "</style>\n")
	put("<title>", c.Title, "</title></head><body>\n")
	put("<p class=\"meta\">", c.MetaDescription, "</p>\n")
	put("<h1>", c.H1, "</h1>\n")
	paragraphs(c.Body)
	for _, s := range c.Sections {
		put("<h2>", s.Heading, "</h2>\n")
		paragraphs(s.Content)
	}
	paragraphs(c.CTA)
	b.WriteString("</body></html>\n")
	return b.String()
}

// breakOff ends the connection in the middle of an answer.
func breakOff(err error) {
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}
