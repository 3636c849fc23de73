package sysclock

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// maxStack is how much of a panic's stack is kept, in bytes: a dozen frames.
const maxStack = 2048

// maxPanicText bounds the text of a panic in bytes; runtime errors are far shorter, but any value can be thrown.
const maxPanicText = 500

// PanicError is the cause of an error that was a panic. It does not unwrap to the value that was thrown: a kind that
// was thrown would otherwise be taken for that kind of failure.
type PanicError struct {
	// Value is the text of what was thrown, in one line.
	Value string
	// Stack is the goroutine's stack from the place of the panic on, cut to a few frames.
	Stack string
}

// Error is the text of what was thrown, without the stack.
func (e *PanicError) Error() string { return "panic: " + e.Value }

// panicked makes the error of call i from a recovered value. It must be called by the deferred function itself.
func panicked(i int, value any) error {
	cause := &PanicError{Value: panicText(value), Stack: panicStack(string(debug.Stack()))}
	return &fault.Error{
		Kind:    fault.Internal,
		Message: fmt.Sprintf("sysclock: call %d panicked: %s", i, cause.Value),
		Err:     cause,
	}
}

// panicText is the value in one line. A value whose own text panics is printed by package fmt, which survives that.
func panicText(value any) string {
	return fault.OneLine(fault.New(fault.Internal, "%s", fmt.Sprint(value)), maxPanicText)
}

// panicStack drops the frames of recovering: what led to the panic comes after the runtime's own panic frame.
func panicStack(stack string) string {
	if _, after, found := strings.Cut(stack, "\npanic("); found {
		stack = "panic(" + after
	}
	if len(stack) > maxStack {
		stack = stack[:maxStack]
	}
	return stack
}
