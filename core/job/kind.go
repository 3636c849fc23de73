package job

import "github.com/marketbrewer/marketbrewer/core/cost"

// Kind is one sort of work, implemented by whoever uses the engine. It is pure and deterministic: the same input gives
// the same Plan in every process and at every time, for as long as Version stays the same.
type Kind interface {
	// Name is the kind's name in records and messages: lower case, stable for ever, for example "pages".
	Name() string
	// Version is raised whenever Open, Request or Accept changes what it returns for an input that stored jobs have.
	Version() int
	// Open reads a job's input and returns its plan. It does no I/O. An input that breaks a rule is fault.Invalid,
	// one with too little in it fault.Incomplete.
	Open(input []byte) (Plan, error)
}

// Plan is an opened job: what its tasks are and how each is done and judged. It is immutable and safe for concurrent
// use; a process keeps the last few.
type Plan interface {
	// Size is the number of tasks, at least 1.
	Size() int
	// Hash identifies all that the plan's requests are made of. A worker whose plan has another hash than the one the
	// job was submitted with leaves the job's tasks alone.
	Hash() [32]byte
	// Request is the one model call of a try at a task. It must not fail: what can be wrong is found by Open.
	// Ordinal is 0 .. Size()-1; any other is a bug of the caller and may panic.
	Request(ordinal int, try Try) Request
	// Accept judges an answer. It never fails and never panics on any answer; the answer comes from outside and
	// nothing in it can be trusted.
	Accept(ordinal int, try Try, answer Answer) Verdict
}

// Estimator is a Plan that knows its money without making every request. A plan without it is forecast by making each
// request once.
type Estimator interface {
	// Estimate sums over all tasks the bounds and expectations of one attempt each.
	Estimate() Estimate
}

// Estimate is what a plan's requests amount to, summed over all of its tasks for one attempt each.
type Estimate struct {
	// Model is the model that the requests name.
	Model string
	// InputBound and InputExpected are prompt tokens, summed.
	InputBound, InputExpected int64
	// InputMax is the largest input bound of a single request, in tokens: it decides the price step.
	InputMax int64
	// InputBoundMost and OutputBoundMost are the sums of the same bounds for the dearest attempt that a task can come to,
	// for example after a truncation; 0 means that no attempt is dearer than the first.
	InputBoundMost, OutputBoundMost int64
	// OutputBound is the summed max_tokens; OutputExpected and OutputP95 the summed tokens likely to be generated.
	OutputBound, OutputExpected, OutputP95 int64
	// Parts splits the expectations by template, if the plan can; their tasks, and their sums, are the estimate's.
	Parts []Part
}

// Part is the tasks of an estimate whose requests are made from one template, and so are alike.
type Part struct {
	// Template names what the requests are made from, the same in every job that uses it. What was learned of it is kept
	// under this name.
	Template string
	// Tasks is how many tasks the part has.
	Tasks int64
	// Bytes is the summed sizes of the first attempts' System, Prompt and Schema.
	Bytes int64
	// Prefix is the size in bytes of the System and Schema that all of the requests share; 0 when they share nothing.
	Prefix int64
	// OutputExpected and OutputP95 are the part's share of the estimate's.
	OutputExpected, OutputP95 int64
}

// Measurer is a Plan that knows the size of a request without making it.
type Measurer interface {
	// Measure names the template of a task's request as Part does, and says how many bytes System, Prompt and Schema of
	// its first attempt have.
	Measure(ordinal int) (template string, bytes int64)
}

// Try says which attempt at a task is being made or judged.
type Try struct {
	// Attempt counts the attempts of this round whose answers were judged, this one included: 1 for the first. Calls
	// that gave no answer do not count.
	Attempt int
	// Last is what the last judged attempt of this round came to; its zero value on the first.
	Last Verdict
}

