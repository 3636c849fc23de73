package lambdasim

import (
	"time"
)

// FunctionError is how an invocation failed, in Lambda's words: what the function reported, or what the platform says of its process.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// Error makes a FunctionError an error.
func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// Types of a FunctionError that the platform itself gives.
const (
	ErrorExit     = "Runtime.ExitError"             // the process ended before it answered
	ErrorTimeout  = "Sandbox.Timedout"              // the invocation, or the init, took too long
	ErrorStart    = "Runtime.InvalidEntrypoint"     // the binary could not be started
	ErrorTooLarge = "Function.ResponseSizeTooLarge" // the answer is above PayloadLimit
)

// Result is one finished invocation.
type Result struct {
	RequestID   string
	Environment string         // Environment.ID of who served it
	Payload     []byte         // the function's answer; nil after an error
	Error       *FunctionError // nil when the function answered
	Cold        bool           // the environment was started for it
	Init        time.Duration  // from the start of the process to its first request for work; zero when warm
	Duration    time.Duration  // from the event's hand-over to the answer, or to the end of the process
	MaxRSS      int64          // highest resident memory of the process so far, in bytes; zero where /proc is missing
	MemoryMB    int            // of the function
}

// Billed returns the time on the bill: init and duration together, rounded up to a millisecond.
// Source: AWS has billed the init of every function since August 2025.
func (r Result) Billed() time.Duration {
	return (r.Init + r.Duration + time.Millisecond - 1).Truncate(time.Millisecond)
}

// GBSeconds returns the billed memory-time.
func (r Result) GBSeconds() float64 {
	return float64(r.MemoryMB) / 1024 * r.Billed().Seconds()
}

// Stats are a function's totals.
type Stats struct {
	Invocations int           // finished ones
	Errors      int           // of those
	Throttles   int           // refused ones; they are not among Invocations
	ColdStarts  int           // processes that were started, whether or not they came up
	Duration    time.Duration // sum
	Init        time.Duration // sum
	Billed      time.Duration // sum
	GBSeconds   float64       // sum
	MaxRSS      int64         // highest of any environment, in bytes
}

// add counts one result.
func (s *Stats) add(r Result) {
	s.Invocations++
	if r.Error != nil {
		s.Errors++
	}
	if r.Cold {
		s.ColdStarts++
	}
	s.Duration += r.Duration
	s.Init += r.Init
	s.Billed += r.Billed()
	s.GBSeconds += r.GBSeconds()
	s.MaxRSS = max(s.MaxRSS, r.MaxRSS)
}
