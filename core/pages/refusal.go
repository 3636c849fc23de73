package pages

import (
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Code names why a job is refused, for programs.
type Code string

// The codes of a refusal and the kind of fault that each is.
const (
	// CodeInsufficientData: the profile scores below the gate, or a required variable has no value (fault.Incomplete).
	CodeInsufficientData Code = "INSUFFICIENT_DATA"
	// CodeNoPages: no row or no column is left (fault.Incomplete).
	CodeNoPages Code = "NO_PAGES"
	// CodePageLimit: more pages than a job may have (fault.Invalid).
	CodePageLimit Code = "PAGE_LIMIT_EXCEEDED"
	// CodeConflict: two pages would have the same path (fault.Conflict).
	CodeConflict Code = "CONFLICT"
	// CodeInvalid: the choice or the stored input breaks a rule (fault.Invalid).
	CodeInvalid Code = "INVALID"
)

// Refusal is the error of a job that cannot be made, with everything that is wrong in the same way.
type Refusal struct {
	Code Code
	// Message says in one line what is refused.
	Message string
	// Details says what to do, one entry for each thing that is wrong.
	Details []Detail
	// Score and Gate are those of a profile that is not complete enough; Gate is 0 when that is not what is refused.
	Score, Gate int
}

// Detail is one thing that stands in the way of a job.
type Detail struct {
	// Subject is a variable's name, a path, or the key of an item of the score.
	Subject string
	// Message says what to do about it.
	Message string
	// Pages is how many pages it affects, 0 when that is no question.
	Pages int
	// Points is what an item of the score counts, in half points.
	Points int
}

// Error is the message and all details in one line.
func (r *Refusal) Error() string {
	if len(r.Details) == 0 {
		return r.Message
	}
	lines := make([]string, 0, len(r.Details))
	for _, d := range r.Details {
		lines = append(lines, d.line())
	}
	return r.Message + ": " + strings.Join(lines, "; ")
}

func (d Detail) line() string {
	if d.Message == "" {
		return d.Subject
	}
	return d.Subject + " (" + d.Message + ")"
}

// Unwrap gives errors.Is the kind of fault.
func (r *Refusal) Unwrap() error {
	switch r.Code {
	case CodeInsufficientData, CodeNoPages:
		return fault.Incomplete
	case CodeConflict:
		return fault.Conflict
	}
	return fault.Invalid
}

func refuse(code Code, message string, details ...Detail) *Refusal {
	return &Refusal{Code: code, Message: message, Details: details}
}
