package claudesim

import (
	"fmt"
	"iter"
	"math"
)

// Fault names one way to break, as in the flag --fault-NAME and in the statistics.
type Fault string

// The faults. Billed means that the request is on the bill; none but the ones marked delivered counts as
// answered.
const (
	// FaultNone is a healthy answer.
	FaultNone Fault = ""
	// Fault429 refuses with rate_limit_error and retry-after 1. Not billed.
	Fault429 Fault = "429"
	// Fault529 refuses with overloaded_error. Not billed.
	Fault529 Fault = "529"
	// Fault500 fails with api_error; half of them after the whole generation, which is billed.
	Fault500 Fault = "500"
	// Fault504 fails with timeout_error after the usual latency; half of them are billed.
	Fault504 Fault = "504"
	// FaultResetBefore closes the connection before any work. Not billed.
	FaultResetBefore Fault = "reset-before"
	// FaultResetAfter closes the connection instead of sending the finished answer. Billed.
	FaultResetAfter Fault = "reset-after"
	// FaultHang finishes the answer and never sends it: the connection stays open until the client leaves or
	// the simulator is closed. Billed as it was generated.
	FaultHang Fault = "hang"
	// FaultCut closes the connection after the headers and half of the body. Billed.
	FaultCut Fault = "cut"
	// FaultTruncate stops in the middle with stop reason max_tokens. Billed and delivered.
	FaultTruncate Fault = "truncate"
	// FaultMalformed ends normally with text that is broken JSON. Billed and delivered.
	FaultMalformed Fault = "malformed"
	// FaultSchema ends normally with JSON that breaks the schema. Billed and delivered.
	FaultSchema Fault = "schema"
	// FaultRefusal refuses before any output, with stop reason refusal and no content. Its usage is
	// informational: not billed.
	FaultRefusal Fault = "refusal"
	// FaultEmpty ends normally without text after two or three tokens. Billed and delivered.
	FaultEmpty Fault = "empty"
	// FaultStopReason gives a stop reason that no client knows. Billed and delivered.
	FaultStopReason Fault = "stop-reason"
	// FaultUsage reports a broken usage (missing, null, negative, absurd: the bill has the true amount) or
	// three times the input tokens (the bill has what it reports). Billed and delivered.
	FaultUsage Fault = "usage"
)

// Faults are the rates at which each fault happens, 0 to 1; together at most 1.
type Faults struct {
	Status429, Status529, Status500, Status504 float64
	ResetBefore, ResetAfter, Hang, Cut         float64
	Truncate, Malformed, Schema                float64
	Refusal, Empty, StopReason, Usage          float64
}

// All gives every fault with its rate, in the order in which they are drawn; rates may be set through the
// pointers.
func (f *Faults) All() iter.Seq2[Fault, *float64] {
	return func(yield func(Fault, *float64) bool) {
		for _, fault := range []struct {
			name Fault
			rate *float64
		}{
			{Fault429, &f.Status429},
			{Fault529, &f.Status529},
			{Fault500, &f.Status500},
			{Fault504, &f.Status504},
			{FaultResetBefore, &f.ResetBefore},
			{FaultResetAfter, &f.ResetAfter},
			{FaultHang, &f.Hang},
			{FaultCut, &f.Cut},
			{FaultTruncate, &f.Truncate},
			{FaultMalformed, &f.Malformed},
			{FaultSchema, &f.Schema},
			{FaultRefusal, &f.Refusal},
			{FaultEmpty, &f.Empty},
			{FaultStopReason, &f.StopReason},
			{FaultUsage, &f.Usage},
		} {
			if !yield(fault.name, fault.rate) {
				return
			}
		}
	}
}

// rounding forgives sums such as ten times 0.1.
const rounding = 1e-9

func (f *Faults) check() error {
	sum := 0.0
	for name, rate := range f.All() {
		if math.IsNaN(*rate) || *rate < 0 || *rate > 1 {
			return fmt.Errorf("fault-%s %v is not a rate: give a number from 0 to 1", name, *rate)
		}
		sum += *rate
	}
	if sum > 1+rounding {
		return fmt.Errorf("the fault rates add up to %.4g: lower them to a sum of at most 1", sum)
	}
	return nil
}

// pick chooses the fault for a draw in [0,1).
func (f *Faults) pick(draw float64) Fault {
	for name, rate := range f.All() {
		if draw < *rate {
			return name
		}
		draw -= *rate
	}
	return FaultNone
}
