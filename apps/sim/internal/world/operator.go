package world

import (
	"errors"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// operate does what an operator may do, at any time.
func (w *World) operate() {
	if w.config.MonthLimit > 0 {
		w.limitMonths()
	}
	most := 12 * time.Minute
	if w.config.Hasty {
		most = 15 * time.Second
	}
	for w.rest(0, most) && !w.calm {
		ids := w.books.Jobs()
		if len(ids) == 0 {
			continue
		}
		id := ids[w.roll().IntN(len(ids))]
		if w.action(id) == chance.DoCancel && w.percent(70) && w.rest(0, 5*time.Minute) && !w.calm {
			// What was made before the cancel can be made again.
			w.act(chance.DoRegenerate, id)
		}
	}
}

func (w *World) limitMonths() {
	for _, tenant := range []string{"acme", "brio", ""} {
		limit := w.config.MonthLimit
		if tenant == "" {
			limit += limit / 2
		}
		if w.on(func(m *Machine) { _ = m.engine.SetLimit(m.ctx, tenant, w.Now().Format("2006-01"), limit) }) {
			w.reach.Hit(chance.Operator, chance.DoLimit)
		}
	}
}

// lookAt reads a job as a dashboard does, while others work on it: its tasks are all there, and its ledger follows its chain.
func (w *World) lookAt(m *Machine, id job.ID) error {
	p, err := m.engine.Progress(m.ctx, id)
	if err != nil {
		return err
	}
	if p.Counts.Total() != p.Job.Layout.Tasks || p.Job.State.Ended() && p.Counts.Open() > 0 && w.books.Header(id).Round == p.Job.Round {
		w.books.Fail("job %s: progress says %s with counts %v of %d tasks", id, p.Job.State, p.Counts, p.Job.Layout.Tasks)
	}
	if h := w.books.Header(id); p.Job.State.Ended() && h.Round == p.Job.Round && h.State.Ended() && p.Settled > w.books.Settled(id) {
		w.books.Fail("job %s: progress says that %s are settled, its ledger %s", id, p.Settled, w.books.Settled(id))
	}
	seen := 0
	if err := m.engine.Tasks(m.ctx, id, 0, func(engine.TaskView) bool { seen++; return true }); err != nil {
		return err
	}
	if seen != p.Job.Layout.Tasks {
		w.books.Fail("job %s: %d of %d tasks are listed", id, seen, p.Job.Layout.Tasks)
	}
	if _, err := m.engine.Events(m.ctx, id); err != nil {
		return err
	}
	err = m.engine.Ledger(m.ctx, id, func(engine.Line) error { return nil })
	if errors.Is(err, fault.Corrupt) {
		w.books.Fail("job %s: the ledger that is being written to reads as damaged: %v", id, err)
	}
	return err
}

// verify lets the engine look at its own books, which may be worked on at the same time.
func (w *World) verify(m *Machine, id job.ID) {
	report, err := m.engine.Verify(m.ctx, id)
	if err == nil && len(w.problems(report)) > 0 {
		w.books.Fail("verify of job %s: %+v", id, report.Problems)
	}
}

// problems are those of a report that count: whether somebody should have settled an answer by now is told by the clock,
// and a wild one may have kept everybody from it.
func (w *World) problems(r engine.Report) []engine.Problem {
	if !w.config.Wild {
		return r.Problems
	}
	return slices.DeleteFunc(slices.Clone(r.Problems), func(p engine.Problem) bool { return p.Kind == engine.ProblemAttempt })
}