// Request is one model call.
type Request struct {
	// Model is the provider's model id, for example claude-haiku-5-5. All requests of a plan name the same one: its quota
	// is asked for before a request is made. A task that names another fails with CodeInternal.
	Model string
	// System is the part that many requests of a job share, byte for byte; Prompt is the task itself.
	System, Prompt string
	// Cache asks the provider to keep System and Schema for later requests. The engine sets it; what a plan says is not
	// looked at.
	Cache cost.Cache
	// Schema is the JSON Schema of the answer, or nil for free text. Its property order is kept.
	Schema []byte
	// MaxTokens bounds the generated tokens, thinking included; at least 1.
	MaxTokens int
	// InputBound is an upper bound of the prompt in tokens, 0 to let the engine derive it from the lengths.
	InputBound int64
}

// StopReason is why the model stopped, in the provider's words. Unknown values occur.
type StopReason string

// The stop reasons that are documented.
const (
	StopEndTurn       StopReason = "end_turn"
	StopMaxTokens     StopReason = "max_tokens"
	StopSequence      StopReason = "stop_sequence"
	StopToolUse       StopReason = "tool_use"
	StopPauseTurn     StopReason = "pause_turn"
	StopRefusal       StopReason = "refusal"
	StopContextWindow StopReason = "model_context_window_exceeded"
)

// Answer is what a model call gave back. It comes from outside: nothing in it is trusted.
type Answer struct {
	// Text is the concatenation of the text blocks.
	Text string
	// Stop is the stop reason as sent.
	Stop StopReason
	// Detail explains a refusal, as sent; may be empty.
	Detail string
	// Model is the model that answered, as sent.
	Model string
	// MessageID and RequestID are the provider's names for the message and the request.
	MessageID, RequestID string
	// Usage is what the provider says it counted. UsageOK is false when it is missing or makes no sense.
	Usage   cost.Usage
	UsageOK bool
	// Unbilled is true when the provider does not bill this answer whatever its usage says, for example a refusal before
	// any output.
	Unbilled bool
}

// Outcome is what judging an answer came to.
type Outcome string

// The outcomes of a judged answer.
const (
	// Accepted: the task is done; the verdict's Output is its result.
	Accepted Outcome = "accepted"
	// Again: the answer is no use; another attempt may be. Each uses up one of the judged attempts.
	Again Outcome = "again"
	// Failed: no further attempt can help.
	Failed Outcome = "failed"
)

// Verdict is the judgement of one answer.
type Verdict struct {
	// Outcome decides the task's next state.
	Outcome Outcome
	// Code names the cause when the outcome is not Accepted. With the last attempt used up it becomes the task's.
	Code Code
	// Detail explains the cause in one line of at most 500 bytes, without any secret; empty when accepted.
	Detail string
	// Output is what to store as the task's result when accepted. Otherwise the engine stores the answer's own text.
	Output []byte
	// Flags are remarks on an accepted result, short lower-case words.
	Flags []string
}

// Code names why a task failed, or why an attempt at it was not accepted.
type Code string

// The codes of failed tasks.
const (
	// CodeProviderUnavailable: the provider refused to start for longer than the limit. Worth a retry.
	CodeProviderUnavailable Code = "PROVIDER_UNAVAILABLE"
	// CodeProviderRejected: the provider refuses the request or the key. Not worth a retry.
	CodeProviderRejected Code = "PROVIDER_REJECTED"
	// CodeRefused: the model declined. Not worth a retry without other words.
	CodeRefused Code = "REFUSED"
	// CodeOutputTruncated: the answer was cut at the token limit. Worth a retry.
	CodeOutputTruncated Code = "OUTPUT_TRUNCATED"
	// CodeOutputInvalid: the answer broke the rules of the kind. Worth a retry.
	CodeOutputInvalid Code = "OUTPUT_INVALID"
	// CodeAttemptsExhausted: no attempt is left and their outcomes were unknown or mixed. Worth a retry.
	CodeAttemptsExhausted Code = "ATTEMPTS_EXHAUSTED"
	// CodeDeadLetter: the task's messages were given up by the queue. Worth a retry.
	CodeDeadLetter Code = "DEAD_LETTER"
	// CodeInternal: a bug in this program stopped the attempt. Worth a retry after an update.
	CodeInternal Code = "INTERNAL"
)

// Retryable reports whether another attempt at the same task may come to something else.
func (c Code) Retryable() bool { return c != CodeProviderRejected && c != CodeRefused }
