package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Template is a parsed prompt text: literal pieces and variables in turn.
type Template struct{ parts []TemplatePart }

// TemplatePart is a piece of a template: a variable's name, or text where Variable is empty.
type TemplatePart struct{ Text, Variable string }

// Parts lists the pieces in order.
func (t Template) Parts() []TemplatePart { return t.parts }

// Variables lists the variables in the order of their first use, each once.
func (t Template) Variables() []string {
	var names []string
	for _, part := range t.parts {
		if part.Variable != "" && !slices.Contains(names, part.Variable) {
			names = append(names, part.Variable)
		}
	}
	return names
}

// ParseTemplate reads a prompt text. The one thing that it knows is {{name}}, with blanks allowed inside the braces and
// a name of lower-case letters, digits, "_" and "." that begins with a letter. A pair of braces that is anything else
// is an error that says where it is.
func ParseTemplate(text string) (Template, error) {
	var t Template
	rest := text
	for rest != "" {
		open, stray := strings.Index(rest, "{{"), strings.Index(rest, "}}")
		if stray >= 0 && (open < 0 || stray < open) {
			return Template{}, templateError(text, len(text)-len(rest)+stray, "}} without {{ before it; remove it")
		}
		if open < 0 {
			t.literal(rest)
			break
		}
		t.literal(rest[:open])
		where := len(text) - len(rest) + open
		inner, after, closed := strings.Cut(rest[open+2:], "}}")
		name := strings.Trim(inner, " \t")
		switch {
		case !closed || strings.Contains(inner, "{{"):
			return Template{}, templateError(text, where, "{{ without }} after it; close it, as in {{city}}")
		case strings.HasPrefix(after, "}"):
			return Template{}, templateError(text, where, "{{"+cut(oneLine(inner), 40)+"}}} has one brace too many; remove it")
		case !variableName(name):
			return Template{}, templateError(text, where,
				"{{"+cut(oneLine(inner), 40)+"}} is no variable; only names such as {{city}} are allowed between braces")
		}
		t.parts = append(t.parts, TemplatePart{Variable: name})
		rest = after
	}
	return t, nil
}

func (t *Template) literal(text string) {
	if text != "" {
		t.parts = append(t.parts, TemplatePart{Text: text})
	}
}

// variableName reports whether s is [a-z][a-z0-9_.]*.
func variableName(s string) bool {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_.") == ""
}

// templateError says in which line and column of the text a fault is.
func templateError(text string, offset int, message string) error {
	before := text[:offset]
	line := strings.Count(before, "\n") + 1
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	return &syntaxError{place: fmt.Sprintf("line %d, column %d: ", line, column), message: message}
}

// syntaxError says where a template is wrong, and how.
type syntaxError struct{ place, message string }

func (e *syntaxError) Error() string { return e.place + e.message }

// plainTemplateError is the error of ParseTemplate without what stands between the braces.
func plainTemplateError(err error) string {
	place := ""
	var at *syntaxError
	if errors.As(err, &at) {
		place = at.place
	}
	return place + "these braces are no variable; write two on each side of a name, as in {{city}}"
}

// cut shortens s to at most n characters.
func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n]) + "..."
	}
	return s
}
