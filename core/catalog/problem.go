package catalog

import (
	"fmt"
	"slices"
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
	// Code is a word for programs, one of the constants; empty means CodeInvalid.
	Code string `json:"code,omitempty"`
	// Plain is the message without any part of the document's values, for answers that must not repeat them. Empty means that
	// Message is such a one.
	Plain string `json:"-"`
	// Other is the path of the value that stands in the way of a duplicate.
	Other string `json:"-"`
}

// The words of problems.
const (
	CodeInvalid    = "invalid"
	CodeRequired   = "required"
	CodeTooShort   = "too_short"
	CodeTooLong    = "too_long"
	CodeTooMany    = "too_many"
	CodeOutOfRange = "out_of_range"
	CodeNotAllowed = "not_allowed"
	CodeReserved   = "reserved"
	// CodeDuplicate is of a value that another one stands in the way of: Other is its path.
	CodeDuplicate = "duplicate"
	// CodeUnknown is of a reference to what is not there.
	CodeUnknown = "unknown_reference"
)

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

// written is a part of a message that comes from the document.
type written string

// shown quotes a value for a message and cuts it, so that a message stays one short line.
func shown(value string) written {
	const most = 60
	runes := []rune(value)
	if len(runes) > most {
		return written(fmt.Sprintf("%q...", string(runes[:most])))
	}
	return written(fmt.Sprintf("%q", value))
}

// problem formats both messages: in Plain each part that comes from the document is "this value".
func problem(path, format string, args ...any) Problem {
	p := Problem{Path: path, Message: fmt.Sprintf(format, args...)}
	plain := slices.Clone(args)
	for i, arg := range plain {
		if _, is := arg.(written); is {
			plain[i] = "this value"
		}
	}
	if text := fmt.Sprintf(format, plain...); text != p.Message {
		p.Plain = text
	}
	return p
}

// as gives the problem its word.
func (p *Problem) as(code string) *Problem {
	p.Code = code
	return p
}

// plainly words Plain where "this value" reads badly.
func (p *Problem) plainly(text string) { p.Plain = text }

// against names what stands in the way.
func (p *Problem) against(path string) *Problem {
	p.Other = path
	return p
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
