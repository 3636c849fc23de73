package output

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// view is one completed page with all that its files say.
type view struct {
	record  record
	facts   pages.Facts
	content pages.Content
	site    *site
	// country is the business's, for its phone number.
	country string
	// twin is the page in the other language, nil when that has not been written.
	twin *twin
}

type twin struct {
	language catalog.Language
	path     string
}

// record is page.json. Page and job come first: by them our own files are known again.
type record struct {
	PageID string `json:"page_id"`
	JobID  job.ID `json:"job_id"`
	pages.Page
	// URL is the page's absolute address, empty without a website.
	URL string `json:"url,omitempty"`
	// TwinURLPath is the path of the translation, empty when there is none.
	TwinURLPath  string    `json:"twin_url_path,omitempty"`
	BusinessName string    `json:"business_name"`
	Model        string    `json:"model"`
	Attempts     int       `json:"attempts"`
	CostUSD      cost.Pico `json:"cost_usd"`
	WordCount    int       `json:"word_count"`
	QualityFlags []string  `json:"quality_flags,omitempty"`
	CompletedAt  time.Time `json:"completed_at"`
	// ContentSHA256 is the hash of Content without white space between its members.
	ContentSHA256 string          `json:"content_sha256"`
	Content       json.RawMessage `json:"content"`
}

func (w *writer) view(page pages.Page, l line, t engine.TaskView, answer *job.Stored, content pages.Content) view {
	v := view{
		facts: w.plan.Facts(page.Ordinal), content: content, site: w.site, country: w.plan.Business().Country,
		record: record{
			PageID: l.PageID, JobID: w.id, Page: page, URL: w.site.url(page.URLPath), BusinessName: w.plan.Business().Name,
			Model: answer.Model, Attempts: t.Billed, CostUSD: t.Cost, WordCount: pages.WordCount(content),
			QualityFlags: answer.Verdict.Flags, CompletedAt: answer.At.UTC(), ContentSHA256: *l.ContentSHA256, Content: answer.Verdict.Output,
		},
	}
	if other, ok := w.twins.of(page); ok && w.completed.has(other) {
		translation := w.plan.Page(other)
		v.twin = &twin{language: translation.Language, path: translation.URLPath}
		v.record.TwinURLPath = translation.URLPath
	}
	return v
}

// json writes page.json.
func (v view) json(b *bytes.Buffer) error {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v.record)
}

// name is the page's name in the trail: its phrase and its place.
func (v view) name() string {
	return capital(v.facts.Keyword) + " · " + v.facts.City + ", " + v.facts.State
}

// capital writes the first letter large.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// tel is the phone number as a link takes it: with the country code where North America's plan says which.
func (v view) tel() string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, v.facts.Phone)
	american := v.country == "US" || v.country == "CA"
	switch {
	case strings.HasPrefix(v.facts.Phone, "+"), american && len(digits) == 11 && digits[0] == '1':
		return "tel:+" + digits
	case american && len(digits) == 10:
		return "tel:+1" + digits
	}
	return "tel:" + digits
}

// relative leads from a page's own index.html to that of the other path, on a web server as in a folder on a disk.
func relative(from, to string) string {
	return strings.Repeat("../", strings.Count(strings.Trim(from, "/"), "/")+1) + strings.TrimPrefix(to, "/") + "/index.html"
}
