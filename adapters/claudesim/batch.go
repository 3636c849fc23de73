package claudesim

import (
	"encoding/json"
	"math"
	"sync"
	"time"
)

// Defaults of the Message Batches limits: the Start tier (Anthropic's rate-limits page, September 2026).
const (
	DefaultBatchRPM   = 1_000
	DefaultBatchQueue = 200_000
)

// DefaultBatchTime is the median simulated time until a batch ends; most of the real ones end within an hour.
const DefaultBatchTime = 10 * time.Minute

const (
	day = 24 * 60 * 60 // simulated seconds
	// batchLife is how long a batch may take, batchKept how long after its creation its results can be read.
	batchLife = day
	batchKept = 29 * day
	// windDown is the part of the median time that a cancelled batch takes to end.
	windDown = 0.05
)

// batches are all batches of the account.
type batches struct {
	mu   sync.Mutex
	byID map[string]*batch
	// list is oldest first; open is those of it that have not ended.
	list, open []*batch
}

// batch is many requests that are done at half price some time within a day. Times are simulated seconds since
// the start of the simulator.
type batch struct {
	id string
	// requestID is that of the create, for the bill.
	requestID string
	created   float64
	// canceled is when cancelling began; +Inf if it did not.
	canceled float64
	// ends is when the last line is finished, or when the batch is cut short by cancelling or by its age.
	ends float64
	// long allows the large max_tokens of a beta header.
	long  bool
	lines []*batchLine
	// byTime is the lines in the order in which they finish; those before next are done.
	byTime []*batchLine
	next   int
	// counts is nil until the batch has ended.
	counts *batchCounts
	hash   fate
}

// batchLine is one request of a batch.
type batchLine struct {
	id     string
	params json.RawMessage
	fate   fate
	// fault is what happens to the line itself, beside what its fate does to the answer.
	fault  Fault
	finish float64
	// outcome is empty until the line is done.
	outcome lineOutcome
	// refusal is why it errored.
	refusal *apiError
	receipt *receipt
	// used is its prompt, as the cache divided it.
	used tokens
}

// lineOutcome is the type of a line's result.
type lineOutcome string

const (
	lineSucceeded lineOutcome = "succeeded"
	lineErrored   lineOutcome = "errored"
	lineCanceled  lineOutcome = "canceled"
	lineExpired   lineOutcome = "expired"
)

type batchStatus string

const (
	batchInProgress batchStatus = "in_progress"
	batchCanceling  batchStatus = "canceling"
	batchEnded      batchStatus = "ended"
)

func (b *batch) status() batchStatus {
	switch {
	case b.counts != nil:
		return batchEnded
	case !math.IsInf(b.canceled, 1):
		return batchCanceling
	}
	return batchInProgress
}

// closes is the time after which no further line is done.
func (b *batch) closes() float64 { return min(b.canceled, b.created+batchLife) }

// cancel ends the batch early: lines that are done by now stay done.
func (b *batch) cancel(now, medianTime float64) {
	if !math.IsInf(b.canceled, 1) {
		return
	}
	b.canceled = now
	b.ends = min(b.ends, now+windDown*medianTime, b.created+batchLife)
}

// end gives every line that is not done its outcome and counts them all.
func (b *batch) end() {
	left := lineExpired
	if b.canceled < b.created+batchLife {
		left = lineCanceled
	}
	b.counts = &batchCounts{}
	for _, line := range b.lines {
		if line.outcome == "" {
			line.outcome = left
		}
		b.counts.add(line.outcome)
	}
	b.next = len(b.byTime)
}

// queued is how many requests are not done yet in all batches. The caller holds the lock.
func (b *batches) queued() int {
	n := 0
	for _, open := range b.open {
		n += len(open.byTime) - open.next
	}
	return n
}

// add keeps a new batch under an id that is not in use.
func (b *batches) add(created *batch) {
	b.byID[created.id] = created
	b.list = append(b.list, created)
	b.open = append(b.open, created)
}
