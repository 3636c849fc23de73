package backoffice

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const (
	// lookLife is for how long the outlook of a job is good enough.
	lookLife = 30 * time.Second
	// mostLooks bounds the outlooks that are kept.
	mostLooks = 256
)

// JobView is a job as people see it.
type JobView struct {
	engine.Progress
	// Templates are what it was made with, without the texts.
	Templates []pages.Template
	// Snapshot is what it runs on; nil where this program cannot open the job.
	Snapshot *Snapshot
	// Outlook is what it will have spent in the end, nil where that is not known. It may be half a minute old.
	Outlook *engine.Outlook
}

// look is an outlook and when it was taken.
type look struct {
	at      time.Time
	outlook *engine.Outlook
}

// Job reads how a business's job stands: one record, one for each of its shards, now and then what the outlook takes, and the first time
// the job's input. Errors: NotFound.
func (j *Jobs) Job(ctx context.Context, business string, id job.ID) (JobView, error) {
	if _, err := j.Find(ctx, business, id); err != nil {
		return JobView{}, err
	}
	p, err := j.Engine.Progress(ctx, id)
	if err != nil {
		return JobView{}, err
	}
	v := JobView{Progress: p, Templates: TemplatesOf(p.Job), Outlook: j.outlook(ctx, p)}
	if v.Snapshot, err = j.snapshot(ctx, id); err != nil {
		return JobView{}, err
	}
	return v, nil
}

// Rate is how many pages of the present round have ended in a minute, in the mean and without its pauses, and how long the rest takes at
// that rate. Both are 0 before the first page of the round has ended, and for a job that does not run.
func Rate(p engine.Progress, now time.Time) (perMinute float64, left time.Duration) {
	took, tasks, known := p.Job.Worked(now)
	ended := tasks - p.Counts.Open()
	if p.Job.State != job.StateRunning || !known || took <= 0 || ended <= 0 {
		return 0, 0
	}
	return float64(ended) / took.Minutes(), time.Duration(float64(took) / float64(ended) * float64(p.Counts.Open())).Round(time.Second)
}

// outlook takes the outlook of a job that goes on, at most every lookLife, by one of those who ask.
func (j *Jobs) outlook(ctx context.Context, p engine.Progress) *engine.Outlook {
	if p.Job.State.Ended() {
		return nil
	}
	now := j.now()
	j.mu.Lock()
	last, known := j.looks[p.Job.ID]
	if known && now.Sub(last.at) < lookLife {
		j.mu.Unlock()
		return last.outlook
	}
	if len(j.looks) >= mostLooks {
		clear(j.looks)
	}
	j.looks[p.Job.ID] = look{now, last.outlook}
	j.mu.Unlock()
	o, err := j.Engine.Outlook(ctx, p.Job.ID)
	if err != nil {
		return last.outlook
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.looks[p.Job.ID] = look{now, &o}
	return &o
}

// openPlan is an opened job.
type openPlan struct {
	id       job.ID
	plan     *pages.Plan
	snapshot Snapshot
}

// plan opens a job's pages, or finds them open. Neither the job's input nor its order ever changes.
func (j *Jobs) plan(ctx context.Context, id job.ID) (*pages.Plan, error) {
	one, err := j.open(ctx, id)
	return one.plan, err
}

func (j *Jobs) open(ctx context.Context, id job.ID) (openPlan, error) {
	if one, found := j.opened(id); found {
		return one, nil
	}
	input, err := j.Engine.Input(ctx, id)
	if err != nil {
		return openPlan{}, err
	}
	plan, err := pages.Open(input)
	if err != nil {
		return openPlan{}, err
	}
	one := openPlan{id, plan, snapshotOf(input, plan)}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.plans = append([]openPlan{one}, j.plans[:min(len(j.plans), j.options.Plans-1)]...)
	return one, nil
}

// opened finds an open job and puts it first.
func (j *Jobs) opened(id job.ID) (openPlan, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, one := range j.plans {
		if one.id == id {
			copy(j.plans[1:i+1], j.plans[:i])
			j.plans[0] = one
			return one, true
		}
	}
	return openPlan{}, false
}
