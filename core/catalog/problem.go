package catalog

import (
	"fmt"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Problem is one thing that is wrong with a document, and what to do about it.
type Problem struct {
	// Path is the JSON pointer (RFC 6901) of the value, for example /keywords/3/slug; "" is the whole document. It may
	// name a value that is missing.
	Path string `json:"path"`
	// Message says in one line what to change.
	Message string `json:"message"`
	// Code is a word for programs: invalid, required, too_short, too_long, too_many, out_of_range, not_allowed, duplicate or
	// unknown_reference. Empty means invalid.
	Code string `json:"code,omitempty"`
	// Plain is the message without any part of the document's values, for answers that must not repeat them. Empty means that
	// Message is such a one.
	Plain string `json:"-"`
	// Other is the path of the value that stands in the way of a duplicate.
	Other string `json:"-"`
}

// String is the path and the message in one line.
func (p Problem) String() string {
	if p.Path == "" {
		return oneLine(p.Message)
	}
	return oneLine(p.Path + ": " + p.Message)
}

// Problems is every problem of a document, in the order of finding. As an error it is fault.Invalid.
type Problems []Problem

// Err is the problems as an error, nil when there are none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Error is one line: the first problem and how many more there are.
func (p Problems) Error() string {
	if len(p) == 0 {
		return "no problems"
	}
	line := p[0].String()
	if more := len(p) - 1; more > 0 {
		return fmt.Sprintf("%s (and %d more)", line, more)
	}
	return line
}

// Unwrap makes errors.Is(problems, fault.Invalid) true.
func (p Problems) Unwrap() error { return fault.Invalid }

// shown quotes a value for a message and cuts it, so that a message stays one short line.
func shown(value string) string {
	const most = 60
	runes := []rune(value)
	if len(runes) > most {
		return fmt.Sprintf("%q...", string(runes[:most]))
	}
	return fmt.Sprintf("%q", value)
}

// oneLine replaces control characters by spaces.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
