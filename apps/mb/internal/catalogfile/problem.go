package catalogfile

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Problem is one thing that is wrong with a catalog file, and what to do about it.
type Problem struct {
	// File is the file's name as it was given.
	File string
	// Line and Column count from 1, columns in characters; both are 0 when the problem has no place in the file.
	Line, Column int
	// Path is the JSON pointer (RFC 6901) of the value, for example /keywords/3/slug; empty for the whole file.
	Path string
	// Message says in one line what to change.
	Message string
}

// String is the problem in one line: FILE:LINE:COLUMN: PATH: MESSAGE, without what is not known.
func (p Problem) String() string {
	line := p.File
	if p.Line > 0 {
		line = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
	if p.Path != "" {
		line += ": " + p.Path
	}
	return oneLine(line + ": " + p.Message)
}

// oneLine replaces what a terminal should not be shown: control characters, and those that change the direction of text.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, s)
}

// Problems is everything that is wrong with a catalog file, in the order of the file. As an error it is fault.Invalid.
type Problems []Problem

// Error is one line: the first problem, how many more there are and how to see them.
func (p Problems) Error() string {
	switch len(p) {
	case 0:
		return "no problems"
	case 1:
		return p[0].String()
	}
	return fmt.Sprintf("%s (and %d more: run mb catalog check %s)", p[0], len(p)-1, p[0].File)
}

// Unwrap makes errors.Is(problems, fault.Invalid) true.
func (p Problems) Unwrap() error { return fault.Invalid }

// Lines lists every problem, one line each.
func (p Problems) Lines() []string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].String()
	}
	return lines
}
