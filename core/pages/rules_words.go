package pages

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// isWord is true for what words are made of.
func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// checkWords wants about as many words as were asked for, and refuses less than half.
func (j *judge) checkWords() {
	n, target := WordCount(j.content), j.sheet.template.Words
	switch {
	case n*2 < target:
		j.breach("word_count", fmt.Sprintf("%d words in body and sections, write about %d", n, target))
	case n*8 < target*7 || n*4 > target*5:
		j.flag(FlagWordCount)
	}
}

// checkKeyword wants every word of the phrase in the title; "near me" at its end does not count.
func (j *judge) checkKeyword() {
	phrase := catalog.Fold(j.row.text)
	for _, ending := range []string{"near me", "cerca de mi"} {
		if before, ok := strings.CutSuffix(phrase, ending); ok && (before == "" || strings.HasSuffix(before, " ")) {
			phrase = before
		}
	}
	title := strings.FieldsFunc(j.folded[0], notWord)
	for _, word := range strings.FieldsFunc(phrase, notWord) {
		if !slices.Contains(title, word) {
			j.flag(FlagKeywordTitle)
			return
		}
	}
}

// checkCity wants the city twice in body and sections.
func (j *judge) checkCity() {
	n, city := 0, catalog.Fold(j.column.city)
	for _, text := range j.folded[fixedTexts:] {
		n += occurrences(text, city)
	}
	if n < 2 {
		j.flag(FlagCity)
	}
}

// term is a forbidden term, as it is written and as it is compared.
type term struct{ written, folded string }

func terms(list []string) []term {
	found := make([]term, 0, len(list))
	for _, written := range list {
		if folded := catalog.Fold(clean(written)); folded != "" {
			found = append(found, term{clean(written), folded})
		}
	}
	return found
}

// checkForbidden refuses terms that the business does not want to be used.
func (j *judge) checkForbidden() {
	const most = 5
	var found []string
	for _, t := range j.forbidden {
		if len(found) < most && slices.ContainsFunc(j.folded, func(text string) bool { return occurrences(text, t.folded) > 0 }) {
			found = append(found, t.written)
		}
	}
	if len(found) > 0 {
		j.breach("forbidden_terms", "do not use "+strings.Join(found, ", "))
	}
}

// occurrences counts where phrase stands in text as whole words. Both are folded. Nothing is left of a phrase that was
// accents alone, and it occurs nowhere.
func occurrences(text, phrase string) (n int) {
	if phrase == "" {
		return 0
	}
	for from := 0; ; {
		i := strings.Index(text[from:], phrase)
		if i < 0 {
			return n
		}
		start, end := from+i, from+i+len(phrase)
		if edge(text[:start], text[start:]) && edge(text[:end], text[end:]) {
			n++
			from = end
			continue
		}
		_, size := utf8.DecodeRuneInString(text[start:])
		from = start + size
	}
}

// edge reports whether a word ends or begins between the two texts, rather than going on.
func edge(before, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	return !isWord(last) || !isWord(next)
}
