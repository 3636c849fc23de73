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

// foldCase is the form in which texts that differ in case only are equal.
func foldCase(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// isControl is true for all control characters, line breaks and tabs among them.
func isControl(r rune) bool { return unicode.Is(unicode.Cc, r) }

// badText says what is wrong with the characters of a text, "" when nothing is: it must be UTF-8 without U+FFFD, which
// is what a broken encoding leaves behind, and without control characters other than line breaks and tabs.
func badText(s string) string {
	if !utf8.ValidString(s) {
		return "not valid UTF-8; save the text as UTF-8"
	}
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			return "contains U+FFFD, the mark of a broken encoding; write the character that was meant"
		case r != '\n' && r != '\t' && isControl(r):
			return fmt.Sprintf("contains the control character U+%04X; remove it", r)
		}
	}
	return ""
}
