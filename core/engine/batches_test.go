package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// batches plays the provider's batches. Lines are answered by the oracle's script and stand on its bill.
type batches struct {
	w *world
	// took is how long a batch takes; its lines are done one after the other in that time.
	took time.Duration
	// create says what becomes of the nth create: whether it is done, and the error.
	create func(n int) (done bool, err error)
	// list and results say what becomes of a list, and of the lines of the nth reading.
	list    func() error
	results func(n int, lines []ports.BatchResult) ([]ports.BatchResult, error)
	all     []*playedBatch
	creates int
	read    int
	lists   int
	polls   int
}

type playedBatch struct {
	ports.Batch
	lines     []ports.BatchLine
	ends      time.Time
	cancelled time.Time
	results   []ports.BatchResult
}

func newBatches(w *world) *batches { return &batches{w: w, took: 10 * time.Minute} }

func (b *batches) CreateBatch(ctx context.Context, lines []ports.BatchLine) (ports.Batch, error) {
	b.w.giveWay()
	b.creates++
	done, err := true, error(nil)
	if b.create != nil {
		done, err = b.create(b.creates)
	}
	if !done {
		return ports.Batch{}, err
	}
	for _, line := range lines {
		ordinal, _ := strconv.Atoi(line.Request.Prompt)
		b.w.checks.begins(line.Request.System, ordinal)
	}
	played := &playedBatch{lines: slices.Clone(lines), ends: b.w.now.Add(b.took)}
	played.Batch = ports.Batch{
		ID: fmt.Sprintf("msgbatch_%d", len(b.all)+1), State: ports.BatchInProgress, Created: b.w.now,
		Expires: b.w.now.Add(24 * time.Hour), Processing: len(lines),
	}
	b.all = append(b.all, played)
	if ctx.Err() != nil {
		return ports.Batch{}, fault.New(fault.Unavailable, "batches: %w", ctx.Err()).MaybeDone()
	}
	return played.Batch, err
}

func (b *batches) ListBatches(_ context.Context, since time.Time) ([]ports.Batch, error) {
	b.w.giveWay()
	b.lists++
	if b.list != nil {
		if err := b.list(); err != nil {
			return nil, err
		}
	}
	var list []ports.Batch
	for _, played := range slices.Backward(b.all) {
		if !played.Created.Before(since) {
			list = append(list, b.state(played))
		}
	}
	return list, nil
}

func (b *batches) find(id string) (*playedBatch, error) {
	b.w.giveWay()
	for _, played := range b.all {
		if played.ID == id {
			return played, nil
		}
	}
	return nil, fault.New(fault.NotFound, "batches: there is no batch %s", id)
}

func (b *batches) GetBatch(_ context.Context, id string) (ports.Batch, error) {
	b.polls++
	played, err := b.find(id)
	if err != nil {
		return ports.Batch{}, err
	}
	return b.state(played), nil
}

func (b *batches) CancelBatch(_ context.Context, id string) (ports.Batch, error) {
	played, err := b.find(id)
	if err != nil {
		return ports.Batch{}, err
	}
	if b.state(played).State == ports.BatchInProgress {
		played.cancelled = b.w.now
		played.State = ports.BatchCanceling
	}
	return played.Batch, nil
}

// state brings a batch to its end when its time has come.
func (b *batches) state(played *playedBatch) ports.Batch {
	over := !b.w.now.Before(played.ends) || !played.cancelled.IsZero() && b.w.now.After(played.cancelled)
	if played.State == ports.BatchEnded || !over {
		return played.Batch
	}
	played.State, played.Processing = ports.BatchEnded, 0
	until := played.ends
	if !played.cancelled.IsZero() {
		until = played.cancelled
	}
	for i, line := range played.lines {
		doneAt := played.Created.Add(played.ends.Sub(played.Created) * time.Duration(i+1) / time.Duration(len(played.lines)))
		r := ports.BatchResult{ID: line.ID, Outcome: ports.LineCanceled}
		if !doneAt.After(until) {
			r = b.w.oracle.line(line, doneAt)
		}
		switch r.Outcome {
		case ports.LineSucceeded:
			played.Succeeded++
		case ports.LineErrored:
			played.Errored++
		case ports.LineExpired:
			played.Expired++
		default:
			played.Canceled++
		}
		played.results = append(played.results, r)
	}
	slices.Reverse(played.results)
	return played.Batch
}

