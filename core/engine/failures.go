package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// FailureGroup is the tasks of a job that failed of one cause.
type FailureGroup struct {
	Code job.Code
	// Count is how many; Ordinals are the first of them, at most 10.
	Count    int
	Ordinals []int
	// Retryable says whether another attempt may come to something else; RetryWorst is what retrying them costs at most,
	// as Quote has it, and 0 when this program's plan is not the job's.
	Retryable  bool
	RetryWorst cost.Pico
}

// sampleSize is how many tasks a group names.
const sampleSize = 10

// Failures groups the failed tasks of a job by cause, the largest group first, whether it has ended or not. It reads the
// parcels of the shards with a failed task, and makes their requests. Errors: NotFound, and the store's.
func (e *Engine) Failures(ctx context.Context, id job.ID) ([]FailureGroup, error) {
	f, err := e.factsFor(ctx, id)
	if err != nil {
		return nil, err
	}
	plan, err := e.planOf(ctx, f)
	if err != nil {
		return nil, err
	}
	groups := map[job.Code]*FailureGroup{}
	err = e.scoped(ctx, f, &job.Walk{}, func(ordinal int, t *job.Task) (err error) {
		g := groups[t.Code]
		if g == nil {
			g = &FailureGroup{Code: t.Code, Retryable: t.Code.Retryable()}
			groups[t.Code] = g
		}
		g.add(ordinal)
		if plan == nil {
			return nil
		}
		worst, err := e.worstOf(f, plan, ordinal)
		if err == nil {
			g.RetryWorst, err = g.RetryWorst.Plus(worst)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	list := make([]FailureGroup, 0, len(groups))
	for _, g := range groups {
		list = append(list, *g)
	}
	slices.SortFunc(list, func(a, b FailureGroup) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
	})
	return list, nil
}

// add counts a task, and keeps it if it is among the first.
func (g *FailureGroup) add(ordinal int) {
	g.Count++
	at, _ := slices.BinarySearch(g.Ordinals, ordinal)
	if at < sampleSize {
		g.Ordinals = slices.Insert(g.Ordinals, at, ordinal)
		g.Ordinals = g.Ordinals[:min(len(g.Ordinals), sampleSize)]
	}
}
