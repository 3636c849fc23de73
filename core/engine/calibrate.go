package engine

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	kindCalibration = "calibration"
	partCalibration = "calibration"
	// maxTemplates is how many templates of one job are learned from: what one Update can hold.
	maxTemplates = ports.MaxRecords - 1
)

// calibrated is the stored form. The names are for people: the key has them hashed, because a kind may call its templates
// what it likes.
type calibrated struct {
	Kind     string `json:"kind"`
	Model    string `json:"model"`
	Template string `json:"template"`
	Calibration
}

// calibrationKey names what is known of a template's requests to a model, whoever's jobs they were: there is no content
// in it, and a template's name says which text it is.
func calibrationKey(source, kind, model, template string) ports.Key {
	return ports.Key{Partition: partCalibration, Sort: kind + "/" + hashed(source+"\n"+model+"\n"+template)}
}

// learnedKey marks that what a round of a job has shown is in the calibrations.
func learnedKey(id job.ID, round int) ports.Key {
	return ports.Key{Partition: jobPart(id), Sort: "learned/" + digits(int64(round), 4)}
}

// Calibrate has an ended job's ledger teach the forecasts of later jobs: how many tokens its prompts had for their bytes,
// and how long the answers were. Each round counts once, whoever calls and however often. It costs one pass over the
// ledger, so call it when the job has ended, not before each forecast. A job whose plan is not this program's is left
// out. Source says who answered, where that is not the provider itself: what a simulator says is no news of Claude.
// Errors: NotFound, Conflict (the job has not ended), and the store's.
func (e *Engine) Calibrate(ctx context.Context, id job.ID, source string) error {
	j, err := e.Job(ctx, id)
	if err != nil {
		return err
	}
	if !j.State.Ended() {
		return fault.New(fault.Conflict, "calibrate: job %s is %s: its answers are not complete", id, j.State)
	}
	if _, err := e.Store.Get(ctx, learnedKey(id, j.Round)); !absent(err) {
		return err
	}
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return err
	}
	l, err := e.learner(ctx, f)
	if err != nil || l == nil {
		return err
	}
	err = e.Ledger(ctx, id, func(line Line) error {
		if line.Round == j.Round {
			l.line(line)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return e.teach(ctx, j, l, source)
}

// teach adds what was learned to the records, once.
func (e *Engine) teach(ctx context.Context, j *job.Job, l *learner, source string) error {
	marker := learnedKey(j.ID, j.Round)
	keys := []ports.Key{marker}
	templates := l.templates()
	templates = templates[:min(len(templates), maxTemplates)]
	for _, template := range templates {
		keys = append(keys, calibrationKey(source, j.Kind, j.Model, template))
	}
	return e.Store.Update(ctx, keys, func(tx ports.Tx) error {
		if _, done := tx.Get(marker); done {
			return nil
		}
		for i, template := range templates {
			known := calibrated{Kind: j.Kind, Model: j.Model, Template: template}
			if record, found := tx.Get(keys[i+1]); found {
				if err := decode(record.Body, &known); err != nil {
					return fault.New(fault.Corrupt, "engine: calibration of %s: %w", template, err)
				}
			}
			known.Plus(l.of[template].Calibration)
			tx.Put(ports.Record{Key: keys[i+1], Kind: kindCalibration, Body: marshal(known)})
		}
		tx.Put(ports.Record{Key: marker, Kind: kindCalibration, Body: []byte("{}")})
		return nil
	})
}

// known reads what earlier jobs have shown of the templates. A template that nothing is known of is not in it; a record
// that cannot be read counts as none, because a forecast can do without.
func (e *Engine) known(ctx context.Context, source, kind string, est job.Estimate) (map[string]*Calibration, error) {
	known := map[string]*Calibration{}
	for _, part := range est.Parts {
		record, err := e.Store.Get(ctx, calibrationKey(source, kind, est.Model, part.Template))
		if absent(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var c calibrated
		if json.Unmarshal(record.Body, &c) == nil {
			known[part.Template] = &c.Calibration
		}
	}
	return known, nil
}

// learner sums up what entries of a job's ledger show, by template.
type learner struct {
	measure func(ordinal int) (template string, bytes int64)
	// single: the plan cannot tell its templates apart.
	single bool
	of     map[string]*learned
}

// learned is what is known of one template's tasks: with the calibration, what they have cost.
type learned struct {
	Calibration
	tasks map[int]bool
	spent cost.Pico
}

// learner is nil when this program's plan is not the job's.
func (e *Engine) learner(ctx context.Context, f *facts) (*learner, error) {
	plan, err := e.planOf(ctx, f)
	if err != nil || plan == nil {
		return nil, err
	}
	_, can := plan.(job.Measurer)
	return &learner{measure: measureOf(plan), single: !can, of: map[string]*learned{}}, nil
}

// measureOf asks the plan, or makes the request and looks. All requests of a plan that cannot tell are of one template.
func measureOf(plan job.Plan) func(int) (string, int64) {
	if m, can := plan.(job.Measurer); can {
		return m.Measure
	}
	return func(ordinal int) (string, int64) {
		return "", int64(promptBytes(plan.Request(ordinal, job.Try{Attempt: 1})))
	}
}

// line takes one entry in. Only a first attempt's prompt has the size that the plan says; a later one is longer.
func (l *learner) line(line Line) {
	if line.Kind == cost.EntryHold || line.Kind == cost.EntryVoid || line.Attempt == 0 {
		return
	}
	template, bytes := l.measure(line.Ordinal)
	t := l.of[template]
	if t == nil {
		t = &learned{tasks: map[int]bool{}}
		l.of[template] = t
	}
	t.spent += line.Amount
	if !t.tasks[line.Ordinal] {
		t.tasks[line.Ordinal] = true
		t.Tasks++
	}
	if line.Usage.Prompt() == 0 {
		return
	}
	t.Answer(line.Usage.Output)
	if line.Attempt == 1 {
		t.Pair(bytes, line.Usage.Prompt())
	}
}

func (l *learner) templates() []string {
	var names []string
	for name := range l.of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
