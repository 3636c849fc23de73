package backoffice

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
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

// Costs sums what jobs hold and have spent. Of a job that has ended, and was never retried, its row in the index is enough where all of
// it is in the range and, of days and months, in one; the others are opened. Errors: catalog.Problems (no such group; more than 200 jobs
// would have to be opened, or of several more than 250,000 lines read).
func (j *Jobs) Costs(ctx context.Context, q CostQuery) ([]CostGroup, error) {
	if !slices.Contains([]GroupBy{ByJob, ByDay, ByMonth, ByModel, ByLane, ByPageType, ByBusiness}, q.GroupBy) {
		return nil, catalog.Problems{{Path: "/group_by", Message: "use job, day, month, model, lane, page_type or business", Code: catalog.CodeNotAllowed}}
	}
	sums := costSums{}
	open, err := j.concerned(ctx, q, sums)
	if err == nil {
		err = j.sumOpened(ctx, q, open, sums)
	}
	if err != nil {
		return nil, err
	}
	return sums.list(), nil
}

// span is the range.
func (q CostQuery) span() engine.Span { return engine.Span{From: q.From, To: q.To} }

// concerned adds what is known of jobs that may have money in the range, and lists those that have to be opened.
func (j *Jobs) concerned(ctx context.Context, q CostQuery, sums costSums) ([]engine.Summary, error) {
	if q.Job != "" {
		one, err := j.Find(ctx, q.Business, q.Job)
		if err != nil {
			return nil, err
		}
		return []engine.Summary{engine.SummaryOf(one)}, nil
	}
	tenants := []string{q.Business}
	if q.Business == "" {
		var err error
		if tenants, err = j.Engine.Tenants(ctx); err != nil {
			return nil, err
		}
	}
	var open []engine.Summary
	for _, tenant := range tenants {
		err := j.Engine.Summaries(ctx, tenant, q.span(), func(s engine.Summary) error {
			if key, whole := q.whole(s); whole {
				sums.of(key).plus(CostGroup{Settled: s.Settled, Presumed: s.Presumed, Pages: s.Completed})
				return nil
			}
			if open = append(open, s); len(open) > costOpened {
				return tooCostly()
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return open, nil
}

// whole is the group that all of the job's money and pages belong to, if its summary is enough to know that.
func (q CostQuery) whole(s engine.Summary) (key string, is bool) {
	day := s.CreatedAt.UTC().Truncate(24 * time.Hour)
	month := day.AddDate(0, 0, 1-day.Day())
	switch {
	case s.Round > 1 || !s.Within(q.span()): // a summary does not know how often a page was accepted
		return "", false
	case q.GroupBy == ByDay:
		return day.Format(time.DateOnly), s.Within(engine.Span{From: day, To: day.AddDate(0, 0, 1)})
	case q.GroupBy == ByMonth:
		return month.Format(monthLayout), s.Within(engine.Span{From: month, To: month.AddDate(0, 1, 0)})
	case q.GroupBy == ByLane:
		return string(s.Lane), s.Lane != cost.Auto
	}
	return q.keyOf(s, engine.Line{Entry: cost.Entry{Terms: cost.Terms{Model: s.Model}}}), true
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

// plus adds the other group's money and pages.
func (g *CostGroup) plus(other CostGroup) {
	g.Held, g.Settled, g.Presumed, g.Pages = g.Held+other.Held, g.Settled+other.Settled, g.Presumed+other.Presumed, g.Pages+other.Pages
}

// keyOf is the group of a line.
func (q CostQuery) keyOf(s engine.Summary, line engine.Line) string {
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
		return s.Labels[LabelPageType]
	case ByBusiness:
		return s.Tenant
	}
	return string(s.ID)
}
