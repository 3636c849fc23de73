// Package fault is the closed list of error kinds that every layer speaks in.
//
// An adapter maps its technology's errors to a kind in one place; core decides by the kind alone, never by a message.
// A kind is itself an error, so errors.Is(err, fault.NotFound) reads like English. What a caller needs beyond the kind
// travels on the Error: how long to wait, and whether the effect may have happened although the call failed.
// A context's error is never hidden: errors.Is finds it whether it stands alone or as the cause of an Error.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Kind is the reason why an operation failed. It is an error, to be matched with errors.Is.
type Kind string

// The kinds. Each says what happened and, by that, what a caller can do about it.
const (
	// Invalid: the input breaks a rule; the same input never succeeds. The message says what to change.
	Invalid Kind = "invalid"
	// NotFound: what was named does not exist.
	NotFound Kind = "not found"
	// Conflict: it exists already, or exists with another content, or is in a state that forbids the operation.
	Conflict Kind = "conflict"
	// Locked: another process holds the resource; the message names it.
	Locked Kind = "locked"
	// Corrupt: a stored record fails its own check. Nothing is guessed and nothing is written.
	Corrupt Kind = "corrupt"
	// Newer: a record, message or file was written by a newer version of the program.
	Newer Kind = "newer"
	// Overflow: an amount of money or tokens does not fit its integer.
	Overflow Kind = "overflow"
	// Budget: the money for it is not there.
	Budget Kind = "budget"
	// Incomplete: the input is well formed, yet too little of it is there to begin.
	Incomplete Kind = "incomplete"

	// Throttled: the other side refused to start because of a rate limit. Nothing was done; RetryAfter may be set.
	Throttled Kind = "throttled"
	// Overloaded: the other side refused to start because it has too much to do. Nothing was done.
	Overloaded Kind = "overloaded"
	// Unavailable: the other side failed or could not be reached. Unknown says whether it may have done the work.
	Unavailable Kind = "unavailable"
	// Rejected: the other side refuses this request for good; the same request never succeeds.
	Rejected Kind = "rejected"
	// Unauthorized: the key or identity is missing, wrong or lacks a permission.
	Unauthorized Kind = "unauthorized"
	// SpendCap: the other side's own limit on spending, or a problem with payment, stops every request.
	SpendCap Kind = "spend cap"

	// Internal: a bug in this program, a panic among them.
	Internal Kind = "internal"
)

// Kinds lists every kind, in the order of their declaration.
func Kinds() []Kind {
	return []Kind{
		Invalid, NotFound, Conflict, Locked, Corrupt, Newer, Overflow, Budget, Incomplete,
		Throttled, Overloaded, Unavailable, Rejected, Unauthorized, SpendCap, Internal,
	}
}

// Error makes a kind an error of its own, so that it can be the target of errors.Is.
func (k Kind) Error() string { return string(k) }

// Error is a failure with its kind. Its fields are set once, when it is made.
type Error struct {
	// Kind is the reason.
	Kind Kind
	// Message says who was doing what to which, in one line, without a trailing period.
	Message string
	// RetryAfter is how long the other side asked to wait; 0 when it did not say.
	RetryAfter time.Duration
	// Unknown is true when the effect may have happened although the call failed.
	Unknown bool
	// Err is the cause, or nil.
	Err error
}

// New returns an Error of the kind with a formatted message. The verb %w sets the cause, and may stand more than once.
func New(kind Kind, format string, args ...any) *Error {
	formatted := fmt.Errorf(format, args...)
	e := &Error{Kind: kind, Message: formatted.Error()}
	if several, ok := formatted.(interface{ Unwrap() []error }); ok {
		e.Err = errors.Join(several.Unwrap()...)
		return e
	}
	e.Err = errors.Unwrap(formatted)
	return e
}

// Error is the message, or the kind when there is none.
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Kind.Error()
	}
	return e.Message
}

// Unwrap gives errors.Is the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// After returns e with the time to wait that the other side asked for. Negative waits count as 0.
func (e *Error) After(wait time.Duration) *Error {
	e.RetryAfter = max(wait, 0)
	return e
}

// MaybeDone returns e marked as an unknown outcome: the effect may have happened.
func (e *Error) MaybeDone() *Error {
	e.Unknown = true
	return e
}

// KindOf returns the kind of err: Internal for an error that has none, "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var kind Kind
	if errors.As(err, &kind) {
		return kind
	}
	return Internal
}

// Unknown reports whether the failed operation may have had its effect all the same.
func Unknown(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Unknown
}

// RetryAfter returns how long the other side asked to wait, 0 when it did not say.
func RetryAfter(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// OneLine returns the error's text as one line, safe for a terminal: what is no visible character becomes a space (control
// characters, and those that change the direction of text), and the text is cut at limit bytes, at a character's edge.
func OneLine(err error, limit int) string {
	if err == nil {
		return ""
	}
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(err.Error(), "?"))
	clean = strings.Join(strings.Fields(clean), " ")
	if len(clean) <= limit {
		return clean
	}
	cut := 0
	for i := range clean {
		if i > limit {
			break
		}
		cut = i
	}
	return clean[:cut]
}
