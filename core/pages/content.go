package pages

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// Content is a written page: plain text throughout, paragraphs split by a blank line.
type Content struct {
	Title           string    `json:"title"`
	MetaDescription string    `json:"meta_description"`
	H1              string    `json:"h1"`
	Body            string    `json:"body"`
	Sections        []Section `json:"sections"`
	CTA             string    `json:"cta"`
}

// Section is a part of a page with a heading of its own.
type Section struct {
	Heading string `json:"heading"`
	Content string `json:"content"`
}

// DecodeContent reads an accepted page from a task's result.
func DecodeContent(output []byte) (Content, error) {
	var c Content
	if err := catalog.DecodeStrict(output, &c); err != nil {
		return Content{}, err
	}
	return c, nil
}

// encode is the form that a page is stored in: members in their order, nothing escaped that need not be.
func (c Content) encode() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	// Texts and lists of texts always encode.
	_ = e.Encode(c)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// tidy brings the page into its normal form.
func (c Content) tidy() Content {
	c.Title, c.MetaDescription, c.H1 = clean(c.Title), clean(c.MetaDescription), clean(c.H1)
	c.Body, c.CTA = paragraphs(c.Body), paragraphs(c.CTA)
	sections := make([]Section, len(c.Sections))
	for i, s := range c.Sections {
		sections[i] = Section{Heading: clean(s.Heading), Content: paragraphs(s.Content)}
	}
	c.Sections = sections
	return c
}

// fixedTexts is how many texts come before those of copy in the list of all texts.
const fixedTexts = 4

// texts lists every text of the page, the title first.
func (c Content) texts() []string {
	return append([]string{c.Title, c.MetaDescription, c.H1, c.CTA}, c.copy()...)
}

// copy lists the texts whose words count: body and sections.
func (c Content) copy() []string {
	list := make([]string, 0, 1+2*len(c.Sections))
	list = append(list, c.Body)
	for _, s := range c.Sections {
		list = append(list, s.Heading, s.Content)
	}
	return list
}

// Paragraphs splits a text of a page at its blank lines.
func Paragraphs(text string) []string {
	var found []string
	for _, p := range strings.Split(text, "\n\n") {
		if p = strings.Trim(p, "\n "); p != "" {
			found = append(found, p)
		}
	}
	return found
}

// paragraphs cleans each line and leaves one blank line between paragraphs.
func paragraphs(text string) string {
	lines := strings.Split(text, "\n")
	kept := lines[:0]
	for _, line := range lines {
		line = clean(line)
		if line == "" && (len(kept) == 0 || kept[len(kept)-1] == "") {
			continue
		}
		kept = append(kept, line)
	}
	return strings.TrimRight(strings.Join(kept, "\n"), "\n")
}

// WordCount is the number of words in body and sections: runs without white space that have a letter or a digit.
func WordCount(c Content) int {
	n := 0
	for _, text := range c.copy() {
		for _, field := range strings.Fields(text) {
			if strings.ContainsFunc(field, isWord) {
				n++
			}
		}
	}
	return n
}
