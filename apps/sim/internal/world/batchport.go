package world

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// batchPort is a machine's way to the provider's batches.
type batchPort struct{ m *Machine }

var _ ports.BatchModel = batchPort{}

// CreateBatch implements ports.BatchModel.
func (p batchPort) CreateBatch(ctx context.Context, lines []ports.BatchLine) (ports.Batch, error) {
	w := p.m.w
	refs := make([]books.Ref, 0, len(lines))
	for _, line := range lines {
		refs = append(refs, refOf(line))
	}
	slack := time.Duration(0)
	if w.config.Wild || p.m.host.Offset != 0 {
		slack = 2 * Margin
	}
	by := w.books.BatchBegins(refs, slack)
	w.stillStopped(refs[0].Job)
	var made *batch
	err := p.m.call(ctx, chance.BatchCreate, "Batch.Create", fmt.Sprintf("%s/%d +%d", refs[0].Job, refs[0].Ordinal, len(lines)-1), func(kind chance.Kind) (err error) {
		made, err = p.create(ctx, lines, by, kind)
		return err
	})
	if err == nil && ctx.Err() != nil && w.percent(50) {
		err = unavailable("batch").MaybeDone() // the answer came when nobody waited for it any more
	}
	w.books.BatchAnswered(by, err != nil && !fault.Unknown(err))
	if kind := fault.KindOf(err); kind == fault.SpendCap || kind == fault.Unauthorized {
		w.stopped[refs[0].Job] = stop{p.m, p.m.faults, w.books.Wish(refs[0].Job), w.Now()}
	}
	if err != nil {
		return ports.Batch{}, err
	}
	return made.Batch, nil
}

// stop is a create that the provider refused because it stops all calls, and what was known of machine and job then.
type stop struct {
	m      *Machine
	faults int
	wish   int64
	at     time.Time
}

// stillStopped fails another create for the job, if the machine that was refused had time to pause it, and nothing went
// wrong there.
func (w *World) stillStopped(id job.ID) {
	s, some := w.stopped[id]
	if some && !s.m.host.Dead() && s.m.faults == s.faults && w.books.Wish(id) == s.wish && w.Now().Sub(s.at) > time.Minute && !w.config.Wild {
		w.books.Fail("job %s: the provider stopped all calls at %s, and another batch is sent", id, s.at)
	}
}

func (p batchPort) create(ctx context.Context, lines []ports.BatchLine, by books.Sending, kind chance.Kind) (*batch, error) {
	w := p.m.w
	if err := refusal(w, kind); err != nil {
		return nil, err
	}
	switch {
	case kind == chance.Unsure, ctx.Err() != nil:
		return nil, unavailable("batch").MaybeDone()
	case kind == chance.HangBilled:
		w.batches.create(lines, by, 0)
		_ = p.m.host.Sleep(ctx, p.m.host.Now().Add(24*time.Hour))
		return nil, unavailable("batch").MaybeDone()
	case kind == chance.LostAck:
		w.reach.Hit(chance.BatchCreate, kind)
		w.batches.create(lines, by, w.between(0, 20*time.Second))
		return nil, unavailable("batch").MaybeDone()
	case kind == chance.Unlisted:
		// The engine takes it that what was made is listed before it lists for the second time.
		w.batches.create(lines, by, w.config.CallTimeout+w.between(0, 45*time.Second))
		return nil, unavailable("batch").MaybeDone()
	}
	return w.batches.create(lines, by, w.between(0, 10*time.Second)), nil
}