func (b *batches) BatchResults(_ context.Context, id string, do func(ports.BatchResult) error) error {
	played, err := b.find(id)
	if err != nil {
		return err
	}
	lines := slices.Clone(played.results)
	b.read++
	if b.results != nil {
		lines, err = b.results(b.read, lines)
	}
	for _, line := range lines {
		b.w.giveWay()
		if err := do(line); err != nil {
			return err
		}
	}
	return err
}

// line answers one line of a batch, and bills it at half the price.
func (o *oracle) line(line ports.BatchLine, at time.Time) ports.BatchResult {
	ordinal, _ := strconv.Atoi(line.Request.Prompt)
	name := line.Request.System + "/" + line.Request.Prompt
	o.counts[name]++
	n := o.counts[name]
	s := o.script(plea{line.Request.System, ordinal, n, line.Request})
	if s.err != nil {
		outcome := ports.LineErrored
		if s.hang {
			outcome = ports.LineExpired
		}
		return ports.BatchResult{ID: line.ID, Outcome: outcome, Kind: fault.KindOf(s.err), Detail: s.err.Error()}
	}
	if s.usage == (cost.Usage{}) {
		s.usage = cost.Usage{Input: 500, Output: 400}
	}
	message := fmt.Sprintf("msg_%.20s_%s_%d", line.Request.System, line.Request.Prompt, n)
	billed := billed{job: line.Request.System, ordinal: ordinal, message: message, model: line.Request.Model, usage: s.usage, at: at, answered: true}
	billed.amount, _ = cost.Prices().Cost(line.Request.Model, cost.Batch, s.usage)
	o.bill = append(o.bill, billed)
	return ports.BatchResult{ID: line.ID, Outcome: ports.LineSucceeded, Answer: job.Answer{
		Text: s.text, Stop: job.StopEndTurn, Usage: s.usage, UsageOK: true, MessageID: message, Model: line.Request.Model,
	}}
}

// mortalBatch is a process's way to the batches.
type mortalBatch struct {
	p     *process
	inner ports.BatchModel
}

func (m *mortalBatch) CreateBatch(ctx context.Context, lines []ports.BatchLine) (b ports.Batch, err error) {
	err = m.p.call(func() (err error) {
		b, err = m.inner.CreateBatch(ctx, lines)
		return err
	})
	return b, maybe(err)
}

func (m *mortalBatch) ListBatches(ctx context.Context, since time.Time) (list []ports.Batch, err error) {
	err = m.p.call(func() (err error) {
		list, err = m.inner.ListBatches(ctx, since)
		return err
	})
	return list, err
}

func (m *mortalBatch) GetBatch(ctx context.Context, id string) (b ports.Batch, err error) {
	err = m.p.call(func() (err error) {
		b, err = m.inner.GetBatch(ctx, id)
		return err
	})
	return b, err
}

func (m *mortalBatch) CancelBatch(ctx context.Context, id string) (b ports.Batch, err error) {
	err = m.p.call(func() (err error) {
		b, err = m.inner.CancelBatch(ctx, id)
		return err
	})
	return b, err
}

func (m *mortalBatch) BatchResults(ctx context.Context, id string, do func(ports.BatchResult) error) error {
	return m.p.call(func() error { return m.inner.BatchResults(ctx, id, do) })
}

// maybe is an error of which a dead process cannot say what came of it.
func maybe(err error) error {
	if err == errDead { //nolint:errorlint // the very value
		return fault.New(fault.Unavailable, "%w", err).MaybeDone()
	}
	return err
}
