package backoffice

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// GroupBy is what costs are summed by.
type GroupBy string

// The groups. Days and months are those of UTC.
const (
	ByJob      GroupBy = "job"
	ByDay      GroupBy = "day"
	ByMonth    GroupBy = "month"
	ByModel    GroupBy = "model"
	ByLane     GroupBy = "lane"
	ByPageType GroupBy = "page_type"
	ByBusiness GroupBy = "business"
)

const (
	// costJobs is how many jobs one question may be about.
	costJobs = 500
	// longestJob is how long before its range a job may have been made whose money still counts in it.
	longestJob = 60 * 24 * time.Hour
)

// CostQuery says what is asked.
type CostQuery struct {
	// Business is whose jobs; empty means all.
	Business string
	// Job is the one job of the business that is asked about; empty means all.
	Job job.ID
	// From is the first instant, To the first one after; zero values mean no such bound.
	From, To time.Time
	GroupBy  GroupBy
}

// CostGroup is the money of a group. What was presumed in one range and became known in another is taken from Presumed in the
// latter, which may so be below zero there; ranges that follow each other always add up.
type CostGroup struct {
	Key                     string
	Held, Settled, Presumed cost.Pico
	// Pages is how many accepted answers it bought; a page that was made twice counts twice.
	Pages int
}

// Costs sums what jobs hold and have spent. Groups by job, business, page type and model without a range cost a record per
// shard of each job; all others read the whole ledgers of the jobs in question. Errors: Invalid (no such group, or more than
// 500 jobs are concerned: narrow the range).
func (j *Jobs) Costs(ctx context.Context, q CostQuery) ([]CostGroup, error) {
	if !slices.Contains([]GroupBy{ByJob, ByDay, ByMonth, ByModel, ByLane, ByPageType, ByBusiness}, q.GroupBy) {
		return nil, catalog.Problems{{Path: "/group_by", Message: "use job, day, month, model, lane, page_type or business", Code: catalog.CodeNotAllowed}}
	}
	list, err := j.concerned(ctx, q)
	if err != nil {
		return nil, err
	}
	sums := costSums{}
	for _, header := range list {
		if q.ranged() {
			err = j.sumLedger(ctx, q, header, sums)
		} else {
			err = j.sumShards(ctx, q, header, sums)
		}
		if err != nil {
			return nil, err
		}
	}
	return sums.list(), nil
}

// ranged reports whether the ledger lines must be looked at one by one.
func (q CostQuery) ranged() bool {
	return !q.From.IsZero() || !q.To.IsZero() || q.GroupBy == ByDay || q.GroupBy == ByMonth || q.GroupBy == ByLane
}

// concerned are the jobs that may have money in the range.
func (j *Jobs) concerned(ctx context.Context, q CostQuery) (list []*job.Job, err error) {
	if q.Job != "" {
		one, err := j.Find(ctx, q.Business, q.Job)
		return []*job.Job{one}, err
	}
	tenants := []string{q.Business}
	if q.Business == "" {
		if tenants, err = j.Engine.Tenants(ctx); err != nil {
			return nil, err
		}
	}
	for _, tenant := range tenants {
		if list, err = j.concernedOf(ctx, q, tenant, list); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// concernedOf adds those of one tenant, the newest first.
func (j *Jobs) concernedOf(ctx context.Context, q CostQuery, tenant string, list []*job.Job) ([]*job.Job, error) {
	for before := firstAt(q.To); ; {
		some, next, err := j.Engine.JobsFrom(ctx, tenant, before, engine.MaxLooked, nil)
		if err != nil {
			return nil, err
		}
		for _, one := range some {
			if one.CreatedAt.Before(q.From.Add(-longestJob)) {
				return list, nil
			}
			if len(list) == costJobs {
				return nil, fault.New(fault.Invalid, "costs: more than %d jobs are concerned: ask for one business, or a shorter or later range", costJobs)
			}
			list = append(list, one)
		}
		if before = next; before == "" {
			return list, nil
		}
	}
}

// firstAt is an id before those of all jobs that were made at the time or later; empty for no time. Ids are UUIDs of version 7, which
// begin with the milliseconds since 1970.
func firstAt(at time.Time) job.ID {
	if at.IsZero() {
		return ""
	}
	ms := at.UnixMilli()
	return job.ID(fmt.Sprintf("%08x-%04x", ms>>16, ms&0xffff))
}

// costSums are groups by their keys.
type costSums map[string]*CostGroup

func (s costSums) of(key string) *CostGroup {
	if s[key] == nil {
		s[key] = &CostGroup{Key: key}
	}
	return s[key]
}

func (s costSums) list() []CostGroup {
	list := []CostGroup{}
	for _, group := range slices.SortedFunc(maps.Values(s), func(a, b *CostGroup) int { return cmp.Compare(a.Key, b.Key) }) {
		list = append(list, *group)
	}
	return list
}

// sumShards adds a job's accounts.
func (j *Jobs) sumShards(ctx context.Context, q CostQuery, header *job.Job, sums costSums) error {
	p, err := j.Engine.Progress(ctx, header.ID)
	if err != nil {
		return err
	}
	group := sums.of(q.keyOf(header, engine.Line{Entry: cost.Entry{Terms: cost.Terms{Model: header.Model}}}))
	group.Held, group.Settled, group.Presumed = group.Held+p.Held, group.Settled+p.Settled, group.Presumed+p.Presumed
	group.Pages += p.Counts[job.TaskCompleted]
	return nil
}

// keyOf is the group of a line.
func (q CostQuery) keyOf(header *job.Job, line engine.Line) string {
	switch q.GroupBy {
	case ByDay:
		return line.At.UTC().Format(time.DateOnly)
	case ByMonth:
		return line.At.UTC().Format(monthLayout)
	case ByModel:
		return line.Terms.Model
	case ByLane:
		return string(line.Terms.Lane)
	case ByPageType:
		return header.Labels[LabelPageType]
	case ByBusiness:
		return header.Tenant
	}
	return string(header.ID)
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
func (j *Jobs) sumLedger(ctx context.Context, q CostQuery, header *job.Job, sums costSums) error {
	open := map[attemptID]openMoney{}
	presumed := map[attemptID]cost.Pico{}
	err := j.Engine.Ledger(ctx, header.ID, func(line engine.Line) error {
		if !q.To.IsZero() && !line.At.Before(q.To) {
			return nil
		}
		id := attemptID{line.Ordinal, line.Attempt}
		if line.Kind == cost.EntryHold {
			open[id] = openMoney{line.Amount, q.keyOf(header, line)}
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
		if !line.At.Before(q.From) {
			sums.of(q.keyOf(header, line)).add(line, known)
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
