package engine

import (
	"context"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// AttemptView is one attempt at a task, as its ledger and answers have it.
type AttemptView struct {
	// Attempt is its number, which goes on through rounds; 0 is something that a bill has added without an attempt.
	Round, Attempt int
	// Held is what was put aside for it, at HeldAt; neither for number 0.
	Held   cost.Pico
	HeldAt time.Time
	// Outcome is what became of it, at At: settle, void, presume, or adjust after a presume; 0 while it is open.
	Outcome cost.EntryKind
	At      time.Time
	// Paid is what it has come to: nothing for a void, what was held for a presume, the actual amount after an adjust.
	Paid cost.Pico
	// Usage is zero unless the provider's count is known.
	Usage cost.Usage
	Model string
	Lane  cost.Lane
	// MessageID and RequestID are the provider's names; Content is the accepted content's SHA-256, all zero without one.
	MessageID, RequestID string
	Content              [32]byte
	// HasAnswer is true while an answer is stored: Answer reads it.
	HasAnswer bool
}

// Attempts is the timeline of one task, oldest first. It reads the ledger of the task's shard, a 32nd of a large job's,
// so ask for one task, not for many. Errors: NotFound (job or task), Corrupt where the chain breaks.
func (e *Engine) Attempts(ctx context.Context, id job.ID, ordinal int) ([]AttemptView, error) {
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return nil, err
	}
	if ordinal < 0 || ordinal >= f.layout.Tasks {
		return nil, fault.New(fault.NotFound, "job %s: task %d does not exist", id, ordinal)
	}
	shard := f.layout.ShardOf(f.layout.ParcelOf(ordinal))
	var views []AttemptView
	err = e.chain(ctx, f, shard, cost.Head{}, 0, func(l Line) error {
		if l.Ordinal == ordinal {
			views = timeline(views, l)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return views, e.markAnswers(ctx, f, shard, ordinal, views)
}

// timeline adds one line of the ledger to the attempts that it is about.
func timeline(views []AttemptView, l Line) []AttemptView {
	at := -1
	for i := range views {
		if views[i].Attempt == l.Attempt && l.Attempt > 0 {
			at = i
		}
	}
	if at < 0 {
		views, at = append(views, AttemptView{Round: l.Round, Attempt: l.Attempt, Model: l.Terms.Model, Lane: l.Terms.Lane}), len(views)
	}
	v := &views[at]
	if l.Kind == cost.EntryHold {
		v.Held, v.HeldAt = l.Amount, l.At
		return views
	}
	v.Outcome, v.At = l.Kind, l.At
	switch l.Kind {
	case cost.EntrySettle:
		v.Paid = l.Amount
	case cost.EntryPresume:
		v.Paid = v.Held
	case cost.EntryAdjust:
		v.Paid = v.Held + l.Amount
	}
	v.Usage, v.MessageID, v.RequestID = l.Usage, l.MessageID, l.RequestID
	if l.Content != ([32]byte{}) {
		v.Content = l.Content
	}
	return views
}

// markAnswers notes for which attempts an answer is stored.
func (e *Engine) markAnswers(ctx context.Context, f *facts, shard, ordinal int, views []AttemptView) error {
	prefix := "a/" + digits(int64(ordinal), 8) + "/"
	return e.each(ctx, ports.Prefix(shardPart(f.id, shard), prefix), func(record ports.Record) error {
		number, err := strconv.Atoi(record.Key.Sort[len(prefix):])
		for i := range views {
			views[i].HasAnswer = views[i].HasAnswer || err == nil && views[i].Attempt == number
		}
		return nil
	})
}
