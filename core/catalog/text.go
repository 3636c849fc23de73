package catalog

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isSpace is the white space of ECMAScript, by which the paths of existing pages were made. It differs from Go's:
// U+FEFF is a space in it and U+0085 is not.
func isSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff:
		return true
	}
	return r >= 0x2000 && r <= 0x200a
}

// trim removes white space at both ends.
func trim(s string) string { return strings.TrimFunc(s, isSpace) }

// collapse trims and makes each run of white space one blank.
func collapse(s string) string { return strings.Join(strings.FieldsFunc(s, isSpace), " ") }

// Trim is a text as it is kept: without white space at both ends.
func Trim(s string) string { return trim(s) }

// Line is a text of one line as it is kept: trimmed, and each run of white space inside is one blank.
func Line(s string) string { return collapse(s) }

// FoldCase is the form in which texts that differ in case only are equal, as the rules compare keywords.
func FoldCase(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// isControl is true for all control characters, line breaks and tabs among them.
func isControl(r rune) bool { return unicode.Is(unicode.Cc, r) }

// BadText says what is wrong with the characters of a text, "" when nothing is: it must be UTF-8 without U+FFFD, which is what a broken
// encoding leaves behind, without control characters other than line feeds and tabs, and without those that turn the direction of text
// around (UAX 9: embeddings, overrides, isolates), by which a text reads as something else than it is. No part of the text is in the words.
func BadText(s string) string {
	if !utf8.ValidString(s) {
		return "not valid UTF-8; save the text as UTF-8"
	}
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			return "contains U+FFFD, the mark of a broken encoding; write the character that was meant"
		case r != '\n' && r != '\t' && isControl(r):
			return fmt.Sprintf("contains the control character U+%04X; remove it", r)
		case turns(r):
			return fmt.Sprintf("contains U+%04X, which changes the direction of text; remove it", r)
		}
	}
	return ""
}

// turns reports whether a character changes the direction of what follows it.
func turns(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 }
