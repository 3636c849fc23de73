// Package pagehtml shows a page's content as an HTML document. What a model wrote is untrusted: every text of it is cleaned of HTML.
//
// The library that cleans makes tables as it is loaded, so a program that links this package starts some 2 ms later, whether it shows
// a page or not. That is why it is no part of the API that shows its documents.
package pagehtml

import (
	"context"
	"strings"

	"github.com/microcosm-cc/bluemonday"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const style = "body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif;color:#222}h1{line-height:1.25}.meta{color:#666}"

// Renderer makes documents. It is safe for concurrent use.
type Renderer struct{ strict *bluemonday.Policy }

// New returns a renderer.
func New() *Renderer { return &Renderer{strict: bluemonday.StrictPolicy()} }

// Render returns the content as a document with no element but headings and paragraphs, no link and no script. It never fails.
func (r *Renderer) Render(_ context.Context, language catalog.Language, c pages.Content) (string, error) {
	var b strings.Builder
	put := func(open, text, end string) {
		b.WriteString(open)
		b.WriteString(r.strict.Sanitize(text))
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
	b.WriteString("<!DOCTYPE html>\n<html lang=\"" + lang + "\"><head><meta charset=\"utf-8\"><style>" + style + "</style>\n")
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
	return b.String(), nil
}
