package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// MaxBill is how many lines one Reconcile takes.
const MaxBill = 10_000

// Billed is one request as the provider has billed it: a line of its bill, or of our own log of calls.
type Billed struct {
	// Job and Ordinal name the task that the request was made for, Tenant who pays. It may be empty where the store has the
	// job.
	Job     job.ID
	Tenant  string
	Ordinal int
	// Model, Lane and Usage are what was billed.
	Model string
	Lane  cost.Lane
	Usage cost.Usage
	// MessageID is the provider's name for the answer, 1 to cost.MaxID bytes; what bears one name is booked once. RequestID
	// may be empty.
	MessageID, RequestID string
	// At is when it was answered. Of an interval give the end: an attempt that was held later is not taken for this one.
	At time.Time
}

// Reconciled says what Reconcile did. The numbers of its lines add up to those of the bill, unless an error ended it.
type Reconciled struct {
	// Adjusted lines replaced what was presumed of an attempt. Added ones were booked to their task without an attempt: its
	// hold is not in the books. Lost ones were booked to their tenant's month: the store does not have the job.
	Adjusted Booked `json:"adjusted"`
	Added    Booked `json:"added"`
	Lost     Booked `json:"lost"`
	// Known is how many lines were in the books before.
	Known int `json:"known"`
	// Pending are the places in the bill, from 0, of lines that cannot be booked yet: a call for the task is in flight, or
	// this program does not have the price table of the task's attempt. Run it again later with them.
	Pending []int `json:"pending,omitempty"`
}

// Booked is how many lines were booked, and what they cost together.
type Booked struct {
	Lines  int       `json:"lines"`
	Amount cost.Pico `json:"amount_usd"`
}

func (b *Booked) add(other Booked) {
	b.Lines, b.Amount = b.Lines+other.Lines, b.Amount+other.Amount
}

func (r *Reconciled) add(other Reconciled) {
	r.Adjusted.add(other.Adjusted)
	r.Added.add(other.Added)
	r.Lost.add(other.Lost)
	r.Known += other.Known
	r.Pending = append(r.Pending, other.Pending...)
}

// Reconcile books what the provider has billed and the books do not have. After the store was restored to an earlier
// state it is run with the bill of the lost time, while no process of before is left, and before work begins again.
//
//  1. A line whose answer is in the ledger of its task's shard is left alone: the same bill again, one that overlaps it,
//     one that an error has ended and two at once book every line once.
//  2. The oldest presumed attempt at the task with the line's model and lane is adjusted, if it was held before the answer.
//     Attempts that an ended lease has left open are settled or presumed first.
//  3. Without one the line is added to the task at the first price table that has its model, and paid like a call that
//     cost more than its hold: from free money of shard, job and month, in this order. What none has is overrun. The
//     task's state does not change.
//  4. Where the store has no such job the tenant's month of the answer pays; what does not fit is its overrun.
//  5. While a call for the task is in flight the line is Pending.
//
// Errors: Invalid, before anything is booked, with the place of the line in the bill; and the store's. What Reconciled
// says was booked is booked, with an error too. Corrupt books of one shard do not keep lines of others from theirs.
func (e *Engine) Reconcile(ctx context.Context, bill []Billed) (Reconciled, error) {
	lines, err := e.readBill(ctx, bill)
	if err != nil {
		return Reconciled{}, err
	}
	var done Reconciled
	err = e.bookAll(ctx, lines, &done)
	slices.Sort(done.Pending)
	return done, err
}

// bookAll books the lines shard by shard.
func (e *Engine) bookAll(ctx context.Context, lines []line, done *Reconciled) error {
	var first error
	for len(lines) > 0 {
		n := prefix(lines, func(l *line) bool { return l.Job == lines[0].Job && l.shard == lines[0].shard })
		err := e.bookShard(ctx, lines[:n], done)
		if err != nil && !broken(err) {
			return err
		}
		first, lines = cmp.Or(first, err), lines[n:]
	}
	return first
}

// maxLines is how many lines of one parcel are booked in one Update. With the answers that it may have to read it stays
// far below the store's limit of records.
const maxLines = 20

func (e *Engine) bookShard(ctx context.Context, lines []line, done *Reconciled) error {
	if lines[0].f == nil {
		return e.bookLost(ctx, lines, done)
	}
	k := newKnown(lines[0].f, lines[0].shard)
	for len(lines) > 0 {
		if err := k.read(ctx, e); err != nil {
			return err
		}
		n := min(maxLines, prefix(lines, func(l *line) bool { return l.parcel == lines[0].parcel }))
		if err := e.bookParcel(ctx, lines[:n], k, done); err != nil {
			return err
		}
		lines = lines[n:]
	}
	return nil
}

// prefix is how many of the first lines are alike.
func prefix(lines []line, alike func(*line) bool) int {
	for i := range lines {
		if !alike(&lines[i]) {
			return i
		}
	}
	return len(lines)
}
