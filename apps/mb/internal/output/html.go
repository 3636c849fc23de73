package output

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

//go:embed page.html.tmpl
var pageTemplate string

// style is part of the template. It has no comment: the template would take it out, and the policy's hash would be wrong.
//
//go:embed page.css
var style string

// pageHTML escapes every value for the place where it stands.
var pageHTML = template.Must(template.New("page").Funcs(template.FuncMap{"paragraphs": pages.Paragraphs}).
	Parse(strings.NewReplacer("POLICY", policy, "STYLE", style).Replace(pageTemplate)))

// policy forbids a page everything but its own style: should a script ever come into a text, no browser runs it.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}()

// words are the page's own words in a language.
type words struct {
	Skip, Home, Trail, Call, Other string
}

var vocabulary = map[catalog.Language]words{
	catalog.English: {Skip: "Skip to content", Home: "Home", Trail: "You are here", Call: "Call", Other: "Español"},
	catalog.Spanish: {Skip: "Ir al contenido", Home: "Inicio", Trail: "Usted está aquí", Call: "Llame al", Other: "English"},
}

// htmlPage is what the template is filled with.
type htmlPage struct {
	PageID      string
	Language    catalog.Language
	Words       words
	Content     pages.Content
	Facts       pages.Facts
	Name        string
	Tel         template.URL
	Home, URL   string
	Twin        *htmlTwin
	Business    localBusiness
	Breadcrumbs breadcrumbs
}

// htmlTwin is the translation: Link leads to it, URL is its absolute address.
type htmlTwin struct {
	Language  catalog.Language
	Link, URL string
}

// piece is a part of a text; Number marks the phone number.
type piece struct {
	Text   string
	Number bool
}

// Pieces cuts a text at the page's phone number, which becomes a link.
func (p htmlPage) Pieces(text string) []piece {
	if p.Facts.Phone == "" {
		return []piece{{Text: text}}
	}
	var pieces []piece
	for {
		before, after, found := strings.Cut(text, p.Facts.Phone)
		pieces = append(pieces, piece{Text: before})
		if !found {
			return pieces
		}
		pieces = append(pieces, piece{Text: p.Facts.Phone, Number: true})
		text = after
	}
}

// html writes index.html.
func (v view) html(b *bytes.Buffer) error {
	p := htmlPage{
		PageID: v.record.PageID, Language: v.record.Language, Words: vocabulary[v.record.Language],
		Content: v.content, Facts: v.facts, Name: v.name(),
		Home: v.site.url("/"), URL: v.record.URL, Business: v.business(), Breadcrumbs: v.breadcrumbs(),
		// The scheme and digits alone.
		Tel: template.URL(v.tel()),
	}
	if v.twin != nil {
		p.Twin = &htmlTwin{Language: v.twin.language, Link: relative(v.record.URLPath, v.twin.path), URL: v.site.url(v.twin.path)}
	}
	return pageHTML.Execute(b, p)
}
