package prose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var accents = strings.NewReplacer(
	"á", "a", "à", "a", "ä", "a", "â", "a", "ã", "a", "é", "e", "è", "e", "ë", "e", "ê", "e",
	"í", "i", "ì", "i", "ï", "i", "î", "i", "ó", "o", "ò", "o", "ö", "o", "ô", "o", "õ", "o",
	"ú", "u", "ù", "u", "ü", "u", "û", "u", "ñ", "n", "ç", "c",
)

// fold makes text comparable: lower case, without the accents of Spanish and its neighbours.
func fold(s string) string { return accents.Replace(strings.ToLower(s)) }

// containsTerm tells whether the folded text has the folded term as whole words.
func containsTerm(text, term string) bool {
	for from := 0; ; {
		at := strings.Index(text[from:], term)
		if at < 0 {
			return false
		}
		start, end := from+at, from+at+len(term)
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !isWord(before) && !isWord(after) {
			return true
		}
		from = end
	}
}

func isWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// countWords counts what a reader counts: tokens with a letter or a digit.
func countWords(s string) int {
	n := 0
	for field := range strings.FieldsSeq(s) {
		if strings.IndexFunc(field, isWord) >= 0 {
			n++
		}
	}
	return n
}

func upperFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 || unicode.IsUpper(r) {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

// titleCase raises the words of an English phrase, except the small ones inside it.
func titleCase(s string) string {
	words := strings.Fields(s)
	for i, word := range words {
		switch word {
		case "a", "an", "and", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with":
			if i > 0 {
				continue
			}
		}
		words[i] = upperFirst(word)
	}
	return strings.Join(words, " ")
}

// cut shortens s to at most limit code points, at the end of a word where there is one.
func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)[:limit+1]
	for i := len(runes) - 1; i > 0; i-- {
		if unicode.IsSpace(runes[i]) {
			return strings.TrimRight(string(runes[:i]), " ,;:-|")
		}
	}
	return string(runes[:limit])
}
