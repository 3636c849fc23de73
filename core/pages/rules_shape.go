package pages

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	maxTitle    = 70
	maxMeta     = 160
	maxSections = 12
)

// checkShape wants every text there, and 1 to 12 sections.
func (j *judge) checkShape() {
	c := &j.content
	for _, member := range []struct{ name, text string }{
		{"title", c.Title}, {"meta_description", c.MetaDescription}, {"h1", c.H1}, {"body", c.Body}, {"cta", c.CTA},
	} {
		if !hasWords(member.text) {
			j.breach("schema", member.name+" has no text")
		}
	}
	if n := len(c.Sections); n < 1 || n > maxSections {
		j.breach("schema", fmt.Sprintf("%d sections, write 1 to %d", n, maxSections))
		return
	}
	for i, s := range c.Sections {
		if !hasWords(s.Heading) || !hasWords(s.Content) {
			j.breach("schema", fmt.Sprintf("section %d has no heading or no content", i+1))
		}
	}
}

func hasWords(text string) bool { return strings.ContainsFunc(text, isWord) }

// checkLengths cuts title and description on a corrective attempt and asks for shorter ones on the first.
func (j *judge) checkLengths() {
	j.checkLength("title", &j.content.Title, maxTitle)
	j.checkLength("meta_description", &j.content.MetaDescription, maxMeta)
}

func (j *judge) checkLength(name string, text *string, most int) {
	n := utf8.RuneCountInString(*text)
	if n <= most {
		return
	}
	if cut := cutWords(*text, most); j.corrective && hasWords(cut) {
		*text = cut
		j.flag(FlagTrimmed)
		return
	}
	j.breach(name, fmt.Sprintf("%d characters, at most %d", n, most))
}

// cutWords shortens a text of more than n characters at the end of a word, without what joined it to the next one.
func cutWords(text string, n int) string {
	runes := []rune(text)
	cut := string(runes[:n])
	if runes[n] != ' ' {
		if space := strings.LastIndexByte(cut, ' '); space > 0 {
			cut = cut[:space]
		}
	}
	if tidied := strings.TrimRight(cut, " ,;:-|/&–—·(¿¡"); tidied != "" {
		return tidied
	}
	return cut
}
