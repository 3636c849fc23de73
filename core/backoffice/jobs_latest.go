package backoffice

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// openers is how many jobs, or businesses, are looked at side by side.
const openers = 4

const (
	// latestJobs is how many jobs with pages a business may have to be exported by paths: each part opens all of them.
	latestJobs = 200
	// openersPart is of how many of them paths are kept before they are merged.
	openersPart = 20
)

// aside calls do with 0 to n-1, some side by side, each until its first error.
func (j *Jobs) aside(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	lanes := min(openers, n)
	return j.Engine.Group.Run(ctx, lanes, func(ctx context.Context, lane int) error {
		for i := lane; i < n; i += lanes {
			if err := do(ctx, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// pathPage is a page by its path.
type pathPage struct {
	path    string
	one     *job.Job
	ordinal int
}

// exportLatest goes by paths, from one on.
func (j *Jobs) exportLatest(ctx context.Context, q ExportQuery, from string, do func(WrittenPage) bool) (string, error) {
	list, err := j.pathsFrom(ctx, q.Business, from, q.Limit+1)
	if err != nil {
		return "", err
	}
	next := ""
	if len(list) > q.Limit {
		next, list = list[q.Limit][0].path, list[:q.Limit]
	}
	for part := range slices.Chunk(list, exportStep) {
		found, err := j.newestOf(ctx, part)
		if err != nil {
			return "", err
		}
		for i, p := range found {
			if p != nil && !do(*p) {
				return part[i][0].path, nil
			}
		}
	}
	return next, nil
}

// pathsFrom lists the first so many paths of all jobs, from one on, each with its pages from that of the newest job on.
func (j *Jobs) pathsFrom(ctx context.Context, business, from string, most int) ([][]pathPage, error) {
	list, err := j.jobsWithPages(ctx, business)
	if err != nil {
		return nil, err
	}
	var first [][]pathPage
	for part := range slices.Chunk(list, openersPart) {
		found := make([][]pathPage, len(part))
		err := j.aside(ctx, len(part), func(ctx context.Context, i int) error {
			plan, err := j.plan(ctx, part[i].ID)
			if err == nil {
				found[i] = pathsOf(plan, part[i], from, most)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		first = merge(append(found, first...), most)
	}
	return first, nil
}

// jobsWithPages lists the jobs that may have pages, the newest first, if they are not too many.
func (j *Jobs) jobsWithPages(ctx context.Context, business string) (list []*job.Job, err error) {
	for before := job.ID(""); ; {
		some, next, err := j.Engine.JobsFrom(ctx, business, before, engine.MaxLooked, mayHavePages)
		if err != nil {
			return nil, err
		}
		if list = append(list, some...); len(list) > latestJobs {
			return nil, catalog.Problems{{
				Path: "/latest", Code: catalog.CodeTooMany,
				Message: fmt.Sprintf("more than %d jobs of the business have pages: leave latest out, the newest jobs come first, or export job by job", latestJobs),
			}}
		}
		if before = next; next == "" {
			return list, nil
		}
	}
}

// mayHavePages is false for a job that has ended without a page, which need not be opened. One that was retried may have an earlier page.
func mayHavePages(one *job.Job) bool {
	if !one.State.Ended() || one.Round > 1 {
		return true
	}
	return slices.ContainsFunc(one.Ends, func(end *job.End) bool { return end != nil && end.Counts[job.TaskCompleted] > 0 })
}

// pathsOf lists the first so many paths of a job, from one on.
func pathsOf(plan *pages.Plan, one *job.Job, from string, most int) []pathPage {
	var list []pathPage
	for ordinal := range plan.Size() {
		if path := plan.Path(ordinal); path >= from {
			list = append(list, pathPage{path, one, ordinal})
		}
	}
	slices.SortFunc(list, func(a, b pathPage) int { return cmp.Compare(a.path, b.path) })
	return slices.Clone(list[:min(most, len(list))])
}

// merge groups pages by their paths and keeps the first so many.
func merge(lists [][]pathPage, most int) [][]pathPage {
	all := slices.Concat(lists...)
	slices.SortFunc(all, func(a, b pathPage) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(b.one.ID, a.one.ID))
	})
	var groups [][]pathPage
	for len(all) > 0 && len(groups) < most {
		n := 1
		for n < len(all) && all[n].path == all[0].path {
			n++
		}
		groups, all = append(groups, all[:n:n]), all[n:]
	}
	return groups
}

// newestOf reads of each path the page of the newest job that has a content; nil for a path without one.
func (j *Jobs) newestOf(ctx context.Context, paths [][]pathPage) ([]*WrittenPage, error) {
	found := make([]*WrittenPage, len(paths))
	for _, one := range jobsOf(paths) {
		at := map[int]int{}
		var ordinals []int
		for i, group := range paths {
			k := slices.IndexFunc(group, func(p pathPage) bool { return p.one.ID == one.ID })
			if k >= 0 && found[i] == nil {
				at[group[k].ordinal] = i
				ordinals = append(ordinals, group[k].ordinal)
			}
		}
		slices.Sort(ordinals)
		list, err := j.written(ctx, one, ordinals)
		if err != nil {
			return nil, err
		}
		for k := range list {
			found[at[list[k].Ordinal]] = &list[k]
		}
	}
	return found, nil
}

// jobsOf lists the jobs of pages, the newest first.
func jobsOf(paths [][]pathPage) []*job.Job {
	var jobs []*job.Job
	for _, group := range paths {
		for _, p := range group {
			jobs = append(jobs, p.one)
		}
	}
	slices.SortFunc(jobs, func(a, b *job.Job) int { return cmp.Compare(b.ID, a.ID) })
	return slices.CompactFunc(jobs, func(a, b *job.Job) bool { return a.ID == b.ID })
}
