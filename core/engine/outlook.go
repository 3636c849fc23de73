package engine

import (
	"context"
	"math"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Trusted is how many tasks of a job must have ended before its outlook goes by them.
const Trusted = 100

// newestBlocks is how many of the newest ledger blocks of a shard are looked at: some 200 attempts.
const newestBlocks = 64

// Outlook is what a job will have spent in the end, as it looks while it runs.
type Outlook struct {
	// Ended and Open are tasks.
	Ended, Open int
	// Spent is what is settled and presumed, Cost the job's total: what is spent and what its open tasks will take. Worst
	// is the job's cap.
	Spent cost.Pico
	Cost  Money
	// Measured is true once the job's own answers are what the rest is expected by; before, it is the forecast.
	Measured bool
}

// Outlook says what a job will have spent in the end: what it has, and for each open task what the ended ones of the same
// template took. It reads the shards and the newest part of each shard's ledger, so ask now and then, not with every
// look at the progress. Errors: as Progress's; Conflict when this program's plan is not the job's.
func (e *Engine) Outlook(ctx context.Context, id job.ID) (Outlook, error) {
	p, err := e.Progress(ctx, id)
	if err != nil {
		return Outlook{}, err
	}
	o := Outlook{Open: p.Counts.Open(), Spent: p.Settled + p.Presumed}
	o.Ended = p.Counts.Total() - o.Open
	o.Cost = Money{Expected: o.Spent, P95: o.Spent, Worst: max(p.Job.Cap, o.Spent)}
	if o.Open == 0 {
		o.Measured = true
		return o, nil
	}
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return Outlook{}, err
	}
	l, err := e.learner(ctx, f)
	if err != nil {
		return Outlook{}, err
	}
	if l == nil {
		return Outlook{}, fault.New(fault.Conflict, "outlook: this program would do job %s in another way than the one that began it", id)
	}
	open, err := e.openByTemplate(ctx, f, l, o.Open)
	if err != nil {
		return Outlook{}, err
	}
	if err := e.readNewest(ctx, f, l); err != nil {
		return Outlook{}, err
	}
	before, err := e.perTask(ctx, f)
	if err != nil {
		return Outlook{}, err
	}
	return o.extend(l, open, before), nil
}

// extend adds what the open tasks will take.
func (o Outlook) extend(l *learner, open map[string]int64, before map[string]float64) Outlook {
	var more, spread float64
	o.Measured = o.Ended >= Trusted
	scale := l.scale(before)
	for template, n := range open {
		t := l.of[template]
		each := before[template] * scale
		if t != nil && t.Tasks >= enough && o.Measured {
			each = float64(t.spent) / float64(t.Tasks)
		}
		more += each * float64(n)
		spread += o.uncertain(t, each, n)
	}
	o.Cost.Expected = min(o.Cost.Worst, o.Spent+cost.Pico(more))
	o.Cost.P95 = min(o.Cost.Worst, o.Spent+cost.Pico(more+spread))
	return o
}

// uncertain is how much more the tasks may take in 95 of 100 cases: what is measured by the spread of its answers,
// anything else by half of it.
func (o Outlook) uncertain(t *learned, each float64, n int64) float64 {
	if t == nil || !o.Measured || t.Tasks < enough || t.Output == 0 {
		return each * float64(n) / 2
	}
	mean := float64(t.Output) / float64(t.Tasks)
	return each * float64(n) * t.above(n) / mean
}

// scale is by how much the measured templates have cost more than was expected of them: that much is expected of those
// that are not measured yet.
func (l *learner) scale(before map[string]float64) float64 {
	var is, was float64
	for template, t := range l.of {
		if t.Tasks >= enough && before[template] > 0 {
			is += float64(t.spent)
			was += before[template] * float64(t.Tasks)
		}
	}
	if was == 0 || math.IsNaN(is/was) {
		return 1
	}
	return is / was
}

// perTask is what a task of each template was expected to cost before the job began.
func (e *Engine) perTask(ctx context.Context, f *facts) (each map[string]float64, err error) {
	plan, err := e.planOf(ctx, f)
	if err != nil {
		return nil, err
	}
	defer recovered(&err)
	est := estimate(plan)
	known, err := e.known(ctx, "", f.kind, est)
	if err != nil {
		return nil, err
	}
	lane := cost.Realtime
	if f.lane == cost.Batch {
		lane = cost.Batch
	}
	w := weighing{table: e.options.Prices[0], est: est, tasks: int64(plan.Size())}
	w.shares(known)
	each, cache := map[string]float64{}, w.cache()
	for i, s := range w.parts {
		price, err := w.price(lane, s.tasks, w.usage(s, lane, cache, s.misses(lane, false)))
		if err != nil {
			return nil, err
		}
		name := ""
		if i < len(est.Parts) {
			name = est.Parts[i].Template
		}
		each[name] = float64(price) / float64(max(s.tasks, 1))
	}
	return each, nil
}

// openByTemplate splits the open tasks by template. Which parcels have ended stands in the shards' headers; of the others
// all tasks count, and the sum is brought down to what is open.
func (e *Engine) openByTemplate(ctx context.Context, f *facts, l *learner, open int) (map[string]int64, error) {
	if l.single {
		return map[string]int64{"": int64(open)}, nil
	}
	counts, all := map[string]int64{}, int64(0)
	for n := range f.layout.Shards {
		s, err := e.shard(ctx, f, n)
		if err != nil {
			return nil, err
		}
		for slot := range f.layout.ParcelsOf(n) {
			if s.HasEnded(slot) {
				continue
			}
			parcel := f.layout.Parcel(n, slot)
			for i := range f.layout.TasksOf(parcel) {
				template, _ := l.measure(parcel*f.layout.ParcelSize + i)
				counts[template]++
				all++
			}
		}
	}
	for template, n := range counts {
		counts[template] = n * int64(open) / max(all, 1)
	}
	return counts, nil
}

// readNewest has the learner look at the newest blocks of each shard's ledger. They are not checked against their chain:
// what is made of them is a guess.
func (e *Engine) readNewest(ctx context.Context, f *facts, l *learner) error {
	for shard := range f.layout.Shards {
		r := ports.Prefix(ledgerPart(f.id, shard), "b/")
		r.Descending, r.Limit = true, newestBlocks
		page, err := e.Store.List(ctx, r)
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			block, _, err := cost.ReadBlock(record.Body)
			if err != nil {
				return err
			}
			for i, entry := range block.Entries {
				l.line(Line{Shard: shard, Seq: block.First + int64(i), At: block.At, Round: block.Round, Entry: entry})
			}
		}
	}
	return nil
}
