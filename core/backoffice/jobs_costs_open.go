package backoffice

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

const (
	// costOpened is how many jobs one question may open: up to 33 records, or 32 ledgers, each.
	costOpened = 200
	// costLines is how many lines of ledgers one question may read where they are of several jobs. A page has two or a few more.
	costLines = 250_000
)

// tooCostly says what to do about a question that reads too much.
func tooCostly() error {
	return catalog.Problems{{
		Path: "/from", Code: catalog.CodeTooMany,
		Message: "too many ledgers would have to be read: those of jobs that go on, were retried, or are partly outside of a day, a month or the range; " +
			"ask for a shorter range, or for one business",
	}}
}

// opening is a question on its way through the jobs that have to be opened.
type opening struct {
	jobs    *Jobs
	q       CostQuery
	several bool
	// lines is how many were read.
	lines atomic.Int64
	// mu guards the sums.
	mu sync.Mutex
}

// sumOpened adds the jobs, some side by side.
func (j *Jobs) sumOpened(ctx context.Context, q CostQuery, list []engine.Summary, sums costSums) error {
	o := &opening{jobs: j, q: q, several: len(list) > 1}
	return j.aside(ctx, len(list), func(ctx context.Context, i int) error {
		own := costSums{}
		if err := o.sum(ctx, list[i], own); err != nil {
			return err
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		for key, group := range own {
			sums.of(key).plus(*group)
		}
		return nil
	})
}

// sum adds a job: by its accounts where the lines need not be looked at one by one, else by its ledger.
func (o *opening) sum(ctx context.Context, s engine.Summary, sums costSums) error {
	q := o.q
	if s.Round > 1 || !q.From.IsZero() || !q.To.IsZero() || q.GroupBy == ByDay || q.GroupBy == ByMonth || q.GroupBy == ByLane {
		return o.sumLedger(ctx, s, sums)
	}
	return o.sumShards(ctx, s, sums)
}

// sumShards adds a job's accounts. They do not know how often a page was accepted: of a job that has made any again the ledger is read.
func (o *opening) sumShards(ctx context.Context, s engine.Summary, sums costSums) error {
	p, err := o.jobs.Engine.Progress(ctx, s.ID)
	if err != nil {
		return err
	}
	if p.Job.Round > 1 {
		return o.sumLedger(ctx, s, sums)
	}
	key := o.q.keyOf(s, engine.Line{Entry: cost.Entry{Terms: cost.Terms{Model: s.Model}}})
	sums.of(key).plus(CostGroup{Held: p.Held, Settled: p.Settled, Presumed: p.Presumed, Pages: p.Counts[job.TaskCompleted]})
	return nil
}

// attemptID names an attempt of a job.
type attemptID struct{ ordinal, attempt int }

// openMoney is what an attempt has put aside or is presumed to have spent, and in which group.
type openMoney struct {
	amount cost.Pico
	key    string
}

// sumLedger adds a job's ledger, line by line. Lines after the range are not looked at, those before it only for what is
// still open in it.
func (o *opening) sumLedger(ctx context.Context, s engine.Summary, sums costSums) error {
	open := map[attemptID]openMoney{}
	presumed := map[attemptID]cost.Pico{}
	err := o.jobs.Engine.Ledger(ctx, s.ID, func(line engine.Line) error {
		if o.lines.Add(1) > costLines && o.several {
			return tooCostly()
		}
		if !o.q.To.IsZero() && !line.At.Before(o.q.To) {
			return nil
		}
		id := attemptID{line.Ordinal, line.Attempt}
		if line.Kind == cost.EntryHold {
			open[id] = openMoney{line.Amount, o.q.keyOf(s, line)}
			return nil
		}
		delete(open, id)
		known := presumed[id]
		switch line.Kind {
		case cost.EntryPresume:
			presumed[id] = line.Amount
		case cost.EntryAdjust:
			delete(presumed, id)
		}
		if !line.At.Before(o.q.From) {
			sums.of(o.q.keyOf(s, line)).add(line, known)
		}
		return nil
	})
	for _, one := range open {
		sums.of(one.key).Held += one.amount
	}
	return err
}

// add books a line; known is what was presumed of its attempt before.
func (g *CostGroup) add(line engine.Line, known cost.Pico) {
	switch line.Kind {
	case cost.EntrySettle:
		g.Settled += line.Amount
	case cost.EntryPresume:
		g.Presumed += line.Amount
	case cost.EntryAdjust:
		g.Presumed -= known
		g.Settled += known + line.Amount
	}
	if line.Content != ([32]byte{}) {
		g.Pages++
	}
}