// ListBatches implements ports.BatchModel.
func (p batchPort) ListBatches(ctx context.Context, since time.Time) (list []ports.Batch, err error) {
	w := p.m.w
	began := w.Now()
	err = p.m.call(ctx, chance.BatchList, "Batch.List", "", func(kind chance.Kind) error {
		if err := refusal(w, kind); err != nil {
			return err
		}
		for _, made := range slices.Backward(w.batches.all) {
			if !made.Created.Before(since) && !w.Now().Before(made.listed) {
				list = append(list, made.Batch)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	w.books.BatchesListed(began)
	return list, nil
}

// GetBatch implements ports.BatchModel.
func (p batchPort) GetBatch(ctx context.Context, id string) (got ports.Batch, err error) {
	err = p.m.call(ctx, chance.BatchGet, "Batch.Get", id, func(kind chance.Kind) error {
		if err := refusal(p.m.w, kind); err != nil {
			return err
		}
		made, err := p.m.w.batches.find(id)
		if err == nil {
			got = made.Batch
		}
		return err
	})
	return got, err
}

// CancelBatch implements ports.BatchModel.
func (p batchPort) CancelBatch(ctx context.Context, id string) (got ports.Batch, err error) {
	w := p.m.w
	err = p.m.call(ctx, chance.BatchCancel, "Batch.Cancel", id, func(kind chance.Kind) error {
		if err := refusal(w, kind); err != nil {
			return err
		}
		made, err := w.batches.find(id)
		if err != nil {
			return err
		}
		if made.State == ports.BatchInProgress {
			made.State, made.cancelled = ports.BatchCanceling, true
		}
		got = made.Batch
		if kind == chance.LostAck {
			w.reach.Hit(chance.BatchCancel, kind)
			return unavailable("batch").MaybeDone()
		}
		return nil
	})
	return got, err
}

// BatchResults implements ports.BatchModel.
func (p batchPort) BatchResults(ctx context.Context, id string, do func(ports.BatchResult) error) error {
	w := p.m.w
	return p.m.call(ctx, chance.BatchRead, "Batch.Results", id, func(kind chance.Kind) error {
		if err := refusal(w, kind); err != nil {
			return err
		}
		made, err := w.batches.find(id)
		if err != nil {
			return err
		}
		if made.State != ports.BatchEnded {
			return fault.New(fault.Conflict, "sim: batch %s has not ended", id)
		}
		lines, left := p.lines(made, kind)
		for n, line := range lines {
			if kind == chance.Cut && n == len(lines)/2 {
				return unavailable("results").MaybeDone()
			}
			if err := do(line); err != nil {
				return err
			}
		}
		w.books.BatchRead(id, left)
		return nil
	})
}

// lines are the results in the order in which this reading gives them, and what it leaves out.
func (p batchPort) lines(made *batch, kind chance.Kind) (lines []ports.BatchResult, left []books.Ref) {
	w := p.m.w
	lines = slices.Clone(made.results)
	w.roll().Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	at := w.roll().IntN(len(lines))
	switch kind {
	case chance.Twice:
		lines = append(lines, lines[at])
	case chance.Missing:
		left = append(left, refOf(ports.BatchLine{ID: lines[at].ID}))
		lines = slices.Delete(lines, at, at+1)
	case chance.Foreign:
		other := lines[at]
		other.ID = "somebody-elses-line"
		lines = append(lines, other)
	}
	return lines, left
}

// refusal are the faults that a call to the provider's batches is refused with.
func refusal(w *World, kind chance.Kind) error {
	switch kind {
	case chance.LostRequest:
		return unavailable("batch")
	case chance.Throttle:
		return fault.New(fault.Throttled, "sim: batch: 429")
	case chance.ThrottleAfter:
		return fault.New(fault.Throttled, "sim: batch: 429").After(w.between(time.Second, 3*time.Minute))
	case chance.Overloaded:
		return fault.New(fault.Overloaded, "sim: batch: 529")
	case chance.Rejected:
		return fault.New(fault.Rejected, "sim: batch: 400")
	case chance.SpendCap:
		return fault.New(fault.SpendCap, "sim: batch: spend cap")
	case chance.Unauthorized:
		return fault.New(fault.Unauthorized, "sim: batch: 401")
	}
	return nil
}

// collections reads which batches the store knows of, and which of its collections are being sent.
func (w *World) known(made *batch) bool {
	for _, record := range (rawStore{w}).All("collections", "") {
		c, is := books.ReadCollection(record)
		if is && (c.Batch == made.ID || c.State == "creating" && c.Job == made.lines[0].Job && c.Lines == len(made.lines) && !made.Created.Before(c.CreatingAt.Add(-time.Minute))) {
			return true
		}
	}
	return false
}

// orphan ends every batch that the store which was set back does not know of, as whoever restores does before work begins
// again: what it has done by then is on the bill.
func (w *World) orphan() map[string]bool {
	known := map[string]bool{}
	for _, made := range w.batches.all {
		if known[made.ID] = w.known(made); !known[made.ID] {
			w.batches.end(made)
		}
	}
	return known
}
