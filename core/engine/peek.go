package engine

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// peeked is what a look at the parcel before the lease is good for.
type peeked struct {
	// runnable is how many tasks may be called, retries how many of those repeat an attempt whose outcome is unknown.
	runnable, retries int
	// left: an ended lease has left something to be resolved.
	left bool
	// batched: the attempts that an ended lease has left open are lines of a batch.
	batched bool
	// prefix names the stable part of the prompts.
	prefix string
}

// peek looks at the parcel without deciding anything: how many tasks may be called, which answers a takeover would read,
// and the verdicts of earlier attempts, which never change once they are stored.
func (w *parcelWork) peek(ctx context.Context) (peeked, []ports.Key, error) {
	seen := peeked{runnable: w.f.layout.TasksOf(w.number)}
	record, err := w.e.Store.Get(ctx, parcelKey(w.f.id, w.shard, w.number))
	if absent(err) {
		fresh := job.NewParcel(w.number, w.f.layout.ParcelSize, w.f.layout.Tasks)
		seen.prefix = w.prefix(&fresh)
		return seen, nil, nil
	}
	if err != nil {
		return seen, nil, err
	}
	p, err := job.UnpackParcel(record.Body)
	if err != nil {
		// The Update that follows reports it.
		return seen, nil, nil
	}
	var more []ports.Key
	for _, a := range p.Open {
		more = append(more, answerKey(w.f.id, w.shard, p.First+a.Task, a.Number))
	}
	if err := w.findOverdue(ctx, &p); err != nil {
		return seen, nil, err
	}
	if err := w.recall(ctx, &p); err != nil {
		return seen, nil, err
	}
	seen.runnable = len(p.Open)
	seen.batched = p.InBatch() && w.e.Batch != nil
	seen.left = seen.runnable > 0 || len(w.overdue) > 0
	for i := range p.Tasks {
		if t := &p.Tasks[i]; w.e.due(t, w.e.Clock.Now()) {
			seen.runnable++
			if t.Retries() {
				seen.retries++
			}
		}
	}
	if p.Leased(w.e.Clock.Now(), w.e.options.Epoch, w.e.options.Margin, w.e.longestLease()) {
		// The Update that follows finds that there is nothing to do.
		seen.runnable = 0
	}
	if seen.runnable > 0 {
		seen.prefix = w.prefix(&p)
	}
	return seen, more, nil
}

// prefix names the stable part of the parcel's next prompts, after its first task that can be called.
func (w *parcelWork) prefix(p *job.Parcel) string {
	for i := range p.Tasks {
		if !w.e.due(&p.Tasks[i], w.e.Clock.Now()) {
			continue
		}
		request, known, err := w.request(p, i)
		if err != nil || !known {
			return ""
		}
		return prefixOf(&request)
	}
	return ""
}

// findOverdue looks for stored answers of presumed attempts. An answer whose create was under way while its lease ended
// can be stored after the takeover; when its worker then died too, nobody else would settle it.
func (w *parcelWork) findOverdue(ctx context.Context, p *job.Parcel) error {
	w.overdue = nil
	for _, a := range p.Presumed {
		stored, err := w.e.stored(ctx, w.f, w.shard, p.First+a.Task, a.Number)
		if absent(err) {
			continue
		}
		if err != nil {
			return err
		}
		if _, known := w.e.priced(a.Terms, stored); known {
			stored.Content()
			w.overdue = append(w.overdue, result{flight: flight{a.Task, a.Number}, fate: fateAnswered, stored: stored})
		}
	}
	return nil
}

// recall reads the verdicts that the next tries at the parcel's tasks depend on.
func (w *parcelWork) recall(ctx context.Context, p *job.Parcel) error {
	for i := range p.Tasks {
		t := &p.Tasks[i]
		if t.LastJudged == 0 || t.State.Ended() {
			continue
		}
		stored, err := w.e.stored(ctx, w.f, w.shard, p.First+i, t.LastJudged)
		if err != nil && !absent(err) {
			return err
		}
		// An answer that has expired meanwhile is known to have been no use.
		verdict := job.Verdict{Outcome: job.Again, Code: job.CodeOutputInvalid}
		if err == nil {
			verdict = stored.Verdict
		}
		w.verdicts[flight{i, t.LastJudged}] = verdict
	}
	return nil
}

// stored reads an attempt's answer.
func (e *Engine) stored(ctx context.Context, f *facts, shard, ordinal, attempt int) (*job.Stored, error) {
	record, err := e.Store.Get(ctx, answerKey(f.id, shard, ordinal, attempt))
	if err != nil {
		return nil, err
	}
	return job.UnpackStored(record.Body)
}
