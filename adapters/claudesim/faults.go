package claudesim

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
	// FaultRefusalLate refuses in the middle of the text: prompt and text are billed. Delivered.
	FaultRefusalLate Fault = "refusal-late"
	// FaultEmpty ends normally without text after two or three tokens. Billed and delivered.
	FaultEmpty Fault = "empty"
	// FaultStopReason gives a stop reason that no client knows. Billed and delivered.
	FaultStopReason Fault = "stop-reason"
	// FaultUsage reports a broken usage (missing, null, negative, absurd: the bill has the true amount) or
	// three times the input tokens (the bill has what it reports). Billed and delivered.
	FaultUsage Fault = "usage"
	// Fault429Bare is Fault429 without retry-after, Fault429Long with one of a day. Not billed.
	Fault429Bare Fault = "429-bare"
	Fault429Long Fault = "429-long"
	// FaultSpendCap refuses as if the tier's spend cap had been reached: 429 with details.error_code, without
	// retry-after. Not billed.
	FaultSpendCap Fault = "spend-cap"
	// FaultLimitOrganization and FaultLimitWorkspace refuse with the 400 of a spend limit of one's own. Not billed.
	FaultLimitOrganization Fault = "limit-organization"
	FaultLimitWorkspace    Fault = "limit-workspace"
	// Fault402 refuses with billing_error, Fault409 with conflict_error, Fault413 and Fault502 with a page of HTML.
	// Not billed.
	Fault402 Fault = "402"
	Fault409 Fault = "409"
	Fault413 Fault = "413"
	Fault502 Fault = "502"
	// FaultSlowHeaders sends nothing for a simulated minute after the answer is finished, FaultSlowBody takes that
	// minute between the first and the last byte. Billed and delivered.
	FaultSlowHeaders Fault = "slow-headers"
	FaultSlowBody    Fault = "slow-body"
	// FaultStreamError breaks a stream off in the middle with an overloaded_error after status 200; its prompt and
	// what was written by then are billed. What is not streamed is refused with 529 instead, not billed.
	FaultStreamError Fault = "stream-error"
	// FaultThinkingOnly uses up max_tokens with thinking: there is no text. Billed and delivered.
	FaultThinkingOnly Fault = "thinking-only"
	// FaultEnumCase writes the values of enums in another case than the schema. Billed and delivered.
	FaultEnumCase Fault = "enum-case"
	// FaultOtherModel names another model in the answer than was asked, and billed. Delivered.
	FaultOtherModel Fault = "other-model"
	// FaultCacheMiss neither finds nor keeps the prefix: all of the prompt is plain input. Billed and delivered.
	FaultCacheMiss Fault = "cache-miss"
	// FaultCacheRewrite writes the whole prefix to the cache again although it is there. Billed and delivered.
	FaultCacheRewrite Fault = "cache-rewrite"

	// The faults of batches. They are drawn apart from the others: a line may have one of its own and an answer
	// with one of those above that change what the model writes.

	// FaultBatchCreateReset closes the connection before the batch is created.
	FaultBatchCreateReset Fault = "batch-create-reset"
	// FaultBatchCreateLost closes the connection instead of naming the batch that was created, and will be billed.
	FaultBatchCreateLost Fault = "batch-create-lost"
	// FaultBatchErrored ends a line with api_error. Not billed.
	FaultBatchErrored Fault = "batch-errored"
	// FaultBatchExpired ends a line as expired, without the batch's waiting for its 24 hours. Not billed.
	FaultBatchExpired Fault = "batch-expired"
	// FaultBatchDuplicate has a line twice in the results. Billed once.
	FaultBatchDuplicate Fault = "batch-duplicate"
	// FaultBatchMissing leaves a line out of the results, not of the counts. Billed if it succeeded.
	FaultBatchMissing Fault = "batch-missing"
	// FaultBatchResultsCut closes the connection in the middle of a line, half-way through the results.
	FaultBatchResultsCut Fault = "batch-results-cut"
)
