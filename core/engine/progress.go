package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Progress is how a job stands, from its header and one record per shard.
type Progress struct {
	Job    *job.Job
	Counts job.Counts
	// Waiting splits the waiting tasks by reason; open tasks of a paused job count as paused here, and in the batch lane
	// those that are queued for a batch or running in one as waiting for it.
	Waiting map[job.Reason]int
	// Due is the earliest time at which a waiting task can start by time alone, at the latest: a shard's own bound may be earlier.
	// Zero when none waits for a time.
	Due time.Time
	// DueBy is the same for each reason: no task that waits for it starts before, by time alone. Shards keep one time for all
	// their tasks, so that a reason which shares each of its shards with others has the earliest of them all.
	DueBy map[job.Reason]time.Time
	// Changed is when the job or one of its shards was last written.
	Changed time.Time
	// Held, Settled, Presumed and Overrun sum the shards' accounts.
	Held, Settled, Presumed, Overrun cost.Pico
}

// Progress reads how a job stands. Each shard is read at its own moment, so while work goes on the sums are those of
// about now. A job that reads ended has no open task.
func (e *Engine) Progress(ctx context.Context, id job.ID) (Progress, error) {
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return Progress{}, err
	}
	for look := 1; ; look++ {
		p, err := e.sums(ctx, f)
		if err != nil {
			return Progress{}, err
		}
		if p.Job, err = e.Job(ctx, id); err != nil {
			return Progress{}, err
		}
		for _, at := range []time.Time{p.Job.CreatedAt, p.Job.UpdatedAt} {
			p.Changed = later(p.Changed, at)
		}
		// A job that ends between its shards and its header is looked at again.
		if !p.Job.State.Ended() || p.Counts.Open() == 0 || look == looks {
			return p.paused(), nil
		}
	}
}

// paused counts the open tasks of a paused job as paused.
func (p Progress) paused() Progress {
	if open := p.Counts[job.TaskQueued] + p.Counts[job.TaskWaiting]; p.Job.State == job.StatePaused && open > 0 {
		p.Waiting = map[job.Reason]int{job.ReasonPaused: open}
	}
	return p
}

// sums adds up the shards.
func (e *Engine) sums(ctx context.Context, f *facts) (Progress, error) {
	p := Progress{Waiting: map[job.Reason]int{}, DueBy: map[job.Reason]time.Time{}}
	for n := range f.layout.Shards {
		s, err := e.shard(ctx, f, n)
		if err != nil {
			return Progress{}, err
		}
		if n := s.Counts[job.TaskQueued] + s.Counts[job.TaskRunning]; n > 0 && f.laneAt(e.Clock.Now()) == cost.Batch {
			p.Waiting[job.ReasonBatch] += n
		}
		p.Counts = p.Counts.Plus(s.Counts)
		p.wait(&s)
		p.Changed = later(p.Changed, s.Changed)
		p.Held += s.Account.Held
		p.Settled += s.Account.Settled
		p.Presumed += s.Account.Presumed
		p.Overrun += s.Account.Overrun
	}
	return p, nil
}

// wait adds up what the shard's tasks wait for.
func (p *Progress) wait(s *job.Shard) {
	for n, tasks := range s.Waiting {
		if tasks == 0 {
			continue
		}
		reason := job.Reason(n)
		p.Waiting[reason] += tasks
		if !s.Due.IsZero() {
			p.Due, p.DueBy[reason] = earlier(p.Due, s.Due), earlier(p.DueBy[reason], s.Due)
		}
	}
}

// TaskView is one task as people see it.
type TaskView struct {
	Ordinal int
	job.Task
}

// Tasks reads the job's tasks in order of their ordinals, from the first one named, until do says false or all are read.
func (e *Engine) Tasks(ctx context.Context, id job.ID, from int, do func(TaskView) bool) error {
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return err
	}
	if from < 0 || from >= f.layout.Tasks {
		return fault.New(fault.Invalid, "job %s: no task has this number: tasks are 0 to %d", id, f.layout.Tasks-1)
	}
	for number := f.layout.ParcelOf(from); number < f.layout.Parcels(); number++ {
		p, err := e.parcel(ctx, f, number)
		if err != nil {
			return err
		}
		for i := range p.Tasks {
			if p.First+i >= from && !do(TaskView{Ordinal: p.First + i, Task: p.Tasks[i]}) {
				return nil
			}
		}
	}
	return nil
}

// Answer reads the stored answer of an attempt. It is fault.NotFound when that attempt has none.
func (e *Engine) Answer(ctx context.Context, id job.ID, ordinal, attempt int) (*job.Stored, error) {
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return nil, err
	}
	if ordinal < 0 || ordinal >= f.layout.Tasks {
		return nil, fault.New(fault.NotFound, "job %s: task %d does not exist", id, ordinal)
	}
	return e.stored(ctx, f, f.layout.ShardOf(f.layout.ParcelOf(ordinal)), ordinal, attempt)
}

// Events reads the job's history, oldest first.
func (e *Engine) Events(ctx context.Context, id job.ID) ([]Event, error) {
	if _, err := e.factsFor(ctx, id); err != nil {
		return nil, err
	}
	var events []Event
	err := e.each(ctx, ports.Prefix(jobPart(id), "event/"), func(record ports.Record) error {
		var event Event
		if err := decode(record.Body, &event); err != nil {
			return fault.New(fault.Corrupt, "engine: event %s of job %s: %w", record.Key.Sort, id, err)
		}
		events = append(events, event)
		return nil
	})
	return events, err
}

// Jobs lists the newest jobs of a tenant, or of all tenants when it is empty, at most limit, which is at least 1.
func (e *Engine) Jobs(ctx context.Context, tenant string, limit int) ([]*job.Job, error) {
	if limit < 1 {
		return nil, fault.New(fault.Invalid, "jobs: limit is %d, it must be at least 1", limit)
	}
	tenants := []string{tenant}
	if tenant == "" {
		tenants = nil
		err := e.each(ctx, ports.Range{Partition: partTenants}, func(record ports.Record) error {
			tenants = append(tenants, record.Key.Sort)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var ids []job.ID
	for _, name := range tenants {
		if !validID(name) {
			return nil, fault.New(fault.Invalid, "jobs: tenant %.80q must be 1 to 64 letters, digits, - and _", name)
		}
		some, err := e.newest(ctx, name, limit)
		if err != nil {
			return nil, err
		}
		ids = append(ids, some...)
	}
	slices.SortFunc(ids, func(a, b job.ID) int { return cmp.Compare(b, a) })
	jobs := make([]*job.Job, 0, min(len(ids), limit))
	for _, id := range ids[:min(len(ids), limit)] {
		j, err := e.Job(ctx, id)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

func (e *Engine) newest(ctx context.Context, tenant string, limit int) ([]job.ID, error) {
	r := ports.Prefix(tenantPart(tenant), "job/")
	r.Descending, r.Limit = true, min(limit, ports.MaxList)
	var ids []job.ID
	err := e.each(ctx, r, func(record ports.Record) error {
		ids = append(ids, job.ID(record.Key.Sort[len("job/"):]))
		if len(ids) >= limit {
			return errNothing
		}
		return nil
	})
	return ids, quiet(err)
}

// each reads all records of a range in order.
func (e *Engine) each(ctx context.Context, r ports.Range, do func(ports.Record) error) error {
	for {
		page, err := e.Store.List(ctx, r)
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			if err := do(record); err != nil {
				return err
			}
		}
		if page.Cursor == "" {
			return nil
		}
		r.Cursor = page.Cursor
	}
}
