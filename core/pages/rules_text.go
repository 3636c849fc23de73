package pages

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// checkPlaceholders finds what should have been filled in.
func (j *judge) checkPlaceholders() {
	for _, text := range j.content.texts() {
		if strings.Contains(text, "{{") || strings.Contains(text, "}}") || bracketed(text) {
			j.breach("placeholders", "a text has braces or a name in brackets that should have been filled in")
			break
		}
	}
	for _, text := range j.folded {
		if strings.Contains(text, notProvided) || strings.Contains(text, "(no proporcionad") || strings.Contains(text, "lorem ipsum") {
			j.breach("placeholders", "a text says (not provided) or lorem ipsum; leave out what is not known")
			return
		}
	}
}

// bracketed reports whether text has something like [city] or [Your Business Name]: words alone between brackets.
func bracketed(text string) bool {
	for {
		_, rest, found := strings.Cut(text, "[")
		if !found {
			return false
		}
		inner, _, closed := strings.Cut(rest, "]")
		if !closed {
			return false
		}
		if looksLikeName(inner) {
			return true
		}
		text = rest
	}
}

func looksLikeName(s string) bool {
	const most = 40
	first, size := utf8.DecodeRuneInString(s)
	if len(s) == size || len(s) > most*utf8.UTFMax || utf8.RuneCountInString(s) > most || !unicode.IsLetter(first) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !isWord(r) && !strings.ContainsRune(" _-.'/#", r) })
}

// checkMarkup wants plain text.
func (j *judge) checkMarkup() {
	for _, text := range j.content.texts() {
		for _, rule := range []struct {
			found bool
			what  string
		}{
			{hasTag(text), "an HTML tag"},
			{hasScript(text), "a script address"},
			{strings.Contains(text, "```") || strings.Contains(text, "~~~"), "a code fence"},
			{hasMarkdown(text), "Markdown"},
			{hasPageJSON(text), "JSON inside a text"},
		} {
			if rule.found {
				j.breach("markup", rule.what+"; write plain text")
				return
			}
		}
	}
}

// hasTag finds "<" with a letter, "/", "!" or "?" after it, closed or not: a browser takes both for a tag.
func hasTag(text string) bool {
	for i := 0; i+1 < len(text); i++ {
		next := text[i+1]
		if text[i] == '<' && (next == '/' || next == '!' || next == '?' || next|0x20 >= 'a' && next|0x20 <= 'z') {
			return true
		}
	}
	return false
}

// hasScript finds addresses that run code. After a heading such as "JavaScript: the basics" comes a blank.
func hasScript(text string) bool {
	lower := strings.ToLower(text)
	if strings.Contains(lower, "data:text/html") {
		return true
	}
	for _, scheme := range []string{"javascript:", "vbscript:"} {
		for rest := lower; ; {
			_, after, found := strings.Cut(rest, scheme)
			if !found {
				break
			}
			if after != "" && !unicode.IsSpace(rune(after[0])) {
				return true
			}
			rest = after
		}
	}
	return false
}

// hasMarkdown finds bold text, headings and links.
func hasMarkdown(text string) bool {
	if strings.Contains(text, "**") || strings.Contains(text, "](") {
		return true
	}
	for line := range strings.Lines(text) {
		level := len(line) - len(strings.TrimLeft(line, "#"))
		if level > 0 && level <= 6 && strings.HasPrefix(line[level:], " ") {
			return true
		}
	}
	return false
}

// hasPageJSON finds a page's member in quotes with a colon after it.
func hasPageJSON(text string) bool {
	for _, name := range []string{"title", "meta_description", "h1", "body", "sections", "heading", "content", "cta"} {
		for rest := text; ; {
			_, after, found := strings.Cut(rest, `"`+name+`"`)
			if !found {
				break
			}
			if strings.HasPrefix(strings.TrimLeft(after, " \n"), ":") {
				return true
			}
			rest = after
		}
	}
	return false
}
