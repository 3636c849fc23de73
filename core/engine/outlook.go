package engine

import (
	"context"
	"math"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Trusted is how many tasks of a job must have ended before its outlook goes by them. A few must be of each template that
// much of the rest is of: nobody can say how long its answers are before.
const Trusted = 100

// few is how many answers that is.
const few = 3

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
	// What is open will be done in the lane of now, whatever others were done in.
	lane := f.laneAt(e.Clock.Now())
	if err := e.readNewest(ctx, f, l, lane); err != nil {
		return Outlook{}, err
	}
	open, err := e.openByTemplate(ctx, f, l, o.Open)
	if err != nil {
		return Outlook{}, err
	}
	before, err := e.perTask(ctx, f, lane)
	if err != nil {
		return Outlook{}, err
	}
	return o.extend(l, open, before), nil
}

// prior is what a task of a template was expected to take before the job began: the price of its input and of its output,
// and the tokens of the latter.
type prior struct{ input, output, tokens float64 }

// unlike is by what part the answers to a template are longer or shorter than expected, as a standard deviation. Nobody
// publishes one; what is known of a template's own answers soon outweighs it.
const unlike = 0.3

// extend adds what the open tasks will take.
func (o Outlook) extend(l *learner, open map[string]int64, before map[string]prior) Outlook {
	var more, spread float64
	o.Measured = o.Ended >= Trusted && l.knows(open)
	scale, worth := l.scale(before), l.worth()
	for template, n := range open {
		t, p := l.of[template], before[template]
		each := p.input*scale.input + p.output*scale.output
		switch {
		case t == nil || !o.Measured:
		case t.Tasks >= enough:
			each = float64(t.spent) / float64(t.Tasks)
		case p.tokens > 0:
			// Few answers tell how long they are, not what their prompts cost: one of them may have had the prefix stored.
			length := (worth*scale.output + float64(t.Output)/p.tokens) / (worth + float64(t.Tasks))
			each = p.input*scale.input + p.output*length
		}
		more += each * float64(n)
		spread += o.uncertain(t, each, n, worth)
	}
	o.Cost.Expected = min(o.Cost.Worst, o.Spent+cost.Pico(more))
	o.Cost.P95 = min(o.Cost.Worst, o.Spent+cost.Pico(more+spread))
	return o
}

// knows reports whether there are answers to each template that a tenth of the open tasks is of.
func (l *learner) knows(open map[string]int64) bool {
	var all int64
	for _, n := range open {
		all += n
	}
	for template, n := range open {
		if t := l.of[template]; n > all/10 && (t == nil || t.Answers < few) {
			return false
		}
	}
	return true
}

// uncertain is how much more the tasks may take in 95 of 100 cases: what is measured by the spread of its answers,
// anything else by half of it, and less with each answer that is there.
func (o Outlook) uncertain(t *learned, each float64, n int64, worth float64) float64 {
	if t == nil || !o.Measured || t.Output == 0 {
		return each * float64(n) / 2
	}
	if t.Tasks < enough {
		return each * float64(n) / 2 * math.Sqrt(worth/(worth+float64(t.Tasks)))
	}
	mean := float64(t.Output) / float64(t.Tasks)
	return each * float64(n) * t.above(n) / mean
}

// worth is how many answers to a template tell as much of their length as what was expected of it: the more alike the
// answers to the measured templates are, the fewer. It is 1 while none is measured.
func (l *learner) worth() float64 {
	var sum, n float64
	for _, t := range l.of {
		if t.Tasks >= enough && t.Output > 0 {
			alike := t.Deviation() * float64(t.Answers) / float64(t.Output)
			sum, n = sum+alike*alike*float64(t.Answers), n+float64(t.Answers)
		}
	}
	if n == 0 {
		return 1
	}
	return max(sum/n/(unlike*unlike), 0.1)
}

// scale is by how much the measured templates have taken more than was expected of them, in input and in output: that much
// is expected of those that are not measured yet.
func (l *learner) scale(before map[string]prior) prior {
	var is, was prior
	for template, t := range l.of {
		p := before[template]
		if t.Tasks < enough || p.tokens == 0 {
			continue
		}
		n, output := float64(t.Tasks), float64(t.Output)*p.output/p.tokens
		is.input, is.output = is.input+float64(t.spent)-output, is.output+output
		was.input, was.output = was.input+p.input*n, was.output+p.output*n
	}
	return prior{input: ratio(is.input, was.input), output: ratio(is.output, was.output)}
}

// ratio is 1 where nothing was expected, or nothing is.
func ratio(is, was float64) float64 {
	if is <= 0 || was <= 0 {
		return 1
	}
	return is / was
}

// perTask is what a task of each template was expected to cost before the job began.
func (e *Engine) perTask(ctx context.Context, f *facts, lane cost.Lane) (each map[string]prior, err error) {
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
	w := weighing{table: e.options.Prices[0], est: est, tasks: int64(plan.Size())}
	w.shares(known)
	each = map[string]prior{}
	cache := w.cache()
	for i, s := range w.parts {
		usage := w.usage(s, lane, cache, s.misses(lane, false))
		all, err := w.price(lane, s.tasks, usage)
		if err != nil {
			return nil, err
		}
		usage.Output = 0
		input, err := w.price(lane, s.tasks, usage)
		if err != nil {
			return nil, err
		}
		name, n := "", float64(max(s.tasks, 1))
		if i < len(est.Parts) {
			name = est.Parts[i].Template
		}
		each[name] = prior{input: float64(input) / n, output: float64(all-input) / n, tokens: float64(s.output) / n}
	}
	return each, nil
}

// openByTemplate splits the open tasks by template. Which parcels have ended stands in the shards' headers; of the others
// the tasks count that have not been answered, as far as the learner has read, and the sum is brought to what is open.
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
				ordinal := parcel*f.layout.ParcelSize + i
				template, _ := l.measure(ordinal)
				weight := int64(unanswered)
				if t := l.of[template]; t != nil && t.tasks[ordinal] {
					weight = 1
				}
				counts[template] += weight
				all += weight
			}
		}
	}
	for template, n := range counts {
		counts[template] = n * int64(open) / max(all, 1)
	}
	return counts, nil
}

// unanswered is how much likelier a task is open that has not been answered than one that has: most answers end theirs.
const unanswered = 100

// readNewest has the learner look at the newest blocks of each shard's ledger, at the prices of the lane. They are not
// checked against their chain: what is made of them is a guess.
func (e *Engine) readNewest(ctx context.Context, f *facts, l *learner, lane cost.Lane) error {
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
				if t := entry.Terms; entry.Kind == cost.EntrySettle && t.Lane != lane {
					if amount, err := e.options.Prices[0].Cost(t.Model, lane, entry.Usage); err == nil {
						entry.Amount = amount
					}
				}
				l.line(Line{Shard: shard, Seq: block.First + int64(i), At: block.At, Round: block.Round, Entry: entry})
			}
		}
	}
	return nil
}
