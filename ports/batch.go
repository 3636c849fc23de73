package ports

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Limits of one batch (Message Batches, Anthropic's documentation of August 2026).
const (
	// MaxBatchLines is how many requests one batch may have.
	MaxBatchLines = 100_000
	// MaxBatchBytes is the largest body of a create, in bytes.
	MaxBatchBytes = 256 << 20
	// MaxLineID is the longest id of a line: letters, digits, dashes and underscores.
	MaxLineID = 64
)

// BatchModel has many requests done together at half price, some time within a day. It is safe for concurrent use, and
// sends nothing twice by itself. Errors are those of Model.Call, with the same meaning for Unknown.
type BatchModel interface {
	// CreateBatch sends the lines as one batch. Lines and their ids are 1 to MaxBatchLines; an id is unique in its batch.
	// An error with Unknown true means that the batch may exist, and be done and billed: list before sending again.
	// Invalid: the lines break a limit, nothing was sent.
	CreateBatch(ctx context.Context, lines []BatchLine) (Batch, error)
	// ListBatches lists the batches that were created at or after since, by the provider's clock, newest first.
	ListBatches(ctx context.Context, since time.Time) ([]Batch, error)
	// GetBatch says how a batch stands. NotFound: the provider does not know it.
	GetBatch(ctx context.Context, id string) (Batch, error)
	// CancelBatch asks to end the batch early: what is under way is finished and billed, the rest is cancelled. Of a batch
	// that has ended, or is being cancelled, it only says how it stands.
	CancelBatch(ctx context.Context, id string) (Batch, error)
	// BatchResults hands the lines of an ended batch to do one after the other, in any order; it holds one in memory at a
	// time. An error of do ends it with that very error. A line that cannot be read is left out: it is as one that is
	// missing. Any other error means that not all lines were handed over; all may be asked for again.
	BatchResults(ctx context.Context, id string, do func(BatchResult) error) error
}

// BatchLine is one request of a batch.
type BatchLine struct {
	ID      string
	Request job.Request
}

// BatchState is where a batch is.
type BatchState string

// The states of a batch.
const (
	BatchInProgress BatchState = "in_progress"
	BatchCanceling  BatchState = "canceling"
	BatchEnded      BatchState = "ended"
)

// Batch is how a batch stands.
type Batch struct {
	// ID is the provider's name for it.
	ID    string
	State BatchState
	// Created and Expires are by the provider's clock; Expires is when what is not done by then is given up.
	Created, Expires time.Time
	// Counts of its lines. While it is under way the provider counts all of them as processing.
	Processing, Succeeded, Errored, Canceled, Expired int
}

// Lines is how many lines the batch has.
func (b Batch) Lines() int { return b.Processing + b.Succeeded + b.Errored + b.Canceled + b.Expired }

// BatchOutcome is what became of a line.
type BatchOutcome string

// The outcomes of a line. Only a line that succeeded is billed.
const (
	LineSucceeded BatchOutcome = "succeeded"
	LineErrored   BatchOutcome = "errored"
	LineCanceled  BatchOutcome = "canceled"
	LineExpired   BatchOutcome = "expired"
)

// BatchResult is what became of one line.
type BatchResult struct {
	// ID is the line's.
	ID      string
	Outcome BatchOutcome
	// Answer is set when it succeeded.
	Answer job.Answer
	// Kind and Detail say why it did not: Rejected when the same request never will, SpendCap and Unauthorized when no
	// request will, else Unavailable.
	Kind   fault.Kind
	Detail string
}
